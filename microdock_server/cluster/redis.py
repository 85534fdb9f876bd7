"""Redis, which may be lost at any time: nobody waits for it longer than a moment, and only one asks whether it is back.

Nothing is kept there that cannot be lost: counts of requests, messages about jobs, and wake-ups.
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

# How long a request may wait for Redis. Once it is lost, requests do not ask it at all until it is back.
TIMEOUT: Final = 0.5
RETRY_EVERY: Final = 0.5
PREFIX: Final = "microdock:"
LOST: Final = "Redis at %s is lost (%s); the server goes on without it"

T = TypeVar("T")
Client = Any


class RedisLost(Exception):
    """Redis does not answer, or refuses to write. It was logged when that was first seen."""


class Redis:
    """The Redis at `url`. Every process connects for itself, when it first has something to ask."""

    def __init__(self, url: str) -> None:
        self._url = url
        # A parent's stay here, untouched: what a fork inherited must be neither used nor closed.
        self._peers: dict[int, _Peer] = {}
        self._is_closed = False

    @property
    def is_lost(self) -> bool:
        """Was it lost, and is not back yet?"""
        return self._peer().is_lost

    def ask(self, question: Callable[[Client], T], *, patient: bool = False) -> T:
        """What `question` finds with a client, which gives up after half a second (`patient`: three seconds).

        Raises RedisLost: at once, without asking, as long as Redis is known to be lost.
        """
        if self._is_closed:
            raise RedisLost
        return self._peer().ask(question, patient)

    def client(self, *, patient: bool = False) -> Client:
        """This process's client, for code that has to have one: it is to use it within `ask`."""
        return self._peer().client(patient)

    def answers(self) -> bool:
        """Is it there now?"""
        try:
            return bool(self.ask(lambda client: client.ping()))
        except RedisLost:
            return False

    def close(self) -> None:
        """Close what this process has open. From then on it is lost, which is not logged."""
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
    """One process's connections, and what it knows of the other end."""

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
            return question(self.client(patient))
        except self._redis.RedisError as reason:
            self._lose(reason)
            raise RedisLost from reason

    def client(self, patient: bool) -> Client:
        return self._patient if patient else self._quick

    def close(self) -> None:
        with self._lock:
            self._closing.set()
        if self._waiting is not None:
            # It says nothing when this has returned: whoever closes us may close the logs next.
            self._waiting.join()
        self._quick.close()
        self._patient.close()

    def _connect(self, timeout: float) -> Client:
        # The library would try again by itself, and make its caller wait for each attempt.
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
        """Look whether it is back: beside the requests, so that none of them waits for an answer that never comes."""
        while not self._closing.wait(RETRY_EVERY):
            try:
                # A write: a Redis that is full, or somebody's replica, is not what we lost.
                self._quick.set(f"{PREFIX}probe", 1, ex=10)
            except self._redis.RedisError:
                continue
            if not self._closing.is_set():
                self.is_lost = False
                log.warning("Redis at %s is back", place(self._url))
            return
