"""Data that cannot be read: encrypted, or compressed in an unknown way."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

# The smallest assembly, compressed; and more than a table of 256 numbers, which checksums and ciphers contain.
SIZE_MIN: Final = 1200
BLOCK: Final = 4096
BLOCKS_MAX: Final = 64
# Entropy in bits per byte: code and text have at most six and a half, a random block nearly eight.
_BITS: Final = 7.4
# Images, audio, video, fonts and documents are compressed anyway. Their signatures, and where those stand.
_MEDIA: Final = (
    (0, b"\x89PNG\r\n"), (0, b"\xff\xd8\xff"), (0, b"GIF8"), (0, b"\0\0\1\0"), (0, b"RIFF"), (0, b"OggS"), (0, b"ID3"),
    (0, b"fLaC"), (4, b"ftyp"), (0, b"\x1a\x45\xdf\xa3"), (0, b"wOFF"), (0, b"wOF2"), (0, b"\0\1\0\0"), (0, b"OTTO"),
    (0, b"%PDF-"), (0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"BSJB"), (0, b"Microsoft C/C++ MSF"), (0, b"II*\0"),
    (0, b"MM\0*"), (0, b"BM"), (0, b"SQLite format 3\0"), (0, b"DDS "), (0, b"\xabKTX"), (0, b"\x30\x82"),
)  # fmt: skip
# Whatever follows the end of an image is judged separately.
_ENDS: Final = ((b"\x89PNG\r\n", b"IEND\xaeB`\x82"), (b"\xff\xd8\xff", b"\xff\xd9"), (b"GIF8", b"\0\x3b"))


def is_opaque(data: bytes) -> bool:
    """Does much of it look random, although it is not an image or another format that is compressed anyway?"""
    if len(data) < SIZE_MIN:
        return False
    if any(data.startswith(mark, place) for place, mark in _MEDIA):
        end = next((end for begin, end in _ENDS if data.startswith(begin)), None)
        data = data[data.rfind(end) + len(end) :] if end else b""
        return len(data) >= SIZE_MIN and _is_random(data)
    return _is_random(data)


def _is_random(data: bytes) -> bool:
    """One random block among those examined is enough: the rest may be padding."""
    blocks = max(1, len(data) // BLOCK)
    places = range(0, blocks, max(1, -(-blocks // BLOCKS_MAX)))
    return any(_bits(data[place * BLOCK : (place + 1) * BLOCK]) >= _least(len(data)) for place in places)


def _least(length: int) -> float:
    """The lowest entropy that counts as random: few bytes have fewer bits even if random."""
    return _BITS if length >= BLOCK else _BITS - 0.25


def _bits(block: bytes) -> float:
    total = len(block)
    return -sum(count / total * math.log2(count / total) for count in Counter(block).values())
