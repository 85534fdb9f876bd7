"""How the published plugins that match a search spread over the tree of categories. Within a unit of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from . import categories, listing, revision_cache
from .revision_cache import RevisionCache

_whole: Final[RevisionCache[Facets]] = RevisionCache(8)


@dataclass(frozen=True, slots=True)
class Facet:
    """A category, and how many of the plugins are in it or anywhere below it; `address` is its slug."""

    id: str
    parent_id: str | None
    address: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """All categories by id, as they are sorted; `total` plugins match, in any category or in none."""

    total: int
    every: Mapping[str, Facet]

    def below(self, category_id: str | None, kept: Collection[str] = ()) -> list[Facet]:
        """The categories right below it (None: those at the top) that any of the plugins is in, and `kept` ones."""
        every = self.every.values()
        return [one for one in every if one.parent_id == category_id and (one.count or one.id in kept)]

    def path(self, category_id: str) -> list[Facet]:
        """The category and what it is below of, from the top."""
        path: list[Facet] = []
        found = self.every.get(category_id)
        while found is not None:
            path.insert(0, found)
            found = self.every.get(found.parent_id) if found.parent_id else None
        return path


def of(words: str | None = None) -> Facets:
    """Those of all published plugins, or of those that match all of `words`. The counts are kept until the catalogue
    changes: the first to ask pays for reading each hit's category.
    """
    return _of(words) if words else _whole.at(revision_cache.current(), lambda: _of(None))


def _of(words: str | None) -> Facets:
    rows, own = categories.outline(), listing.counts_by_category(words)
    parents = {row.id: row.parent_id for row in rows}
    counts: Counter[str] = Counter()
    for category_id, count in own.items():
        above = category_id
        while above is not None:
            counts[above] += count
            above = parents.get(above)
    every = {row.id: Facet(row.id, row.parent_id, row.address, row.name, counts[row.id]) for row in rows}
    return Facets(sum(own.values()), every)
