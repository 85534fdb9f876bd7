"""Wake-ups: a hint to every process on one database that something was written which it should read, and not what.

The database is authoritative. A hint may be lost (a process killed between its commit and the hint, Redis gone), so
everybody also polls from time to time: without hints everything works, only later.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any, Final, Literal, Protocol

from ..database.unit_of_work import Unit, current_unit
from .redis import PREFIX, TIMEOUT, Redis, RedisLost

log = logging.getLogger(__name__)

# What to read: new notifications, which tokens are revoked, or which jobs are due.
Topic = Literal["notifications", "tokens", "jobs"]
TOPICS: Final[frozenset[Topic]] = frozenset(("notifications", "tokens", "jobs"))
# Nodes of earlier versions use this name too, and work beside newer ones while a cluster is upgraded.
CHANNEL: Final = f"{PREFIX}bell"


class WakeUps(Protocol):
    """Hints between all processes on one database."""

    def send_after(self, unit: Unit, topic: Topic) -> None:
        """Send one once this unit's transaction is committed; never if it is not. Does not fail."""

    def wait(self, seconds: float) -> frozenset[Topic] | None:
        """The topics of hints: waits for the first, `seconds` at most. One thread of a process may wait.

        None: hints cannot be received at the moment, or could not before, so read everything that matters.
        """

    def close(self) -> None:
        """Close what this process has open."""


class NoWakeUps:
    """No hints are sent: poll every time."""

    def send_after(self, unit: Unit, topic: Topic) -> None:
        """Do nothing."""

    def wait(self, seconds: float) -> None:
        """Wait all the time."""
        time.sleep(seconds)

    def close(self) -> None:
        """Do nothing."""


class RedisWakeUps:
    """Hints by Redis' publish and subscribe."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._subscription: Any = None

    def send_after(self, unit: Unit, topic: Topic) -> None:
        """See WakeUps."""
        if unit.is_first(f"wakeup:{topic}"):
            unit.on_commit(partial(self._send, topic))

    def wait(self, seconds: float) -> frozenset[Topic] | None:
        """See WakeUps. After connecting, or connecting anew, it is None once: hints may have been missed."""
        until = time.monotonic() + seconds
        try:
            return self._redis.ask(partial(self._receive, until), patient=True)
        except RedisLost:
            self.close()
            time.sleep(max(0.0, until - time.monotonic()))
            return None

    def close(self) -> None:
        """See WakeUps."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()

    def _send(self, topic: Topic) -> None:
        try:
            self._redis.ask(lambda client: client.publish(CHANNEL, topic))
        except RedisLost:
            # It was logged. The others poll.
            return

    def _receive(self, until: float, client: Any) -> frozenset[Topic] | None:
        if self._subscription is None:
            self._subscription = client.pubsub()
            self._subscription.subscribe(CHANNEL)
            # The answer to that: whatever is sent from here on is received.
            self._subscription.get_message(timeout=TIMEOUT)
            return None
        topics: set[Topic] = set()
        while not topics and (left := until - time.monotonic()) > 0:
            topics |= _topics(self._subscription.get_message(ignore_subscribe_messages=True, timeout=left))
        while topics and (more := self._subscription.get_message(timeout=0)) is not None:
            topics |= _topics(more)
        return frozenset(topics)


def _topics(message: Any) -> set[Topic]:
    data = message["data"] if message and message["type"] == "message" else b""
    return {topic for topic in TOPICS if data == topic.encode()}


class _Configured:
    """What `wake` sends by. Set once, with the application."""

    wakeups: WakeUps = NoWakeUps()


def use(wakeups: WakeUps) -> None:
    """From now on `wake` sends by these."""
    _Configured.wakeups = wakeups


def wake(topic: Topic) -> None:
    """Have every process read what is new of `topic`, once the transaction that is open is committed."""
    _Configured.wakeups.send_after(current_unit(), topic)
