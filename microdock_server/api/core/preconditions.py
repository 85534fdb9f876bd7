"""Preconditions and ranges of what an entity tag names: RFC 9110 §13.2.2 and §14, in the order that stands there.

Nothing here has a modification date: what a URL names may go back to older bytes (a version that was yanked), and the
time of a file differs from node to node. So `If-Modified-Since` and `If-Unmodified-Since` are ignored, and a date in
`If-Range` is never the right one, as the RFC says of such representations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...errors import MalformedIfMatch, PreconditionFailed, RangeNotSatisfiable
from ...services.revisions import WHATEVER, Expected

Environ = Mapping[str, Any]

# A tag as the RFC writes it, or without its quotes, as some clients send it back.
_TAG: Final = re.compile(r'(W/)?"([^"]*)"|([^\s",]+)')
_LISTED: Final = re.compile(r'[ \t]*(?:(W/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|\Z)')
_SPEC: Final = re.compile(r"([0-9]+)[ \t]*-[ \t]*([0-9]*)|-[ \t]*([0-9]+)")
# What nginx and S3 understand as we do: one range, of numbers that fit.
_PLAIN: Final = re.compile(r"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")
_DIGITS: Final = 18


def is_known(environ: Environ, etag: str) -> bool:
    """Has the client these bytes already (304)? Raises PreconditionFailed where it asks for others (`If-Match`)."""
    wanted, known = environ.get("HTTP_IF_MATCH"), environ.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and not _names(wanted, etag, weakly=False):
        raise PreconditionFailed(etag)
    return known is not None and _names(known, etag, weakly=True)


def expected(environ: Environ) -> Expected:
    """What a change is made of, as `If-Match` says it: nothing said and `*` take whatever is there.

    Tags are compared strongly, so that a weak one never fits. Raises MalformedIfMatch for what is no list of tags.
    """
    header: str | None = environ.get("HTTP_IF_MATCH")
    if header is None or header.strip(" \t") == "*":
        return WHATEVER
    tags, place = set(), 0
    # The expression takes a tag, or an empty member of the list, with the comma behind it.
    while place < len(header) and (found := _LISTED.match(header, place)):
        if found[2] is not None:
            tags.add((bool(found[1]), found[2]))
        place = found.end()
    if place < len(header) or not tags:
        raise MalformedIfMatch()
    return Expected(frozenset(tag for is_weak, tag in tags if not is_weak))


def part(environ: Environ, etag: str, size: int) -> tuple[int, int] | None:
    """First byte and end of the one range that is asked for; None for the whole. Raises RangeNotSatisfiable.

    Ranges are defined for GET alone. Several at once, other units and what is no range are ignored, which the RFC
    allows; so is a range of bytes that `If-Range` shows to be others.
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
    """Would whoever sends the file in our place (nginx, a bucket) decide as we did?

    They read the client's headers themselves, and know no entity tag of ours (a bucket), or not in all places (nginx).
    """
    if any(name in environ for name in ("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_MODIFIED_SINCE")):
        return False
    if environ["REQUEST_METHOD"] != "GET" and "HTTP_IF_NONE_MATCH" in environ:
        return False
    asked = environ.get("HTTP_RANGE")
    if asked is None:
        return True
    return wanted is not None and bool(_PLAIN.fullmatch(asked)) and (knows_etag or "HTTP_IF_RANGE" not in environ)


def _names(header: str, etag: str, *, weakly: bool) -> bool:
    """Is `etag`, a strong one, among the tags of a header?"""
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
        # The last bytes of nothing are all there is, which no Content-Range can say.
        return (max(0, size - length), size) if size else None
    begin, end = _number(first), _number(last) + 1 if last else size
    if end <= begin and last:
        return None
    if begin >= size:
        raise RangeNotSatisfiable(size)
    return begin, min(end, size)


def _number(digits: str) -> int:
    """The number, or one beyond every file: reading thousands of digits is no use."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
