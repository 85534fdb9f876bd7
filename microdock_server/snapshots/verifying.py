"""Reads archives from end to end, together with those they depend on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .encryption import Keys
from .manifest import Content, Manifest
from .problems import DamagedArchive
from .reading import NO_KEYS, Known, bases, scan
from .writing import Advance, silent


@dataclass(frozen=True, slots=True)
class Verified:
    """An archive and, in the order of its manifest, those it depends on: all were read and are intact."""

    known: Known
    bases: tuple[Known, ...]

    @property
    def manifest(self) -> Manifest:
        return self.known.manifest

    def holders(self) -> tuple[Known, ...]:
        """Archives by the index that blobs refer to."""
        return (self.known, *self.bases)


def verify(path: Path, *, keys: Keys = NO_KEYS, advance: Advance = silent) -> Verified:
    """Read every byte of an archive and of those it depends on. Raises SnapshotProblem saying what is wrong."""
    known = scan(path, keys, advance=advance)
    found = tuple(bases(known, keys))
    for base in found:
        # The file is the identified one: its manifest has the hash that the archive names.
        if scan(base.path, keys, advance=advance).sha256 != base.sha256:
            raise DamagedArchive(f"{base.path.name} was changed while it was read")
    verified = Verified(known, found)
    _ensure_complete(verified)
    return verified


def _ensure_complete(verified: Verified) -> None:
    """Every blob of the snapshot is in the archive that the manifest names."""
    held = [holder.manifest.members() for holder in verified.holders()]
    for blob in verified.manifest.blobs:
        if held[blob.source].get(blob.member) != Content(blob.size, blob.sha256):
            raise DamagedArchive(f"{blob.key} is not in {verified.holders()[blob.source].path.name}")
