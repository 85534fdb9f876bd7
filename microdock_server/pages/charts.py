"""Downloads by day as a picture: geometry for an inline SVG, whose labels are text beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from markupsafe import Markup

DAYS: Final = 90
# Of the picture, in its own units: a day is 8 wide, of which its bar takes 6.
STEP: Final = 8
_BAR: Final = 6
HEIGHT: Final = 120


@dataclass(frozen=True, slots=True)
class Chart:
    """Downloads of the last 90 days, the oldest first. `top` is the number at the upper edge, twice a whole one."""

    days: Sequence[tuple[str, int]]
    top: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(count for _, count in self.days)

    @property
    def rows(self) -> Markup:
        """The body of a table of them, the newest first."""
        rows = (f'<tr><th scope="row">{day}</th><td>{count:,}</td></tr>' for day, count in reversed(self.days))
        return Markup("\n".join(rows))  # noqa: S704 - dates and numbers alone

    @property
    def width(self) -> int:
        """Of the picture."""
        return STEP * len(self.days)

    @property
    def height(self) -> int:
        """Of the picture."""
        return HEIGHT

    @property
    def bars(self) -> str:
        """The bars, as one path. A day with any downloads has one that can be seen."""
        return "".join(self._bars())

    def _bars(self) -> Iterator[str]:
        for place, (_, count) in enumerate(self.days):
            if count:
                tall = max(1, round(count / self.top * HEIGHT))
                yield f"M{place * STEP + 1} {HEIGHT}v-{tall}h{_BAR}v{tall}z"


def first_day(today: date) -> date:
    """Where the chart begins that ends today."""
    return today - timedelta(days=DAYS - 1)


def of(counts: Mapping[str, int], today: date) -> Chart:
    """The chart of downloads by day (`2026-01-31`); days without any may be missing."""
    names = [(first_day(today) + timedelta(days=past)).isoformat() for past in range(DAYS)]
    days = [(name, counts.get(name, 0)) for name in names]
    return Chart(days, _top(max(count for _, count in days)))


def _top(highest: int) -> int:
    """The smallest of 2, 4, 10, 20, 40, 100 … that is at least `highest`."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if 2 * step * power >= highest:
                return 2 * step * power
        power *= 10
