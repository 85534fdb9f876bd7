"""Unpacks in small pieces, never beyond the declared size, and checks the result against the headers."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from microdock_server.bundle.zip.fields import STORED
from microdock_server.bundle.zip.records import Central, Source

PIECE: Final = 256 * 1024


class ContentFault(Exception):
    """The content is not as the headers declare; `rule` names the fault."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def unpacked(source: Source, header: Central) -> Iterator[bytes]:
    """The content in pieces of at most 256 KiB; raises ContentFault as soon as it differs from what is declared.

    Never yields more than `header.size` bytes, and holds one piece at a time.
    """
    crc = total = 0
    pieces = _stored(source, header) if header.method == STORED else _inflated(source, header)
    for piece in pieces:
        total += len(piece)
        if total > header.size:
            raise ContentFault("size-wrong")
        crc = zlib.crc32(piece, crc)
        yield piece
    if total != header.size:
        raise ContentFault("size-wrong")
    if crc != header.crc:
        raise ContentFault("crc-wrong")


def _stored(source: Source, header: Central) -> Iterator[bytes]:
    return source.chunks(header.data_offset, header.compressed_size)


def _inflated(source: Source, header: Central) -> Iterator[bytes]:
    """Raw deflate; the stream must end exactly where the entry's data ends."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    left = header.compressed_size
    for chunk in source.chunks(header.data_offset, header.compressed_size):
        left -= len(chunk)
        try:
            yield from _pieces(stream, chunk)
        except zlib.error:
            raise ContentFault("content-broken") from None
        if stream.eof:
            break
    if not stream.eof:
        raise ContentFault("content-broken")
    if left or stream.unused_data:
        raise ContentFault("content-trailing")


def _pieces(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    while True:
        piece = stream.decompress(data, PIECE)
        if piece:
            yield piece
        data = stream.unconsumed_tail
        # A full piece may leave output in the decompressor even if no input is left.
        if stream.eof or (not data and len(piece) < PIECE):
            return
