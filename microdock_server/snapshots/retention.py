"""Which archives of a directory an incremental one builds on, and which are kept."""

from __future__ import annotations

from pathlib import Path

from .encryption import Keys
from .keeping import archives, moment_in_name, sync_directory
from .problems import SnapshotProblem
from .reading import NO_KEYS, Known, bases, read_manifest


def newest_full(directory: Path, keys: Keys = NO_KEYS) -> Known | None:
    """The newest full archive in a directory; None where there is none."""
    for path in archives(directory):
        if "-full." in path.name:
            return read_manifest(path, keys)
    return None


def prune(directory: Path, keep: int, keys: Keys = NO_KEYS) -> list[Path]:
    """Remove all but the `keep` newest archives and those that these need; what was removed.

    Those from the future, which a clock that was ahead has named, stay and count for none: the newest would be removed
    in their place. Raises SnapshotProblem, and removes nothing, where it cannot be told what one of them needs.
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
