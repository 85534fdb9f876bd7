"""Which state of something a change is made of, so that nobody saves over what they have not seen.

A revision is made of the values that are saved together, not of what happens to them beside that: a plugin that is
downloaded stays at its revision, one whose description somebody else saved does not. What went back to its old values
is at its old revision, which loses nothing. Compare it in the unit that writes: what is true there stays true.
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
    """The revision of what has these values: text, numbers, flags, None, and lists and dictionaries of them."""
    text = json.dumps([kind, *values], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def of_columns(kind: str, row: object, names: Iterable[str], *more: Any) -> str:
    """The revision of a row, of what these columns hold, and of what is saved together with them."""
    return of(kind, *(getattr(row, name) for name in names), *more)


@dataclass(frozen=True, slots=True)
class Expected:
    """What somebody who changes something has seen: one of these revisions, or (None) whatever is there."""

    revisions: frozenset[str] | None = None

    def ensure(self, current: str) -> None:
        """Raise ChangedMeanwhile unless `current` is what was seen."""
        if self.revisions is not None and current not in self.revisions:
            raise ChangedMeanwhile(current)


WHATEVER: Final = Expected()
