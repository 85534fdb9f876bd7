"""Reading what may be an image part by part, from an archive's entry or from bytes in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from microdock_server.bundle.dotnet.assembly import SIZE_MAX, open_assembly
from microdock_server.bundle.dotnet.image import Read, Unreadable, open_image
from microdock_server.bundle.dotnet.metadata import Metadata
from microdock_server.bundle.zip.archive import Archive


def metadata_of(archive: Archive, path: str) -> Metadata | None:
    """The metadata of an entry, if it is a readable assembly."""
    try:
        opened = open_assembly(reader_of(archive, path))
    except Unreadable:
        return None
    return opened.metadata if opened else None


def reader_of(archive: Archive, path: str) -> Read:
    """A reader for parts of an entry: from memory, or unpacked anew for each part where it is too large."""
    size = archive.size_of(path)
    if size is None or size > SIZE_MAX:
        return partial(archive.part, path)
    return reader_at(archive.read(path, SIZE_MAX) or b"", 0)


def reader_at(data: bytes, start: int) -> Callable[[int, int], bytes]:
    """A reader for the data that begins at `start`."""
    return lambda offset, length: data[start + offset : start + offset + length]


def begins_image(read: Read) -> bool:
    """Does an image begin here, readable or not?"""
    try:
        return open_image(read) is not None
    except Unreadable:
        return True
