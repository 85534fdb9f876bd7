"""A log file that several processes append to and rotate, without losing a line or waiting for each other.

A line, or several together, is one `write` to a descriptor in append mode, which the kernel does not split; only
rotation takes a lock. Libraries that lock for every line halve the number of requests that a server answers while
logging them.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from .access_log import Form, LineHandler


class SharedRotatingHandler(LineHandler):
    """Appends lines to `filename`; past `max_bytes` it becomes `filename.1`, and so on up to `keep`.

    `form`: how lines about answered requests look; without it there are none.
    """

    def __init__(self, filename: str, max_bytes: int, keep: int, form: Form | None = None) -> None:
        super().__init__()
        self.form = form
        self._path, self._max_bytes, self._keep = Path(filename), max_bytes, keep
        self._turning = threading.Lock()
        self._file = self._open()

    def createLock(self) -> None:  # noqa: N802  (its base's)
        """None: threads would wait for the lock much longer than it takes to write a line."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line."""
        try:
            self.write((f"{self.format(record)}\n",))
        except Exception:
            self.handleError(record)

    def write(self, lines: Sequence[str]) -> None:
        """Append these in one write; nothing after close, which may happen in another thread meanwhile."""
        if self._file < 0:
            return
        if self._is_over():
            self._turn_over()
        os.write(self._file, "".join(lines).encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Close the file, after what was collected."""
        super().close()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def _is_over(self) -> bool:
        """Is the open file full, or was it rotated so often since our last line that it was deleted?"""
        status = os.fstat(self._file)
        return status.st_size >= self._max_bytes or status.st_nlink == 0

    def _turn_over(self) -> None:
        """Rotate, unless another process has since we opened the file; then open the new file."""
        with self._turning:
            lock = os.open(self._path.with_name(f".{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self._is_current() and self._is_over():
                    self._rotate()
                fresh = self._open()
            finally:
                os.close(lock)
            # Under the same descriptor number: another thread may be about to write, and must not meet a closed
            # descriptor, or one that belongs to another file by now.
            os.dup2(fresh, self._file, inheritable=False)
            os.close(fresh)

    def _is_current(self) -> bool:
        try:
            return self._path.stat().st_ino == os.fstat(self._file).st_ino
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        for number in range(self._keep - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
