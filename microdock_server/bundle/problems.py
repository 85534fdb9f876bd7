"""Faults of a package: one `Problem` per fault, collected so that all are reported at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PROBLEMS_MAX: Final = 100
PRINTABLE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `rule` is a stable slug; its texts are `messages.bundle.BUNDLE["bundle." + rule]`.

    The texts are formatted with `params` plus `entry` and `field` (see `values`).
    """

    rule: str
    entry: str | None = None
    field: str | None = None
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)

    def values(self) -> dict[str, str | int]:
        """Everything a message may use: the params, `entry` and `field` (empty if absent)."""
        return {"entry": self.entry or "", "field": self.field or "", **self.params}


def printable(text: str, limit: int = PRINTABLE_MAX) -> str:
    r"""`text` made safe for a terminal, a log or a page: invisible characters as \uXXXX, cut at `limit`."""
    shown: list[str] = []
    length = 0
    for char in text:
        piece = char if char.isprintable() else _escaped(char)
        length += len(piece)
        if length > limit:
            return "".join(shown) + "…"
        shown.append(piece)
    return "".join(shown)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


class Problems:
    """A list of problems that stops growing at `limit` and then says so at its end."""

    def __init__(self, limit: int = PROBLEMS_MAX) -> None:
        self._limit = limit
        self._found: list[Problem] = []
        self._overflow = False

    def add(self, rule: str, entry: str | None = None, *, field: str | None = None, **params: str | int) -> None:
        """Record a fault; `entry`, `field` and text params are made printable here, once for all."""
        if len(self._found) >= self._limit:
            self._overflow = True
            return
        safe = {key: printable(value) if isinstance(value, str) else value for key, value in params.items()}
        self._found.append(Problem(rule, _shown(entry), _shown(field), safe))

    def extend(self, problems: list[Problem]) -> None:
        """Add problems that were recorded elsewhere."""
        room = self._limit - len(self._found)
        self._found.extend(problems[:room])
        self._overflow = self._overflow or len(problems) > room

    def done(self) -> tuple[Problem, ...]:
        """All problems, followed by `too-many-problems` if the list was cut."""
        if not self._overflow:
            return tuple(self._found)
        return (*self._found, Problem("too-many-problems", params={"limit": self._limit}))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def full(self) -> bool:
        """Is the list full? Then a loop may stop."""
        return self._overflow


def _shown(text: str | None) -> str | None:
    return None if text is None else printable(text)
