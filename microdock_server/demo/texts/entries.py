"""All plugins of the invented marketplace."""

from __future__ import annotations

from typing import Final

from . import looks, making, rest, time, writing
from .shapes import Entry

# Those that others need come first: a review tells what it finds of the rest.
ENTRIES: Final[tuple[Entry, ...]] = tuple(
    sorted(
        (*time.ENTRIES, *writing.ENTRIES, *making.ENTRIES, *looks.ENTRIES, *rest.ENTRIES),
        key=lambda entry: bool(entry.needs),
    )
)
