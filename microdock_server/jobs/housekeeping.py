"""Housekeeping: one thread in one worker of a machine keeps the write-ahead log short and sweeps what expired."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flask import Flask

from ..clock import utcnow
from ..config import Settings
from ..services import files, jobs, statistics, tokens
from ..storage.incoming import sweep_bodies
from ..uow import unit_of_work

log = logging.getLogger(__name__)

CHECKPOINT_EVERY: Final = 2.0
SWEEP_EVERY: Final = 3600.0
# Long enough to look into what a job did last week.
JOBS_KEPT: Final = timedelta(days=7)


class Housekeeper(threading.Thread):
    """Runs in every worker; only the one that holds the lock file works, and another takes over when it dies."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="housekeeping", daemon=True)
        self._app, self._settings = app, settings
        self._stopping = threading.Event()
        self._last_sweep = 0.0
        self._last_roll: datetime | None = None

    def run(self) -> None:
        """Wait for the lock, then work until stopped."""
        lock = os.open(self._settings.data_dir / "housekeeping.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not self._stopping.wait(CHECKPOINT_EVERY):
                if _is_mine(lock):
                    self._round()
        finally:
            os.close(lock)

    def stop(self) -> None:
        """End after the current round."""
        self._stopping.set()

    def _round(self) -> None:
        try:
            if self._settings.sqlite_path is not None:
                checkpoint(self._settings.sqlite_path)
            if time.monotonic() - self._last_sweep > SWEEP_EVERY or not self._last_sweep:
                self._last_sweep = time.monotonic()
                sweep(self._app, self._settings)
            hour = utcnow().replace(minute=0, second=0)
            if hour != self._last_roll:
                # By the clock, not by our start: a day that ended leaves the windows soon after midnight.
                self._last_roll = hour
                roll(self._app)
        except Exception:
            log.exception("housekeeping failed; it will be tried again")


def checkpoint(database: Path) -> None:
    """Move what is in the write-ahead log into the database, without making anybody wait.

    From one place only: SQLite before 3.51.3 can corrupt a database whose log two connections restart at once.
    """
    log_file = database.with_name(database.name + "-wal")
    if not log_file.exists() or log_file.stat().st_size == 0:
        return
    connection = sqlite3.connect(database, timeout=1, isolation_level=None)
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        connection.close()


def sweep(app: Flask, settings: Settings) -> None:
    """Forget expired tokens, jobs that were done long ago, and bodies whose upload was killed."""
    with app.app_context(), unit_of_work():
        tokens.forget_expired()
        jobs.forget_finished(JOBS_KEPT)
    sweep_bodies(settings.temp_dir, utcnow() - files.ORPHAN_AGE)


def roll(app: Flask) -> None:
    """Take the days that have passed out of the statistics."""
    with app.app_context():
        statistics.roll()


def _is_mine(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
