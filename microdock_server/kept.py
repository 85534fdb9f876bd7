"""What was worked out once and is kept for the next request: bounded, and shared by the threads of a process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Making(Generic[V]):
    """A value that is being made: by whoever holds `turn`. Those who waited for it take it from here."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.value: V | None = None


class Kept(Generic[K, V]):
    """The most recently used values, at most `limit` of them: those that are `worth` it."""

    def __init__(self, limit: int, worth: Callable[[V], bool] = lambda _: True) -> None:
        self._limit, self._worth = limit, worth
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()
        # One for each value that is being made right now.
        self._making: dict[K, _Making[V]] = {}

    def of(self, key: K, make: Callable[[], V]) -> V:
        """The value; where it is not kept, made by one of the threads that ask, while the others wait for it.

        If making fails, that thread hears so, and the next that waits tries.
        """
        found = self.get(key)
        while found is None:
            with self._lock:
                making = self._making.setdefault(key, _Making())
            with making.turn:
                found = making.value if making.value is not None else self.get(key)
                if found is None and self._making.get(key) is making:
                    found = self._made(key, making, make)
        return found

    def _made(self, key: K, making: _Making[V], make: Callable[[], V]) -> V:
        try:
            value = make()
            making.value = value
            if self._worth(value):
                self.put(key, value)
            return value
        finally:
            with self._lock:
                self._making.pop(key, None)

    def forget(self, key: K) -> None:
        """Let go of a value, where it is kept."""
        with self._lock:
            self._values.pop(key, None)

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


class Shared(Kept[K, V]):
    """What is kept for nobody: those who ask while it is being made share it, and it is made anew for the next."""

    def __init__(self) -> None:
        super().__init__(0, lambda _: False)
