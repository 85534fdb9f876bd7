"""Reads archives: the manifest alone, or everything in one pass, comparing every byte with the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from .archive_files import archives as archives_in
from .encryption import Keys, is_encrypted, opened
from .frames import FrameReader, manifest_offset
from .manifest import Archive, Content, Manifest, fingerprint, parse
from .members import LARGEST_MANIFEST, MANIFEST, Member, MemberReader
from .problems import DamagedArchive, MissingBase, SnapshotProblem
from .writing import Advance, silent

NO_KEYS: Final = Keys()


@dataclass(frozen=True, slots=True)
class Known:
    """A manifest, and the SHA-256 of its JSON."""

    path: Path
    manifest: Manifest
    sha256: str


# A file, open for writing, to extract a member to; None: it is only hashed.
Choose = Callable[[Member], BinaryIO | None]


def read_manifest(path: Path, keys: Keys = NO_KEYS) -> Known:
    """An archive's manifest. Quick, unless the archive is encrypted: then all of it must be decrypted."""
    with _file(path) as file:
        if is_encrypted(file):
            return scan(path, keys)
        data = _at_end(file)
    return Known(path, parse(data), fingerprint(data))


def scan(path: Path, keys: Keys = NO_KEYS, *, choose: Choose | None = None, advance: Advance = silent) -> Known:
    """Read a whole archive and compare it with its manifest: no byte is wrong, missing or superfluous.

    `choose` selects members to extract; extracted files are valid only when this returns. `advance` receives the size
    of every chunk. Raises DamagedArchive naming the first fault.
    """
    found: dict[str, Content] = {}
    data = None
    with _file(path) as file:
        plain = not is_encrypted(file)
        with opened(file, keys) as stream:
            reader = MemberReader(FrameReader(stream))
            for member in reader.members():
                if data is not None:
                    raise DamagedArchive(f"{member.name!r} stands behind the manifest")
                if member.name == MANIFEST:
                    data = _small(reader, member)
                else:
                    found[member.name] = _hashed(reader, member, choose, advance)
        if data is None:
            raise DamagedArchive("the archive has no manifest")
        if plain and _at_end(file) != data:
            raise DamagedArchive("the archive's end does not lead to its manifest")
    known = Known(path, parse(data), fingerprint(data))
    _compare(known.manifest, found)
    return known


def bases(known: Known, keys: Keys = NO_KEYS) -> list[Known]:
    """The archives that an incremental one needs, found beside it. Raises MissingBase naming the missing one."""
    return [_base(known.path, archive, keys) for archive in known.manifest.archives[1:]]


def _base(path: Path, wanted: Archive, keys: Keys) -> Known:
    for candidate in _candidates(path.parent, wanted):
        try:
            found = read_manifest(candidate, keys)
        except DamagedArchive:
            continue
        if found.manifest.id == wanted.id:
            if found.sha256 != wanted.manifest_sha256:
                raise DamagedArchive(f"{candidate.name} is not the archive that {path.name} was made from")
            return found
    raise MissingBase(f"{path.name} needs {wanted.file} (id {wanted.id}), which is not beside it, or damaged")


def _candidates(directory: Path, wanted: Archive) -> Iterator[Path]:
    """By its name first; then any file with the beginning of its id in its name."""
    if (directory / wanted.file).is_file():
        yield directory / wanted.file
    begin = f"-{wanted.id[:8]}-"
    yield from (path for path in archives_in(directory) if path.name != wanted.file and begin in path.name)


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as reason:
        raise SnapshotProblem(f"{path} cannot be read: {reason.strerror}") from reason
    with file:
        yield file


def _at_end(file: BinaryIO) -> bytes:
    """The manifest located by the footer of an unencrypted archive."""
    file.seek(manifest_offset(file))
    reader = MemberReader(FrameReader(file))
    data = b""
    for member in reader.members():
        if member.name != MANIFEST:
            raise DamagedArchive("the archive's manifest is not where its end says")
        data = _small(reader, member)
    return data


def _small(reader: MemberReader, member: Member) -> bytes:
    if member.size > LARGEST_MANIFEST:
        raise DamagedArchive("the archive's manifest is larger than any can be")
    return b"".join(reader.content(member))


def _hashed(reader: MemberReader, member: Member, choose: Choose | None, advance: Advance) -> Content:
    digest = hashlib.sha256()
    target = choose(member) if choose else None
    with target or nullcontext():
        for chunk in reader.content(member):
            digest.update(chunk)
            if target is not None:
                target.write(chunk)
            advance(len(chunk))
    return Content(member.size, digest.hexdigest())


def _compare(manifest: Manifest, found: dict[str, Content]) -> None:
    expected = manifest.members()
    for name in expected.keys() | found.keys():
        if name not in found:
            raise DamagedArchive(f"{name!r} is missing from the archive")
        if name not in expected:
            raise DamagedArchive(f"{name!r} is in the archive, but not in its manifest")
        if found[name] != expected[name]:
            raise DamagedArchive(f"{name!r} is not what the manifest says")
