"""How texts and queries are cut into the words that the search index knows.

Chinese has no spaces between words, so a run of it becomes its bigrams, in order, and after them its single characters:
a query of two or more characters is a phrase of bigrams, one of a single character a word. So do the other scripts
without spaces: kana and hangul, Thai, Lao, Khmer, Burmese, whose vowel signs and tones are characters of their own.
Words of other scripts are found by their beginnings; `MyPlugin` is found as `plugin` too.

SQLite's tokenizer parts words at most marks, and knows no letters of young scripts: both stand in the index as
characters for private use, which it takes for letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from ...text import names

MAX_TERMS: Final = 8
# A character for private use: part of a word for the tokenizer, and never of a text's words.
_PRIVATE: Final = "\ue000"
# Where marks of the first plane stand instead, and letters and marks of the second.
_MARKS: Final = 0xF0000
_SECOND_PLANE: Final = 0x100000
# Han with its extensions and compatibility forms, kana, hangul. Written as escapes: some of them look like others.
_CJK: Final = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003134f"
# Letters and marks of Thai and Lao, Burmese with its extensions, Khmer: no digits, signs of currency or punctuation.
_SOUTH_EAST: Final = (
    r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u109a-\u109d"
    r"\u1780-\u17d3\u17d7\u17dc\u17dd\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f"
)
_THEIR_MARKS: Final = (
    r"\U000f0e00-\U000f0eff\U000f1000-\U000f109f\U000f1780-\U000f17ff\U000fa9e0-\U000fa9ff\U000faa60-\U000faa7f"
)
_UNSPACED: Final = f"{_CJK}{_SOUTH_EAST}{_THEIR_MARKS}"
_LETTER: Final = rf"[^\W_{_UNSPACED}]"
_RUNS: Final = re.compile(
    rf"[{_UNSPACED}]+|(?:{_LETTER}|[\U00100000-\U0010fffd])(?:{_LETTER}++|[\U000f0000-\U0010fffd]++)*+"
)
_BEGINS_UNSPACED: Final = re.compile(rf"[{_UNSPACED}]")
_IS_SOUTH_EAST: Final = re.compile(rf"[{_SOUTH_EAST}]")
_HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def indexed(value: str, limit: int | None = None) -> str:
    """`value` cut into words: Latin ones whole and by their humps, Chinese as bigrams and then single characters.

    Thai, Lao, Khmer and Burmese as Chinese.
    """
    words: list[str] = []
    single: dict[str, None] = {}
    for run in _runs(value):
        if is_unspaced(run):
            # Runs that only stand beside each other are no phrase.
            words += [*_bigrams(run), _PRIVATE]
            single.update(dict.fromkeys(run))
        else:
            words.append(_folded(run))
            humps = _HUMPS.findall(run)
            if len(humps) > 1:
                words += [_folded(hump) for hump in humps]
        if limit is not None and len(words) > limit:
            break
    return " ".join([*words, *single])


def terms_of(words: str) -> list[str]:
    """The words as they stand in the index: a run of Chinese as its bigrams in a row."""
    runs = _runs(words)[:MAX_TERMS]
    return [" ".join(_bigrams(run) or [run]) if is_unspaced(run) else _folded(run) for run in runs]


def is_unspaced(term: str) -> bool:
    """Is the term of a script without spaces, and so found whole, not by its beginning?"""
    return bool(_BEGINS_UNSPACED.match(term))


# Most plugins share theirs with others.
@lru_cache(maxsize=8192)
def facet(kind: str, value: str) -> str:
    """One word for the tokenizer, which no text and no query contains."""
    return f"{_PRIVATE}{kind}{''.join(_runs(names.key(value)))}"


def _runs(value: str) -> list[str]:
    """Runs of characters of scripts without spaces, and runs of other letters and digits."""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value).translate(_WRITTEN)
    return _RUNS.findall(value)


def _folded(word: str) -> str:
    """Without case and accents, so that every engine sees the same word. To Turkish `ı` is the small `I`."""
    folded = word.casefold().replace("ı", "i")
    if folded.isascii():
        return folded
    return "".join(char for char in unicodedata.normalize("NFD", folded) if not unicodedata.combining(char))


class _Written(dict[int, str | None]):
    """How characters stand in the index: by code point, found out once for each."""

    def __missing__(self, code: int) -> str | None:
        self[code] = found = _written(chr(code))
        return found


def _written(char: str) -> str | None:
    """Itself, what stands for it, or None for what is not looked for: accents, and what is not drawn.

    A mark of a script without spaces is looked for like a letter.
    """
    kind = unicodedata.category(char)
    if kind[0] not in "CM" and ord(char) < 0x10000:
        return char
    if kind != "Cc" and names.is_invisible(char):
        return None
    if kind[0] == "M" and unicodedata.combining(char) and not _IS_SOUTH_EAST.match(char):
        return None
    if 0x10000 <= ord(char) < 0x1FFFE and kind[0] in "LMN":
        return "".join(chr(_SECOND_PLANE + ord(folded) - 0x10000) for folded in char.casefold())
    if kind[0] == "M":
        return chr(_MARKS + ord(char))
    # Nobody's text is taken for what stands in the index.
    return " " if ord(char) >= _MARKS else char


_WRITTEN: Final = _Written()


def _bigrams(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]
