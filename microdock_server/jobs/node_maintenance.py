"""Maintenance of a node: what every machine needs for itself, by one thread in one worker of it.

It keeps the write-ahead log short, and sweeps the bodies of uploads that were killed. What the whole installation
needs is maintenance (see maintenance.py).
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

from flask import Flask

from ..clock import utcnow
from ..config import Settings
from ..services import files, maintenance
from ..storage.incoming import sweep_bodies
from .reasons import reason_of

log = logging.getLogger(__name__)

CHECKPOINT_EVERY: Final = 2.0


class NodeMaintainer(threading.Thread):
    """Runs in every worker; only the one that holds the lock file works, and another takes over when it dies."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="node-maintenance", daemon=True)
        self._app, self._settings = app, settings
        self._stopping = threading.Event()
        self._last_sweep: float | None = None

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
            if self._is_time_to_sweep():
                self._last_sweep = time.monotonic()
                sweep(self._app, self._settings)
        except Exception:
            log.exception("maintenance of this node failed; it will be tried again")

    def _is_time_to_sweep(self) -> bool:
        every = self._settings.maintenance[maintenance.TEMP]
        return bool(every) and (self._last_sweep is None or time.monotonic() - self._last_sweep > every)


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
    """Remove bodies whose upload was killed; how that went stands beside the other maintenance tasks."""
    begun, started, gone, error = utcnow(), time.monotonic(), 0, ""
    try:
        gone = len(sweep_bodies(settings.temp_dir, begun - files.ORPHAN_AGE))
    except OSError as reason:
        log.exception("the temporary files could not be swept")
        error = reason_of(reason)
    with app.app_context():
        maintenance.note(maintenance.TEMP, begun, time.monotonic() - started, gone, error)


def _is_mine(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
