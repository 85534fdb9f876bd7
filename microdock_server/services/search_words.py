"""How texts and queries are cut into the words that the search index knows.

Chinese has no spaces between words, so a run of it becomes its bigrams, in order, and after them its single characters:
a query of two or more characters is a phrase of bigrams, one of a single character a word. Latin words are found by
their beginnings; `MyPlugin` is found as `plugin` too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from .. import names

MAX_TERMS: Final = 8
# A character for private use: part of a word for the tokenizer, and never of a text's words.
_PRIVATE: Final = "\ue000"
# Han with its extensions and compatibility forms, kana, hangul. Written as escapes: some of them look like others.
_UNSPACED: Final = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003134f"
_RUNS: Final = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_CJK: Final = re.compile(rf"[{_UNSPACED}]")
_HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def indexed(value: str, limit: int | None = None) -> str:
    """`value` cut into words: Latin ones whole and by their humps, Chinese as bigrams and then single characters."""
    words: list[str] = []
    single: dict[str, None] = {}
    for run in _runs(value):
        if _CJK.match(run):
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
    return [" ".join(_bigrams(run) or [run]) if _CJK.match(run) else _folded(run) for run in runs]


def is_unspaced(term: str) -> bool:
    """Is the term Chinese, kana or hangul, and so found whole, not by its beginning?"""
    return bool(_CJK.match(term))


# Most plugins share theirs with others.
@lru_cache(maxsize=8192)
def facet(kind: str, value: str) -> str:
    """One word for the tokenizer, which no text and no query contains."""
    return f"{_PRIVATE}{kind}{''.join(_runs(names.key(value)))}"


def _runs(value: str) -> list[str]:
    """Runs of Chinese characters (or kana, or hangul), and runs of other letters and digits."""
    return _RUNS.findall(unicodedata.normalize("NFKC", value))


def _folded(word: str) -> str:
    """Without case and accents, so that every engine sees the same word."""
    folded = word.casefold()
    if folded.isascii():
        return folded
    return "".join(char for char in unicodedata.normalize("NFD", folded) if not unicodedata.combining(char))


def _bigrams(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]
