"""Locks on a data directory: shared by servers and workers while they run, exclusive for a restore."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .. import file_modes

FILE: Final = "in-use.lock"
# The lock that servers hold which are older than this file.
OLDER: Final = "housekeeping.lock"


class InUse(Exception):
    """Another process uses the directory."""


def lock_shared(data_dir: Path) -> int:
    """Lock `data_dir` for this process and its children; the kernel releases the lock when all have ended.

    The descriptor must be kept open. Raises InUse while a restore is about to change the directory.
    """
    file_modes.make_directory(data_dir)
    descriptor = _locked(data_dir / FILE, fcntl.LOCK_SH)
    os.set_inheritable(descriptor, False)
    return descriptor


@contextmanager
def lock_exclusively(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir` exclusively, so that no process starts using it. Raises InUse if one does."""
    descriptors = [_locked(data_dir / FILE, fcntl.LOCK_EX)]
    try:
        if (data_dir / OLDER).exists():
            descriptors.append(_locked(data_dir / OLDER, fcntl.LOCK_EX))
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _locked(path: Path, kind: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError as reason:
        os.close(descriptor)
        raise InUse(f"{path.parent} is being restored, or in use by a server") from reason
    return descriptor
