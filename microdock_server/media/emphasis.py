"""Where emphasis may begin and end: CommonMark's rule, amended for scripts without spaces between words.

CommonMark looks at the characters around `**`: next to a letter, punctuation inside keeps it from closing
(`**注意：**请`), which is how people write where words are not separated by spaces. So characters of such scripts
are treated like spaces, and their punctuation does not count as punctuation (markdown-cjk-friendly's
specification; GitLab and Markdig do the same). Texts without such characters are parsed as before.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

# Hangul jamo; Thai and Lao, Burmese, Khmer. First and last of every range.
_UNSPACED: Final = (
    (0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF), (0x0E00, 0x0EFF), (0x1000, 0x109F), (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F), (0x1780, 0x17FF),
)  # fmt: skip
# Variation selectors choose the glyph of the character before them.
_SELECTORS: Final = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))


class EmphasisState(StateInline):
    """The parser's state, with the amended rule for runs of `*`, `_` and `~`."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803  (their names)
        """The length of the run at `start`, and whether emphasis may open and close there."""
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self._before(start)
        after = self.src[end] if end < self.posMax else " "
        opens = not _parts(after) and not (_is_plain_punctuation(after) and not _bounds(before))
        closes = not _parts(before) and not (_is_plain_punctuation(before) and not _bounds(after))
        return Scanned(
            opens and (canSplitWord or not closes or _is_punctuation(before)),
            closes and (canSplitWord or not opens or _is_punctuation(after)),
            end - start,
        )

    def _before(self, start: int) -> str:
        """The character before a run, skipping a variation selector; a space at the beginning."""
        place = start - 1
        if place > 0 and _is_in(self.src[place], _SELECTORS):
            place -= 1
        return self.src[place] if place >= 0 else " "


def _parts(char: str) -> bool:
    return isWhiteSpace(ord(char))


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def _is_plain_punctuation(char: str) -> bool:
    return _is_punctuation(char) and not is_unspaced(char)


def _bounds(char: str) -> bool:
    return _parts(char) or _is_punctuation(char) or is_unspaced(char)


@lru_cache(maxsize=4096)
def is_unspaced(char: str) -> bool:
    """Does the character belong to a script without spaces between words, punctuation and wide forms included?

    Emoji are wide as well, but do not belong to one.
    """
    if char.isascii():
        return False
    code = ord(char)
    if unicodedata.east_asian_width(char) in ("W", "F", "H"):
        return not (unicodedata.category(char)[0] == "S" and (0x2000 <= code < 0x2E80 or code >= 0x1F000))
    return _is_in(char, _UNSPACED)


def _is_in(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)
