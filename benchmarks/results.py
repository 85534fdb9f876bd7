"""What was measured: samples of rounds, ratios between them, goals, and rows of the table."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

NOT_MEASURED = "not_measured"


class NotMeasured(Exception):
    """Something that a measurement needs is missing or went wrong; the message says what."""


@dataclass(slots=True)
class Samples:
    """One contender's values, a round each; `problem` says why there are none."""

    values: list[float] = field(default_factory=list)
    problem: str | None = None

    @property
    def median(self) -> float:
        """Raises NotMeasured where there is nothing to take it of."""
        if self.problem or not self.values:
            raise NotMeasured(self.problem or "no rounds were run")
        return statistics.median(self.values)

    def ratio_to(self, other: Samples) -> float:
        """The median of the rounds' ratios: what disturbs a round disturbs both of its sides."""
        for side in (self, other):
            _ = side.median
        pairs = zip(self.values, other.values, strict=False)
        return statistics.median(mine / theirs for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound, and where there is one an aim beyond it."""

    bound: float
    aim: float | None = None
    at_most: bool = False
    unit: str = "×"

    def text(self) -> str:
        sign = "≤" if self.at_most else "≥"
        aim = f" (aim {number(self.aim)})" if self.aim is not None else ""
        return f"{sign} {number(self.bound)}{self.unit}{aim}"

    def verdict(self, value: float) -> str:
        if not self._holds(value, self.bound):
            return "**missed**"
        return "met, aim too" if self.aim is not None and self._holds(value, self.aim) else "met"

    def _holds(self, value: float, bound: float) -> bool:
        return value <= bound if self.at_most else value >= bound


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    log: str = "-"
    measured: str = ""
    against: str = ""
    ratio: str = ""
    goal: str = ""
    verdict: str = ""


@dataclass(slots=True)
class Section:
    """A table with a title, and sentences below it."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def race(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Samples]:
    """Let every contender run once a round, in turn. One that fails is out, and its reason kept."""
    samples = {name: Samples() for name in contenders}
    for turn in range(rounds):
        say(f"  round {turn + 1} of {rounds}")
        for name, run in contenders.items():
            if samples[name].problem:
                continue
            try:
                samples[name].values.append(run())
            except (NotMeasured, OSError) as reason:
                samples[name].problem = str(reason) or type(reason).__name__
                say(f"  {name}: {samples[name].problem}")
    return samples


def ratio_row(
    what: str,
    mine: Samples,
    other: Samples,
    against: str,
    goal: Goal | None,
    *,
    log: str = "-",
    show: Callable[[float], str],
) -> Row:
    """One contender beside another."""
    text = goal.text() if goal else ""
    try:
        ratio = mine.ratio_to(other)
        measured, beside = show(mine.median), f"{against}: {show(other.median)}"
    except NotMeasured as reason:
        return missing_row(what, reason, log=log, goal=text)
    return Row(what, log, measured, beside, f"{number(ratio)}×", text, goal.verdict(ratio) if goal else "")


def value_row(what: str, value: float, goal: Goal, *, log: str = "-", detail: str = "") -> Row:
    """A figure that is held against a bound of its own."""
    return Row(what, log, f"{number(value)}{goal.unit}", detail, "", goal.text(), goal.verdict(value))


def missing_row(what: str, reason: object, *, log: str = "-", goal: str = "") -> Row:
    """What could not be measured, and why."""
    return Row(what, log, NOT_MEASURED, " ".join(str(reason).split())[:160], "", goal, NOT_MEASURED)


def number(value: float) -> str:
    """Three digits are all that these machines can promise."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def per_second(value: float) -> str:
    return f"{number(value)} req/s"


def seconds(value: float) -> str:
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:.2f} s"


def say(text: str) -> None:
    """Progress goes to the terminal, never into the results."""
    print(text, file=sys.stderr, flush=True)


def rows_of(sections: Sequence[Section]) -> list[Row]:
    return [row for section in sections for row in section.rows]
