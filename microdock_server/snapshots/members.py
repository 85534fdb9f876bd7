"""Members of a snapshot's tar file: plain files with names of our own, and nothing else.

General tar libraries follow links, device files, long names and headers of any size. Only what this module writes is
read: a header must equal, byte for byte, the one it would write for that name and size.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .frames import CHUNK, FrameReader
from .problems import DamagedArchive

BLOCK: Final = tarfile.BLOCKSIZE
END: Final = bytes(2 * BLOCK)
MANIFEST: Final = "manifest.json"
SECRET: Final = "jwt-secret"  # noqa: S105  (a file's name)
BLOBS: Final = "blobs/"
DATABASES: Final = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
BLOB_NAME: Final = re.compile(r"blobs/[a-z]{1,32}/[0-9a-f]{2}/[0-9a-f]{32}")
LARGEST_MANIFEST: Final = 1 << 28
MOST_MEMBERS: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive; size in bytes."""

    name: str
    size: int


def header(name: str, size: int) -> bytes:
    """The only valid header for a file of this name and size; it contains nothing about the machine that made it."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def padding(size: int) -> bytes:
    """The padding of a member's last block."""
    return bytes(-size % BLOCK)


def is_name(name: str) -> bool:
    """Is this a valid name of a member?"""
    return name in (MANIFEST, SECRET, *DATABASES.values()) or BLOB_NAME.fullmatch(name) is not None


class MemberReader:
    """The members of an archive in order; each must be read to its end before the next."""

    def __init__(self, frames: FrameReader) -> None:
        self._frames = frames

    def members(self) -> Iterator[Member]:
        """Every member, until the end of the archive. Raises DamagedArchive for any other entry."""
        seen: set[str] = set()
        while (block := self._frames.read(BLOCK)) != bytes(BLOCK):
            member = _parsed(block)
            if member.name in seen or len(seen) >= MOST_MEMBERS:
                raise DamagedArchive(f"the archive holds {member.name!r} twice, or far too many files")
            seen.add(member.name)
            yield member
        if self._frames.read(BLOCK) != bytes(BLOCK):
            raise DamagedArchive("the archive's end is damaged")
        self._frames.ensure_at_end()

    def content(self, member: Member) -> Iterator[bytes]:
        """The member's bytes, in chunks."""
        left = member.size
        while left:
            chunk = self._frames.read(min(CHUNK, left))
            left -= len(chunk)
            yield chunk
        if any(self._frames.read(-member.size % BLOCK)):
            raise DamagedArchive(f"the archive is damaged behind {member.name!r}")


def _parsed(block: bytes) -> Member:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeError) as reason:
        raise DamagedArchive("the archive is damaged: a file's header cannot be read") from reason
    # Escaped before it is shown: a header can contain anything.
    shown = repr(info.name[:200])
    if info.type != tarfile.REGTYPE:
        raise DamagedArchive(f"{shown} is no plain file: a snapshot has no links, devices or folders")
    if not is_name(info.name):
        raise DamagedArchive(f"{shown} does not belong into a snapshot")
    if info.size < 0 or block != header(info.name, info.size):
        raise DamagedArchive(f"the header of {shown} is not one that this server writes")
    return Member(info.name, info.size)
