"""Version ranges with npm's meaning: `Range` over SemVer, `EngineRange` over .NET's four numbers.

A range is sets joined by `||`; a set is comparators joined by spaces, or one hyphen range. Every comparator is
rewritten into bounds (`^0.5.0` → `>=0.5.0 <0.6.0-0`), so that `contains` only compares tuples. Differences from npm: no
doubled operators (`>==1`), no suffix on a wildcard (`1.x-beta`), numbers of any size; and where npm shortens `* ||
>=1.0.0-rc.1` to `*`, losing the prereleases, here each set keeps its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from typing import ClassVar, Final, Self

from microdock_server.bundle.versions.semantic import (
    EngineVersion,
    InvalidVersion,
    Precedence,
    Version,
    is_number,
    precedence,
    split_suffixes,
)
from microdock_server.vocabulary import RANGE_MAX

# Longest first: the first match is the operator.
_OPERATOR: Final = "~>|>=|<=|>|<|=|\\^|~"
_OPERATORS: Final = re.compile(_OPERATOR)
_WILDCARDS: Final = frozenset({"x", "X", "*"})
# SemVer's smallest prerelease: `<2.0.0-0` excludes 2.0.0's prereleases as well.
_LOWEST: Final = ("0",)


class InvalidRange(ValueError):
    """The text is not a valid range."""


def _form(width: int) -> re.Pattern[str]:
    """All valid ranges of versions of so many numbers, but for rare ones: what does not match is parsed to find out."""
    number, wildcard = "(?:0|[1-9][0-9]*)", "[xX*]"
    words = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*"
    # A number with a leading zero is no prerelease.
    word = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
    full = f"{number}(?:\\.{number}){{2,{width - 1}}}(?:-{word}(?:\\.{word})*)?(?:\\+{words})?"
    several = f"{number}(?:\\.{number})?"
    opened = (
        f"(?:{number}\\.){{{known}}}{wildcard}(?:\\.{wildcard}){{0,{width - known - 1}}}" for known in range(width)
    )
    version = f"v?(?:{'|'.join((full, *opened, several))})"
    comparator = f"(?:(?:{_OPERATOR}) *+)?{version}"
    one_set = f" *+(?:{version} +- +{version}|{comparator}(?: +{comparator})*+)? *+"
    return re.compile(f"{one_set}(?:\\|\\|{one_set})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Partial:
    """A version as written in a range: `numbers` given so far; `is_open` if the rest may be anything."""

    numbers: tuple[int, ...]
    is_open: bool
    prerelease: tuple[str, ...] = ()

    def floor(self, prerelease: tuple[str, ...] | None = None) -> Precedence:
        """The lowest version meant: missing numbers are zero."""
        suffix = self.prerelease if prerelease is None else prerelease
        return precedence(self.numbers + (0,) * (4 - len(self.numbers)), suffix)

    def above(self, index: int, prerelease: tuple[str, ...] = _LOWEST) -> Precedence:
        """The version after incrementing the number at `index`."""
        bumped = (*self.numbers[:index], self.numbers[index] + 1)
        return precedence(bumped + (0,) * (4 - len(bumped)), prerelease)


_Test = Callable[[Precedence, Precedence], bool]
_Bound = tuple[_Test, Precedence]
_FROM: Final = (ge, gt, eq)
_TO: Final = (le, lt, eq)
_NOTHING: Final[list[_Bound]] = [(lt, precedence((0, 0, 0, 0), _LOWEST))]


# A bound, and its side at that version: 0 if the version is included, otherwise 1 (lower bound) or -1 (upper bound).
_Mark = tuple[Precedence, int]


@dataclass(frozen=True, slots=True)
class End:
    """An end of a range, and whether it is included."""

    version: str
    inclusive: bool


class Range:
    """A set of SemVer versions. `str()` is the original text."""

    __slots__ = ("_made", "text")
    _width: ClassVar[int] = 3
    _form: ClassVar[re.Pattern[str]] = _form(3)
    _version: ClassVar[type[Version | EngineVersion]] = Version

    def __init__(self, text: str, sets: list[list[_Bound]] | None = None) -> None:
        self.text = text
        self._made = sets

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a range of at most 256 characters, in linear time. Raises InvalidRange."""
        if not isinstance(text, str) or len(text) > RANGE_MAX:
            raise InvalidRange(f"a range has at most {RANGE_MAX} characters")
        if cls._form.fullmatch(text):
            # Most ranges are never compared: bounds take a hundred times as long, and as much memory.
            return cls(text)
        return cls(text, cls._bounds(text))

    @classmethod
    def _bounds(cls, text: str) -> list[list[_Bound]]:
        return [_bounds_of_set(part, cls._width) for part in text.replace("\t", " ").split("||")]

    @property
    def _sets(self) -> list[list[_Bound]]:
        if self._made is None:
            self._made = self._bounds(self.text)
        return self._made

    def contains(self, version: str | Version | EngineVersion) -> bool:
        """Does `version` satisfy the range? Raises InvalidVersion for a text that is not a version.

        npm's rule for prereleases: one matches only if a comparator of the same set names a prerelease of the same
        three numbers.
        """
        key = self._key(version)
        return any(_satisfies(key, bounds) for bounds in self._sets)

    def spans(self, version: str | Version | EngineVersion) -> bool:
        """Does `version` lie between the bounds of the range? Prereleases count as any other version does: `>=1.0.0`
        spans 2.0.0-rc.1. Raises InvalidVersion for a text that is not a version.
        """
        key = self._key(version)
        return any(_is_between(key, bounds) for bounds in self._sets)

    def is_satisfiable(self) -> bool:
        """Can any released version satisfy the range? `>2.0.0 <1.0.0` is a valid range that none satisfies."""
        return any(not bounds or any(_satisfies(key, bounds) for key in _corners(bounds)) for bounds in self._sets)

    def span(self) -> tuple[str | None, str | None]:
        """The lowest and the highest version that the range names as its ends; None where it is open."""
        low, high = self.ends()
        return (low.version if low else None), (high.version if high else None)

    def ends(self) -> tuple[End | None, End | None]:
        """The ends of the range, each with whether it is included; None where it is open.

        Within a set the narrowest ends count, across sets the widest.
        """
        lows = [max(_marks(bounds, _FROM, gt), default=None) for bounds in self._sets]
        highs = [min(_marks(bounds, _TO, lt, sign=-1), default=None) for bounds in self._sets]
        low = min((mark for mark in lows if mark), default=None) if all(lows) else None
        high = max((mark for mark in highs if mark), default=None) if all(highs) else None
        return _end(low), _end(high)

    def _key(self, version: str | Version | EngineVersion) -> Precedence:
        return (self._version.parse(version) if isinstance(version, str) else version).key

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"


