"""One clock and one time format: UTC, ISO 8601, whole seconds, trailing `Z` (clients sort them as strings).

The wall clock is for times that are stored or shown; it may be set forward and back at any time. Durations within a
process are measured with `time.monotonic`. A stored deadline (of a lease, a window, a pause) counts as over once it is
further ahead than its longest duration: the clock was set back since, and nobody waits for the difference.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

# How far the clocks of nodes may differ. A time further in the future was written before the clock was set back.
SKEW: Final = timedelta(seconds=60)


def utcnow() -> datetime:
    """The current time in UTC, cut to whole seconds: what is stored is what is shown."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def lasts_until(end: datetime, longest: timedelta, now: datetime) -> bool:
    """Is a deadline, at most `longest` after its start, still ahead?"""
    return now < end <= now + longest + SKEW


def iso(moment: datetime) -> str:
    """`2023-12-01T14:30:22Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def iso_week(moment: datetime) -> str:
    """`2026-W48`: the ISO week in UTC. Such texts sort as the weeks do."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year:04}-W{week:02}"


def compact(moment: datetime) -> str:
    """`20231201_143022`, for file names."""
    return moment.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
