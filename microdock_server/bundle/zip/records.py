"""The records of a ZIP file (APPNOTE 4.3), read with struct. No checks beyond "this is not that record"."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

LOCAL_SIGNATURE: Final = b"PK\x03\x04"
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
END_SIGNATURE: Final = b"PK\x05\x06"
END64_SIGNATURE: Final = b"PK\x06\x06"
LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"

LOCAL: Final = struct.Struct("<4s5H3L2H")
CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
END: Final = struct.Struct("<4s4H2LH")
END64: Final = struct.Struct("<4sQ2H2L4Q")
LOCATOR: Final = struct.Struct("<4sLQL")

FULL16: Final = 0xFFFF
FULL32: Final = 0xFFFFFFFF
CHUNK: Final = 256 * 1024
BLOCK: Final = 64 * 1024


class Source:
    """Random access to the file through one small buffer, so that walking headers does not need a read for each."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start = 0
        self._block = b""
        self.size = file.seek(0, 2)

    def at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer at the end of the file. For headers: `length` is small."""
        inside = offset - self._start
        if not 0 <= inside <= len(self._block) - length:
            self._block = self._read(offset, max(length, BLOCK))
            self._start, inside = offset, 0
        return self._block[inside : inside + length]

    def chunks(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of a range in pieces of at most 256 KiB; ends early at the end of the file."""
        while length > 0:
            chunk = self._read(offset, min(length, CHUNK))
            if not chunk:
                return
            yield chunk
            offset += len(chunk)
            length -= len(chunk)

    def _read(self, offset: int, length: int) -> bytes:
        if not 0 <= offset < self.size:
            return b""
        self._file.seek(offset)
        pieces: list[bytes] = []
        while length > 0:  # an unbuffered file may return less than was asked for
            piece = self._file.read(length)
            if not piece:
                break
            pieces.append(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(frozen=True, slots=True)
class End:
    """The values of the end records: where the central directory is, and how many entries it has."""

    position: int
    disk: int
    directory_disk: int
    disk_entries: int
    entries: int
    directory_size: int
    directory_offset: int


@dataclass(slots=True)
class Central:
    """One header of the central directory; sizes and offset with its zip64 field applied.

    All entries are held at once, so parts that hostile headers can make long (extra fields, comments, the rest of an
    overlong name) are dropped. `name` is the unpacked name, `raw_name` the bytes as written.
    """

    name: str
    raw_name: bytes
    needs: int
    flags: int
    method: int
    crc: int
    compressed_size: int
    size: int
    disk: int
    attributes: int
    offset: int
    data_offset: int = -1
    readable: bool = True

    @property
    def is_directory(self) -> bool:
        """Is the name that of a directory?"""
        return self.name.endswith("/")


class CentralRecord(NamedTuple):
    """A header as read, with its variable parts and the offset of the next one."""

    header: Central
    raw_name: bytes
    extra: bytes
    following: int


@dataclass(frozen=True, slots=True)
class Local:
    """One local header, as it stands before its data."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    compressed_size: int
    size: int
    extra: bytes
    data_offset: int


def read_end(data: bytes, position: int) -> End:
    """The 22 fixed bytes of an end record at `position`."""
    _, disk, directory_disk, disk_entries, entries, size, offset, _ = END.unpack(data[: END.size])
    return End(position, disk, directory_disk, disk_entries, entries, size, offset)


def read_end64(data: bytes, position: int) -> End | None:
    """A zip64 end record of the plain form (56 bytes, no extensible data); None for anything else."""
    if len(data) != END64.size:
        return None
    signature, length, _, _, disk, directory_disk, disk_entries, entries, size, offset = END64.unpack(data)
    if signature != END64_SIGNATURE or length != END64.size - 12:
        return None
    return End(position, disk, directory_disk, disk_entries, entries, size, offset)


def read_central(source: Source, position: int) -> CentralRecord | None:
    """The central header at `position`, or None if there is none there."""
    fixed = source.at(position, CENTRAL.size)
    if len(fixed) < CENTRAL.size or not fixed.startswith(CENTRAL_SIGNATURE):
        return None
    (_, _, needs, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length,
     disk, _, attributes, offset) = CENTRAL.unpack(fixed)  # fmt: skip
    tail = source.at(position + CENTRAL.size, name_length + extra_length)
    following = position + CENTRAL.size + name_length + extra_length + comment_length
    header = Central("", b"", needs, flags, method, crc, packed, size, disk, attributes, offset)
    return CentralRecord(header, tail[:name_length], tail[name_length:], following)


def read_local(source: Source, position: int) -> Local | None:
    """The local header at `position`; None if there is none, or if it is truncated."""
    fixed = source.at(position, LOCAL.size)
    if len(fixed) < LOCAL.size or not fixed.startswith(LOCAL_SIGNATURE):
        return None
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL.unpack(fixed)
    tail = source.at(position + LOCAL.size, name_length + extra_length)
    if len(tail) < name_length + extra_length:
        return None
    data_offset = position + LOCAL.size + name_length + extra_length
    return Local(tail[:name_length], flags, method, crc, packed, size, tail[name_length:], data_offset)
