"""Tokenization of texts and queries for the search index.

Chinese has no spaces between words, so a run of it becomes its bigrams, in order, followed by its single characters: a
query of two or more characters is a phrase of bigrams, one of a single character a word. The other scripts without
spaces are treated alike: kana and hangul, Thai, Lao, Khmer, Burmese, whose vowel signs and tones are characters of
their own. Words of other scripts are found by prefixes; `MyPlugin` is found as `plugin` too.

SQLite's tokenizer splits words at most marks, and does not know letters of recently encoded scripts: both are stored as
private-use characters, which it takes for letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from ...text import names

MAX_TERMS: Final = 8
# A private-use character: part of a word for the tokenizer, and never in a text's words.
_PRIVATE: Final = "\ue000"
# The private-use ranges that replace marks of the first plane, and letters and marks of the second.
_MARKS: Final = 0xF0000
_SECOND_PLANE: Final = 0x100000
# Han with its extensions and compatibility forms, kana, hangul. Written as escapes, because some look like others.
_CJK: Final = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003134f"
# Letters and marks of Thai and Lao, Burmese with its extensions, Khmer: without digits, currency signs and punctuation.
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
    """`value` tokenized: Latin words whole and split at capitals, Chinese as bigrams and then single characters.

    Thai, Lao, Khmer and Burmese like Chinese.
    """
    words: list[str] = []
    single: dict[str, None] = {}
    for run in _runs(value):
        if is_unspaced(run):
            # Runs that are merely adjacent are not a phrase.
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
    """The words as stored in the index: a run of Chinese as the sequence of its bigrams."""
    runs = _runs(words)[:MAX_TERMS]
    return [" ".join(_bigrams(run) or [run]) if is_unspaced(run) else _folded(run) for run in runs]


def runs_of(words: str) -> list[str]:
    """The words that a search is for, as they are compared."""
    return [run if is_unspaced(run) else _folded(run) for run in _runs(words)[:MAX_TERMS]]


def is_unspaced(term: str) -> bool:
    """Is the term of a script without spaces, and therefore matched whole, not as a prefix?"""
    return bool(_BEGINS_UNSPACED.match(term))


# Cached, because most plugins share theirs with others.
@lru_cache(maxsize=8192)
def facet(kind: str, value: str) -> str:
    """A single word for the tokenizer, which occurs in no text and no query."""
    return f"{_PRIVATE}{kind}{''.join(_runs(names.key(value)))}"


def _runs(value: str) -> list[str]:
    """Runs of characters of scripts without spaces, and runs of other letters and digits."""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value).translate(_WRITTEN)
    return _RUNS.findall(value)


def _folded(word: str) -> str:
    """Without case and accents, so that every engine sees the same word. In Turkish `ı` is the lower-case `I`."""
    folded = word.casefold().replace("ı", "i")
    if folded.isascii():
        return folded
    return "".join(char for char in unicodedata.normalize("NFD", folded) if not unicodedata.combining(char))


class _Written(dict[int, str | None]):
    """How characters are stored in the index: by code point, computed once for each."""

    def __missing__(self, code: int) -> str | None:
        self[code] = found = _written(chr(code))
        return found


def _written(char: str) -> str | None:
    """The stored form of a character, or None for one that is not searched for: accents and invisible ones.

    A mark of a script without spaces is searched for like a letter.
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
    # Private-use characters in texts must not be taken for stored forms.
    return " " if ord(char) >= _MARKS else char


_WRITTEN: Final = _Written()


def _bigrams(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]
