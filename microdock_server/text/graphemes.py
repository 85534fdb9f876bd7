"""What a reader takes for one character: a letter with its accents, a family, a flag.

The rules are those of Unicode Standard Annex 29 as far as names need them: Python knows no property of a character that
says where another one begins.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_JOINER: Final = 0x200D
# The other one says that two letters are not joined.
_JOINERS: Final = (_JOINER, 0x200C)
# Letters for countries: two are a flag.
_REGIONS: Final = range(0x1F1E6, 0x1F200)
# Skin tones, which are symbols of their own elsewhere.
_TONES: Final = range(0x1F3FB, 0x1F400)
# What follows a flag of a part of a country, and ends it.
_TAGS: Final = range(0xE0020, 0xE0080)
# Syllables of Korean that are written as their parts: leading consonants, vowels, trailing consonants.
_LEADING: Final = (range(0x1100, 0x1160), range(0xA960, 0xA97D))
_VOWELS: Final = (range(0x1160, 0x11A8), range(0xD7B0, 0xD7C7))
_TRAILING: Final = (range(0x11A8, 0x1200), range(0xD7CB, 0xD7FC))
_SYLLABLES: Final = range(0xAC00, 0xD7A4)
_PER_VOWEL: Final = 28
# Marks, variation selectors among them; and what ends a line.
_ONGOING: Final = ("Mn", "Me", "Mc")
_ENDING: Final = ("Cc", "Zl", "Zp")


def first(text: str) -> str:
    """The first character that a reader sees; an empty text has none."""
    end = 1
    while end < len(text) and _goes_on(text, end):
        end += 1
    return text[:end]


def initial(name: str) -> str:
    """What stands for a name without a picture: its first letter as a capital, or the first picture or sign in it.

    A capital that would be several letters (ß) is left out.
    """
    rest, shown = name.strip(), ""
    while rest:
        found = first(rest)
        shown = shown or found
        if _tells(found):
            shown = found
            break
        rest = rest[len(found) :]
    large = shown.upper()
    return large if first(large) == large else shown


def _goes_on(text: str, at: int) -> bool:
    """Does the character at `at` belong to the one before it?"""
    before, code = ord(text[at - 1]), ord(text[at])
    if unicodedata.category(text[at - 1]) in _ENDING:
        return text[at - 1 : at + 1] == "\r\n"
    if code in _TONES or code in _TAGS or code in _JOINERS or unicodedata.category(text[at]) in _ONGOING:
        return True
    if before == _JOINER:
        return _is_picture(code) and _is_picture(_joined_from(text, at))
    if code in _REGIONS and before in _REGIONS:
        return _regions_before(text, at) % 2 == 1
    return _is_same_syllable(before, code)


def _joined_from(text: str, at: int) -> int:
    """What is joined by the joiner before `at`, without its tone and its variation."""
    place = at - 2
    while place >= 0 and (ord(text[place]) in _TONES or unicodedata.category(text[place]) in _ONGOING):
        place -= 1
    return ord(text[place]) if place >= 0 else 0


def _is_picture(code: int) -> bool:
    return unicodedata.category(chr(code)) in ("So", "Cn") or code in (0x203C, 0x2049, 0x2194)


def _regions_before(text: str, at: int) -> int:
    place = at
    while place > 0 and ord(text[place - 1]) in _REGIONS:
        place -= 1
    return at - place


def _is_same_syllable(before: int, code: int) -> bool:
    def is_in(ranges: tuple[range, ...], number: int) -> bool:
        return any(number in one for one in ranges)

    is_open = before in _SYLLABLES and (before - _SYLLABLES.start) % _PER_VOWEL == 0
    if is_in(_LEADING, before):
        return is_in((*_LEADING, *_VOWELS), code) or code in _SYLLABLES
    if is_in(_VOWELS, before) or is_open:
        return is_in((*_VOWELS, *_TRAILING), code)
    if before in _SYLLABLES or is_in(_TRAILING, before):
        return is_in(_TRAILING, code)
    return False


def _tells(character: str) -> bool:
    """Letters, digits and pictures can stand for a name; quotation marks and hyphens cannot."""
    return unicodedata.category(character[0])[0] in "LN" or unicodedata.category(character[0]) in ("So", "Sk")
