"""Conditional requests and ranges by entity tag, evaluated in the order of RFC 9110 §13.2.2 and §14.

Nothing but feeds has a modification date: a URL may go back to older bytes (after a version was yanked), and file times
differ from node to node. So `If-Modified-Since` and `If-Unmodified-Since` are ignored elsewhere, and a date in
`If-Range` never matches, as the RFC prescribes for such representations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from werkzeug.http import parse_date

from ...errors import MalformedIfMatch, PreconditionFailed, RangeNotSatisfiable
from ...services.revisions import WHATEVER, Expected

Environ = Mapping[str, Any]

# A tag as the RFC writes it, or without its quotes, as some clients send it back.
_TAG: Final = re.compile(r'(W/)?"([^"]*)"|([^\s",]+)')
_LISTED: Final = re.compile(r'[ \t]*(?:(W/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|\Z)')
_SPEC: Final = re.compile(r"([0-9]+)[ \t]*-[ \t]*([0-9]*)|-[ \t]*([0-9]+)")
# What nginx and S3 understand as we do: a single range, of numbers that fit.
_PLAIN: Final = re.compile(r"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")
_DIGITS: Final = 18
# What a proxy or bucket may judge otherwise than we do; and all that makes an answer depend on what a client has.
_OURS: Final = ("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_MODIFIED_SINCE")
_CONDITIONS: Final = (*_OURS, "HTTP_IF_NONE_MATCH", "HTTP_RANGE", "HTTP_IF_RANGE")


def is_known(environ: Environ, etag: str) -> bool:
    """Does the client have these bytes already (304)? Raises PreconditionFailed where `If-Match` names others."""
    wanted, known = environ.get("HTTP_IF_MATCH"), environ.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and not _names(wanted, etag, weakly=False):
        raise PreconditionFailed(etag)
    return known is not None and _names(known, etag, weakly=True)


def is_known_since(environ: Environ, etag: str, modified: datetime) -> bool:
    """The same of what also has a modification date, by which clients without the tag may ask."""
    known = is_known(environ, etag)
    if "HTTP_IF_NONE_MATCH" in environ:
        return known
    since = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return since is not None and modified <= since


def expected(environ: Environ) -> Expected:
    """The revision that a change expects, from `If-Match`; without the header, or with `*`, any revision.

    Tags are compared strongly, so a weak one never matches. Raises MalformedIfMatch for an invalid list of tags.
    """
    header: str | None = environ.get("HTTP_IF_MATCH")
    if header is None or header.strip(" \t") == "*":
        return WHATEVER
    tags, place = set(), 0
    # One tag, or an empty list member, with the comma behind it.
    while place < len(header) and (found := _LISTED.match(header, place)):
        if found[2] is not None:
            tags.add((bool(found[1]), found[2]))
        place = found.end()
    if place < len(header) or not tags:
        raise MalformedIfMatch()
    return Expected(frozenset(tag for is_weak, tag in tags if not is_weak))


def part(environ: Environ, etag: str, size: int) -> tuple[int, int] | None:
    """First byte and end of the requested range; None for the whole. Raises RangeNotSatisfiable.

    Ranges are defined for GET alone. Multiple ranges, other units and invalid ranges are ignored, as the RFC allows; so
    is a range whose `If-Range` names other bytes.
    """
    asked, guard = environ.get("HTTP_RANGE"), environ.get("HTTP_IF_RANGE")
    if asked is None or environ["REQUEST_METHOD"] != "GET" or guard not in (None, etag):
        return None
    unit, _, text = asked.partition("=")
    specs = [spec.strip() for spec in text.split(",") if spec.strip()]
    if unit.strip().lower() != "bytes" or len(specs) != 1:
        return None
    found = _SPEC.fullmatch(specs[0])
    return _within(found, size) if found else None


def is_plain(environ: Environ, wanted: tuple[int, int] | None, *, knows_etag: bool) -> bool:
    """Would a proxy or bucket that sends the file for us judge this request's conditions as we do?

    They read the client's headers themselves. A bucket does not know our entity tags, and nginx ignores them in places.
    """
    if any(name in environ for name in _OURS):
        return False
    if environ["REQUEST_METHOD"] != "GET" and "HTTP_IF_NONE_MATCH" in environ:
        return False
    asked = environ.get("HTTP_RANGE")
    if asked is None:
        return True
    return wanted is not None and bool(_PLAIN.fullmatch(asked)) and (knows_etag or "HTTP_IF_RANGE" not in environ)


def are_none(environ: Environ) -> bool:
    """Is this a GET without any condition, for the whole?"""
    return environ["REQUEST_METHOD"] == "GET" and not any(name in environ for name in _CONDITIONS)


def _names(header: str, etag: str, *, weakly: bool) -> bool:
    """Does a header's list of tags contain `etag`, a strong one?"""
    if header.strip() == "*":
        return True
    return any(opaque == etag[1:-1] and (weakly or not is_weak) for is_weak, opaque in _tags(header))


def _tags(header: str) -> Iterator[tuple[bool, str]]:
    for weak, quoted, bare in _TAG.findall(header):
        yield bool(weak), quoted or bare


def _within(found: re.Match[str], size: int) -> tuple[int, int] | None:
    first, last, suffix = found.groups()
    if suffix is not None:
        length = _number(suffix)
        if length == 0:
            raise RangeNotSatisfiable(size)
        # The last bytes of an empty file: there are none, which Content-Range cannot express.
        return (max(0, size - length), size) if size else None
    begin, end = _number(first), _number(last) + 1 if last else size
    if end <= begin and last:
        return None
    if begin >= size:
        raise RangeNotSatisfiable(size)
    return begin, min(end, size)


def _number(digits: str) -> int:
    """The number, or one beyond every file: numbers with thousands of digits are not parsed."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