class EngineRange(Range):
    """A set of engine versions: up to four numbers, three of which are a complete version (`2.0.0` is `2.0.0.0`)."""

    __slots__ = ()
    _width = 4
    _form = _form(4)
    _version = EngineVersion


def _corners(bounds: list[_Bound]) -> Iterator[Precedence]:
    """Released versions at and just above every bound: if any version satisfies all bounds, one of these does."""
    yield precedence((0, 0, 0, 0), ())
    for _, (numbers, _, _) in bounds:
        yield precedence(numbers, ())
        yield precedence((*numbers[:2], numbers[2] + 1, 0), ())
        yield precedence((*numbers[:3], numbers[3] + 1), ())


def _marks(bounds: list[_Bound], kinds: tuple[_Test, ...], outside: _Test, *, sign: int = 1) -> Iterator[_Mark]:
    return ((bound, sign if test is outside else 0) for test, bound in bounds if test in kinds)


def _end(mark: _Mark | None) -> End | None:
    return None if mark is None else End(_number(mark[0]), mark[1] == 0)


def _number(bound: Precedence) -> str:
    """`1.2.3`; the fourth number only if it is not zero, a prerelease only if one was named."""
    numbers, is_release, prerelease = bound
    text = ".".join(map(str, numbers if numbers[3] else numbers[:3]))
    if is_release or prerelease == precedence(numbers, _LOWEST)[2]:
        return text
    return text + "-" + ".".join(word or str(number) for _, number, word in prerelease)


