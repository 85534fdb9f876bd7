"""Checks one entry's header: flags, method, attributes, and extra fields including zip64."""

from __future__ import annotations

import stat
import struct
import zlib
from typing import Final

from microdock_server.bundle.problems import Problems
from microdock_server.bundle.zip.records import FULL16, FULL32, Central, Local

STORED: Final = 0
DEFLATED: Final = 8

# The highest format version that common readers know; files need 2.0, zip64 4.5.
VERSION_NEEDED: Final = 63

FLAG_DESCRIPTOR: Final = 1 << 3
FLAG_UTF8: Final = 1 << 11
_FLAGS_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
# Bits 1 and 2 are deflate's compression level.
_FLAGS_KNOWN: Final = 1 << 1 | 1 << 2 | FLAG_DESCRIPTOR | FLAG_UTF8

_ZIP64: Final = 0x0001
_STRONG_ENCRYPTION: Final = 0x0017
_UNICODE_COMMENT: Final = 0x6375
_UNICODE_PATH: Final = 0x7075
_AES: Final = 0x9901

# Real entries have up to five; in 64 KiB fit 16,384 empty ones, twice per entry.
_EXTRA_FIELDS: Final = 32

_DOS_VOLUME: Final = 0x08
_DOS_DIRECTORY: Final = 0x10
_DOS_REPARSE: Final = 0x400
_KINDS: Final = {
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFSOCK: "socket",
}


def check_header(header: Central, problems: Problems) -> None:
    """Record what the central header declares and no package needs; unreadable entries are marked."""
    if header.flags & _FLAGS_ENCRYPTED:
        problems.add("encrypted", header.name)
        header.readable = False
    unknown = header.flags & ~(_FLAGS_KNOWN | _FLAGS_ENCRYPTED)
    if unknown:
        problems.add("unknown-flags", header.name, flags=f"0x{unknown:04x}")
    if header.method not in (STORED, DEFLATED):
        problems.add("method-unsupported", header.name, method=header.method)
        header.readable = False
    if header.needs > VERSION_NEEDED:
        problems.add("version-unsupported", header.name, version=f"{header.needs / 10:.1f}")
    if header.disk != 0:
        problems.add("multi-disk", header.name)
    _check_kind(header, problems)


def _check_kind(header: Central, problems: Problems) -> None:
    """Links and devices are refused whatever system the header names: tools differ in which field they trust."""
    mode = header.attributes >> 16
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        problems.add("special-file", header.name, kind=_KINDS.get(kind, f"type {kind:#o}"))
    elif header.attributes & (_DOS_VOLUME | _DOS_REPARSE):
        is_link = header.attributes & _DOS_REPARSE
        problems.add("special-file", header.name, kind="reparse point" if is_link else "volume label")
    claims_directory = kind == stat.S_IFDIR or bool(header.attributes & _DOS_DIRECTORY)
    if header.is_directory:
        if header.size:
            problems.add("directory-with-content", header.name)
        if kind == stat.S_IFREG:
            problems.add("directory-mismatch", header.name)
    elif claims_directory:
        problems.add("directory-mismatch", header.name)


def read_extra(extra: bytes, raw_name: bytes, name: str, problems: Problems) -> bytes | None:
    """The zip64 field's data, None without one. Records malformed lists and forbidden fields.

    A second name, which Info-ZIP writes for non-ASCII names, is allowed if it repeats the first one.
    """
    zip64: list[bytes] = []
    position = 0
    for _ in range(_EXTRA_FIELDS):
        if position + 4 > len(extra):
            break
        identifier, length = struct.unpack_from("<2H", extra, position)
        position += 4 + length
        data = extra[position - length : position]
        if identifier == _ZIP64:
            zip64.append(data)
        elif identifier == _UNICODE_COMMENT or (identifier == _UNICODE_PATH and data != _unicode_path(raw_name)):
            problems.add("unicode-extra", name)
        elif identifier in (_AES, _STRONG_ENCRYPTION):
            problems.add("encrypted", name)
    if position != len(extra):
        problems.add("extra-malformed", name)
        return None
    if len(zip64) > 1:
        problems.add("false-zip64-entry", name)
    return zip64[0] if zip64 else None


def _unicode_path(raw_name: bytes) -> bytes:
    """The field's content if it repeats a UTF-8 name: version, CRC-32 of the name, the name."""
    return struct.pack("<BL", 1, zlib.crc32(raw_name)) + raw_name


def apply_zip64(header: Central, field: bytes | None) -> bool:
    """Replace header values with those of the zip64 field where the header refers to it; False if that field is
    invalid.

    A field that the header does not refer to is allowed if it repeats the header.
    """
    asked = [name for name in ("size", "compressed_size", "offset") if getattr(header, name) == FULL32]
    needs_disk = header.disk == FULL16
    if field is None:
        return not asked and not needs_disk
    if not asked and not needs_disk:
        return _repeats(field, (header.size, header.compressed_size, header.offset))
    if len(field) != 8 * len(asked) + 4 * needs_disk:
        return False
    for index, name in enumerate(asked):
        setattr(header, name, struct.unpack_from("<Q", field, 8 * index)[0])
    if needs_disk:
        header.disk = struct.unpack_from("<L", field, 8 * len(asked))[0]
    return True


def local_sizes(local: Local, field: bytes | None) -> tuple[int, int] | None:
    """(size, compressed size) of the local header; None if its zip64 field is invalid."""
    sizes = (local.size, local.compressed_size)
    asked = [index for index, value in enumerate(sizes) if value == FULL32]
    if field is None:
        return None if asked else sizes
    if len(field) == 16:
        values: tuple[int, int] = struct.unpack("<2Q", field)
        same = all(values[index] == sizes[index] for index in (0, 1) if index not in asked)
        return values if same else None
    if len(field) == 8 and len(asked) == 1:
        value: int = struct.unpack("<Q", field)[0]
        return (value, sizes[1]) if asked == [0] else (sizes[0], value)
    return None


def _repeats(field: bytes, values: tuple[int, int, int]) -> bool:
    count, disk = divmod(len(field), 8)
    if not 1 <= count <= 3 or disk not in (0, 4) or (disk and (count < 3 or any(field[24:]))):
        return False
    return struct.unpack(f"<{count}Q", field[: 8 * count]) == values[:count]
