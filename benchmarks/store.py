"""benchmarks/results.json: every section as it was measured last, with when, on what and how."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from .results import Row, Section
from .stage import Plan

RESULTS: Final = Path(__file__).parent / "results.json"
# More digits than anybody can promise, and few enough to read.
DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Conditions:
    """When, on what and how long a section was measured. None: that was not written down."""

    # In UTC: a day, or a day and a minute.
    measured: str
    minutes: float | None = None
    processors: int | None = None
    processor: str | None = None
    memory_gib: int | None = None
    # Of the last minute, at the end.
    load: float | None = None
    kernel: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    plan: Mapping[str, int] = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A section and its conditions."""

    section: Section
    conditions: Conditions

    @property
    def day(self) -> str:
        return self.conditions.measured[:10]


Results = dict[str, Measured]


def conditions(plan: Plan, took: float) -> Conditions:
    """Those of a section that has just been measured in so many seconds."""
    packages = ("Flask", "gunicorn", "SQLAlchemy")
    return Conditions(
        measured=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        minutes=round(took / 60, 1),
        processors=len(os.sched_getaffinity(0)),
        processor=_processor(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        load=round(os.getloadavg()[0], 1),
        kernel=f"{platform.system()} {platform.release()}",
        versions={
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            **{name: version(name) for name in packages},
        },
        plan=asdict(plan),
    )


def load(path: Path = RESULTS) -> Results:
    """What is kept; nothing where there is no file."""
    if not path.exists():
        return {}
    return {name: _measured(one) for name, one in json.loads(path.read_text(encoding="utf-8")).items()}


def keep(name: str, measured: Measured, order: Iterable[str], path: Path = RESULTS) -> None:
    """Put one section in the place of the one of that name; the others stay as they are."""
    results = load(path) | {name: measured}
    path.write_text(encode({one: results[one] for one in order if one in results}), encoding="utf-8")


def encode(results: Results) -> str:
    """JSON with a line for each row, so that a change shows which rows it changed."""
    return "{\n" + ",\n".join(f" {_json(name)}: {_section(one)}" for name, one in results.items()) + "\n}\n"


def _section(measured: Measured) -> str:
    section = measured.section
    parts = {
        "title": _json(section.title),
        "conditions": _json(_stated(measured.conditions)),
        "rows": _lines(_json(_stated(row)) for row in section.rows),
        "notes": _lines(map(_json, section.notes)),
    }
    return "{\n" + ",\n".join(f"  {_json(name)}: {part}" for name, part in parts.items()) + "\n }"


def _lines(parts: Iterable[str]) -> str:
    lines = ",\n".join(f"   {part}" for part in parts)
    return f"[\n{lines}\n  ]" if lines else "[]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stated(one: Row | Conditions) -> dict[str, Any]:
    """The fields that say something."""
    values = asdict(one)
    if isinstance(one, Row):
        values["rounds"] = {side: [_short(value) for value in values] for side, values in one.rounds.items()}
    return {each.name: values[each.name] for each in fields(one) if values[each.name] != _default(each)}


def _default(each: Any) -> Any:
    return each.default_factory() if each.default is MISSING and each.default_factory is not MISSING else each.default


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _measured(kept: Mapping[str, Any]) -> Measured:
    rows = [Row(**row) for row in kept["rows"]]
    return Measured(Section(kept["title"], rows, list(kept["notes"])), Conditions(**kept["conditions"]))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
