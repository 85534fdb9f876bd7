"""Parameters of a form part's headers, as real clients write them: names and file names (RFC 7578, RFC 2231, RFC 5987).

A backslash is read as most clients mean it: .NET and old browsers send `filename="C:\\Users\\li\\plugin.zip"` without
escaping. It is an escape only before a quote, unless that quote ends the value (a path with a trailing separator).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final
from urllib.parse import unquote_to_bytes

from ...errors import MalformedBody

_PARAMETER: Final = re.compile(r';[ \t]*([\w!#$%&\'*+.^`|~-]+)[ \t]*=[ \t]*("|[^;"]*)', re.ASCII)
# What may follow the closing quote.
_NEXT: Final = re.compile(r"[ \t]*(?:;[ \t]*(?:[\w!#$%&'*+.^`|~-]+[ \t]*=|$)|$)", re.ASCII)
_EXTENDED: Final = re.compile(r"([\w-]+)'[^']*'(.*)", re.ASCII)
_CONTINUED: Final = re.compile(r"(.+?)\*([0-9]{1,2})(\*?)", re.ASCII)
_PERCENT: Final = re.compile(r"%(22|0[aAdD])")
CHARSETS: Final = frozenset(
    ("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "gbk", "gb2312", "gb18030", "big5", "utf-16")
)


def disposition(header: str) -> tuple[str, str | None]:
    """Name and file name of a part; the file name without any directory."""
    found = parameters(header)
    name = _text(found.get("name", "").replace("\\\\", "\\"))
    file_name = _extended(found, "filename")
    if file_name is None and "filename" in found:
        file_name = _text(found["filename"])
    return name, None if file_name is None else file_name.replace("\\", "/").rpartition("/")[2]


def charset(content_type: str, usual: str) -> str:
    """The charset that a part's Content-Type names, or `usual`. Raises MalformedBody for unsupported ones."""
    named = parameters(content_type).get("charset", usual).strip().lower()
    if named not in CHARSETS:
        raise MalformedBody()
    return named


def parameters(header: str) -> dict[str, str]:
    """The parameters behind the first semicolon, by lower-case name; of a repeated one, the first."""
    found: dict[str, str] = {}
    place = header.find(";")
    while place >= 0 and (match := _PARAMETER.match(header, place)):
        name, value = match[1].lower(), match[2].rstrip(" \t")
        place = match.end()
        if value == '"':
            end = _end(header, place)
            if end < 0:
                break
            value, place = header[place:end].replace('\\"', '"'), end + 1
        found.setdefault(name, value)
        place = header.find(";", place)
    return found


def _end(header: str, start: int) -> int:
    """The index of the closing quote of the value that begins at `start`; negative if there is none."""
    place, first = header.find('"', start), -1
    while place >= 0:
        if _NEXT.match(header, place + 1):
            return place
        if first < 0 and header[place - 1] != "\\":
            first = place
        place = header.find('"', place + 1)
    return first


def _extended(found: Mapping[str, str], name: str) -> str | None:
    """The value of `name*`, or of `name*0`, `name*1*` …; None where there is none, or it cannot be decoded."""
    whole = found.get(f"{name}*")
    if whole is None:
        parts = sorted((int(m[2]), m[3], found[m[0]]) for m in map(_CONTINUED.fullmatch, found) if m and m[1] == name)
        if not parts:
            return None
        if not any(star for _, star, _ in parts):
            return _text("".join(text for *_, text in parts))
        whole = "".join(text if star else text.replace("%", "%25") for _, star, text in parts)
    match = _EXTENDED.fullmatch(whole)
    if match is None or match[1].lower() not in CHARSETS:
        return None
    try:
        return unquote_to_bytes(match[2]).decode(match[1])
    except UnicodeDecodeError:
        return None


def _text(value: str) -> str:
    """Decode a value: browsers write quotes and line breaks as `%22`, `%0D`, `%0A`; .NET writes `=?utf-8?B?…?=`."""
    value = _PERCENT.sub(lambda match: chr(int(match[1], 16)), value).strip('"')
    if not (value.startswith("=?") and value.endswith("?=")):
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value
