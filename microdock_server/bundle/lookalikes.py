"""Names that readers confuse: by look-alike characters, or by a typing mistake."""

from __future__ import annotations

import functools
import heapq
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from microdock_server.text import confusables

Reason = Literal["confusable", "edit_distance"]

# Below 5 characters a typing mistake gives another word; from 10 on, even two are easily overlooked.
ONE_SLIP: Final = 5
TWO_SLIPS: Final = 10

# Last segments that do not identify a plugin.
GENERIC: Final = frozenset({"addin", "addon", "extension", "plugin", "plugins"})

# Digits and symbols by their looks, and by the letters they replace in squatted names. No two digits become the same
# letter.
_FIGURES: Final = {
    "a": "4@", "b": "8", "e": "3", "g": "9", "l": "1|", "o": "0", "s": "5$", "t": "7", "z": "2",
}  # fmt: skip
# Capitals whose lower-case forms look different: they are mapped before case is folded.
_CAPITALS: Final = {"b": "В", "h": "ΗНһ", "m": "ΜМ", "n": "Ν", "p": "ΡР", "t": "Т", "x": "ΧХ", "y": "ΥҮ"}
# Characters that remain after compatibility forms, accents and case are removed, and are read otherwise than UTS #39
# maps them.
_LETTERS: Final = {
    "a": "аαɑ", "b": "вьβƀ", "c": "сϲ", "d": "ԁđð", "e": "еєεɛзɜ", "f": "ƒ", "g": "ɡԍց", "h": "нһհħ", "i": "іιıɩ",
    "j": "јϳ", "k": "кκ", "l": "ӏłǀ", "m": "м", "n": "пηո", "o": "оοσօø", "p": "рρþ", "q": "ԛզ", "r": "гʀ",
    "s": "ѕʂ", "t": "тτŧ", "u": "иυսμʋ", "v": "ѵν", "w": "ԝшωա", "x": "хχ", "y": "уүγʏ", "z": "ζƶ",
    "ae": "æ", "oe": "œ",
}  # fmt: skip
# Small capitals, which UTS #39 maps to other letters only where it maps their capitals: `ᴀdmin` reads the same anyway.
_SMALL_CAPITALS: Final = dict(zip("abcdefghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", strict=True))


def _table(groups: dict[str, str]) -> dict[int, str]:
    return {ord(source): target for target, sources in groups.items() for source in sources}


def _is_dropped(char: str) -> bool:
    """Separators, quotes, accents and invisible characters are ignored. The dot separates segments; `#` makes
    another name.
    """
    return unicodedata.category(char) in _DROPPED and char not in ".#@"


