"""benchmarks/RESULTS.md: every row of the results, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .results import NOT_MEASURED, UNCERTAIN, Row
from .servers import THREADS, WORKERS
from .store import Conditions, Measured, Results

HEADINGS = ("what", "LOG_LEVEL", "measured", "beside", "ratio", "spread", "goal", "verdict")


def render(results: Results, names: Iterable[str]) -> str:
    """The whole document; of `names`, those without results are said to have none."""
    missing = [name for name in names if name not in results]
    parts = ["# Benchmark results", _head(), _summary(results)]
    if missing:
        parts.append(f"{NOT_MEASURED}: {', '.join(missing)}.")
    for name, one in results.items():
        section = one.section
        parts += [f"## {section.title}", _conditions(name, one.conditions), _table(section.rows), *section.notes]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head() -> str:
    lines = [
        "- written by `scripts/bench` from `results.json`, which has the values of every round; each section is "
        "replaced when it is measured again, and the others stay",
        f"- {WORKERS} workers × {THREADS} threads everywhere; clients and servers share the cores",
        "- contenders take turns in every round; figures are medians of rounds, ratios are medians of the rounds' "
        "ratios, and the spread is the smallest and the largest round, of the ratio where there is one",
        "- a row whose rounds differ by more than 2× has no verdict; goals and verdicts are those of the day of the "
        "measurement",
        f"- {NOT_MEASURED} as a spread: the rounds were not kept; verdicts of before 2026-11-29 were given without "
        "comparing rounds",
    ]
    return "\n".join(lines)


def _conditions(name: str, one: Conditions) -> str:
    """When and on what, as one line; what was not written down is said not to be."""
    parts = [f"`--only {name}`", f"{one.measured} UTC", _known(one.minutes, "{} min")]
    if one.processors is None:
        parts.append(f"machine and versions: {NOT_MEASURED}")
    else:
        parts.append(f"{one.processors} × {one.processor}, {one.memory_gib} GiB of memory")
        parts.append(", ".join([str(one.kernel), *(f"{name} {number}" for name, number in one.versions.items())]))
    parts.append(_known(one.load, "load {} at the end"))
    if one.plan:
        parts.append(f"{one.plan['rounds']} rounds, {one.plan['seconds']} s of wrk each")
    return "; ".join([part for part in [*parts, one.remark] if part]) + "."


def _known(value: float | None, form: str) -> str:
    return "" if value is None else form.format(f"{value:g}")


def _summary(results: Results) -> str:
    rows = [row for one in results.values() for row in one.section.rows if row.goal]
    missed = sum("missed" in row.verdict for row in rows)
    noisy = sum(row.verdict.startswith(UNCERTAIN) for row in rows)
    unknown = sum(row.verdict == NOT_MEASURED for row in rows)
    met = len(rows) - missed - noisy - unknown
    return (
        f"{len(rows)} goals: {met} met, {missed} missed, {noisy} with rounds too far apart, {unknown} {NOT_MEASURED}."
    )


def _table(rows: Sequence[Row]) -> str:
    lines = [_line(HEADINGS), _line(["---"] * len(HEADINGS))]
    for row in rows:
        measured = f"{row.measured} ({row.date})" if row.date else row.measured
        cells = (row.what, row.log, measured, row.against, row.ratio, row.spread, row.goal, row.verdict)
        lines.append(_line(cells))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def shown(one: Measured) -> str:
    """A section as the terminal shows it."""
    return "\n\n".join([f"## {one.section.title}", _table(one.section.rows), *one.section.notes])
