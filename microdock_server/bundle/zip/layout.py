"""Walks through an archive: reads every header, compares local with central ones, and accounts for every byte."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from microdock_server.bundle.problems import Problems
from microdock_server.bundle.zip.fields import (
    FLAG_DESCRIPTOR,
    FLAG_UTF8,
    apply_zip64,
    check_header,
    local_sizes,
    read_extra,
)
from microdock_server.bundle.zip.names import NameReader, check_name, kept_name
from microdock_server.bundle.zip.records import (
    DESCRIPTOR_SIGNATURE,
    FULL32,
    Central,
    CentralRecord,
    End,
    Local,
    Source,
    read_central,
    read_local,
)

_DESCRIPTOR32: Final = struct.Struct("<3L")
_DESCRIPTOR64: Final = struct.Struct("<L2Q")


def read_directory(source: Source, end: End, problems: Problems, warnings: Problems) -> list[Central] | None:
    """All central headers, each checked; None if the directory is malformed."""
    headers: list[Central] = []
    names = NameReader(_raw_names(source, end), problems)
    position, stop = end.directory_offset, end.position
    for _ in range(end.entries):
        record = read_central(source, position) if position < stop else None
        if record is None:
            break
        _check_central(record, names, problems)
        headers.append(record.header)
        position = record.following
    if position != stop or len(headers) != end.entries:
        problems.add("directory-broken", count=end.entries, found=len(headers))
        return None
    names.warn(warnings)
    return headers


def _raw_names(source: Source, end: End) -> Iterator[bytes]:
    """The raw names, read first: how one name is decoded depends on all of them."""
    position = end.directory_offset
    for _ in range(end.entries):
        record = read_central(source, position) if position < end.position else None
        if record is None:
            return
        yield record.raw_name
        position = record.following


def _check_central(record: CentralRecord, names: NameReader, problems: Problems) -> None:
    header, raw_name, extra, _ = record
    header.raw_name = kept_name(raw_name)
    header.name = names.read(raw_name, is_utf8=bool(header.flags & FLAG_UTF8))
    check_name(header.name, len(raw_name), problems)
    if not apply_zip64(header, read_extra(extra, raw_name, header.name, problems)):
        problems.add("false-zip64-entry", header.name)
        header.readable = False
    check_header(header, problems)


def check_locals(source: Source, headers: list[Central], directory: int, problems: Problems) -> None:
    """Follow the entries through the file from byte 0 to the central directory at `directory`.

    Data before the first entry, between two of them, or in both at once is recorded. Afterwards `data_offset` of every
    entry that is still `readable` is correct.
    """
    ordered = sorted(headers, key=lambda header: header.offset)
    first = ordered[0].offset if ordered else directory
    if first > 0:
        problems.add("leading-data", bytes=first)
    for index, header in enumerate(ordered):
        follower = ordered[index + 1] if index + 1 < len(ordered) else None
        limit = follower.offset if follower else directory
        _check_local(source, header, limit, follower, problems)


def _check_local(source: Source, header: Central, limit: int, follower: Central | None, problems: Problems) -> None:
    local = read_local(source, header.offset)
    if local is None:
        problems.add("local-missing", header.name)
        header.readable = False
        return
    header.data_offset = local.data_offset
    data_end = local.data_offset + header.compressed_size
    if data_end > limit:
        other = follower.name if follower else "central directory"
        problems.add("overlap", header.name, other=other)
        header.readable = False
        return
    zip64 = read_extra(local.extra, local.raw_name, header.name, problems)
    _compare(header, local, local_sizes(local, zip64), problems)
    wide = zip64 is not None or max(header.size, header.compressed_size) >= FULL32
    _check_gap(header, source.at(data_end, min(limit - data_end, 64)), limit - data_end, wide, problems)


def _compare(header: Central, local: Local, sizes: tuple[int, int] | None, problems: Problems) -> None:
    """Record each field in which an entry's two headers differ: some readers trust one, some the other."""
    if sizes is None:
        problems.add("false-zip64-entry", header.name)
        sizes = (header.size, header.compressed_size)
    pairs: dict[str, tuple[int | bytes, int | bytes]] = {
        "name": (kept_name(local.raw_name), header.raw_name),
        "flags": (local.flags, header.flags),
        "method": (local.method, header.method),
        "crc": (local.crc, header.crc),
        "size": (sizes[0], header.size),
        "compressed size": (sizes[1], header.compressed_size),
    }
    # With a descriptor after the data, the local header may have zeros in these three fields.
    open_fields = {"crc", "size", "compressed size"} if header.flags & FLAG_DESCRIPTOR else set()
    for what, (told, true) in pairs.items():
        if told != true and not (what in open_fields and told == 0):
            problems.add("headers-disagree", header.name, what=what)


def _check_gap(header: Central, gap: bytes, length: int, wide: bool, problems: Problems) -> None:
    """Between data and next entry there is nothing, or one descriptor that repeats the central header."""
    if not header.flags & FLAG_DESCRIPTOR:
        if length:
            problems.add("hidden-data", header.name, bytes=length)
        return
    layout = _DESCRIPTOR64 if wide else _DESCRIPTOR32
    with_signature = layout.size + len(DESCRIPTOR_SIGNATURE)
    if length > with_signature:
        problems.add("hidden-data", header.name, bytes=length - with_signature)
        return
    values = gap.removeprefix(DESCRIPTOR_SIGNATURE) if length == with_signature else gap
    expected = (header.crc, header.compressed_size, header.size)
    if len(values) != layout.size or layout.unpack(values) != expected:
        problems.add("descriptor-wrong", header.name)
