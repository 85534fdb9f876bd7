"""What rendering a text costs, counted in steps of the parser: the same on every machine, busy or not.

A step is a rule tried on a line, a token made, or a position searched for the end of a link. A step takes 2 to 5 µs; a
text may take STEPS of them, so none costs a second (measured: up to 0.6 s). A wall-clock limit would refuse good texts
on a busy machine, and a limit on the length alone would refuse real texts: of 25 real changelogs and READMEs, 100 KB
took at most 65,000 steps; 100 KB of table cells take forty times as many.
"""

from __future__ import annotations

from html import escape
from typing import Final, Literal, get_args

# What a text may have too much of.
Excess = Literal["lines", "nesting", "tables", "links", "marks"]

STEPS: Final = 160_000
# What the steps of an expensive text mostly cost, on the core whose milliseconds media/image_cost.py counts.
STEPS_PER_MILLISECOND: Final = 250


class TooCostly(Exception):
    """The text costs more than allowed; `excess` names what most steps were spent on."""

    def __init__(self, excess: Excess) -> None:
        super().__init__(excess)
        self.excess = excess


class Cost:
    """Steps taken so far, by what they were spent on."""

    def __init__(self, limit: int = STEPS) -> None:
        self._left = self._limit = limit
        self.spent: dict[Excess, int] = dict.fromkeys(get_args(Excess), 0)

    @property
    def steps(self) -> int:
        """The total."""
        return self._limit - self._left

    def spend(self, kind: Excess, steps: int) -> None:
        """Count steps. Raises TooCostly when the limit is exceeded."""
        self.spent[kind] += steps
        self._left -= steps
        if self._left < 0:
            raise TooCostly(max(self.spent, key=lambda each: self.spent[each]))


def as_plain(markdown: str) -> str:
    """The text unchanged, for one that costs too much to render."""
    return f"<pre>{escape(markdown.replace(chr(0), chr(0xFFFD)))}</pre>\n"
