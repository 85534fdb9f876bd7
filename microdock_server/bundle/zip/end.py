"""Finds the end of a ZIP file, and refuses files in which readers would find different ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from microdock_server.bundle.problems import Problems
from microdock_server.bundle.zip.records import (
    CENTRAL_SIGNATURE,
    END,
    END64,
    END_SIGNATURE,
    FULL16,
    FULL32,
    LOCAL_SIGNATURE,
    LOCATOR,
    LOCATOR_SIGNATURE,
    End,
    Source,
    read_end,
    read_end64,
)

_TAIL: Final = END.size + 0xFFFF


def find_end(source: Source, problems: Problems) -> End | None:
    """The place of the central directory; None, with a recorded problem, if it cannot be trusted.

    Readers search backwards for the signature: the last one in the file must be the true one, and no other may be valid
    as well.
    """
    start = max(0, source.size - _TAIL)
    tail = source.at(start, source.size - start)
    found = _positions(tail)
    fitting = [place for place in found if _reaches(tail, place) == len(tail)]
    if not found or (not fitting and not _looks_like_zip(source)):
        problems.add("truncated" if _looks_like_zip(source) else "not-a-zip")
        return None
    if fitting != found[-1:]:
        _explain_end(tail, found, fitting, problems)
        return None
    place = found[-1]
    end = read_end(tail[place:], start + place)
    return _checked(source, end, problems)


def _positions(tail: bytes) -> list[int]:
    found: list[int] = []
    place = tail.find(END_SIGNATURE)
    while place >= 0:
        found.append(place)
        place = tail.find(END_SIGNATURE, place + 1)
    return found


def _reaches(tail: bytes, place: int) -> int:
    """Where the file ends according to the end record at `place`; -1 if its fixed part is truncated."""
    fixed = tail[place : place + END.size]
    if len(fixed) < END.size:
        return -1
    comment_length: int = END.unpack(fixed)[-1]
    return place + END.size + comment_length


def _looks_like_zip(source: Source) -> bool:
    return source.at(0, 4) in (LOCAL_SIGNATURE, END_SIGNATURE)


def _explain_end(tail: bytes, found: list[int], fitting: list[int], problems: Problems) -> None:
    reach = _reaches(tail, found[-1])
    if fitting:
        problems.add("false-end")
    elif 0 <= reach < len(tail):
        problems.add("trailing-data", bytes=len(tail) - reach)
    else:
        problems.add("truncated")


def _checked(source: Source, end: End, problems: Problems) -> End | None:
    if (end.disk, end.directory_disk) not in ((0, 0), (FULL16, FULL16)) or (
        end.disk_entries != end.entries and FULL16 not in (end.disk_entries, end.entries)
    ):
        problems.add("multi-disk")
        return None
    whole = _with_zip64(source, end)
    if whole is None:
        problems.add("false-zip64")
        return None
    return whole if _fits(source, whole, problems) else None


def _with_zip64(source: Source, end: End) -> End | None:
    """The end with its zip64 record applied; None if that record is missing, invalid or contradicts it.

    Some readers use the record whenever it exists, others only if a field refers to it, so all other fields must agree
    with it.
    """
    asks = FULL16 in (end.disk, end.directory_disk, end.disk_entries, end.entries) or FULL32 in (
        end.directory_size,
        end.directory_offset,
    )
    place = end.position - LOCATOR.size
    locator = source.at(place, LOCATOR.size) if place >= 0 else b""
    if not locator.startswith(LOCATOR_SIGNATURE):
        return None if asks else end
    _, disk, offset, disks = LOCATOR.unpack(locator)
    if disk != 0 or disks != 1 or offset != place - END64.size:
        return None
    record = read_end64(source.at(offset, END64.size), offset)
    return record if record is not None and _agree(end, record) else None


def _agree(end: End, record: End) -> bool:
    pairs = (
        (end.disk, record.disk, FULL16),
        (end.directory_disk, record.directory_disk, FULL16),
        (end.disk_entries, record.disk_entries, FULL16),
        (end.entries, record.entries, FULL16),
        (end.directory_size, record.directory_size, FULL32),
        (end.directory_offset, record.directory_offset, FULL32),
    )
    plain = replace(record, position=0) == replace(record, position=0, disk=0, directory_disk=0)
    same = all(short in (long, full) for short, long, full in pairs)
    return same and plain and record.disk_entries == record.entries


def _fits(source: Source, end: End, problems: Problems) -> bool:
    """The central directory must end exactly where the end records begin."""
    actual = end.position - end.directory_size
    if end.directory_offset == actual:
        return True
    if actual > end.directory_offset and source.at(actual, 4) == CENTRAL_SIGNATURE:
        problems.add("leading-data", bytes=actual - end.directory_offset)
    else:
        problems.add("false-end")
    return False
