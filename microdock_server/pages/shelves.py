"""Plugins as lists show them, and the categories beside them. Within a unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import Row

from ..api.core.links import PLUGINS
from ..services.catalog import facets, listing, search
from ..services.catalog.facets import Facet, Facets
from ..services.catalog.listing import Filter
from ..services.paging import page_count
from ..text import graphemes
from ..vocabulary import PluginStatus
from .marks import excerpt, marked

PAGE: Final = 24
SHELF: Final = 6
# So many words of a search without results are looked for one by one.
_TRIED: Final = 4


class Order(StrEnum):
    """How results are sorted. Relevance needs words."""

    RELEVANCE = "relevance"
    DOWNLOADS = "downloads"
    RATING = "rating"
    UPDATED = "updated"
    NEW = "new"


_SORTS: Final = {
    Order.RELEVANCE: None,
    Order.DOWNLOADS: listing.Sort.DOWNLOADS,
    Order.RATING: listing.Sort.BEST_RATED,
    Order.UPDATED: listing.Sort.UPDATED_AT,
    Order.NEW: listing.Sort.CREATED_AT,
}


@dataclass(frozen=True, slots=True)
class Card:
    """A plugin in a list. Title and description have the words of the search marked; the description is cut.

    `lately` is how often it was downloaded in the last 30 days, where the list is sorted by that.
    """

    name: str
    title: Markup
    description: Markup
    initial: str
    developer: str | None
    icon: str | None
    downloads: int
    lately: int | None
    rating: float | None
    ratings: int
    updated_at: datetime
    is_deprecated: bool
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a list of plugins, and how many there are in all."""

    total: int
    page: int
    plugins: Sequence[Card]

    @property
    def pages(self) -> int:
        """How many pages there are; one without any plugin."""
        return max(1, page_count(self.total, PAGE))


@dataclass(frozen=True, slots=True)
class Found(Part):
    """The plugins that match, and how they spread over the categories (whichever of them was chosen)."""

    facets: Facets


@dataclass(frozen=True, slots=True)
class Shelf:
    """A row of plugins of the home page, and how the list is sorted where there are more."""

    key: str
    sort: Order
    plugins: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a search without results: the same search in all categories finds `elsewhere`, and its words
    find so many by themselves; and what many download.
    """

    elsewhere: int
    words: Sequence[tuple[str, int]]
    popular: Sequence[Card]


def image_path(plugin_id: str, image_id: str) -> str:
    """Where an image of a plugin is."""
    return f"{PLUGINS}/{plugin_id}/images/{image_id}"


def found(words: str, category_id: str | None, order: Order, page: int) -> Found:
    """The published plugins that match."""
    wanted = Filter(page, PAGE, words or None, category_id, PluginStatus.PUBLISHED, sort=_sort(order, words))
    total, numbers = listing.find(wanted, None)
    return Found(total, page, _cards(numbers, words), facets.of(words or None))


def advice(words: str, spread: Facets) -> Advice:
    """What helps where a search for these words has no results."""
    tried = list(dict.fromkeys(words.split()))
    counts = [(word, _count(word)) for word in tried[:_TRIED]] if len(tried) > 1 else []
    return Advice(spread.total, [(word, count) for word, count in counts if count], popular())


def published_by(developer_id: str, page: int) -> Part:
    """A developer's published plugins, the most downloaded first."""
    wanted = Filter(page, PAGE, status=PluginStatus.PUBLISHED, developer_id=developer_id, sort=listing.Sort.DOWNLOADS)
    total, numbers = listing.find(wanted, None)
    return Part(total, page, _cards(numbers))


def shelves() -> list[Shelf]:
    """Those of the home page."""
    every = (("rated", Order.RATING), ("new", Order.NEW), ("updated", Order.UPDATED))
    lately = listing.lately_downloaded(SHELF)
    first = {order: listing.first(sort, SHELF) for _, order in every if (sort := _SORTS[order])}
    numbers = list({*lately, *(number for numbers in first.values() for number in numbers)})
    rows = {row.number: row for row in listing.shown(numbers)}
    popular = [_card(rows[number], "", count) for number, count in lately.items() if number in rows]
    others = [Shelf(key, order, [_card(rows[number], "") for number in first[order]]) for key, order in every]
    return [Shelf("popular", Order.DOWNLOADS, popular), *others]


def popular() -> list[Card]:
    """What was downloaded most in the last 30 days."""
    counts = listing.lately_downloaded(SHELF)
    return [_card(row, "", counts[row.number]) for row in listing.shown(list(counts))]


def total() -> int:
    """How many plugins are published."""
    return facets.of().total


def top_categories() -> list[Facet]:
    """Categories that are in no other and contain something, as they are sorted."""
    return facets.of().below(None)


def _count(word: str) -> int:
    matching = search.all_matching(word, search.Scope())
    return matching.count if matching else 0


def _sort(order: Order, words: str) -> listing.Sort | None:
    return _SORTS[order] if words or order is not Order.RELEVANCE else listing.Sort.DOWNLOADS


def _cards(numbers: Sequence[int], words: str = "") -> list[Card]:
    return [_card(row, words) for row in listing.shown(numbers)]


def _card(row: Row[Any], words: str, lately: int | None = None) -> Card:
    return Card(
        name=row.name,
        title=marked(row.display_name, words),
        description=marked(excerpt(row.description, words), words),
        # Stands for a plugin without an icon.
        initial=graphemes.initial(row.display_name),
        developer=row.owner_name,
        icon=row.icon_id and image_path(row.id, row.icon_id),
        downloads=row.downloads or 0,
        lately=lately,
        rating=row.rating_average,
        ratings=row.rating_count,
        updated_at=row.updated_at,
        is_deprecated=row.is_deprecated,
        is_enabled=row.is_enabled,
    )
