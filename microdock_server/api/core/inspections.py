"""Packages and images are inspected one at a time per client: nothing that clients may ask for costs more.

This holds across the workers of a machine. A process locks one byte of a file, chosen by the client's address; the
system releases the lock when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ...errors import ServerBusy

FILE: Final = "inspections.lock"
WAIT_SECONDS: Final = 10.0
RETRY_AFTER: Final = 5
POLL_SECONDS: Final = 0.02
# Two clients that share a byte occasionally wait for each other; there are more bytes than clients.
BYTES: Final = 1 << 30


class Inspections:
    """The locks of one application: which clients are being served."""

    def __init__(self, directory: Path, wait_seconds: float = WAIT_SECONDS) -> None:
        self._path, self._wait = directory / FILE, wait_seconds
        self._changed = threading.Condition()
        self._running: set[int] = set()
        # One descriptor per process: closing any other one on the file would release all of the process's locks.
        self._file: tuple[int, int] | None = None

    @contextmanager
    def of(self, client: str) -> Iterator[None]:
        """Wait for the client's turn and hold it. Raises ServerBusy where the one before takes too long."""
        place = zlib.crc32(client.encode()) % BYTES
        ends = time.monotonic() + self._wait
        with self._changed:
            if not self._changed.wait_for(lambda: place not in self._running, self._wait):
                raise ServerBusy(RETRY_AFTER)
            self._running.add(place)
        try:
            self._lock(place, ends)
            try:
                yield
            finally:
                fcntl.lockf(self._descriptor(), fcntl.LOCK_UN, 1, place)
        finally:
            with self._changed:
                self._running.discard(place)
                self._changed.notify_all()

    def _lock(self, place: int, ends: float) -> None:
        while True:
            try:
                fcntl.lockf(self._descriptor(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                return
            except (BlockingIOError, PermissionError):
                if time.monotonic() >= ends:
                    raise ServerBusy(RETRY_AFTER) from None
                time.sleep(POLL_SECONDS)

    def _descriptor(self) -> int:
        with self._changed:
            if self._file is None or self._file[0] != os.getpid():
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = (os.getpid(), os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            return self._file[1]
