"""Redis, which may fail at any time: requests wait for it only briefly, and one thread checks whether it is back.

Nothing is stored there that must not be lost: request counts and wake-ups.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, TypeVar

from ..addresses.redis import place

log = logging.getLogger(__name__)

# How long a request may wait for Redis. While it is lost, requests do not ask it at all.
TIMEOUT: Final = 0.5
RETRY_EVERY: Final = 0.5
PREFIX: Final = "microdock:"
LOST: Final = "Redis at %s is lost (%s); the server goes on without it"

T = TypeVar("T")
Client = Any


class RedisLost(Exception):
    """Redis does not answer, or refuses writes. Logged when it was first noticed."""


class Redis:
    """The Redis at `url`. Every process connects by itself, on first use."""

    def __init__(self, url: str) -> None:
        self._url = url
        # After a fork, the parent's connections stay here untouched: they must be neither used nor closed.
        self._peers: dict[int, _Peer] = {}
        self._is_closed = False

    @property
    def is_lost(self) -> bool:
        """Was it lost, and is it not back yet?"""
        return self._peer().is_lost

    def ask(self, question: Callable[[Client], T], *, patient: bool = False) -> T:
        """The result of `question`, called with a client that times out after half a second (`patient`: three seconds).

        Raises RedisLost; immediately, without a request, while Redis is known to be lost.
        """
        if self._is_closed:
            raise RedisLost
        return self._peer().ask(question, patient)

    def answers(self) -> bool:
        """Does it answer now?"""
        try:
            return bool(self.ask(lambda client: client.ping()))
        except RedisLost:
            return False

    def close(self) -> None:
        """Close this process's connections. Afterwards it counts as lost, without a log line."""
        self._is_closed = True
        peer = self._peers.pop(os.getpid(), None)
        if peer is not None:
            peer.close()

    def _peer(self) -> _Peer:
        process = os.getpid()
        if process not in self._peers:
            self._peers.setdefault(process, _Peer(self._url))
        return self._peers[process]


class _Peer:
    """One process's connections, and whether the server answers."""

    def __init__(self, url: str) -> None:
        self._redis = import_module("redis")
        self._url = url
        self._quick = self._connect(TIMEOUT)
        self._patient = self._connect(6 * TIMEOUT)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._waiting: threading.Thread | None = None
        self.is_lost = False

    def ask(self, question: Callable[[Client], T], patient: bool) -> T:
        if self.is_lost:
            raise RedisLost
        try:
            return question(self._patient if patient else self._quick)
        except self._redis.RedisError as reason:
            self._lose(reason)
            raise RedisLost from reason

    def close(self) -> None:
        with self._lock:
            self._closing.set()
        if self._waiting is not None:
            # Nothing is logged after this returns: our caller may close the logs next.
            self._waiting.join()
        self._quick.close()
        self._patient.close()

    def _connect(self, timeout: float) -> Client:
        # The library would retry by itself, and its caller would wait for every attempt.
        once = import_module("redis.retry").Retry(import_module("redis.backoff").NoBackoff(), 0)
        return self._redis.Redis.from_url(
            self._url, socket_connect_timeout=TIMEOUT, socket_timeout=timeout, retry=once, health_check_interval=5
        )

    def _lose(self, reason: Exception) -> None:
        with self._lock:
            if self.is_lost or self._closing.is_set():
                return
            self.is_lost = True
            log.warning(LOST, place(self._url), type(reason).__name__)
            self._waiting = threading.Thread(target=self._await, name="redis", daemon=True)
            self._waiting.start()

    def _await(self) -> None:
        """Check repeatedly whether it is back, in a thread of its own, so that no request waits for it."""
        while not self._closing.wait(RETRY_EVERY):
            try:
                # A write, because a full Redis, or a replica, answers reads.
                self._quick.set(f"{PREFIX}probe", 1, ex=10)
            except self._redis.RedisError:
                continue
            if not self._closing.is_set():
                self.is_lost = False
                log.warning("Redis at %s is back", place(self._url))
            return
