"""Names: the key by which they are unique and found, and their visible characters.

Keys are Unicode's toNFKC_Casefold (The Unicode Standard, 3.13), trimmed: names that differ only in case, width,
composition or invisible characters have the same key. Without such characters the key is the case-folded name.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

# A character that no key contains.
SEPARATOR: Final = "\n"
# The length of a UUID as text.
ROW_ID_LENGTH: Final = 36

# Default_Ignorable_Code_Point, which unicodedata lacks: first and last of every range.
_IGNORABLE: Final = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
# The format characters that are visible (Prepended_Concatenation_Mark).
_DRAWN_FORMATS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Bidi_Control: they change the display order of the characters around them.
BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Of these: overrides; characters that begin an embedding or isolate; and those that end one.
_OVERRIDES: Final = frozenset("\u202d\u202e")
_END_OF: Final = {**dict.fromkeys("\u202a\u202b", "\u202c"), **dict.fromkeys("\u2066\u2067\u2068", "\u2069")}
_ENDS: Final = frozenset(_END_OF.values())
# Line breaks of str.splitlines that people may write.
_LINE_BREAKS: Final = frozenset("\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
# The blank braille pattern counts as a symbol, and looks like a space.
_BLANKS: Final = frozenset("\u2800")


def key(text: str) -> str:
    """The key of a name. Equal for names that differ in nothing visible, or in case alone."""
    found = text.strip()
    if found.isascii() and found.isprintable():
        return found.lower()
    # Repeated, because removing a character can allow others to compose.
    while (folded := _folded(found)) != found:
        found = folded
    return found


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return without_invisible(folded).strip()


def distinct(wanted: str, row_id: str, limit: int) -> str:
    """A key for a row whose own is taken or too long: no name has it, because no key contains a line break."""
    return f"{wanted[: limit - ROW_ID_LENGTH - 1]}{SEPARATOR}{row_id}"


def distinct_range(wanted: str, limit: int) -> tuple[str, str]:
    """All keys that distinct() makes of one are at or after the first text and before the second, bytewise."""
    stem = wanted[: limit - ROW_ID_LENGTH - 1]
    return f"{stem}{SEPARATOR}", f"{stem}{chr(ord(SEPARATOR) + 1)}"


def search_key(*texts: str | None) -> str:
    """The keys of several names as one text to search; a search never matches across two of them."""
    return SEPARATOR.join(key(text) for text in texts if text)


def without_invisible(text: str) -> str:
    """The text without invisible characters: controls, joiners, direction marks, fillers, selectors."""
    return "".join(char for char in text if not is_invisible(char))


def is_invisible(char: str) -> bool:
    """Is the character invisible, and not a space?"""
    if " " <= char <= "~":
        return False
    if unicodedata.category(char) in ("Cc", "Cf", "Cs"):
        return char not in _DRAWN_FORMATS
    return ord(char) in _ignorable()


def has_invisible(text: str) -> bool:
    """Does the text contain an invisible character?"""
    return any(map(is_invisible, text))


def has_bidi_control(text: str) -> bool:
    """Does anything in the text change its display order?"""
    return not BIDI_CONTROLS.isdisjoint(text)


def is_one_line(text: str) -> bool:
    """Does the text contain no line break, and no Unicode line or paragraph separator?"""
    return _LINE_BREAKS.isdisjoint(text)


def is_drawn_in_order(text: str) -> bool:
    """Can the text, of any number of lines, be shown among others without changing their display order?

    Direction marks, and embeddings and isolates that end where they began, are needed for Arabic and Hebrew among other
    scripts. Overrides display letters backwards, and unclosed ones extend into whatever follows.
    """
    if BIDI_CONTROLS.isdisjoint(text):
        return True
    open_ones: list[str] = []
    for char in text:
        if char in _OVERRIDES:
            return False
        if char in _END_OF:
            open_ones.append(_END_OF[char])
        elif char in _ENDS and (not open_ones or open_ones.pop() != char):
            return False
    return not open_ones


def is_visible(text: str) -> bool:
    """Does the text contain anything visible: a letter, digit, sign or symbol? Combining marks alone do not count."""
    return any(_is_drawn(char) for char in text)


def _is_drawn(char: str) -> bool:
    if "!" <= char <= "~":
        return True
    # Letters, numbers, punctuation and symbols; private-use and unassigned characters may be visible as well.
    kind = unicodedata.category(char)
    return (kind[0] in "LNPS" or kind in ("Co", "Cn")) and not is_invisible(char) and char not in _BLANKS


def is_plain(text: str) -> bool:
    """Is the text free of invisible characters, and of compatibility forms such as full-width letters?"""
    return not has_invisible(text) and unicodedata.is_normalized("NFKC", text)


@cache
def _ignorable() -> frozenset[int]:
    return frozenset(code for first, last in _IGNORABLE for code in range(first, last + 1))
