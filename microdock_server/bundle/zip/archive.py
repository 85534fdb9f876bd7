"""A ZIP file as a package: opened only if every reader would see the same files in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Self

from microdock_server.bundle.problems import Problems
from microdock_server.bundle.zip.content import ContentFault, unpacked
from microdock_server.bundle.zip.end import find_end
from microdock_server.bundle.zip.layout import check_locals, read_directory
from microdock_server.bundle.zip.names import check_collisions
from microdock_server.bundle.zip.records import Central, Source

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on a package; sizes in bytes. Below `ratio_free` unpacked bytes any compression ratio is allowed."""

    max_entries: int = 10_000
    max_unpacked: int = 1 << 30
    max_ratio: int = 200
    ratio_free: int = 10 * MEBIBYTE
    max_manifest: int = MEBIBYTE


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive (or a directory, whose name ends in a slash), with the name as unpacked.

    `offset` is where its data begin in the archive.
    """

    name: str
    size: int
    compressed_size: int
    crc: int
    method: int
    offset: int

    @classmethod
    def of(cls, header: Central) -> Self:
        """As the header declares it."""
        return cls(header.name, header.size, header.compressed_size, header.crc, header.method, header.data_offset)

    def header(self) -> Central:
        """What is needed of its header to unpack it."""
        sizes = self.compressed_size, self.size
        return Central(self.name, b"", 0, 0, self.method, self.crc, *sizes, 0, 0, self.offset, self.offset)


class Archive:
    """The entries of a file with a central directory; content is read on demand."""

    def __init__(self, source: Source, headers: list[Central]) -> None:
        self._source = source
        self._headers = headers
        self._files = {header.name: header for header in headers if not header.is_directory}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The files in directory order, as declared."""
        return tuple(Entry.of(header) for header in self._headers if not header.is_directory)

    @property
    def unpacked_size(self) -> int:
        """The total declared size of all entries."""
        return sum(header.size for header in self._headers)

    def size_of(self, name: str) -> int | None:
        """The declared size of a file; None if there is no such file."""
        header = self._files.get(name)
        return None if header is None else header.size

    def names(self) -> list[str]:
        """The names of all files."""
        return list(self._files)

    def paths(self) -> list[str]:
        """The names of all files and directories, in directory order."""
        return [header.name for header in self._headers]

    def read(self, name: str, limit: int) -> bytes | None:
        """The whole content of a file; None if it is missing, unreadable, broken or larger than `limit`."""
        header = self._files.get(name)
        if header is None or not header.readable or header.size > limit:
            return None
        content = BytesIO()  # hands its buffer over without a second copy
        try:
            content.writelines(unpacked(self._source, header))
        except ContentFault:
            return None
        return content.getvalue()

    def part(self, name: str, offset: int, length: int) -> bytes:
        """A part of a file, fewer bytes at its end; b"" if it is unreadable. Unpacks from the file's beginning."""
        header = self._files.get(name)
        if header is None or not header.readable:
            return b""
        found, position = bytearray(), 0
        try:
            for piece in unpacked(self._source, header):
                found += piece[max(0, offset - position) : max(0, offset + length - position)]
                position += len(piece)
                if position >= offset + length:
                    break
        except ContentFault:
            return b""
        return bytes(found)

    def raw(self, offset: int, length: int) -> bytes:
        """Bytes of the archive itself, as headers are; `length` is small."""
        return self._source.at(offset, length)

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a file in pieces of at most 256 KiB; ends early if it is broken."""
        header = self._files.get(name)
        with suppress(ContentFault):
            if header is not None and header.readable:
                yield from unpacked(self._source, header)

    def digests(self) -> Iterator[tuple[Entry, str]]:
        """Each file and directory with the SHA-256 of its content in hexadecimal; "" if that is unreadable or not as
        declared.
        """
        for header in self._headers:
            yield Entry.of(header), self._digest(header) if header.readable else ""

    def _digest(self, header: Central) -> str:
        digest = hashlib.sha256()
        try:
            for piece in unpacked(self._source, header):
                digest.update(piece)
        except ContentFault:
            return ""
        return digest.hexdigest()

    def check_content(self, problems: Problems) -> None:
        """Unpack every entry once, in small pieces, and record those that are not as declared."""
        for header in self._headers:
            if not header.readable or problems.full:
                continue
            try:
                for _ in unpacked(self._source, header):
                    pass
            except ContentFault as fault:
                problems.add(fault.rule, header.name)
                header.readable = False


def known_archive(file: BinaryIO, entries: Iterable[Entry]) -> Archive:
    """An archive of which these entries were read and checked before, or of some of them: its directory, which takes
    longer the more entries it has, is not read again. Content is checked as ever.
    """
    return Archive(Source(file), [entry.header() for entry in entries])


def open_archive(
    file: BinaryIO, limits: Limits, problems: Problems, warnings: Problems | None = None
) -> Archive | None:
    """Read and check everything but the content; None if there is no directory or a limit is exceeded.

    Leniencies are recorded in `warnings`. Raises only what reading `file` itself raises.
    """
    source = Source(file)
    end = find_end(source, problems)
    if end is None:
        return None
    if end.entries > limits.max_entries:
        problems.add("too-many-entries", count=end.entries, limit=limits.max_entries)
        return None
    headers = read_directory(source, end, problems, Problems() if warnings is None else warnings)
    if headers is None:
        return None
    check_collisions([header.name for header in headers], problems)
    check_locals(source, headers, end.directory_offset, problems)
    return Archive(source, headers) if _within(headers, limits, problems) else None


def _within(headers: list[Central], limits: Limits, problems: Problems) -> bool:
    """Check the declared sizes; unpacking later enforces them."""
    total = sum(header.size for header in headers)
    packed = sum(header.compressed_size for header in headers)
    before = len(problems)
    if total > limits.max_unpacked:
        problems.add("unpacked-too-large", size=total, limit=limits.max_unpacked)
    dense = [header for header in headers if _too_dense(header.size, header.compressed_size, limits)]
    for header in dense:
        problems.add("ratio-too-high", header.name, limit=limits.max_ratio)
    if not dense and _too_dense(total, packed, limits):
        problems.add("total-ratio-too-high", limit=limits.max_ratio)
    return len(problems) == before and not problems.full


def _too_dense(size: int, packed: int, limits: Limits) -> bool:
    return size > limits.ratio_free and size > packed * limits.max_ratio
