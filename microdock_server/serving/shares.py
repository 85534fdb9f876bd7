"""Places that clients hold while they transfer: so many in all, and nobody keeps more than others get."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Protocol


class Holder(Protocol):
    """What holds a place, and can be told to give it up."""

    @property
    def waited(self) -> float:
        """Seconds for which its client has kept us waiting."""

    def evict(self) -> None:
        """Give the place up, as soon as possible; from any thread."""


class FairShares:
    """`total` places. One address may hold all of them as long as nobody else asks.

    Once they are all held, an address that holds at least two more than who asks gives one up: that for whose client
    was waited longest. `holders` are told and leave by themselves; their place counts as free at once.
    """

    def __init__(self, total: int, *, evicts_own: bool = False) -> None:
        self._total, self._evicts_own = total, evicts_own
        self._lock = threading.Lock()
        self._held: dict[Holder, str] = {}

    def enter(self, address: str, holder: Holder) -> bool:
        """Take a place; False if there is none. `leave` gives it back."""
        with self._lock:
            if len(self._held) >= self._total and not self._make_room(address):
                return False
            self._held[holder] = address
            return True

    def leave(self, holder: Holder) -> None:
        """Give a place back; nothing happens if it was taken away."""
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
