"""SemVer precedence, sort keys and ranges, built on `semantic` and `ranges`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeVar

from microdock_server.bundle.versions.ranges import EngineRange, InvalidRange, Range
from microdock_server.bundle.versions.semantic import EngineVersion, InvalidVersion, Version

__all__ = [
    "EngineRange",
    "EngineVersion",
    "InvalidRange",
    "InvalidVersion",
    "Range",
    "Version",
    "best",
    "is_version",
    "sort_key",
]

AnyVersion = TypeVar("AnyVersion", str, Version)
# An upload compares all versions of its plugin, and the next one the same again.
_PARSED: Final = 4096


def is_version(text: object) -> bool:
    """Is this a SemVer 2.0.0 version of at most 64 characters?"""
    try:
        _parsed(text)
    except InvalidVersion:
        return False
    return True


def sort_key(version: str | Version) -> str:
    """A text whose order is SemVer precedence; equal keys mean the same version (build metadata is ignored).

    At most 255 characters, all of them `0-9a-f`: bytewise order and every database collation agree on them. Numbers are
    prefixed with their length (`9` → `019`, `10` → `0210`), words are the hex of their ASCII terminated by `00`; a list
    that ends sorts below one that continues, and `0` (prerelease) below `1` (release).
    """
    parsed = _parsed(version)
    core = "".join(_number_key(str(number)) for number in parsed.numbers)
    if not parsed.prerelease:
        return core + "1"
    return core + "0" + "".join(_identifier_key(part) for part in parsed.prerelease)


def best(versions: Iterable[AnyVersion]) -> AnyVersion | None:
    """The highest stable version, or the highest prerelease if there is no stable one; None for an empty list."""
    return max(versions, key=_stable_first, default=None)


def _stable_first(version: str | Version) -> tuple[bool, Version]:
    parsed = _parsed(version)
    return not parsed.prerelease, parsed


def _parsed(version: object) -> Version:
    if isinstance(version, Version):
        return version
    if not isinstance(version, str):
        raise InvalidVersion("a version is a text")
    return _parse(version)


@lru_cache(_PARSED)
def _parse(text: str) -> Version:
    return Version.parse(text)


def _number_key(digits: str) -> str:
    return f"{len(digits):02d}{digits}"


def _identifier_key(part: str) -> str:
    if part.isdigit():
        return "1" + _number_key(part)
    return "2" + part.encode("ascii").hex() + "00"
