"""What was measured: samples of rounds, ratios between them, goals, and rows of the table."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

NOT_MEASURED = "not_measured"
# Rounds that are further apart than this decide nothing.
NOISY = 2
UNCERTAIN = "rounds differ"


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
        return statistics.median(self.ratios_to(other))

    def ratios_to(self, other: Samples) -> list[float]:
        """The ratio of each round. Raises NotMeasured where one side has none."""
        for side in (self, other):
            _ = side.median
        return [mine / theirs for mine, theirs in zip(self.values, other.values, strict=False)]


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


# What may be lost to a line for every request.
LOGGING = Goal(0.9)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, and the values that it was made of: a list for each side, a value for each round."""

    what: str
    log: str = "-"
    measured: str = ""
    against: str = ""
    ratio: str = ""
    spread: str = ""
    goal: str = ""
    verdict: str = ""
    # Of a row that was not measured together with its section.
    date: str = ""
    rounds: Mapping[str, Sequence[float]] = field(default_factory=dict)


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


def warm_race(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Samples]:
    """The same after one run of each that does not count."""
    for run in contenders.values():
        with suppress(NotMeasured, OSError):  # the race will say so
            run()
    return race(contenders, rounds)


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
        ratios = mine.ratios_to(other)
        measured, beside = show(mine.median), f"{against}: {show(other.median)}"
    except NotMeasured as reason:
        return missing_row(what, reason, log=log, goal=text)
    ratio = statistics.median(ratios)
    rounds = {"measured": mine.values, against: other.values}
    spread, verdict = spread_of(ratios, "×"), judged(goal, ratio, ratios)
    return Row(what, log, measured, beside, f"{number(ratio)}×", spread, text, verdict, rounds=rounds)


def logging_row(what: str, samples: Mapping[str, Samples], *, show: Callable[[float], str]) -> Row:
    """What a line for every request leaves of the speed; the samples are by the level that was logged at."""
    quiet = "WARNING"
    row = f"{what}, INFO beside WARNING"
    return ratio_row(row, samples["INFO"], samples[quiet], quiet, LOGGING, log="INFO", show=show)


def value_row(what: str, values: Sequence[float], goal: Goal, *, log: str = "-", detail: str = "") -> Row:
    """The median of a figure's rounds, held against a bound of its own."""
    value = statistics.median(values)
    return _value_row(what, value, values, goal, judged(goal, value, values), log, detail)


def worst_row(what: str, values: Sequence[float], goal: Goal, *, log: str = "-", detail: str = "") -> Row:
    """The worst round's figure: it is judged however far the others are from it, for they are all better."""
    value = max(values) if goal.at_most else min(values)
    return _value_row(what, value, values, goal, goal.verdict(value), log, detail)


def _value_row(
    what: str, value: float, values: Sequence[float], goal: Goal, verdict: str, log: str, detail: str
) -> Row:
    spread, rounds = spread_of(values, goal.unit), {"measured": values}
    measured = f"{number(value)}{goal.unit}"
    return Row(what, log, measured, detail, "", spread, goal.text(), verdict, rounds=rounds)


def spread_of(values: Sequence[float], unit: str) -> str:
    """The smallest and the largest round."""
    if len(values) < 2:
        return "one value"
    return f"{number(min(values))} to {number(max(values))}{unit}"


def judged(goal: Goal | None, value: float, rounds: Sequence[float]) -> str:
    """Whether the goal was met, or, where the rounds are too far apart to tell, that they are."""
    least, most = min(rounds), max(rounds)
    if most > least * NOISY:
        by = f"{number(most / least)}×" if least > 0 else "any factor"
        return f"{UNCERTAIN} by {by}"
    return goal.verdict(value) if goal else ""


def missing_row(what: str, reason: object, *, log: str = "-", goal: str = "") -> Row:
    """What could not be measured, and why."""
    reason = " ".join(str(reason).split())[:160]
    return Row(what, log, NOT_MEASURED, reason, "", NOT_MEASURED, goal, NOT_MEASURED)


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
