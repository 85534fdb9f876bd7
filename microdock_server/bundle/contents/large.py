"""Files too large for memory: do they contain more than they seem to, packed or not?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from microdock_server.bundle.contents.opaque import is_opaque
from microdock_server.bundle.contents.unpacking import HEAD, is_compressed, streams_in, texts_in
from microdock_server.bundle.dotnet.assembly import open_assembly
from microdock_server.bundle.dotnet.image import Read, Unreadable
from microdock_server.bundle.dotnet.parts import parts_of

WINDOW: Final = 4 << 20
OVERLAP: Final = 64 << 10
HEADS_MAX: Final = 2000
_HEAD: Final = 4096
_PE: Final = b"PE\0\0"


def holds_more(pieces: Iterator[bytes], *, expected: int) -> bool:
    """Does the image signature occur more often than expected, or compressed or encoded?"""
    window, found = b"", 0
    for piece in pieces:
        found += (window[-3:] + piece).count(_PE)
        window += piece
        if len(window) >= WINDOW:
            if _holds_packed(window):
                return True
            window = window[-OVERLAP:]
    return found > expected or _holds_packed(window)


def parts_hold_more(read: Read, pieces: Iterator[bytes]) -> bool:
    """Is any data of a large assembly compressed or unreadable, or is there too much of it to check?"""
    try:
        opened = open_assembly(read)
    except Unreadable:
        return False
    if opened is None:
        return False
    # Sizes are not read: for each, everything before it would have to be unpacked again.
    parts, is_cut = parts_of(opened.image, opened.metadata, lambda _offset, _length: b"")
    if is_cut or len(parts) > HEADS_MAX:
        return True
    heads = _heads(pieces, [place for place, _ in parts])
    return any(is_compressed(head[:HEAD]) or is_opaque(head) for head in heads)


def _heads(pieces: Iterator[bytes], places: list[int]) -> list[bytes]:
    """The first bytes at each offset, in one pass."""
    heads, position, first = [bytearray() for _ in places], 0, 0
    for piece in pieces:
        end = position + len(piece)
        for number in range(first, len(places)):
            begin = places[number] + len(heads[number])
            if begin >= end:
                break
            wanted = _HEAD - len(heads[number])
            heads[number] += piece[max(0, begin - position) : begin - position + wanted]
            if len(heads[number]) >= _HEAD and number == first:
                first += 1
        position = end
    return [bytes(head) for head in heads]


def _holds_packed(window: bytes) -> bool:
    places, is_cut = streams_in(window)
    texts = (text for _, text in texts_in(window))
    return bool(places) or is_cut or any(_PE in text or is_compressed(text[:HEAD]) for text in texts)
