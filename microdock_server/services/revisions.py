"""Revisions of what clients edit, so that nobody overwrites changes that they have not seen.

A revision is computed from the values that are edited together, not from a counter of events: downloads leave a plugin
at its revision, an edit of its description does not. Values that are restored have their old revision again, which is
harmless. Compare revisions in the unit that writes, where they cannot change any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ..errors import ChangedMeanwhile

LENGTH: Final = 32


def of(kind: str, *values: Any) -> str:
    """The revision of these values: text, numbers, flags, None, lists and dictionaries."""
    text = json.dumps([kind, *values], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def of_columns(kind: str, row: object, names: Iterable[str], *more: Any) -> str:
    """The revision of a row over these columns, and of values that are edited with them."""
    return of(kind, *(getattr(row, name) for name in names), *more)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an editing client has seen: one of these revisions, or (None) any."""

    revisions: frozenset[str] | None = None

    def ensure(self, current: str) -> None:
        """Raise ChangedMeanwhile unless `current` is among the expected revisions."""
        if self.revisions is not None and current not in self.revisions:
            raise ChangedMeanwhile(current)


WHATEVER: Final = Expected()
