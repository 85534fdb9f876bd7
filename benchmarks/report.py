"""The table as Markdown, with what it was measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from .results import NOT_MEASURED, Row, Section, rows_of
from .servers import THREADS, WORKERS
from .stage import Plan

HEADINGS = ("what", "LOG_LEVEL", "measured", "beside", "ratio", "goal", "verdict")


def render(sections: Sequence[Section], plan: Plan, took: float) -> str:
    """The whole document."""
    parts = ["# Benchmark results", _machine(plan, took), _summary(sections)]
    for section in sections:
        parts += [f"## {section.title}", _table(section.rows), *section.notes]
    return "\n\n".join(part for part in parts if part) + "\n"


def _machine(plan: Plan, took: float) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("Flask", "gunicorn", "SQLAlchemy"))
    lines = [
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; the run took {took / 60:.0f} min",
        f"- {_cores()} × {_processor()}, {_memory():.0f} GiB of memory, load {os.getloadavg()[0]:.1f} at the end",
        f"- Linux {platform.release()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"- {packages}",
        f"- {WORKERS} workers × {THREADS} threads everywhere; {plan.rounds} rounds, {plan.seconds} s of wrk each",
        "- clients and servers share the cores; contenders take turns in every round; figures are medians of rounds, "
        "ratios are medians of the rounds' ratios",
    ]
    return "\n".join(lines)


def _summary(sections: Sequence[Section]) -> str:
    rows = [row for row in rows_of(sections) if row.goal]
    missed = sum("missed" in row.verdict for row in rows)
    unknown = sum(row.verdict == NOT_MEASURED for row in rows)
    return f"{len(rows)} goals: {len(rows) - missed - unknown} met, {missed} missed, {unknown} {NOT_MEASURED}."


def _table(rows: Sequence[Row]) -> str:
    lines = [_line(HEADINGS), _line(["---"] * len(HEADINGS))]
    lines += [_line((row.what, row.log, row.measured, row.against, row.ratio, row.goal, row.verdict)) for row in rows]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
