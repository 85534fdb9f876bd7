"""What one file of a package is: text or binary, its encoding, and what it declares if it is an assembly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from microdock_server.bundle.contents.kinds import kind_of
from microdock_server.bundle.contents.readers import reader_at
from microdock_server.bundle.diff.matching import Hunk, Matched, hunks, match
from microdock_server.bundle.diff.texts import HEAD, Text, is_text, pieces, read_text
from microdock_server.bundle.dotnet.assembly import SIZE_MAX, Opened, open_assembly
from microdock_server.bundle.dotnet.assembly_facts import LISTED_MAX, references_of
from microdock_server.bundle.dotnet.image import Unreadable, open_image
from microdock_server.bundle.dotnet.metadata import Metadata
from microdock_server.bundle.dotnet.types import target_framework
from microdock_server.bundle.problems import printable
from microdock_server.bundle.zip.archive import Archive

Kind = Literal["text", "assembly", "executable", "native_library", "archive", "binary", "unreadable"]
# Why a text is not compared.
Refused = Literal["not_text", "too_large", "too_many_lines", "unreadable"]

# Texts of more bytes or lines are not compared.
TEXT_MAX: Final = 1 << 20
LINES_MAX: Final = 50_000
# What one comparison shows at most.
SHOWN_LINES_MAX: Final = 2000
SHOWN_CHARS_MAX: Final = 256 * 1024
# Each piece of a line counts as so many characters: what is spelled out is that much larger than what it stands for.
PIECE_CHARS: Final = 32
# Longer lines are cut.
LINE_MAX: Final = 4000
# How much is unpacked to look at files, for one page of a list.
TEXT_BUDGET: Final = 8 << 20
ASSEMBLY_BUDGET: Final = 128 << 20
# And how many rows of assemblies' tables are read for it, and references listed: real ones have some thousand and a
# hundred.
ROWS_BUDGET: Final = 500_000
REFERENCES_BUDGET: Final = 10_000


@dataclass(frozen=True, slots=True)
class AssemblyIdentity:
    """What an assembly says of itself. `references` as `Name 1.0.0.0`."""

    name: str
    version: str
    target_framework: str
    architecture: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file is. `text` and `assembly` are None where it is neither, or was not read to its end: an assembly has
    more rows or references than are read.
    """

    kind: Kind
    text: Text | None = None
    assembly: AssemblyIdentity | None = None


class Look:
    """Looks at files of packages, within one budget: beyond it, kinds are told by how files begin."""

    def __init__(self, text_budget: int = TEXT_BUDGET, assembly_budget: int = ASSEMBLY_BUDGET) -> None:
        self._texts, self._assemblies = text_budget, assembly_budget
        self._rows, self._references = ROWS_BUDGET, REFERENCES_BUDGET

    def at(self, archive: Archive, name: str) -> Facts:
        """The facts about a file of the archive. Bad content never raises."""
        size = archive.size_of(name) or 0
        head = archive.part(name, 0, HEAD)
        if size and not head:
            return Facts("unreadable")
        if head.startswith(b"MZ"):
            return self._image(archive, name, size, head)
        kind = kind_of(head, name)
        if kind in ("executable", "native_library", "archive"):
            return Facts(kind)
        if not is_text(head):
            return Facts("binary")
        return self._text(archive, name, size)

    def _text(self, archive: Archive, name: str, size: int) -> Facts:
        if size > TEXT_MAX or size > self._texts:
            return Facts("text")
        self._texts -= size
        data = archive.read(name, TEXT_MAX)
        if data is None:
            return Facts("unreadable")
        # Zero bytes after a beginning without them.
        return Facts("text", read_text(data)) if is_whole_text(data) else Facts("binary")

    def _image(self, archive: Archive, name: str, size: int, head: bytes) -> Facts:
        if size > SIZE_MAX or size > self._assemblies:
            return Facts("executable" if name.lower().endswith(".exe") else "binary")
        self._assemblies -= size
        read = reader_at(archive.read(name, SIZE_MAX) or b"", 0)
        try:
            opened, image = open_assembly(read), open_image(read)
        except Unreadable:
            return Facts("unreadable")
        if opened is not None:
            return Facts("assembly", assembly=_identity(opened) if self._affords(opened.metadata) else None)
        if image is None:
            return self._text(archive, name, size) if is_text(head) else Facts("binary")
        return Facts("native_library" if image.is_library else "executable")

    def _affords(self, metadata: Metadata) -> bool:
        """May the rows that say who an assembly is be read, all of them?"""
        references = metadata.count("AssemblyRef")
        rows = references + metadata.count("CustomAttribute")
        if references > min(LISTED_MAX, self._references) or rows > self._rows:
            return False
        self._rows -= rows
        self._references -= references
        return True


def is_whole_text(data: bytes) -> bool:
    """Is a file text to its end?"""
    return is_text(data[:2]) and (data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" not in data)


def _identity(opened: Opened) -> AssemblyIdentity:
    row = opened.metadata.row("Assembly", 1)
    return AssemblyIdentity(
        printable(opened.metadata.assembly_name()),
        ".".join(map(str, row[1:5])) if row else "",
        target_framework(opened.metadata),
        opened.image.architecture,
        references_of(opened.metadata)[0],
    )


@dataclass(frozen=True, slots=True)
class TextDiff:
    """The comparison of two texts; None for a side that is not there.

    `refused` says why there is none. `more_lines` is how many lines of changes are not shown, `is_rough`: the texts
    differ too much to find the fewest changes.
    """

    before: Text | None
    after: Text | None
    refused: Refused | None = None
    hunks: tuple[Hunk, ...] = ()
    more_lines: int = 0
    is_rough: bool = False


def compare_texts(before: bytes | None, after: bytes | None) -> TextDiff:
    """Compare two files line by line; None where there is no such file."""
    sides = [side for side in (before, after) if side is not None]
    if any(len(side) > TEXT_MAX for side in sides):
        return TextDiff(None, None, "too_large")
    if not all(map(is_whole_text, sides)):
        return TextDiff(None, None, "not_text")
    was, now = (None if side is None else read_text(side) for side in (before, after))
    old, new = (() if side is None else side.lines for side in (was, now))
    if max(len(old), len(new)) > LINES_MAX:
        return TextDiff(was, now, "too_many_lines")
    matched = match(old, new)
    shown, more = _shown(old, new, matched)
    return TextDiff(was, now, None, shown, more, matched.is_rough)


def _shown(old: Sequence[str], new: Sequence[str], matched: Matched) -> tuple[tuple[Hunk, ...], int]:
    """Hunks from the top on, up to the limits, the last one cut; and the number of lines that are left out."""
    found: list[Hunk] = []
    lines, chars, more = SHOWN_LINES_MAX, SHOWN_CHARS_MAX, 0
    for hunk in hunks(old, new, matched):
        fits = 0
        for line in islice(hunk.lines, lines):
            chars -= min(len(line.text), LINE_MAX) + PIECE_CHARS * (len(pieces(line.text, LINE_MAX)) - 1)
            if chars < 0:
                break
            fits += 1
        more += len(hunk.lines) - fits
        lines = 0 if fits < len(hunk.lines) else lines - fits
        if fits:
            numbers = hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines
            found.append(Hunk(*numbers, hunk.lines[:fits]))
    return tuple(found), more
