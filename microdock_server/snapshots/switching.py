"""Puts a new data directory in the place of the old one, and back, by renames.

    DATA                            what the server uses
    DATA.restoring                  being built; of no use if the restore was killed
    DATA.before-20231201T143022Z    what stood there before a restore
    DATA.undone-20231201T143022Z    what a restore had put there, after it was undone

Killed between two renames, there is no DATA, and `undo` puts back what stood there.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from .. import file_modes
from ..clock import utcnow
from ..storage.data_dir_lock import InUse, lock_exclusively
from .archive_files import sync_directory
from .problems import SnapshotProblem

BEFORE: Final = "before"
UNDONE: Final = "undone"


class Switch:
    """`fresh` is an empty directory beside `data_dir` that can replace it; nobody uses `data_dir` meanwhile."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.fresh = data_dir.with_name(f"{data_dir.name}.restoring")
        self._held = ExitStack()

    def __enter__(self) -> Self:
        _ensure_movable(self._data_dir)
        try:
            self._held.enter_context(_unused(self._data_dir))
            with _unused(self.fresh):
                shutil.rmtree(self.fresh, ignore_errors=True)
            file_modes.make_directory(self.fresh)
            # A marker that moves with the directory: no server starts on an unfinished switch.
            self._held.enter_context(_unused(self.fresh))
        except OSError as reason:
            self._held.close()
            raise SnapshotProblem(f"cannot write beside {self._data_dir}: {reason.strerror}") from reason
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        shutil.rmtree(self.fresh, ignore_errors=True)

    def over(self) -> Path | None:
        """Make everything durable and switch; returns where the old data are now."""
        os.sync()
        before = _aside(self._data_dir, BEFORE)
        self.fresh.rename(self._data_dir)
        sync_directory(self._data_dir.parent)
        return before


def undo(data_dir: Path) -> Path:
    """Put back what was at `data_dir` before the last restore; returns where the restored data are now, or
    `data_dir`.
    """
    stood = sorted(data_dir.parent.glob(f"{data_dir.name}.{BEFORE}-*"))
    if not stood:
        raise SnapshotProblem(f"there is nothing to go back to beside {data_dir}")
    _ensure_movable(data_dir)
    with _unused(data_dir), _unused(stood[-1]):
        undone = _aside(data_dir, UNDONE)
        stood[-1].rename(data_dir)
        sync_directory(data_dir.parent)
    return undone or data_dir


def _aside(data_dir: Path, word: str) -> Path | None:
    """Rename it, if it exists."""
    if not data_dir.exists():
        return None
    stem = f"{data_dir.name}.{word}-{utcnow():%Y%m%dT%H%M%SZ}"
    names = (data_dir.with_name(stem if not number else f"{stem}-{number}") for number in range(1000))
    target = next(path for path in names if not path.exists())
    data_dir.rename(target)
    return target


def _ensure_movable(data_dir: Path) -> None:
    if data_dir.is_symlink() or (data_dir.exists() and not data_dir.is_dir()):
        raise SnapshotProblem(f"{data_dir} is no directory of its own: name the directory that it leads to")
    if data_dir.is_mount():
        raise SnapshotProblem(
            f"{data_dir} is a mount point, which cannot be switched by renaming: restore into a directory below it, "
            f"such as {data_dir / 'data'}, and set DATA_DIR to that"
        )


def _unused(data_dir: Path) -> ExitStack:
    stack = ExitStack()
    if data_dir.exists():
        try:
            stack.enter_context(lock_exclusively(data_dir))
        except InUse as reason:
            raise SnapshotProblem(f"a server or worker is running on {data_dir}: stop it first") from reason
    return stack
