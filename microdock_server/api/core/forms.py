"""Multipart forms as real clients send them: the file is hashed, limited and written while it arrives.

Names and file names are parsed as part_headers says. Texts are UTF-8 unless their part, or the form's field `_charset_`
(RFC 7578), names another charset.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from flask import request
from multipart import MultipartError, MultipartSegment, PushMultipartParser
from werkzeug.http import parse_options_header

from ...context import context
from ...errors import DomainError, Invalid, MalformedBody, StorageFull, TooLarge, WrongContentType
from ...observability import metrics
from ...storage import Incoming
from .parsing import BodyReader, client_errors, drain, ensure_length
from .part_headers import charset, disposition

MAX_FIELDS: Final = 32
MAX_FIELD_BYTES: Final = 512 * 1024
FILE: Final = "file"
# The first line of a form: a boundary as RFC 2046 allows it.
_DELIMITER: Final = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-])\r\n")


@dataclass(frozen=True, slots=True)
class Slot:
    """The files that a form may carry under one name: how many, and how large each may be."""

    limit: int
    most: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a form, with the name the client gave it, without any directory."""

    name: str
    content: Incoming


@dataclass(slots=True)
class Form:
    """A form: its text fields, and its files by the name of their field."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[Part]] = field(default_factory=dict)

    def file(self, name: str = FILE) -> Part:
        """The file of this name. Raises Invalid if there is none."""
        found = self.files.get(name)
        if not found:
            raise Invalid.field(name, "field.file")
        return found[0]

    def values(self) -> dict[str, object]:
        """Texts and files by name, for a schema: a single file where one is allowed, a list where several are."""
        return {**self.fields, **{name: parts if len(parts) > 1 else parts[0] for name, parts in self.files.items()}}

    def close(self) -> None:
        """Delete the files that no storage took over."""
        for parts in self.files.values():
            for part in parts:
                part.content.close()


BeforeFile = Callable[[Mapping[str, str]], None]


@contextmanager
def receive(
    directory: Path,
    slots: Mapping[str, Slot],
    before_file: BeforeFile | None = None,
    *,
    may_be_called_json: bool = False,
) -> Iterator[Form]:
    """Receive the request's form. When the context ends its files are deleted, unless a storage took them over.

    `before_file` sees the text fields that came before a file and may refuse it before a byte is written. With
    `may_be_called_json`, a form under a JSON content type is recognized by its first line: the host document's own
    Python client has that header in its session, and requests does not replace it.
    Raises WrongContentType, MalformedBody, FileTooLarge (larger than the slot's limit), Invalid (too many files) or a
    storage failure. Before that the rest of the body is read, because a client that is still sending would not see the
    answer.
    """
    boundary = _announced()
    if boundary is None and not (may_be_called_json and request.mimetype == "application/json"):
        drain()
        raise WrongContentType(expected="multipart/form-data")
    ensure_length(sum(slot.limit * slot.most for slot in slots.values()))
    form = Form()
    try:
        try:
            ensure_room(request.content_length or 0)
            _read(_Parts(form, directory, slots, before_file), boundary)
        except DomainError:
            drain()
            raise
        yield form
    finally:
        form.close()


def _announced() -> str | None:
    """The boundary that the Content-Type header names."""
    kind, options = parse_options_header(request.headers.get("Content-Type"))
    return options.get("boundary") or None if kind == "multipart/form-data" else None


def ensure_room(size: int) -> None:
    """Refuse `size` further bytes that would leave less than the reserve free on a disk. Raises StorageFull."""
    if not context().disk.has_room(size):
        metrics.FULL.inc()
        raise StorageFull()


def _read(parts: _Parts, boundary: str | None) -> None:
    body = BodyReader(request.stream).chunks()
    if boundary is None:
        boundary, body = _told_by(body)
    try:
        parser = PushMultipartParser(boundary, max_segment_count=MAX_FIELDS, max_header_size=8192, max_header_count=16)
        with parser:
            _feed(parser, parts, body)
    except (MultipartError, UnicodeDecodeError, LookupError) as reason:
        raise MalformedBody() from reason


def _told_by(body: Iterator[bytes]) -> tuple[str, Iterator[bytes]]:
    """The boundary that the body itself begins with, and the body. Raises WrongContentType where it is not a form."""
    with client_errors():
        first = next(body, b"")
    found = _DELIMITER.match(first)
    if found is None:
        raise WrongContentType(expected="multipart/form-data")
    return found[1].decode("ascii"), chain((first,), body)


def _feed(parser: PushMultipartParser, parts: _Parts, body: Iterator[bytes]) -> None:
    while not parser.closed:
        with client_errors():
            chunk = next(body, b"")
        for event in parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                parts.begin(event)
            elif event is None:
                parts.end()
            else:
                parts.data(event)
        if not chunk:
            break
    drain()


class _Parts:
    """Turns the parser's events into a form."""

    def __init__(self, form: Form, directory: Path, slots: Mapping[str, Slot], before_file: BeforeFile | None) -> None:
        self._form, self._directory, self._slots = form, directory, slots
        self._before_file = before_file
        self._name = self._content_type = ""
        self._text: bytearray | None = None
        self._file: Incoming | None = None
        self._unchosen: Slot | None = None

    def begin(self, segment: MultipartSegment) -> None:
        self._name, file_name = disposition(segment.header("Content-Disposition") or "")
        self._content_type = segment.header("Content-Type") or ""
        self._text = self._file = self._unchosen = None
        slot = self._slots.get(self._name)
        if slot is not None and file_name == "":
            # Browsers send this for a file input that was left empty. If bytes follow, it is a file without a name.
            self._unchosen = slot
        elif slot is not None and file_name is not None:
            self._file = self._begin_file(slot, file_name)
        else:
            self._text = bytearray()

    def _begin_file(self, slot: Slot, file_name: str) -> Incoming:
        parts = self._form.files.setdefault(self._name, [])
        if len(parts) >= slot.most:
            raise Invalid.field(self._name, "field.too_many", max=slot.most)
        if any(unicodedata.category(char) == "Cc" for char in file_name):
            raise Invalid.field(self._name, "field.characters")
        if self._before_file is not None:
            self._before_file(self._form.fields)
        parts.append(Part(file_name, Incoming(self._directory, slot.limit)))
        return parts[-1].content

    def data(self, chunk: bytes) -> None:
        if self._unchosen is not None:
            self._file, self._unchosen = self._begin_file(self._unchosen, ""), None
        if self._file is not None:
            # The length was not announced, or others upload at the same time: the free space is checked again as data
            # arrives.
            ensure_room(len(chunk))
            self._file.write(chunk)
            return
        assert self._text is not None
        self._text += chunk
        if len(self._text) > MAX_FIELD_BYTES:
            raise TooLarge(limit="512KB")

    def end(self) -> None:
        if self._text is not None:
            # Of a field that comes twice, the first counts.
            encoding = charset(self._content_type, self._form.fields.get("_charset_", "utf-8"))
            self._form.fields.setdefault(self._name, self._text.decode(encoding))
            self._text = None
