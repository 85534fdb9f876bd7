"""Names that are drawn alike, after Unicode Technical Standard 39: the same skeleton, the same picture.

The table beside this module holds the standard's prototypes. `scripts/make-confusables` makes it from Unicode's
`confusables.txt`.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from . import names

TABLE: Final = Path(__file__).with_name("confusables.txt")
# A column's width. Longer skeletons are cut: that two absurdly long names count as alike costs nothing.
SKELETON_MAX: Final = 255


def skeleton(text: str) -> str:
    """The text as UTS #39 draws it: every character as the prototype of its likes, without what is not drawn."""
    return _drawn(names.without_invisible(unicodedata.normalize("NFKC", text)))


def skeletons(name: str) -> tuple[str, str]:
    """What two names share, either of them, that a reader takes for each other, ignoring case.

    Case is lost before the first is drawn, and of the second not until then: some capitals look like letters that
    their small forms do not look like. Not for display.
    """
    before = _drawn(names.key(name)).casefold()
    after = skeleton(name.strip()).casefold()
    return before[:SKELETON_MAX], after[:SKELETON_MAX]


def prototype(char: str) -> str:
    """The character, or the characters, that this one is drawn like; itself where it is its own."""
    return prototypes().get(ord(char), char)


@cache
def prototypes() -> dict[int, str]:
    """Every character that is drawn like others, by its code point."""
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
