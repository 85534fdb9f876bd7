"""The bell: rung when something was written that other processes should look at, without saying what.

Whoever hears it reads the database, which is the truth. A ring may be lost (a process killed between its commit and its
ring, Redis gone): everybody looks from time to time as well, so that losing the bell only makes things slower.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any, Final, Literal, Protocol

from ..database.unit_of_work import Unit, current_unit
from .redis import PREFIX, TIMEOUT, Redis, RedisLost

log = logging.getLogger(__name__)

# What to look at: new notifications, or tokens that are believed no more.
Word = Literal["notifications", "tokens"]
WORDS: Final[frozenset[Word]] = frozenset(("notifications", "tokens"))
CHANNEL: Final = f"{PREFIX}bell"


class Bell(Protocol):
    """A bell that all processes on one database can ring and hear."""

    def ring_after(self, unit: Unit, word: Word) -> None:
        """Ring once this unit's transaction is committed; never if it is not. Does not fail."""

    def wait(self, seconds: float) -> frozenset[Word] | None:
        """What was rung for: waits for the first ring, `seconds` at most. One thread of a process may wait.

        None: it cannot be heard at the moment, or could not before, so look at everything that matters.
        """

    def close(self) -> None:
        """Close what this process has open."""


class NoBell:
    """Nobody rings: look every time."""

    def ring_after(self, unit: Unit, word: Word) -> None:
        """Do nothing."""

    def wait(self, seconds: float) -> None:
        """Wait all the time."""
        time.sleep(seconds)

    def close(self) -> None:
        """Do nothing."""


class RedisBell:
    """Rings by Redis' publish and subscribe."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ear: Any = None

    def ring_after(self, unit: Unit, word: Word) -> None:
        """See Bell."""
        if unit.is_first(f"bell:{word}"):
            unit.on_commit(partial(self._ring, word))

    def wait(self, seconds: float) -> frozenset[Word] | None:
        """See Bell. After the connection was made, or made anew, it is None once: rings may have been missed."""
        until = time.monotonic() + seconds
        try:
            return self._redis.ask(partial(self._hear, until), patient=True)
        except RedisLost:
            self.close()
            time.sleep(max(0.0, until - time.monotonic()))
            return None

    def close(self) -> None:
        """See Bell."""
        ear, self._ear = self._ear, None
        if ear is not None:
            ear.close()

    def _ring(self, word: Word) -> None:
        try:
            self._redis.ask(lambda client: client.publish(CHANNEL, word))
        except RedisLost:
            # It was logged. They look without being told.
            return

    def _hear(self, until: float, client: Any) -> frozenset[Word] | None:
        if self._ear is None:
            self._ear = client.pubsub()
            self._ear.subscribe(CHANNEL)
            # The answer to that: whatever is rung from here on is heard.
            self._ear.get_message(timeout=TIMEOUT)
            return None
        heard: set[Word] = set()
        while not heard and (left := until - time.monotonic()) > 0:
            heard |= _words(self._ear.get_message(ignore_subscribe_messages=True, timeout=left))
        while heard and (more := self._ear.get_message(timeout=0)) is not None:
            heard |= _words(more)
        return frozenset(heard)


def _words(message: Any) -> set[Word]:
    data = message["data"] if message and message["type"] == "message" else b""
    return {word for word in WORDS if data == word.encode()}


class _Hung:
    """The bell that services ring. Set once, with the application."""

    bell: Bell = NoBell()


def hang(bell: Bell) -> None:
    """From now on `ring` rings this bell."""
    _Hung.bell = bell


def ring(word: Word) -> None:
    """Tell every process to look, once the transaction that is open is committed."""
    _Hung.bell.ring_after(current_unit(), word)
