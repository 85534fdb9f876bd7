"""Zstandard frames (RFC 8878): compressible data is compressed, the rest stored, and a footer locates the manifest.

An archive is a sequence of frames, one per member, so that `tar --zstd` reads it. Packages are ZIP files and do not
compress: writing them as raw blocks costs a tenth of trying to compress them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final

import zstandard

from .problems import DamagedArchive

CHUNK: Final = 1 << 20
LEVEL: Final = 1
# Members from this size on are compressed with all processors.
LARGE: Final = 8 << 20
# The most buffers that one call takes (IOV_MAX).
MOST_BUFFERS: Final = 1024
BLOCK: Final = 1 << 17
# Magic number, a descriptor without size and checksum, and a window of one block (128 KiB).
STORED_FRAME: Final = struct.pack("<IBB", 0xFD2FB528, 0, 7 << 3)
LAST_BLOCK: Final = b"\x01\x00\x00"
SAMPLE: Final = 1 << 16
WORTH_IT: Final = 0.9
# A hostile frame may ask for a window of any size; ours need 8 MiB.
WIDEST_WINDOW: Final = 1 << 27
# A skippable frame: every Zstandard reader skips it.
FOOTER: Final = struct.Struct("<II8sQ")
FOOTER_MAGIC: Final = 0x184D2A5D
FOOTER_TAG: Final = b"mdocksnp"


class Output:
    """Buffers bytes on their way into a file or a pipe, and counts them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: list[bytes | memoryview] = []
        self._size = 0
        self.offset = 0

    def write(self, *buffers: bytes | memoryview) -> None:
        """Take the buffers, which must not change any more."""
        for buffer in buffers:
            self._size += len(buffer)
            self.offset += len(buffer)
        self._waiting += [buffer for buffer in buffers if len(buffer)]
        # Small files are written together, as many as one call takes.
        if self._size >= CHUNK or len(self._waiting) > MOST_BUFFERS // 2:
            self.flush()

    def flush(self) -> None:
        """Write everything that was taken."""
        rest = [memoryview(buffer) for buffer in self._waiting]
        while rest:
            done = os.writev(self._descriptor, rest[:MOST_BUFFERS])
            while rest and done >= len(rest[0]):
                done -= len(rest.pop(0))
            if done:
                rest[0] = rest[0][done:]
        self._waiting, self._size = [], 0


class FrameWriter:
    """Writes frames to an output."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self._parallel = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, threads=-1)
        self._prober = zstandard.ZstdCompressor(level=1)

    def is_worth_compressing(self, chunk: bytes) -> bool:
        """Does a sample from the middle of `chunk` get smaller?"""
        middle = max(0, len(chunk) // 2 - SAMPLE // 2)
        sample = chunk[middle : middle + SAMPLE]
        return len(self._prober.compress(sample)) < WORTH_IT * len(sample)

    def compressed(self, chunks: Iterable[bytes], size: int = 0) -> None:
        """One frame of compressed blocks, with a checksum; `size` is about how many bytes will follow."""
        frame = (self._parallel if size >= LARGE else self._compressor).compressobj()
        for chunk in chunks:
            self.output.write(frame.compress(chunk))
        self.output.write(frame.flush())

    def stored(self, chunks: Iterable[bytes]) -> None:
        """One frame of raw blocks, without a checksum: the manifest has the SHA-256 of its content."""
        opening = STORED_FRAME
        for chunk in chunks:
            self.output.write(opening, *_raw_blocks(chunk))
            opening = b""
        self.output.write(opening, LAST_BLOCK)

    def footer(self, manifest_at: int) -> None:
        """The end of the archive: where the frame of its manifest begins."""
        size = FOOTER.size - 8
        self.output.write(FOOTER.pack(FOOTER_MAGIC, size, FOOTER_TAG, manifest_at))
        self.output.flush()


def _raw_blocks(chunk: bytes) -> Iterator[bytes | memoryview]:
    view = memoryview(chunk)
    for start in range(0, len(view), BLOCK):
        block = view[start : start + BLOCK]
        yield (len(block) << 3).to_bytes(3, "little")
        yield block


class FrameReader:
    """The decompressed bytes of an archive, in one pass."""

    def __init__(self, file: BinaryIO) -> None:
        decompressor = zstandard.ZstdDecompressor(max_window_size=WIDEST_WINDOW)
        self._stream = decompressor.stream_reader(file, read_size=CHUNK, read_across_frames=True, closefd=False)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes (at most a chunk or so: they are held in memory)."""
        parts: Sequence[bytes] = []
        left = size
        while left:
            part = self._some(left)
            if not part:
                raise DamagedArchive("the archive is cut off")
            parts = [*parts, part]
            left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def ensure_at_end(self) -> None:
        """Raise unless nothing follows."""
        if self._some(1):
            raise DamagedArchive("something stands behind the end of the archive")

    def _some(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except zstandard.ZstdError as reason:
            raise DamagedArchive(f"the archive is damaged: {reason}") from reason


def manifest_offset(file: BinaryIO) -> int:
    """The offset of the last member's frame, from the footer. Raises DamagedArchive without one."""
    end = file.seek(0, os.SEEK_END)
    if end < FOOTER.size:
        raise DamagedArchive("the archive is cut off")
    file.seek(end - FOOTER.size)
    magic, size, tag, offset = FOOTER.unpack(file.read(FOOTER.size))
    if (magic, size, tag) != (FOOTER_MAGIC, FOOTER.size - 8, FOOTER_TAG) or offset >= end:
        raise DamagedArchive("the archive has no end: it is cut off, or no snapshot of this server")
    return int(offset)
