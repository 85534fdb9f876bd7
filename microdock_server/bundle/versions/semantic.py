"""Version numbers: SemVer 2.0.0 (`Version`) and the one to four parts of .NET (`EngineVersion`).

Both are parsed by hand in linear time, lengths first, ASCII digits only.
"""

from __future__ import annotations

import re
from functools import total_ordering
from typing import Final, Self

from microdock_server.vocabulary import VERSION_MAX

_IDENTIFIER: Final = re.compile(r"[0-9A-Za-z-]+")

# The most numbers that a version of either kind has.
_WIDTH: Final = 4

Precedence = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


class InvalidVersion(ValueError):
    """The text is not a valid version of its kind."""


def is_number(text: str) -> bool:
    """Is this a number in SemVer's form: ASCII digits without leading zeros?"""
    return text.isascii() and text.isdigit() and (text[0] != "0" or text == "0")


def precedence(numbers: tuple[int, ...], prerelease: tuple[str, ...]) -> Precedence:
    """A tuple that compares as SemVer section 11 requires: a release above its prereleases, numbers below words."""
    if not prerelease:
        return numbers, True, ()
    words = tuple((True, 0, part) if not part.isdigit() else (False, int(part), "") for part in prerelease)
    return numbers, False, words


def split_suffixes(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """`1.0.0-rc.1+5` → (`1.0.0`, (`rc`, `1`), (`5`,)). Raises InvalidVersion for a malformed suffix."""
    rest, plus, build_text = text.partition("+")
    core, dash, prerelease_text = rest.partition("-")
    prerelease = tuple(prerelease_text.split(".")) if dash else ()
    build = tuple(build_text.split(".")) if plus else ()
    if not all(_IDENTIFIER.fullmatch(part) for part in prerelease + build):
        raise InvalidVersion("malformed prerelease or build")
    if any(part.isdigit() and not is_number(part) for part in prerelease):
        raise InvalidVersion("a number in the prerelease has leading zeros")
    return core, prerelease, build


@total_ordering
class _Numbered:
    """What both kinds share. Equality and order are by precedence: build metadata is ignored."""

    __slots__ = ("_key", "build", "prerelease", "text")

    def __init__(
        self, text: str, numbers: tuple[int, ...], prerelease: tuple[str, ...], build: tuple[str, ...]
    ) -> None:
        self.text = text
        self.prerelease = prerelease
        self.build = build
        self._key = precedence(numbers + (0,) * (_WIDTH - len(numbers)), prerelease)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `text`. Raises InvalidVersion."""
        if not isinstance(text, str) or len(text) > VERSION_MAX:
            raise InvalidVersion(f"a version has at most {VERSION_MAX} characters")
        core, prerelease, build = split_suffixes(text)
        parts = core.split(".")
        if not all(is_number(part) for part in parts):
            raise InvalidVersion("a version is made of numbers and dots")
        return cls(text, cls._checked(tuple(int(part) for part in parts), bool(prerelease)), prerelease, build)

    @classmethod
    def _checked(cls, parts: tuple[int, ...], has_prerelease: bool) -> tuple[int, ...]:
        """These numbers. Raises InvalidVersion where a version of this kind has fewer or more."""
        raise InvalidVersion("not a kind of version")

    @property
    def key(self) -> Precedence:
        """The key for comparisons, with four numbers: a version with three is compared as one whose fourth is zero."""
        return self._key

    @property
    def numbers(self) -> tuple[int, ...]:
        """All numbers that a version of this kind has."""
        return self._key[0]

    @property
    def is_prerelease(self) -> bool:
        """Does it have a prerelease part?"""
        return bool(self.prerelease)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._key == other._key

    def __lt__(self, other: Self) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)


class Version(_Numbered):
    """A SemVer 2.0.0 version of at most 64 characters."""

    __slots__ = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Major, minor and patch."""
        return self._key[0][:3]

    @classmethod
    def _checked(cls, parts: tuple[int, ...], has_prerelease: bool) -> tuple[int, ...]:
        if len(parts) != 3:
            raise InvalidVersion("a version has three numbers: MAJOR.MINOR.PATCH")
        return parts


class EngineVersion(_Numbered):
    """One to four numbers, compared as four (`6` is `6.0.0.0`); a prerelease needs at least three."""

    __slots__ = ()

    @classmethod
    def _checked(cls, parts: tuple[int, ...], has_prerelease: bool) -> tuple[int, ...]:
        if len(parts) > 4 or (has_prerelease and len(parts) < 3):
            raise InvalidVersion("an engine version has one to four numbers")
        return parts
