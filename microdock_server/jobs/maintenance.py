"""Maintenance: what the whole installation needs from time to time, done by one thread of the worker's process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from flask import Flask

from ..clock import iso, utcnow
from ..context import Context
from ..database.unit_of_work import unit_of_work
from ..services import backups, files, jobs, maintenance, statistics
from ..services.accounts import tokens
from ..services.files import rehash
from ..services.maintenance import Record
from ..services.releases import active_rows
from .heartbeat import heartbeat
from .reasons import reason_of
from .rounds import Rounds

log = logging.getLogger(__name__)

HEARTBEAT_EVERY: Final = maintenance.LEASE.total_seconds() / 5
# Long enough to look into what a job did last week.
JOBS_KEPT: Final = timedelta(days=7)

IsOver = Callable[[], bool]
# Does the task; how many rows, files or days it handled.
Work = Callable[[Context, IsOver], int]


def _tokens(_context: Context, _is_over: IsOver) -> int:
    with unit_of_work():
        return tokens.forget_expired()


def _jobs(_context: Context, _is_over: IsOver) -> int:
    with unit_of_work():
        return jobs.forget_finished(JOBS_KEPT)


def _gc(context: Context, _is_over: IsOver) -> int:
    return len(files.collect_garbage(context.storage))


def _rollup(_context: Context, is_over: IsOver) -> int:
    return int(statistics.roll()) + active_rows.prune(is_over)


def _retention(context: Context, is_over: IsOver) -> int:
    days = context.settings.backup_retention_days
    if not days:
        return 0
    return backups.expire(utcnow() - timedelta(days=days), context.storage, is_over)


def _rehash(context: Context, is_over: IsOver) -> int:
    return rehash.run(context.storage, timedelta(days=context.settings.rehash_cycle_days), is_over)


# TEMP is not here: every machine sweeps its own (see node_maintenance).
WORK: Final[Mapping[str, Work]] = {
    maintenance.TOKENS: _tokens,
    maintenance.JOBS: _jobs,
    maintenance.GC: _gc,
    maintenance.ROLLUP: _rollup,
    maintenance.RETENTION: _retention,
    maintenance.REHASH: _rehash,
}
# What cannot be had back if the clock was wrong.
BY_AGE: Final = frozenset({maintenance.TOKENS, maintenance.JOBS, maintenance.GC, maintenance.RETENTION})


def _nothing(_context: Context, _is_over: IsOver) -> int:
    return 0


def _may(record: Record, interval: int, now: datetime) -> bool:
    """May the task run, or does it delete by age while the clock may be wrong?"""
    if record.task not in BY_AGE or record.trusts(now, interval):
        return True
    log.warning(
        "maintenance task %s deletes nothing this time: the clock is at %s, far ahead of the last run at %s",
        record.task,
        iso(now),
        iso(record.started or now),
    )
    return False


class Maintainer(Rounds):
    """Runs what is due, one task at a time; of all nodes, one runs each. `holder` names this process."""

    def __init__(self, app: Flask, holder: str) -> None:
        super().__init__(app, "maintenance")
        self._holder = holder

    def round(self) -> None:
        """Run every task that is due now."""
        context: Context = self._app.extensions["microdock"]
        schedule, now = context.settings.maintenance, utcnow()
        with self._app.app_context():
            with unit_of_work(writing=False):
                known = maintenance.records()
            for task, work in WORK.items():
                if self._stopping.is_set():
                    return
                if not known[task].is_due(schedule[task], now):
                    continue
                record = maintenance.claim(task, schedule[task], self._holder)
                if record is not None:
                    self._do(task, work if _may(record, schedule[task], now) else _nothing, context)

    def _do(self, task: str, work: Work, context: Context) -> None:
        started, handled, error = time.monotonic(), 0, ""
        extend = partial(maintenance.extend, task, self._holder)
        with heartbeat(self._app, HEARTBEAT_EVERY, f"maintenance task {task}", extend):
            try:
                handled = work(context, self._stopping.is_set)
            except Exception as reason:
                log.exception("maintenance task %s failed; it will be tried again", task)
                error = reason_of(reason)
        # After the last heartbeat: both set the row.
        maintenance.finish(task, self._holder, time.monotonic() - started, handled, error)
