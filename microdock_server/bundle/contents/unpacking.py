"""Images in disguise: compressed, encoded as text, masked or reversed.

What is found is returned as bytes, never above the given limit. Encrypted data stays unread.
"""

from __future__ import annotations

import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

# Enough compressed bytes to reveal the first unpacked ones.
HEAD: Final = 1024
# The smallest assembly that a compiler makes is longer, even compressed or encoded.
TEXT_MIN: Final = 512
STREAMS_MAX: Final = 100_000
GZIP, ZIP = b"\x1f\x8b\x08", b"PK\x03\x04"
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_XZ: Final = b"\xfd7zXZ\0"
# LZMA without a container: properties, dictionary size, content size or none.
_LZMA: Final = re.compile(rb"\x5d\0\0[\0-\xff]{2}(?:[\0-\xff]{4}\0{4}|\xff{8})")
_LZMA_MEMORY: Final = 128 << 20
_BROKEN: Final = (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError)
_PIECE: Final = 16 * 1024
_IMAGE: Final = b"MZ"
_STREAMS: Final = re.compile(rb"\x1f\x8b\x08[\0-\x1f]|\x78[\x01\x5e\x9c\xda]")
# Base64 of both alphabets, and hexadecimal digits, with or without line breaks; as bytes and in .NET's UTF-16 literals.
_LETTER: Final = rb"[A-Za-z0-9+/_\-\r\n\t ]"
_TEXTS: Final = (
    re.compile(rb"(?<!%b)%b{%d,}" % (_LETTER, _LETTER, TEXT_MIN)),
    re.compile(rb"(?<!%b\0)(?:%b\0){%d,}" % (_LETTER, _LETTER, TEXT_MIN)),
)
_SPACES: Final = b"\r\n\t \0="
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]+")
# These bytes of the DOS stub are zeros, so a mask shows in them.
_ZEROS: Final = slice(0x20, 0x3C)
_KEY_MAX: Final = 14


def is_compressed(head: bytes) -> bool:
    """Does compressed data begin here? Without a signature: only if it unpacks to an image."""
    if head.startswith((GZIP, _XZ)) or _BZIP2.match(head):
        return True
    if _LZMA.match(head) or head[:1] == b"\x78":
        return bool(_begun(head, 1))
    return _begun(head, 2) == _IMAGE


def inflated(data: bytes, limit: int) -> bytes | None:
    """The unpacked gzip, zlib, deflate, bzip2, xz or LZMA data, as far as it is intact; None above the limit."""
    found = next(filter(None, (_drained(stream, data, limit + 1) for stream in _decoders(data))), b"")
    return None if len(found) > limit else found


def streams_in(data: bytes) -> tuple[list[int], bool]:
    """Offsets in a file at which compressed images or archives begin, and whether some places were not examined."""
    found: list[int] = []
    for count, match in enumerate(_STREAMS.finditer(data)):
        if count >= STREAMS_MAX:
            return found, True
        place = match.start()
        if place and _begun(data[place : place + HEAD], 4).startswith((_IMAGE, ZIP)):
            found.append(place)
    return found, False


def texts_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The decoded form of longer base64 and hexadecimal texts, with their offsets."""
    for pattern in _TEXTS:
        for match in pattern.finditer(data):
            decoded = _decoded(match[0].translate(None, _SPACES).translate(_URL_SAFE))
            if decoded:
                yield match.start(), decoded


def unmasked(data: bytes) -> bytes | None:
    """An image whose bytes were XORed with a short key, or reversed; None for anything else."""
    if data[-2:] == _IMAGE[::-1] and b"\0\0EP" in data[-1024:]:
        return data[::-1]
    zeros = data[_ZEROS]
    if len(data) < TEXT_MIN or not any(zeros):
        return None
    for length in range(1, _KEY_MAX + 1):
        if zeros[length:] == zeros[:-length]:
            shift = -_ZEROS.start % length
            key = zeros[shift : shift + length]
            return _xored(data, key) if _xored(data[:2], key) == _IMAGE else None
    return None


def _xored(data: bytes, key: bytes) -> bytes:
    mask = (key * (len(data) // len(key) + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(data), "big")


def _decoded(text: bytes) -> bytes:
    if len(text) < TEXT_MIN:
        return b""
    if _HEXADECIMAL.fullmatch(text):
        return binascii.unhexlify(text[: len(text) & ~1])
    # Words and numbers are not base64, which mixes both cases and digits.
    if not all(re.search(kind, text[:TEXT_MIN]) for kind in (rb"[A-Z]", rb"[a-z]", rb"[0-9]")):
        return b""
    return binascii.a2b_base64(text[: len(text) & ~3])


def _begun(head: bytes, length: int) -> bytes:
    """The first unpacked bytes; b"" where nothing unpacks."""
    for stream in _decoders(head):
        try:
            found: bytes = stream.decompress(head, length)
        except _BROKEN:
            continue
        if found:
            return found
    return b""


def _drained(stream: Any, data: bytes, limit: int) -> bytes:
    """The output of a stream, up to where it is broken."""
    found = bytearray()
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        try:
            while piece and len(found) < limit and not stream.eof:
                found += stream.decompress(piece, limit - len(found))
                piece = getattr(stream, "unconsumed_tail", b"")
        except _BROKEN:
            break
        if stream.eof or len(found) >= limit:
            break
    return bytes(found)


class _Gzip:
    """Gzip without its checksum, which a loader may ignore as well."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self._is_open = False

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unconsumed_tail(self) -> bytes:
        return self._stream.unconsumed_tail

    def decompress(self, data: bytes, length: int) -> bytes:
        """See zlib. The first piece must contain the header."""
        start = 0 if self._is_open else _gzip_header(data)
        self._is_open = True
        return self._stream.decompress(data[start:], length)


def _gzip_header(data: bytes) -> int:
    """The length of the header (RFC 1952)."""
    flags, at = (data[3], 10) if len(data) > 10 else (0, 10)
    if flags & 4:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            at = data.find(b"\0", at) + 1 or len(data)
    return at + (2 if flags & 2 else 0)


def _decoders(head: bytes) -> Iterator[Any]:
    if head.startswith(GZIP):
        yield _Gzip()
    elif _BZIP2.match(head):
        yield bz2.BZ2Decompressor()
    elif head.startswith(_XZ) or _LZMA.match(head):
        yield lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)
    else:
        yield zlib.decompressobj(zlib.MAX_WBITS)
        yield zlib.decompressobj(-zlib.MAX_WBITS)
