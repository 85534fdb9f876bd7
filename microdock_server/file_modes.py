"""Permissions of the server's files: for its own user, and for its group where a proxy sends the files.

The umask applies to files that libraries create (SQLite, metrics); our own files and directories get explicit modes, so
that they do not depend on it. Wider permissions, from an older version or another umask, are tightened at start.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

log = logging.getLogger(__name__)


class Modes(NamedTuple):
    """The modes of files and of their directories."""

    file: int
    directory: int


OWNER: Final = Modes(0o600, 0o700)
# nginx runs as a member of the server's group (X_ACCEL_PREFIX).
GROUP: Final = Modes(0o640, 0o750)
UMASK: Final = 0o077
_OTHERS: Final = 0o077


def keep_private() -> None:
    """Make new files of this process and its children accessible to their user only."""
    os.umask(UMASK)


@contextmanager
def usual_umask(umask: int = 0o022) -> Iterator[None]:
    """For a file that is created for somebody else."""
    before = os.umask(umask)
    try:
        yield
    finally:
        os.umask(before)


def make_directory(path: Path, modes: Modes = OWNER) -> None:
    """Create the directory and its missing parents with these modes, whatever the umask; existing ones stay
    unchanged.
    """
    missing = []
    above = path
    while not above.exists():
        missing.append(above)
        above = above.parent
    for directory in reversed(missing):
        make_one(directory, modes)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def make_one(path: Path, modes: Modes) -> None:
    """Create this directory, unless another process just did."""
    path.mkdir(OWNER.directory, exist_ok=True)
    if modes is not OWNER:
        path.chmod(modes.directory)


def make_file(path: Path) -> None:
    """Create an empty private file if there is none: SQLite then opens it, and its log files get the same mode.

    On failure nothing is raised: whoever opens the file next reports it.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER.file))


class Layout(NamedTuple):
    """Where the server's files are. `areas` are read by a proxy if `is_shared`; `others` by nobody else."""

    data_dir: Path
    areas: Iterable[Path]
    others: Iterable[Path]
    files: Iterable[Path]
    is_shared: bool


def tighten(layout: Layout) -> int:
    """Give existing files of ours the modes of new ones; returns how many of them others could access.

    Files of another user, files that cannot be changed, symbolic links and world-writable directories (/tmp) are left
    alone. A directory of blobs that has the right mode already is not searched.
    """
    modes = GROUP if layout.is_shared else OWNER
    changed = _data_dir(layout.data_dir, is_shared=layout.is_shared)
    changed += sum(_file(path, OWNER) for path in layout.files)
    changed += sum(_tree(path, OWNER) for path in layout.others if path.is_relative_to(layout.data_dir))
    for area in layout.areas:
        changed += _tree(area, modes, skips_known=True)
        above = [path for path in area.parents if layout.data_dir in path.parents]
        changed += sum(_file(path, modes) for path in above)
    if changed:
        log.warning("%d files and directories could be read by others: they are the server's alone now", changed)
    return changed


def _data_dir(path: Path, *, is_shared: bool) -> int:
    """The directory and the files directly in it."""
    if not path.is_dir():
        return 0
    changed = 0
    with suppress(OSError), os.scandir(path) as entries:
        changed += sum(_file(Path(entry), OWNER) for entry in entries if entry.is_file(follow_symlinks=False))
    # A group that may read the areas must be able to traverse it; whether it may also list it is the administrator's
    # choice.
    kept = path.stat().st_mode & 0o040 if is_shared else 0
    return changed + _file(path, Modes(OWNER.file, 0o700 | kept | (0o010 if is_shared else 0)), follows=True)


def _tree(path: Path, modes: Modes, *, skips_known: bool = False) -> int:
    changed = 0
    # Files may disappear meanwhile: the metrics of a process that ends, for example.
    with suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                changed += _file(Path(entry), modes)
            elif not skips_known or entry.stat(follow_symlinks=False).st_mode & 0o777 != modes.directory:
                changed += _tree(Path(entry), modes, skips_known=skips_known)
    # Last: a directory with the right mode means that its files have been checked.
    return changed + _file(path, modes)


def _file(path: Path, modes: Modes, *, follows: bool = False) -> int:
    """Tighten a file or directory of ours; 1 if others lost a permission. The owner's permissions stay unchanged."""
    try:
        found = path.stat(follow_symlinks=follows)
        kind, mode = found.st_mode, stat.S_IMODE(found.st_mode)
        if found.st_uid != os.geteuid() or not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)) or kind & stat.S_ISVTX:
            return 0
        granted = (modes.directory if stat.S_ISDIR(kind) else modes.file) & _OTHERS
        wanted = mode & ~_OTHERS | granted
        if wanted != mode:
            path.chmod(wanted)
    except OSError:
        return 0
    return int(bool(mode & ~wanted))
