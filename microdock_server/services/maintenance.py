"""When which maintenance task ran, how it went, and whose turn it is: one row of `settings` a task.

Of all nodes, exactly one runs a due task: it takes a lease by comparing and setting the row, which every engine does
atomically. Killed in the middle, its lease runs out and another begins anew: tasks must bear being cut off anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from ..clock import lasts_until, utcnow
from ..database.session import db
from ..database.unit_of_work import unit_of_work
from ..errors import Conflict
from ..models import Setting

LEASE: Final = timedelta(minutes=5)
# A task that failed need not wait for its whole interval.
RETRY_SECONDS: Final = 300
# A clock that is further ahead than this of what was last seen may have been set wrong.
LEAP: Final = timedelta(days=1)
PREFIX: Final = "maintenance."

TOKENS: Final = "tokens"
JOBS: Final = "jobs"
TEMP: Final = "temp"
GC: Final = "gc"
ROLLUP: Final = "rollup"
RETENTION: Final = "retention"
REHASH: Final = "rehash"
TASKS: Final = (TOKENS, JOBS, TEMP, GC, ROLLUP, RETENTION, REHASH)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a task. Of its last complete run: moments, seconds, `ok` or `failed`, and how much it handled.

    `holder` runs it now, until `until` at the latest.
    """

    task: str
    started: datetime | None = None
    finished: datetime | None = None
    succeeded: datetime | None = None
    seconds: float = 0.0
    outcome: str = "never"
    handled: int = 0
    error: str = ""
    holder: str | None = None
    until: datetime | None = None
    begun: datetime | None = None

    def is_due(self, interval: int, now: datetime) -> bool:
        """Is it time, with so many seconds between runs (0: never)? By the clock: an hourly task at each full hour."""
        if interval == 0 or self.is_running(now):
            return False
        if self.started is None or self.finished is None:
            return True
        if self.outcome == "failed" and not 0 <= (now - self.finished).total_seconds() < RETRY_SECONDS:
            return True
        return int(now.timestamp()) // interval != int(self.started.timestamp()) // interval

    def is_running(self, now: datetime) -> bool:
        """Does somebody hold it?"""
        return self.until is not None and lasts_until(self.until, LEASE, now)

    def trusts(self, now: datetime, interval: int) -> bool:
        """May what is old `now` be deleted for good? Not where the clock is far ahead of the run before.

        Either nothing ran for so long, or the clock was set forward, by mistake perhaps: then everything is old. The
        next run finds this one and goes on, if the clock still says the same.
        """
        return self.started is None or now - self.started <= max(LEAP, timedelta(seconds=2 * interval))


def records() -> dict[str, Record]:
    """What is known of each task, in the order in which they are run."""
    rows = db.session.execute(select(Setting.key, Setting.value).where(Setting.key.in_([PREFIX + t for t in TASKS])))
    stored = {key.removeprefix(PREFIX): value for key, value in rows}
    return {task: _parsed(task, stored.get(task)) for task in TASKS}


def overview(schedule: Mapping[str, int]) -> Sequence[dict[str, Any]]:
    """What administrators are shown of each task; `interval` in seconds, 0 where it is turned off."""
    with unit_of_work(writing=False):
        known = records()
    now = utcnow()
    return [
        {
            "task": task,
            "interval": schedule[task],
            "outcome": record.outcome,
            "last_run": record.started,
            "seconds": record.seconds,
            "handled": record.handled,
            "error": record.error,
            "is_running": record.is_running(now),
        }
        for task, record in known.items()
    ]


def claim(task: str, interval: int, holder: str, now: datetime | None = None) -> Record | None:
    """Take the task if it is due and nobody has it, in a unit of its own; None otherwise."""
    moment = now or utcnow()
    try:
        with unit_of_work():
            record, stored = _read(task)
            if not record.is_due(interval, moment):
                return None
            mine = replace(record, holder=holder, until=moment + LEASE, begun=moment)
            return mine if _write(mine, stored) else None
    except Conflict:
        # Another made the row in the same moment.
        return None


def extend(task: str, holder: str) -> bool:
    """Hold on to the task for longer; False where it is no longer ours."""
    with unit_of_work():
        record, stored = _read(task)
        return record.holder == holder and _write(replace(record, until=utcnow() + LEASE), stored)


def finish(task: str, holder: str, seconds: float, handled: int, error: str = "") -> bool:
    """The run is over, well unless `error` says what went wrong; False where the task is no longer ours."""
    with unit_of_work():
        record, stored = _read(task)
        return record.holder == holder and _write(_ended(record, seconds, handled, error), stored)


def note(task: str, begun: datetime, seconds: float, handled: int, error: str = "") -> None:
    """Record a run that needed no lease, because every machine does it for itself."""
    with unit_of_work():
        record, stored = _read(task)
        _write(_ended(replace(record, begun=begun), seconds, handled, error), stored)


def _ended(record: Record, seconds: float, handled: int, error: str) -> Record:
    now = utcnow()
    return replace(
        record,
        started=record.begun,
        finished=now,
        succeeded=record.succeeded if error else now,
        seconds=round(seconds, 3),
        outcome="failed" if error else "ok",
        handled=handled,
        error=error,
        holder=None,
        until=None,
        begun=None,
    )


def _read(task: str) -> tuple[Record, str | None]:
    stored = db.session.scalars(select(Setting.value).where(Setting.key == PREFIX + task)).one_or_none()
    return _parsed(task, stored), stored


def _write(record: Record, before: str | None) -> bool:
    values = asdict(record)
    text = json.dumps({k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()})
    if before is None:
        db.session.add(Setting(key=PREFIX + record.task, value=text))
        db.session.flush()
        return True
    row = Setting.key == PREFIX + record.task
    statement = update(Setting).where(row, Setting.value == before).values(value=text).returning(Setting.key)
    return db.session.execute(statement).one_or_none() is not None


def _parsed(task: str, stored: str | None) -> Record:
    if stored is None:
        return Record(task)
    known = {field.name: field.type for field in fields(Record)}
    values = {name: value for name, value in json.loads(stored).items() if name in known}
    moments = {name for name, kind in known.items() if "datetime" in str(kind)}
    parsed: dict[str, Any] = {k: datetime.fromisoformat(v) if k in moments and v else v for k, v in values.items()}
    return Record(**parsed)
