"""The worker: runs jobs, one at a time. It may be killed at any point; what it held is run again by another.

It reads the table of jobs when it starts, after each job, when it is woken, and every two seconds; where nothing can
wake it (SQLite without Redis), five times a second.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from ..api.core.packages import limits
from ..cluster.redis import PREFIX, RedisLost
from ..context import Context
from ..database.schema_state import state_at_start
from ..database.unit_of_work import unit_of_work
from ..observability import metrics, tracing
from ..services import jobs
from ..services.autoreview.facts import Tools
from ..services.jobs import Leased
from ..services.reviews import automatic
from .due_releases import DueReleases
from .heartbeat import heartbeat
from .maintenance import Maintainer
from .reasons import reason_of

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0
# How long one wait for a wake-up is. Between two the worker notices that it is told to end, or, where none can come,
# reads the table.
TICK: Final = 0.2
HEARTBEAT_EVERY: Final = jobs.LEASE.total_seconds() / 5
GRACE: Final = 20.0
# Whoever started us is gone: nobody waits for our job to end well.
ORPHANS_GRACE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What to do for jobs of one kind: to run one (it calls jobs.finish), and when its last attempt has failed."""

    run: Callable[[Leased, Context], None]
    give_up: Callable[[Leased, str], None]


def _auto_review(leased: Leased, context: Context) -> None:
    settings = context.settings
    tools = Tools(
        context.storage,
        limits(),
        settings.clamav_url or None,
        settings.require_managed_assembly,
        settings.install_permissions,
    )
    automatic.run(leased, tools)


KINDS: Mapping[str, Kind] = {"auto_review": Kind(_auto_review, automatic.give_up)}


class _Lost(Exception):
    """Every attempt ended with its worker, not with an error of its own."""


def run_job(app: Flask, job_id: str, holder: str) -> bool:
    """Run the job, unless somebody else has it or it is not due: then False. What the job raises is noted, not raised.

    A job whose workers were killed as often as it may fail is given up without another try.
    """
    with app.app_context():
        leased = jobs.lease(job_id, holder)
        if leased is None:
            return False
        kind = KINDS.get(leased.kind)
        with heartbeat(app, HEARTBEAT_EVERY, f"job {leased.id}", lambda: jobs.extend(leased)):
            try:
                if leased.attempt > jobs.MAX_ATTEMPTS:
                    raise _Lost("its worker was lost every time")
                if kind is None:
                    raise LookupError(f"no job is called {leased.kind!r}")
                timer = metrics.JOB_SECONDS.labels(leased.kind)
                with tracing.span(f"job {leased.kind}", job_attempt=leased.attempt), metrics.timed(timer):
                    kind.run(leased, app.extensions["microdock"])
                metrics.JOB_ENDS.labels(leased.kind, "done").inc()
            except Exception as error:
                log.exception("job %s (%s) failed, attempt %d", leased.id, leased.kind, leased.attempt)
                _fail(leased, kind, reason_of(error))
    return True


def _fail(leased: Leased, kind: Kind | None, reason: str) -> None:
    with unit_of_work():
        is_last = jobs.fail(leased, reason)
        if is_last and kind is not None:
            kind.give_up(leased, reason)
    metrics.JOB_ENDS.labels(leased.kind if kind else "unknown", "failed" if is_last else "retried").inc()


class Worker:
    """One process's worker. `grace` is how long it lets its job finish when it is told to end."""

    def __init__(self, app: Flask, *, grace: float = GRACE) -> None:
        self._context: Context = app.extensions["microdock"]
        self.holder = f"{socket.gethostname()[:32]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._app, self._grace = app, grace
        self._maintainer = Maintainer(app, self.holder)
        self._due_releases = DueReleases(app)
        self._stopping = False
        self._parent: int | None = None

    def work(self, *, with_parent: bool = False) -> None:
        """Run jobs until told to end by TERM or INT; with `with_parent` also until the parent process is gone."""
        self._parent = os.getppid() if with_parent else None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if self._is_database_ready():
            _remove_messages(self._context)
            self._run()

    def _stop(self, *_: Any) -> None:
        # No more than this: whatever lock was held when the signal came would be waited for in vain.
        self._stopping = True

    def _is_told_to_end(self) -> bool:
        return self._stopping or self._is_orphaned()

    def _is_orphaned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _is_database_ready(self) -> bool:
        """Wait for the migrations, which the server runs; False if told to end meanwhile."""
        is_waiting = False
        while not self._is_told_to_end():
            try:
                with self._app.app_context():
                    if state_at_start().is_usable:
                        return True
            except SQLAlchemyError:
                log.debug("the database does not answer yet", exc_info=True)
            if not is_waiting:
                is_waiting = True
                log.info("worker %s waits until the database is there and migrated", self.holder)
            time.sleep(0.5)
        return False

    def _run(self) -> None:
        running = threading.Thread(target=self._run_jobs, name="jobs", daemon=True)
        running.start()
        self._maintainer.start()
        self._due_releases.start()
        log.info("worker %s is ready", self.holder)
        while not self._is_told_to_end():
            time.sleep(0.1)
        self._end(running)

    def _run_jobs(self) -> None:
        while not self._is_told_to_end():
            try:
                if not self._run_next():
                    self._wait()
            except Exception:
                log.exception("running jobs failed; it will be tried again")
                time.sleep(LOOK_EVERY)

    def _run_next(self) -> bool:
        """Run the job that has been due for longest; False where none is."""
        due = jobs.next_due(self._context.autocommit)
        if due is not None:
            run_job(self._app, due, self.holder)
        return due is not None

    def _wait(self) -> None:
        """Until the table is to be read again, or the worker is told to end."""
        begun = time.monotonic()
        while not self._is_told_to_end() and time.monotonic() - begun < LOOK_EVERY:
            topics = self._context.wakeups.wait(TICK)
            if topics is None or "jobs" in topics:
                return

    def _end(self, running: threading.Thread) -> None:
        """Let the job that runs finish in time; otherwise another worker may have it at once."""
        grace = min(self._grace, ORPHANS_GRACE) if self._is_orphaned() else self._grace
        log.info("worker %s is told to end; the job that runs may take %g s more", self.holder, grace)
        self._maintainer.stop()
        self._due_releases.stop()
        running.join(grace)
        self._maintainer.join(ORPHANS_GRACE)
        self._due_releases.join(ORPHANS_GRACE)
        with self._app.app_context(), unit_of_work():
            given_back = jobs.give_back(self.holder)
        log.info("worker %s ends; %d jobs given back", self.holder, given_back)


def _remove_messages(context: Context) -> None:
    """Remove what versions up to 2.0 told their workers by. Those still find their jobs without it."""
    for ending in ("", "-wal", "-shm"):
        context.settings.data_dir.joinpath(f"jobs.db{ending}").unlink(missing_ok=True)
    if context.redis is not None:
        with suppress(RedisLost):
            context.redis.ask(lambda client: client.delete(f"{PREFIX}jobs"))
