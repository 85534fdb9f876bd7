"""Slugs: what of a name stands in an address."""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from itertools import count

from . import names


def made(name: str, otherwise: str, limit: int, taken: Container[str]) -> str:
    """The letters and digits of a name's key, of any script, hyphens between words; `otherwise` if there are none.

    It has at most `limit` characters, and a number at its end where it would be in `taken`.
    """
    stem = _cut("".join(char if _is_kept(char) else " " for char in names.key(name)).split(), limit) or otherwise
    if stem not in taken:
        return stem
    for number in count(2):
        found = f"{stem[: limit - len(str(number)) - 1].rstrip('-')}-{number}"
        if found not in taken:
            return found
    raise AssertionError("there is always another number")


def _cut(words: list[str], limit: int) -> str:
    """As many whole words as there is room for; of a first one that is longer, its beginning."""
    kept = "-".join(words)
    if len(kept) > limit:
        kept = kept[: limit + 1].rpartition("-")[0] or kept[:limit]
    return kept


def _is_kept(char: str) -> bool:
    # Marks are the vowels of many scripts.
    return char.isalnum() or unicodedata.category(char).startswith("M")
