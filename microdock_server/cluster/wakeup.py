"""Wake-ups: hints to every process on one database that something was written, which they should read.

The database is authoritative. A hint may be lost (a process killed between its commit and the hint, Redis gone), so all
processes also poll from time to time: without hints everything still works, only later.
"""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from functools import partial
from typing import Any, Final, Literal, Protocol

from ..database.unit_of_work import Unit, current_unit
from .redis import PREFIX, TIMEOUT, Redis, RedisLost

log = logging.getLogger(__name__)

# Topics: new notifications, revoked tokens, jobs that are due.
Topic = Literal["notifications", "tokens", "jobs"]
TOPICS: Final[frozenset[Topic]] = frozenset(("notifications", "tokens", "jobs"))
# Nodes of earlier versions use the same name, and work beside newer ones while a cluster is upgraded.
CHANNEL: Final = f"{PREFIX}bell"


class WakeUps(Protocol):
    """Hints between all processes on one database."""

    def send_after(self, unit: Unit, topic: Topic) -> None:
        """Send a hint once this unit's transaction is committed; never if it is not. Does not fail."""

    def wait(self, seconds: float) -> frozenset[Topic] | None:
        """The topics of hints: waits for the first, up to `seconds`. One thread per process may wait.

        None: hints cannot be received at the moment, or could not before, so everything that matters must be read.
        """

    def close(self) -> None:
        """Close this process's connections."""


class NoWakeUps:
    """Sends no hints: all processes poll."""

    def send_after(self, unit: Unit, topic: Topic) -> None:
        """Do nothing."""

    def wait(self, seconds: float) -> None:
        """Sleep for the whole time."""
        time.sleep(seconds)

    def close(self) -> None:
        """Do nothing."""


class HintsLost(Exception):
    """Hints cannot be received at the moment."""


class Receiver(ABC):
    """How the classes below receive hints: one thread waits for them, and another may close all meanwhile."""

    def __init__(self) -> None:
        # Held by who waits: a connection that is closed under its reader fails in ways that no library promises.
        self._turn = threading.RLock()
        self._is_closed = False

    def wait(self, seconds: float) -> frozenset[Topic] | None:
        """See WakeUps. Returns None once after every (re)connection: hints may have been missed."""
        until = time.monotonic() + seconds
        with self._turn:
            try:
                if not self._is_closed:
                    return self._receive(until)
            except HintsLost:
                self._disconnect()
        time.sleep(max(0.0, until - time.monotonic()))
        return None

    def close(self) -> None:
        """See WakeUps. Whoever waits is waited for, and receives nothing from then on."""
        self._is_closed = True
        with self._turn:
            self._disconnect()

    @abstractmethod
    def _receive(self, until: float) -> frozenset[Topic] | None:
        """Connect, where that is to be done, and return None; else hints. Raises HintsLost."""

    @abstractmethod
    def _disconnect(self) -> None:
        """Close the connection that receives, if there is one."""


class RedisWakeUps(Receiver):
    """Hints by Redis's publish and subscribe."""

    def __init__(self, redis: Redis) -> None:
        super().__init__()
        self._redis = redis
        self._subscription: Any = None

    def send_after(self, unit: Unit, topic: Topic) -> None:
        """See WakeUps."""
        if unit.is_first(f"wakeup:{topic}"):
            unit.on_commit(partial(self._send, topic))

    def _receive(self, until: float) -> frozenset[Topic] | None:
        try:
            return self._redis.ask(partial(self._heard, until), patient=True)
        except RedisLost as reason:
            raise HintsLost from reason

    def _disconnect(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()

    def _send(self, topic: Topic) -> None:
        try:
            self._redis.ask(lambda client: client.publish(CHANNEL, topic))
        except RedisLost:
            # It was logged already. The other processes poll.
            return

    def _heard(self, until: float, client: Any) -> frozenset[Topic] | None:
        if self._subscription is None:
            self._subscription = client.pubsub()
            self._subscription.subscribe(CHANNEL)
            # The confirmation of the subscription: whatever is published from here on is received.
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
    """The wake-ups that `wake` uses. Set once, with the application."""

    wakeups: WakeUps = NoWakeUps()


def use(wakeups: WakeUps) -> None:
    """Make `wake` use these from now on."""
    _Configured.wakeups = wakeups


def wake(topic: Topic) -> None:
    """Tell every process to read what is new about `topic`, once the open transaction is committed."""
    _Configured.wakeups.send_after(current_unit(), topic)
