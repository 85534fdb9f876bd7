"""Which archive an incremental one builds on, and which archives are kept."""

from __future__ import annotations

from pathlib import Path

from .archive_files import archives, moment_in_name, sync_directory
from .encryption import Keys
from .problems import SnapshotProblem
from .reading import NO_KEYS, Known, bases, read_manifest


def newest_full(directory: Path, keys: Keys = NO_KEYS) -> Known | None:
    """The newest full archive in a directory; None if there is none."""
    for path in archives(directory):
        if "-full." in path.name:
            return read_manifest(path, keys)
    return None


def prune(directory: Path, keep: int, keys: Keys = NO_KEYS) -> list[Path]:
    """Remove all but the `keep` newest archives and those that they depend on; returns the removed ones.

    Archives from the future, named by a clock that was ahead, are kept and not counted: otherwise the newest ones would
    be removed in their place. Raises SnapshotProblem, and removes nothing, if dependencies cannot be determined.
    """
    found = archives(directory)
    now = moment_in_name()
    ahead = [path for path in found if path.name.split("-")[1] > now]
    kept = {*ahead, *found[len(ahead) : len(ahead) + keep]}
    for path in kept.copy():
        if "-full." not in path.name:
            kept |= {base.path for base in _needed(path, keys)}
    removed = [path for path in found if path not in kept]
    for path in removed:
        path.unlink()
    if removed:
        sync_directory(directory)
    return removed


def _needed(path: Path, keys: Keys) -> list[Known]:
    try:
        return bases(read_manifest(path, keys), keys)
    except SnapshotProblem as reason:
        raise SnapshotProblem(f"nothing was removed, because what {path.name} needs is not known: {reason}") from reason
