"""The files that a reviewed version changes."""

from __future__ import annotations

from typing import Final

from marshmallow import fields as plain

from ....schemas import fields
from ....schemas.base import Schema
from .base import Page, Pagination
from .findings import NameDifference, one_of

# Files of one page: each may be unpacked to be looked at.
FILES_MAX: Final = 50
# As long as the path of an entry may be, in bytes.
PATH_MAX: Final = 1024


class ChangesQuery(Page):
    limit = fields.Number(min=1, max=FILES_MAX, from_text=True, load_default=FILES_MAX)


class FileQuery(Schema):
    path = fields.Text(min=1, max=PATH_MAX, required=True)


class TextFacts(Schema):
    """How a text is written."""

    encoding = one_of("ascii", "utf-8", "utf-8-bom", "utf-16-le", "utf-16-be", "unknown", required=True)
    line_endings = one_of("none", "lf", "crlf", "mixed", required=True)
    ends_with_newline = plain.Boolean(required=True)
    lines = plain.Integer(required=True)
    invalid = plain.Integer(required=True)
    hidden = plain.Integer(required=True)


class AssemblyIdentity(Schema):
    """What an assembly says of itself."""

    name = plain.String(required=True)
    version = plain.String(required=True)
    target_framework = plain.String(required=True)
    architecture = plain.String(required=True)


class FileSide(Schema):
    """A file in one of the two packages. `text` and `assembly` are null where it is neither, or too large to look."""

    size = plain.Integer(required=True)
    sha256 = plain.String(required=True)
    kind = one_of("text", "assembly", "executable", "native_library", "archive", "binary", "unreadable", required=True)
    text = plain.Nested(TextFacts, required=True, allow_none=True)
    assembly = plain.Nested(AssemblyIdentity, required=True, allow_none=True)


class ChangedFile(Schema):
    """A file that is not the same in both packages."""

    path = plain.String(required=True)
    state = one_of("added", "removed", "changed", required=True)
    before = plain.Nested(FileSide, required=True, allow_none=True)
    after = plain.Nested(FileSide, required=True, allow_none=True)
    references = plain.Nested(NameDifference, required=True, allow_none=True)


class ChangeCounts(Schema):
    added = plain.Integer(required=True)
    removed = plain.Integer(required=True)
    changed = plain.Integer(required=True)


class ChangedFiles(Schema):
    """The files that differ from those of the version that `against` names; null: of a first version, all."""

    against = plain.String(required=True, allow_none=True)
    counts = plain.Nested(ChangeCounts, required=True)
    files = plain.List(plain.Nested(ChangedFile), required=True)
    pagination = plain.Nested(Pagination, required=True)


class TextPiece(Schema):
    """A part of a line: as it is, or what stands for a character that is not seen or a byte that is no text."""

    text = plain.String(required=True)
    kind = one_of("text", "hidden", "invalid", required=True)
    name = plain.String(required=True)


class DiffLine(Schema):
    kind = one_of("same", "removed", "added", required=True)
    old = plain.Integer(required=True, allow_none=True)
    new = plain.Integer(required=True, allow_none=True)
    pieces = plain.List(plain.Nested(TextPiece), required=True)
    cut = plain.Integer(required=True)


class DiffHunk(Schema):
    """Changes that are close to each other, with three lines around them."""

    old_start = plain.Integer(required=True)
    old_lines = plain.Integer(required=True)
    new_start = plain.Integer(required=True)
    new_lines = plain.Integer(required=True)
    lines = plain.List(plain.Nested(DiffLine), required=True)


class TextDiff(Schema):
    """A changed file, line by line."""

    path = plain.String(required=True)
    state = one_of("added", "removed", "changed", required=True)
    against = plain.String(required=True, allow_none=True)
    refused = one_of("not_text", "too_large", "too_many_lines", "unreadable", required=True, allow_none=True)
    before = plain.Nested(TextFacts, required=True, allow_none=True)
    after = plain.Nested(TextFacts, required=True, allow_none=True)
    hunks = plain.List(plain.Nested(DiffHunk), required=True)
    more_lines = plain.Integer(required=True)
    is_rough = plain.Boolean(required=True)
