"""Pages of lists as JSON, rendered once but for one number in each row, which changes more often than the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from ...caching import LoadingCache

PAGES: Final = 128
LARGEST: Final = 64 << 10
# A number that no count reaches. In JSON, a field's name in its quotes before it stands in no text: there, quotes are
# escaped.
_PLACE: Final = (1 << 53) - 1


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """The rows of one page, each rendered up to its count and from there on, and how many rows the list has."""

    names: tuple[str, ...]
    rows: tuple[tuple[bytes, bytes], ...]
    total: int

    @classmethod
    def of(cls, names: Sequence[str], rows: Sequence[dict[str, Any]], count: str, total: int) -> Self:
        """`rows` are JSON; `names` says whose count belongs into each one's field `count`."""
        mark = b'"%b":' % count.encode()
        split = [orjson.dumps({**row, count: _PLACE}).split(mark + b"%d" % _PLACE, 1) for row in rows]
        return cls(tuple(names), tuple((head + mark, tail) for head, tail in split), total)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(head) + len(tail) for head, tail in self.rows)

    def json(self, counts: Mapping[str, int]) -> bytes:
        """The array of rows; a row without a count has 0."""
        found = zip(self.names, self.rows, strict=True)
        return b"[%b]" % b",".join(b"%b%d%b" % (head, counts.get(name, 0), tail) for name, (head, tail) in found)


class PageCache(LoadingCache[tuple[object, ...], RenderedPage]):
    """Rendered pages by what was asked for and when; at most 8 MiB of them."""

    def __init__(self) -> None:
        super().__init__(PAGES, lambda page: page.size <= LARGEST)
