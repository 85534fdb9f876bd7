"""Names that look alike, by Unicode Technical Standard 39: names with the same skeleton.

The data file beside this module contains the standard's prototypes; `scripts/make-confusables` makes it from Unicode's
`confusables.txt`.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from . import names

TABLE: Final = Path(__file__).with_name("confusables.txt")
# The columns' length. Longer skeletons are cut: it does no harm if two absurdly long names count as alike.
SKELETON_MAX: Final = 255


def skeleton(text: str) -> str:
    """The skeleton of UTS #39: every character replaced by its prototype, invisible ones removed."""
    return _drawn(names.without_invisible(unicodedata.normalize("NFKC", text)))


def skeletons(name: str) -> tuple[str, str]:
    """Two skeletons that ignore case; names that share either look alike.

    For the first, case is folded before characters are mapped, for the second only afterwards: some capitals resemble
    letters that their lower-case forms do not. Not for display.
    """
    before = _drawn(names.key(name)).casefold()
    after = skeleton(name.strip()).casefold()
    return before[:SKELETON_MAX], after[:SKELETON_MAX]


def prototype(char: str) -> str:
    """The prototype of a character, possibly several characters; itself if it has no other."""
    return prototypes().get(ord(char), char)


@cache
def prototypes() -> dict[int, str]:
    """Every character with another prototype, by code point."""
    found = {}
    for line in TABLE.read_text("ascii").splitlines():
        target, _, sources = line.partition("<")
        if sources and not line.startswith("#"):
            drawn = "".join(chr(int(code, 16)) for code in target.split())
            found.update(dict.fromkeys((int(code, 16) for code in sources.split()), drawn))
    return found


def _drawn(text: str) -> str:
    drawn = unicodedata.normalize("NFD", text).translate(prototypes())
    return unicodedata.normalize("NFD", drawn)