def _satisfies(key: Precedence, bounds: list[_Bound]) -> bool:
    numbers, is_release, _ = key
    if not _is_between(key, bounds):
        return False
    return is_release or any(bound[0] == numbers and not bound[1] for _, bound in bounds)


def _is_between(key: Precedence, bounds: list[_Bound]) -> bool:
    # A loop: it takes half as long as `all` with a generator, and a plan compares hundreds of versions.
    for test, bound in bounds:  # noqa: SIM110
        if not test(key, bound):
            return False
    return True


def _bounds_of_set(text: str, width: int) -> list[_Bound]:
    words = [word for word in text.split(" ") if word]
    if len(words) == 3 and words[1] == "-":
        return _hyphen(_partial(words[0], width), _partial(words[2], width))
    bounds: list[_Bound] = []
    position = 0
    while position < len(words):
        sign = _OPERATORS.match(words[position])
        operator = sign[0] if sign else ""
        version = words[position][len(operator) :]
        if operator and not version:  # `>= 1.0.0`: the version is the next word
            position += 1
            version = words[position] if position < len(words) else ""
        bounds += _MEANINGS[operator](_partial(version, width))
        position += 1
    return bounds


def _partial(text: str, width: int) -> _Partial:
    """Parses `1.2`, `1.x`, `*`, `v1.2.3-rc.1`, … Raises InvalidRange."""
    if is_number(text):
        return _Partial((int(text),), True)
    try:
        core, prerelease, build = split_suffixes(text.removeprefix("v"))
    except InvalidVersion as error:
        raise InvalidRange(str(error)) from None
    parts = core.split(".")
    if len(parts) > width or not all(part in _WILDCARDS or is_number(part) for part in parts):
        raise InvalidRange("malformed version in a range")
    known = next((index for index, part in enumerate(parts) if part in _WILDCARDS), len(parts))
    if not _WILDCARDS.issuperset(parts[known:]):
        raise InvalidRange("a number after a wildcard")
    is_open = known < len(parts) or known < 3
    if is_open and (prerelease or build):
        raise InvalidRange("only a full version can have a suffix")
    return _Partial(tuple(int(part) for part in parts[:known]), is_open, prerelease)


def _hyphen(low: _Partial, high: _Partial) -> list[_Bound]:
    return _at_least(low) + _at_most(high)


def _at_least(partial: _Partial) -> list[_Bound]:
    return [(ge, partial.floor())] if partial.numbers else []


def _at_most(partial: _Partial) -> list[_Bound]:
    if not partial.is_open:
        return [(le, partial.floor())]
    return [(lt, partial.above(len(partial.numbers) - 1))] if partial.numbers else []


def _over(partial: _Partial) -> list[_Bound]:
    if not partial.is_open:
        return [(gt, partial.floor())]
    last = len(partial.numbers) - 1
    return [(ge, partial.above(last, ()))] if partial.numbers else _NOTHING


def _under(partial: _Partial) -> list[_Bound]:
    if not partial.numbers:
        return _NOTHING
    return [(lt, partial.floor(_LOWEST if partial.is_open else None))]


def _equal(partial: _Partial) -> list[_Bound]:
    if not partial.is_open:
        return [(eq, partial.floor())]
    return _at_least(partial) + _at_most(partial)


def _tilde(partial: _Partial) -> list[_Bound]:
    if not partial.numbers:
        return []
    index = min(len(partial.numbers) - 1, 1)
    return [(ge, partial.floor()), (lt, partial.above(index))]


def _caret(partial: _Partial) -> list[_Bound]:
    """Up to the next change of the leftmost non-zero number among the first three."""
    if not partial.numbers:
        return []
    leading = partial.numbers[:3]
    index = next((place for place, number in enumerate(leading) if number), len(leading) - 1)
    return [(ge, partial.floor()), (lt, partial.above(index))]


_MEANINGS: Final[dict[str, Callable[[_Partial], list[_Bound]]]] = {
    "": _equal,
    "=": _equal,
    ">=": _at_least,
    "<=": _at_most,
    ">": _over,
    "<": _under,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
