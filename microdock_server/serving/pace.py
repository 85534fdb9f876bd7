"""How fast a client has to be: the deadlines, and one transfer measured against them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

# What was moved before excuses a pause of so many times the grace, and no more.
LONGEST_PAUSE: Final = 6


@dataclass(frozen=True, slots=True)
class Deadlines:
    """A request's head is there within `grace` seconds; after so long, bodies and answers move `rate` bytes a second.

    A rate of 0 lets everybody be as slow as they like.
    """

    grace: float = 10.0
    rate: float = 1024.0


class Pace:
    """One body, or one answer: the bytes that moved, and the seconds for which the client was waited for.

    Time that the server itself takes does not count against the client.
    """

    __slots__ = ("_credit", "_deadlines", "_most", "moved", "waited")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._credit = self._most = LONGEST_PAUSE * deadlines.grace
        self.moved = 0
        self.waited = 0.0

    def move(self, size: int) -> None:
        """So many bytes came, or were taken."""
        self.moved += size
        if self._deadlines.rate:
            self._credit = min(self._most, self._credit + size / self._deadlines.rate)

    def wait(self, seconds: float) -> None:
        """The client was waited for."""
        self.waited += seconds
        self._credit -= seconds

    def patience(self) -> float:
        """Seconds for which the client may still be waited for if nothing moves; 0 or less: it is too slow.

        That is so on average since the beginning, and once more over the last minute: nobody who sent much at first
        may be silent for hours.
        """
        rate = self._deadlines.rate
        if not rate:
            return math.inf
        return min(max(self._deadlines.grace, self.moved / rate) - self.waited, self._credit)
