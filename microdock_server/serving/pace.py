"""The minimum speed of clients: deadlines, and measuring one transfer against them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

# Bytes moved earlier excuse a pause of at most this many times the grace period.
LONGEST_PAUSE: Final = 6


@dataclass(frozen=True, slots=True)
class Deadlines:
    """A request's head must arrive within `grace` seconds; after that time, bodies and answers must move `rate` bytes
    per second.

    A rate of 0 sets no minimum.
    """

    grace: float = 10.0
    rate: float = 1024.0


class Pace:
    """One body or answer: the bytes moved, and the seconds spent waiting for the client.

    Time that the server itself takes does not count against the client.
    """

    __slots__ = ("_credit", "_deadlines", "_most", "moved", "waited")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._credit = self._most = LONGEST_PAUSE * deadlines.grace
        self.moved = 0
        self.waited = 0.0

    def move(self, size: int) -> None:
        """Record bytes received or sent."""
        self.moved += size
        if self._deadlines.rate:
            self._credit = min(self._most, self._credit + size / self._deadlines.rate)

    def wait(self, seconds: float) -> None:
        """Record time spent waiting for the client."""
        self.waited += seconds
        self._credit -= seconds

    def patience(self) -> float:
        """How many more seconds to wait for the client if nothing moves; 0 or less: it is too slow.

        The rate is required on average since the beginning, and also over the last minute: a fast start does not excuse
        hours of silence.
        """
        rate = self._deadlines.rate
        if not rate:
            return math.inf
        return min(max(self._deadlines.grace, self.moved / rate) - self.waited, self._credit)
