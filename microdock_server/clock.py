"""One clock and one time format: UTC, ISO 8601, whole seconds, trailing `Z` (clients sort them as strings).

The wall clock is for moments that are stored or told; it may be set forward and back at any time. What lasts for a
while within a process is measured with `time.monotonic`. What is stored and lasts (a lease, a window, a pause) is over
as soon as its end is further ahead than it lasts: the clock was set back since, and nobody waits for the difference.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

# How far the clocks of nodes may be apart. A moment that is further in the future was noted by a clock since set back.
SKEW: Final = timedelta(seconds=60)


def utcnow() -> datetime:
    """Now, aware, in UTC, cut to whole seconds: what is stored is what is shown."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def lasts_until(end: datetime, longest: timedelta, now: datetime) -> bool:
    """Is what was to `end` then, and lasts `longest` at most, not over yet?"""
    return now < end <= now + longest + SKEW


def iso(moment: datetime) -> str:
    """`2023-12-01T14:30:22Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def compact(moment: datetime) -> str:
    """`20231201_143022`, for file names."""
    return moment.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
