"""Archives in a directory: unfinished and finished ones, retention, and a record of the last one for monitoring."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import orjson

from .. import file_modes
from ..clock import iso, utcnow
from ..vocabulary import LAST_BACKUP
from .problems import SnapshotProblem

NAME: Final = re.compile(r"microdock-[0-9]{8}T[0-9]{9}Z-[0-9a-f]{8}-(full|incremental)\.tar\.zst(\.age)?")
PARTIAL: Final = ".microdock-partial-"
# A directory for the copy of a database.
SCRATCH: Final = ".microdock-scratch-"
LOCK: Final = ".microdock-lock"


def file_name(archive_id: str, *, incremental: bool, encrypted: bool) -> str:
    """`microdock-20231201T143022123Z-3f2a90c1-full.tar.zst`: sorts by time, to the millisecond."""
    kind = "incremental" if incremental else "full"
    return f"microdock-{moment_in_name()}-{archive_id[:8]}-{kind}.tar.zst{'.age' if encrypted else ''}"


def moment_in_name() -> str:
    """The current time, as in the name of an archive."""
    return f"{datetime.fromtimestamp(time.time(), UTC):%Y%m%dT%H%M%S%f}"[:-3] + "Z"


def archives(directory: Path) -> list[Path]:
    """The finished archives in a directory, newest first."""
    return sorted((path for path in directory.iterdir() if NAME.fullmatch(path.name)), reverse=True)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the lock for backups in a directory, which is created if needed; remnants of killed ones are removed.

    Everything that writes or removes archives runs within it: none removes an archive that another builds on.
    """
    try:
        file_modes.make_directory(directory)
        file_modes.make_file(directory / LOCK)
        with (directory / LOCK).open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sweep(directory)
            yield
    except BlockingIOError as reason:
        raise SnapshotProblem(f"another backup is being written into {directory}") from reason


def _sweep(directory: Path) -> None:
    for path in directory.glob(f"{PARTIAL}*"):
        path.unlink()
    for path in directory.glob(f"{SCRATCH}*"):
        shutil.rmtree(path, ignore_errors=True)


class Partial:
    """A file that gets its name when it is complete, and is deleted otherwise.

    Only its owner can read it: it contains password hashes.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._target = directory / name
        self.descriptor, draft = tempfile.mkstemp(prefix=PARTIAL, dir=directory)
        self._draft = Path(draft)

    def publish(self) -> Path:
        """Make it durable and give it its name."""
        os.fsync(self.descriptor)
        self._draft.rename(self._target)
        sync_directory(self._target.parent)
        return self._target

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)
        with suppress(FileNotFoundError):
            self._draft.unlink()


def sync_directory(path: Path) -> None:
    """Make the directory's entries durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def record(data_dir: Path, archive: Path, size: int, *, incremental: bool) -> None:
    """Record in `data_dir` that a backup was made: `{"file", "size", "kind", "finished_at", "finished_unix"}`."""
    now = utcnow()
    fields = {
        "file": str(archive),
        "size": size,
        "kind": "incremental" if incremental else "full",
        "finished_at": iso(now),
        "finished_unix": int(now.timestamp()),
    }
    draft = data_dir / f".{LAST_BACKUP}-{os.getpid()}"
    file_modes.make_file(draft)
    with draft.open("wb") as file:
        file.write(orjson.dumps(fields))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(data_dir / LAST_BACKUP)
    sync_directory(data_dir)
