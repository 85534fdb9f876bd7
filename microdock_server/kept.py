"""What was worked out once and is kept for the next request: bounded, and shared by the threads of a process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The most recently used values, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()
        # One for each value that is being made right now.
        self._making: dict[K, threading.Lock] = {}

    def of(self, key: K, make: Callable[[], V]) -> V:
        """The value; where it is not kept, made by one of the threads that ask, while the others wait for it.

        If making fails, that thread hears so, and the next that waits tries.
        """
        found = self.get(key)
        while found is None:
            with self._lock:
                turn = self._making.setdefault(key, threading.Lock())
            with turn:
                found = self.get(key)
                if found is None and self._making.get(key) is turn:
                    found = self._made(key, make)
        return found

    def _made(self, key: K, make: Callable[[], V]) -> V:
        try:
            value = make()
            self.put(key, value)
            return value
        finally:
            with self._lock:
                self._making.pop(key, None)

    def get(self, key: K) -> V | None:
        """The value, if it is still kept."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Keep a value, and let go of the one that was not used for the longest time."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._limit:
                self._values.popitem(last=False)
