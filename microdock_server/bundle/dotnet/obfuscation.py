"""Names that nobody wrote: invisible ones, ones of look-alike strokes, ones that cannot be spoken."""

from __future__ import annotations

import unicodedata
from typing import Final

from microdock_server.bundle.dotnet.metadata import Metadata

# In bulk: at least so many, and at least this share of all.
COUNT_MIN: Final = 20
SHARE_MIN: Final = 0.3
_VOWELS: Final = frozenset("aeiouyAEIOUY")
_STROKES: Final = frozenset("Il1|iLoO0_")
_INVISIBLE: Final = frozenset(("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp", "Zs"))


def obfuscated_names(metadata: Metadata) -> tuple[int, int]:
    """How many names of types and methods nobody wrote, and how many there are; (0, …) where they are not in bulk."""
    counted = hidden = 0
    for name in _names(metadata):
        counted += 1
        hidden += is_hidden(name)
    in_bulk = hidden >= COUNT_MIN and hidden >= counted * SHARE_MIN
    return (hidden if in_bulk else 0), counted


def is_hidden(name: str) -> bool:
    """Is it a name to hide behind? Short words, capitals of APIs and words of any script are none."""
    if any(unicodedata.category(char) in _INVISIBLE for char in name):
        return True
    if not any(unicodedata.category(char)[0] == "L" for char in name):
        return True
    if len(name) <= 2 and name.isascii():
        return True
    if len(name) >= 5 and _STROKES.issuperset(name):
        return True
    letters = [char for char in name if char.isalpha()]
    # Capitals are constants and functions of other languages' APIs.
    return name.isascii() and len(letters) >= 6 and not name.isupper() and _VOWELS.isdisjoint(letters)


def _names(metadata: Metadata) -> list[str]:
    """What people name: no constructors, accessors' prefixes, or what compilers put in angle brackets."""
    names = [metadata.raw_text(name) for _, name, *_ in metadata.rows("TypeDef")]
    names += [metadata.raw_text(name) for _, _, _, name, *_ in metadata.rows("MethodDef")]
    plain = (name.partition("`")[0].rpartition(".")[2] if name.isascii() else name for name in names)
    plain = (name.removeprefix("get_").removeprefix("set_").removeprefix("op_") for name in plain)
    return [name for name in plain if name and not (_is_made(name) or name in ("ctor", "cctor", "Invoke"))]


def _is_made(name: str) -> bool:
    """Is it a compiler's own? No compiler puts invisible characters between its brackets."""
    return "<" in name and not any(unicodedata.category(char) in _INVISIBLE for char in name)
