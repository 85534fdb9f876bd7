"""Places that clients occupy during transfers: a fixed number, shared fairly between addresses."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Protocol


class Holder(Protocol):
    """The occupant of a place, which can be told to give it up."""

    @property
    def waited(self) -> float:
        """Seconds that its client has kept us waiting."""

    def evict(self) -> None:
        """Give up the place as soon as possible; callable from any thread."""


class FairShares:
    """`total` places. One address may occupy all of them as long as no other asks.

    When all are taken, an address that has at least two more than the asking one loses one: that of the client waited
    for longest. Evicted holders leave by themselves; their place counts as free at once.
    """

    def __init__(self, total: int, *, evicts_own: bool = False) -> None:
        self._total, self._evicts_own = total, evicts_own
        self._lock = threading.Lock()
        self._held: dict[Holder, str] = {}

    def enter(self, address: str, holder: Holder) -> bool:
        """Take a place; False if there is none. `leave` returns it."""
        with self._lock:
            if len(self._held) >= self._total and not self._make_room(address):
                return False
            self._held[holder] = address
            return True

    def leave(self, holder: Holder) -> None:
        """Return a place; does nothing if it was taken away."""
        with self._lock:
            self._held.pop(holder, None)

    def _make_room(self, address: str) -> bool:
        counts = Counter(self._held.values())
        richest, most = counts.most_common(1)[0]
        if most < counts[address] + 2 and not self._evicts_own:
            return False
        slowest = max((one for one, whose in self._held.items() if whose == richest), key=lambda one: one.waited)
        del self._held[slowest]
        slowest.evict()
        return True
