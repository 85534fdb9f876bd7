"""Request bodies on their way in: written, hashed and limited as they arrive, and deleted unless a storage adopts
them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from .. import file_modes
from ..errors import FileTooLarge, StorageFailure, StorageFull
from .contract import ReceivedFile

BODY = "body-"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turns the disk's errors into domain errors."""
    try:
        yield
    except OSError as reason:
        raise (StorageFull() if reason.errno in FULL else StorageFailure()) from reason


def human_size(size: int) -> str:
    """`100MB`, `512KB`, `37B`: whole binary units, as the documents write them."""
    for unit, bytes_each in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if size >= bytes_each and size % bytes_each == 0:
            return f"{size // bytes_each}{unit}"
    return f"{size}B"


def remove_stale(paths: Iterable[Path], before: datetime) -> list[str]:
    """Remove files that were last written to before this time; returns their names."""
    gone = []
    for path in paths:
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                gone.append(path.name)
    return gone


def sweep_bodies(directory: Path, before: datetime) -> list[str]:
    """Remove bodies whose request was killed before this time. A body that is still arriving was written to
    recently.
    """
    return remove_stale(directory.glob(f"{BODY}*"), before)


class Incoming:
    """A file being received into `directory`. Closing it deletes it, unless a storage adopted it first."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._limit = limit
        self._hash = hashlib.sha256()
        self.size = 0
        with disk_errors():
            file_modes.make_directory(directory)
            handle, name = tempfile.mkstemp(prefix=BODY, dir=directory)
        self._file: BinaryIO = os.fdopen(handle, "w+b", buffering=0)
        self.path = Path(name)

    def write(self, chunk: bytes) -> None:
        """Append `chunk`. Raises FileTooLarge beyond the limit."""
        self.size += len(chunk)
        if self.size > self._limit:
            raise FileTooLarge(limit=human_size(self._limit))
        self._hash.update(chunk)
        with disk_errors():
            rest = memoryview(chunk)
            while rest:
                rest = rest[self._file.write(rest) :]

    def received(self) -> ReceivedFile:
        """The complete file, ready for a storage."""
        return ReceivedFile(self.path, self.size, self._hash.hexdigest())

    def reader(self) -> BinaryIO:
        """The bytes received so far, from the first."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Delete the file, unless it was adopted."""
        self._file.close()
        with suppress(FileNotFoundError):
            self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
