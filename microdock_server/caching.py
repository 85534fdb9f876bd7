"""Caches, and calls that the threads of a process share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Call(Generic[V]):
    """A call in progress by the thread that holds `turn`. Threads that waited for it take its value."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.value: V | None = None


class SingleFlight(Generic[K, V]):
    """Deduplicates concurrent calls by key: those who ask during a call share its value; the next one makes a new
    call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[K, _Call[V]] = {}

    def run(self, key: K, work: Callable[[], V]) -> V:
        """The value of `work`, which must not be None.

        If it raises, only the thread that called it gets the exception, and the next one waiting calls it again.
        """
        while True:
            with self._lock:
                call = self._calls.setdefault(key, _Call())
            with call.turn:
                if call.value is not None:
                    return call.value
                if self._calls.get(key) is call:
                    return self._run(key, call, work)

    def _run(self, key: K, call: _Call[V], work: Callable[[], V]) -> V:
        try:
            call.value = value = work()
            return value
        finally:
            with self._lock:
                self._calls.pop(key, None)


class LoadingCache(Generic[K, V]):
    """An LRU cache that loads missing values, in one thread at a time for each key.

    It holds at most `limit` values, or so many that their sizes add up to that; only those that `is_kept` accepts are
    cached. None may be larger than the limit.
    """

    def __init__(
        self, limit: int, is_kept: Callable[[V], bool] = lambda _: True, size: Callable[[V], int] = lambda _: 1
    ) -> None:
        self._values: LRUCache[K, V] = LRUCache(limit, size)
        self._lock = threading.Lock()
        self._loading: SingleFlight[K, V] = SingleFlight()
        self._is_kept = is_kept

    def load(self, key: K, make: Callable[[], V]) -> V:
        """The cached value, or that of `make`, called once for all who ask meanwhile. It must not be None."""
        found = self.get(key)
        return self._loading.run(key, lambda: self._load(key, make)) if found is None else found

    def _load(self, key: K, make: Callable[[], V]) -> V:
        # Another thread may have loaded it between our look-up and our turn.
        found = self.get(key)
        if found is not None:
            return found
        value = make()
        if self._is_kept(value):
            self.put(key, value)
        return value

    def get(self, key: K) -> V | None:
        """The cached value, if there is one."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: K, value: V) -> None:
        """Cache a value; the least recently used one makes room."""
        with self._lock:
            self._values[key] = value

    def invalidate(self, key: K) -> None:
        """Remove a value, if it is cached."""
        with self._lock:
            self._values.pop(key, None)
