"""Names as people write and read them: the one key by which they are unique and found, and what of them can be seen.

Keys are what Unicode calls toNFKC_Casefold (The Unicode Standard, 3.13), trimmed: names that differ in case, in width,
in composition or in characters that are not drawn have the same key. For a name without such characters that is its
case-folded form.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

# Stands in no key.
SEPARATOR: Final = "\n"
# Of a UUID, as text.
ROW_ID_LENGTH: Final = 36

# Default_Ignorable_Code_Point, which unicodedata does not know: first and last of every range.
_IGNORABLE: Final = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
# Of the format characters these alone are drawn (Prepended_Concatenation_Mark).
_DRAWN_FORMATS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Bidi_Control: they change the order in which the characters around them are drawn.
BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Of these, what forces a direction on letters; what begins a part with a direction of its own, and what ends it.
_OVERRIDES: Final = frozenset("\u202d\u202e")
_END_OF: Final = {**dict.fromkeys("\u202a\u202b", "\u202c"), **dict.fromkeys("\u2066\u2067\u2068", "\u2069")}
_ENDS: Final = frozenset(_END_OF.values())
# Where str.splitlines breaks a text, as far as people may write it.
_LINE_BREAKS: Final = frozenset("\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
# A braille pattern without dots counts as a symbol, and is drawn as a space.
_BLANKS: Final = frozenset("\u2800")


def key(text: str) -> str:
    """What a name is unique and found by. Equal for names that differ in nothing a reader sees, or in case alone."""
    found = text.strip()
    if found.isascii() and found.isprintable():
        return found.lower()
    # What goes in one round can leave something for the next: an invisible character parts what then composes.
    while (folded := _folded(found)) != found:
        found = folded
    return found


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return without_invisible(folded).strip()


def distinct(wanted: str, row_id: str, limit: int) -> str:
    """A key for a row whose own is another row's, or too long: no name has it, for no key holds a line break."""
    return f"{wanted[: limit - ROW_ID_LENGTH - 1]}{SEPARATOR}{row_id}"


def distinct_range(wanted: str, limit: int) -> tuple[str, str]:
    """Keys that distinct() makes of one are at or after the first text and before the second, byte by byte."""
    stem = wanted[: limit - ROW_ID_LENGTH - 1]
    return f"{stem}{SEPARATOR}", f"{stem}{chr(ord(SEPARATOR) + 1)}"


def search_key(*texts: str | None) -> str:
    """The keys of several names as one text to search in; a search for words never crosses from one into another."""
    return SEPARATOR.join(key(text) for text in texts if text)


def without_invisible(text: str) -> str:
    """The text without characters that are not drawn: controls, joiners, marks of direction, fillers, selectors."""
    return "".join(char for char in text if not is_invisible(char))


def is_invisible(char: str) -> bool:
    """Is the character never drawn and no space either?"""
    if " " <= char <= "~":
        return False
    if unicodedata.category(char) in ("Cc", "Cf", "Cs"):
        return char not in _DRAWN_FORMATS
    return ord(char) in _ignorable()


def has_invisible(text: str) -> bool:
    """Is any character of the text one that is never drawn?"""
    return any(map(is_invisible, text))


def has_bidi_control(text: str) -> bool:
    """Does anything in the text change the order in which it is drawn?"""
    return not BIDI_CONTROLS.isdisjoint(text)


def is_one_line(text: str) -> bool:
    """Is there no line break in the text, nor what Unicode calls a separator of lines or paragraphs?"""
    return _LINE_BREAKS.isdisjoint(text)


def is_drawn_in_order(text: str) -> bool:
    """May the text, of any number of lines, be shown among others: does it change the order of no more than itself?

    Marks of direction, and embeddings and isolates that end where they began, are what Arabic and Hebrew need among
    other scripts. Overrides draw letters backwards, and what is left open goes on in whatever follows.
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
    """Is there anything to see: a letter, figure, sign or symbol? Marks need something to stand on."""
    return any(_is_drawn(char) for char in text)


def _is_drawn(char: str) -> bool:
    if "!" <= char <= "~":
        return True
    # Letters, numbers, punctuation and symbols; private and unassigned characters have a shape as well, somewhere.
    kind = unicodedata.category(char)
    return (kind[0] in "LNPS" or kind in ("Co", "Cn")) and not is_invisible(char) and char not in _BLANKS


def is_plain(text: str) -> bool:
    """Is the text free of invisible characters, and of compatibility forms such as full-width letters?"""
    return not has_invisible(text) and unicodedata.is_normalized("NFKC", text)


@cache
def _ignorable() -> frozenset[int]:
    return frozenset(code for first, last in _IGNORABLE for code in range(first, last + 1))