_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Me", "Mn", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Zl", "Zp", "Zs"})
_READ_CAPITALS: Final = _table(_CAPITALS)
_READ_LETTERS: Final = _table(_LETTERS) | _table(_SMALL_CAPITALS)
_READ_FIGURES: Final = _table(_FIGURES)
# The same for ASCII, which almost all names are: ten times as fast.
_ASCII: Final = [chr(code) for code in range(128)]
_ASCII_TO: Final = "".join(_ASCII).lower().translate(_READ_FIGURES).encode() + bytes(128)
_ASCII_DROPPED: Final = "".join(char for char in _ASCII if _is_dropped(char)).encode()


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A name that may be confused with another. `distance` is 0 for confusable names, otherwise that of the last
    segments.
    """

    name: str
    reason: Reason
    distance: int


def skeleton(name: str) -> str:
    """What a careless reader sees of a name: names with the same skeleton look alike. Not for display."""
    return _shape(_folded(name))


def distance(a: str, b: str, limit: int) -> int:
    """Edit distance from `a` to `b`: insertions, deletions, replacements, swaps of neighbours; limit + 1 if it is
    larger.

    Optimal string alignment: no substring is edited twice. O(limit * length) time and O(length) memory.
    """
    a, b = _differing(a, b)
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    if not a or not b:
        return len(a) or len(b)
    over = limit + 1
    before, last, row = [over] * (len(b) + 1), list(range(len(b) + 1)), [over] * (len(b) + 1)
    for i, char in enumerate(a, 1):
        band = range(max(1, i - limit), min(len(b), i + limit) + 1)
        row[band.start - 1] = i if band.start == 1 else over
        _fill((row, last, before), band, (a[i - 2] if i > 1 else "", char), b)
        if band.stop <= len(b):
            row[band.stop] = over
        before, last, row = last, row, before
    return min(last[len(b)], over)


def find_lookalikes(name: str, others: Iterable[str], *, limit: int = 5) -> list[Lookalike]:
    """The names nearest to `name`, nearest first: of the same skeleton, or with almost the same last segment.

    For the second, namespaces are ignored, so an identical last segment elsewhere has distance 0. A last segment that
    is short or generic is compared together with the one before it. `name` itself is never returned.
    """
    judge = _Judge(name)
    found = (match for other in others if (match := judge.judged(other)) is not None)
    return heapq.nsmallest(limit, found, key=lambda match: (match.reason != "confusable", match.distance, match.name))


class _Judge:
    """Compares one name with many: what depends on that name alone is computed once."""

    def __init__(self, name: str) -> None:
        folded = _folded(name)
        self._name = _cases(name)
        self._shape = _shape(folded)
        self._tail = _tail(folded)
        self._letters = Counter(self._tail)
        self._without = dict.fromkeys(map(ord, self._tail))

    def judged(self, other: str) -> Lookalike | None:
        """The resemblance of `other` to the name, unless it is the same name."""
        folded = _folded(other)
        if self._shape and _shape(folded) == self._shape:
            return None if _cases(other) == self._name else Lookalike(other, "confusable", 0)
        tail = _tail(folded)
        slips = _slips(min(len(tail), len(self._tail)))
        if self._is_far(tail, slips):
            return None
        found = distance(self._tail, tail, slips)
        return Lookalike(other, "edit_distance", found) if found <= slips else None

    def _is_far(self, tail: str, slips: int) -> bool:
        """A cheap rejection of almost all names: one edit adds or removes at most one character."""
        if slips == 0 or abs(len(tail) - len(self._tail)) > slips:
            return True
        if len(tail.translate(self._without)) > slips:
            return True
        return sum(max(0, count - tail.count(char)) for char, count in self._letters.items()) > slips


def _cases(name: str) -> tuple[str, str]:
    """The same for names that differ in case alone, so that no K is read as a Kelvin sign."""
    return name.lower(), name.upper()


def _folded(name: str) -> str:
    """The name without case, accents and separators except the dot, every character in its plainest form."""
    if name.isascii():
        return name.encode().translate(_ASCII_TO, _ASCII_DROPPED).decode()
    return "".join(map(_plainest, name))


@functools.lru_cache(maxsize=16_384)
def _plainest(char: str) -> str:
    """Compatibility forms first (full width, ligatures), accents last, so that those on homoglyphs are removed as
    well.
    """
    text = unicodedata.normalize("NFKC", char).translate(_READ_CAPITALS).casefold()
    parts = unicodedata.normalize("NFKD", text).translate(_READ_LETTERS)
    parts = "".join(part if part.isascii() else confusables.prototype(part).casefold() for part in parts)
    return "".join(part for part in parts if not _is_dropped(part)).translate(_READ_FIGURES)


def _shape(folded: str) -> str:
    """Pairs are mapped before i becomes l: "ci" does not look like "d", "cl" does."""
    text = folded.replace(".", "")
    return text.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("i", "l")


def _tail(folded: str) -> str:
    """The last segment, with as many before it as are needed to be specific. Pairs are kept: a swap within one is
    one edit.
    """
    head, _, tail = folded.rpartition(".")
    while head and (len(tail) < ONE_SLIP or tail in GENERIC):
        head, _, segment = head.rpartition(".")
        tail = segment + tail
    return tail.replace("i", "l")


def _slips(length: int) -> int:
    return (length >= ONE_SLIP) + (length >= TWO_SLIPS)


def _differing(a: str, b: str) -> tuple[str, str]:
    """Both without their common prefix and suffix, which do not change the distance."""
    shorter = min(len(a), len(b))
    start = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    a, b, shorter = a[start:], b[start:], shorter - start
    end = next((i for i in range(shorter) if a[-1 - i] != b[-1 - i]), shorter)
    return a[: len(a) - end], b[: len(b) - end]


def _fill(rows: tuple[list[int], list[int], list[int]], band: range, pair: tuple[str, str], b: str) -> None:
    """Compute a row within the band from the two above it; `pair` are the last character and this row's."""
    row, last, before = rows
    previous, char = pair
    for j in band:
        cost = min(last[j - 1] + (char != b[j - 1]), last[j] + 1, row[j - 1] + 1)
        if j > 1 and char == b[j - 2] and previous == b[j - 1]:
            cost = min(cost, before[j - 2] + 1)
        row[j] = cost
