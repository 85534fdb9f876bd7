"""Where in a text the words of a search are, by the rules of the search: words of scripts with spaces where a word (or
a part of a `CamelCase` word) begins with them, others anywhere; case and accents do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from . import search_words

# Where a part of a word begins that is indexed by itself.
_HUMP: Final = re.compile(r"(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])|(?<=[a-zA-Z])[0-9]|(?<=[0-9])[a-zA-Z]")


def spans(text: str, words: str) -> list[tuple[int, int]]:
    """Beginnings and ends in `text`, in order, none of which touch. `text` is in Unicode's composed form (NFC)."""
    terms = _terms(words)
    if not terms:
        return []
    folded = text.lower() if text.isascii() else text.translate(_FOLDED)
    found = [span for term in terms for span in _of_term(text, folded, term)]
    return _joined(sorted(found))


def _of_term(text: str, folded: str, term: str) -> list[tuple[int, int]]:
    anywhere = search_words.is_unspaced(term)
    places, place = [], folded.find(term)
    while place >= 0:
        if anywhere or _begins_word(folded, place) or _HUMP.match(text, place):
            places.append((place, place + len(term)))
        place = folded.find(term, place + 1)
    return places


def _begins_word(folded: str, place: int) -> bool:
    before = folded[place - 1 : place]
    return not before.isalnum() or search_words.is_unspaced(before)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@lru_cache(maxsize=64)
def _terms(words: str) -> tuple[str, ...]:
    return tuple(search_words.runs_of(words))


class _Folded(dict[int, str]):
    """How characters are compared: one for one, so that places in a text stay the same."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        runs = "".join(search_words.runs_of(char))
        self[code] = found = runs if len(runs) == 1 else char
        return found


_FOLDED: Final = _Folded()


def composed(text: str) -> str:
    """The text in the form that `spans` takes."""
    return unicodedata.normalize("NFC", text)
