"""One clock and one time format: UTC, ISO 8601, whole seconds, trailing `Z` (clients sort them as strings)."""

from __future__ import annotations

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Now, aware, in UTC, cut to whole seconds: what is stored is what is shown."""
    return datetime.now(UTC).replace(microsecond=0)


def iso(moment: datetime) -> str:
    """`2023-12-01T14:30:22Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def compact(moment: datetime) -> str:
    """`20231201_143022`, for file names."""
    return moment.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
