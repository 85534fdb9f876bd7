"""Where an assembly stores data: its resources, the entries of .resources files, and array initializers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from microdock_server.bundle.dotnet.image import Image, Read
from microdock_server.bundle.dotnet.metadata import Metadata

PARTS_MAX: Final = 20_000
RESOURCES_MAGIC: Final = b"\xce\xca\xef\xbe"
_BYTES, _STREAM, _TYPES_MAX, _ITEMS_MAX = 0x20, 0x21, 10_000, 10_000


def parts_of(image: Image, metadata: Metadata, read: Read) -> tuple[list[tuple[int, int]], bool]:
    """Offset and length of every piece of data, each once, and whether more exist than are listed."""
    found = dict[int, int]()
    for place, length in (*_resources(image, metadata, read), *_fields(image, metadata)):
        if len(found) >= PARTS_MAX:
            return sorted(found.items()), True
        found[place] = max(length, found.get(place, 0))
    return sorted(found.items()), False


def _resources(image: Image, metadata: Metadata, read: Read) -> Iterator[tuple[int, int]]:
    start, length = image.resources
    for offset, _, _, implementation in metadata.rows("ManifestResource"):
        if implementation == 0 and offset + 4 < length:
            size = int.from_bytes(read(start + offset, 4), "little")
            yield start + offset + 4, min(size, length - offset - 4)


def _fields(image: Image, metadata: Metadata) -> Iterator[tuple[int, int]]:
    """The data of a field extends to that of the next one, or to the end of its section."""
    places = sorted(
        place for address, _ in metadata.rows("FieldRVA") if (place := image.offset_of(address)) is not None
    )
    for number, place in enumerate(places):
        end = min((image.end_of(place), *places[number + 1 : number + 2]))
        yield place, max(0, end - place)


def items_of(resources: bytes) -> list[tuple[int, int]] | None:
    """Offset and length of the byte arrays and streams in a .resources file; None if it is not one, or broken."""
    try:
        return list(_items(resources)) if resources.startswith(RESOURCES_MAGIC) else None
    except (struct.error, IndexError):
        return None


def _items(data: bytes) -> Iterator[tuple[int, int]]:
    (skipped,) = struct.unpack_from("<L", data, 8)
    _, count, types = struct.unpack_from("<3L", data, at := 12 + skipped)
    at += 12
    for _ in range(min(types, _TYPES_MAX)):
        length, at = _number(data, at)
        at += length
    at = -(-at // 8) * 8 + 4 * count
    names = struct.unpack_from(f"<{min(count, _ITEMS_MAX)}L", data, at)
    (values,) = struct.unpack_from("<L", data, at + 4 * count)
    first = at + 4 * count + 4
    for name in names:
        length, at = _number(data, first + name)
        (place,) = struct.unpack_from("<L", data, at + length)
        kind, at = _number(data, values + place)
        if kind in (_BYTES, _STREAM):
            (length,) = struct.unpack_from("<L", data, at)
            yield at + 4, min(length, len(data) - at - 4)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A 7-bit encoded number, and where it ends."""
    number = shift = 0
    while shift < 35:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            break
    return number, at
