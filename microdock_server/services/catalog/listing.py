"""The marketplace's list: filtered, sorted, paged, and limited to what the viewer may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Engine,
    Float,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
)

from ...database.prepared import Prepared
from ...database.session import db, table_of
from ...database.unit_of_work import read_autocommit
from ...models import Category, Developer, DownloadWindow, Plugin, PluginImage, User
from ...models.image import ICON
from ...vocabulary import PluginStatus, permits
from ..accounts.tokens import Actor
from . import categories, revision_cache, search
from .revision_cache import RevisionCache


class Sort(StrEnum):
    """Sort keys of a list."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    DOWNLOADS = "downloads"
    RATING = "rating"
    BEST_RATED = "best_rated"


@dataclass(frozen=True, slots=True)
class Filter:
    """The request's filter. Without `sort`: by relevance if there are words, otherwise newest first.

    `category`: the slug or id of one.
    """

    page: int
    limit: int
    words: str | None = None
    category: str | None = None
    status: PluginStatus | None = None
    developer_id: str | None = None
    sort: Sort | None = None
    descending: bool = True


_COLUMNS: Final = {
    Sort.CREATED_AT: Plugin.created_at,
    Sort.UPDATED_AT: Plugin.updated_at,
    Sort.RATING: Plugin.rating_average,
}
# What a plugin's own ratings are weighed against: as many of the catalogue's mean (a Bayesian mean), so that one good
# rating does not outdo hundreds.
_PRIOR: Final = 10.0
# Whose unpublished plugins are included besides published ones: an owner's id, or everybody's.
EVERYBODY: Final = "*"
_HIDDEN: Final = tuple(status.value for status in PluginStatus if status is not PluginStatus.PUBLISHED)
_totals: Final[RevisionCache[int]] = RevisionCache(256)
_means: Final[RevisionCache[float]] = RevisionCache(8)
_by_category: Final[RevisionCache[Mapping[str | None, int]]] = RevisionCache(256)


# Only the columns that a list shows, because descriptions can be long; built once, because that costs more than running
# it; on the tables, because the mapped classes' rows take twice the time.
_TABLE: Final = table_of(Plugin)
_CATEGORY, _USER, _DEVELOPER = table_of(Category), table_of(User), table_of(Developer)
_WINDOW, _IMAGE = table_of(DownloadWindow), table_of(PluginImage)
_SHOWN: Final[Select[Any]] = (
    select(
        *_TABLE.c["number", "id", "name", "display_name", "description", "tags", "current_version", "status"],
        *_TABLE.c["category_id", "owner_id", "is_enabled", "is_deprecated", "rating_average", "rating_count"],
        *_TABLE.c["deprecated_at", "replacement", "recommended_version", "created_at", "updated_at", "published_at"],
        _CATEGORY.c.name.label("category_name"),
        func.coalesce(_CATEGORY.c.slug, _CATEGORY.c.id).label("category_slug"),
        _USER.c.username.label("owner_username"),
        func.coalesce(_DEVELOPER.c.display_name, _USER.c.username).label("owner_name"),
        _WINDOW.c.total.label("downloads"),
        _IMAGE.c.id.label("icon_id"),
    )
    .select_from(_TABLE)
    .outerjoin(_CATEGORY, _CATEGORY.c.id == _TABLE.c.category_id)
    .outerjoin(_USER, _USER.c.id == _TABLE.c.owner_id)
    .outerjoin(_DEVELOPER, _DEVELOPER.c.user_id == _USER.c.id)
    .outerjoin(_WINDOW, _WINDOW.c.plugin_name == _TABLE.c.name)
    .outerjoin(_IMAGE, and_(_IMAGE.c.plugin_name == _TABLE.c.name, _IMAGE.c.kind == ICON))
    .where(_TABLE.c.number.in_(bindparam("numbers", expanding=True)))
)


_LATELY: Final = (
    select(_WINDOW.c.number, _WINDOW.c.d30)
    # Written so that engines read them in their order, instead of all that are public.
    .where(_WINDOW.c.d30 > 0, func.coalesce(_WINDOW.c.is_public, false()))
    .order_by(_WINDOW.c.d30.desc(), _WINDOW.c.number.desc())
    .limit(bindparam("limit"))
)


def _first(by: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    query = select(_TABLE.c.number).where(_TABLE.c.status == PluginStatus.PUBLISHED.value, *conditions)
    return query.order_by(by.desc(), _TABLE.c.number.desc()).limit(bindparam("limit"))


def _weighted(prior: float | BindParameter[float]) -> ColumnElement[Any]:
    """`prior`: the sum of the ratings that are added to a plugin's own."""
    return (_TABLE.c.rating_sum + prior) / (_TABLE.c.rating_count + _PRIOR)


_FIRST: Final = {
    Sort.CREATED_AT: _first(_TABLE.c.created_at),
    Sort.UPDATED_AT: _first(_TABLE.c.updated_at),
    Sort.BEST_RATED: _first(_weighted(bindparam("prior", type_=Float)), _TABLE.c.rating_count > 0),
}


_RATINGS: Final = select(*map(func.sum, _TABLE.c["rating_sum", "rating_count"])).where(
    _TABLE.c.status == PluginStatus.PUBLISHED.value
)


@cache
def _totals_of(count: int) -> Prepared:
    """Totals of so many plugins, at most a page: their names are `name0`, `name1` and so on."""
    names: list[BindParameter[str]] = [bindparam(f"name{index}") for index in range(count)]
    return Prepared(select(*_WINDOW.c["plugin_name", "total"]).where(_WINDOW.c.plugin_name.in_(names)))


def find(wanted: Filter, hidden_of: str | None) -> tuple[int, Sequence[int]]:
    """The number of matching plugins, and the numbers of one page of them. A category includes everything below it.

    `hidden_of`: see hidden_for.
    """
    branch = categories.within(wanted.category) if wanted.category else None
    scope = _scope(wanted, branch, hidden_of)
    if wanted.words and wanted.sort is None and wanted.developer_id is None:
        return search.find(wanted.words, scope, wanted.page, wanted.limit)
    matching = search.all_matching(wanted.words, scope) if wanted.words else None
    if wanted.words and matching is None:
        return 0, []
    below = branch.everything if branch else None
    # What matches is restricted to the same already, but for the developer; an index by ratings begins with the status.
    is_restricted = matching is not None and wanted.sort is not Sort.BEST_RATED
    query = _of_developer(wanted) if is_restricted else _restricted(wanted, below, hidden_of)
    found = _among(query, matching)
    if matching is not None and wanted.developer_id is None:
        total = matching.count
    else:
        total = _total(found, wanted, below, hidden_of)
    start = (wanted.page - 1) * wanted.limit
    if wanted.sort in (Sort.RATING, Sort.BEST_RATED):
        return total, _by_rating(found, wanted, start)
    if wanted.sort is Sort.DOWNLOADS:
        shows_all = _shows_all(wanted, hidden_of, matching)
        page = _among(_by_downloads(wanted, hidden_of, None if shows_all else query), matching)
    else:
        page = _sorted(found, wanted)
    return total, db.session.scalars(page.limit(wanted.limit).offset(start)).all()


def shown(numbers: Sequence[int]) -> list[Row[Any]]:
    """Rows for a list, of the plugins with these numbers, in this order.

    The attributes are the plugin's columns, and `category_name`, `category_slug`, `owner_username`, `owner_name`,
    `downloads` and `icon_id`; each of those is None where there is none.
    """
    if not numbers:
        return []
    rows = {row.number: row for row in db.session.execute(_SHOWN, {"numbers": numbers})}
    return [rows[number] for number in numbers if number in rows]


def first(sort: Sort, limit: int) -> Sequence[int]:
    """The numbers of the first published plugins, descending: what `find` begins with, without the total.

    `sort` is CREATED_AT, UPDATED_AT or BEST_RATED; of the last, those with ratings only.
    """
    values: dict[str, Any] = {"limit": limit}
    if sort is Sort.BEST_RATED:
        values["prior"] = _PRIOR * _mean()
    return db.session.scalars(_FIRST[sort], values).all()


def lately_downloaded(limit: int) -> dict[int, int]:
    """The published plugins with the most downloads in the last 30 days, if they have any: by number, how many."""
    return {row.number: row.d30 for row in db.session.execute(_LATELY, {"limit": limit})}


def counts_by_category(words: str | None) -> Mapping[str | None, int]:
    """How many published plugins that match `words` each category contains itself; None: how many are in none."""

    def counted() -> Mapping[str | None, int]:
        matching = search.all_matching(words, search.Scope()) if words else None
        if words and matching is None:
            return {}
        query = select(_TABLE.c.category_id, func.count()).where(_TABLE.c.status == PluginStatus.PUBLISHED.value)
        if matching is not None:
            query = query.where(_TABLE.c.number.in_(matching.numbers))
        rows = db.session.execute(query.group_by(_TABLE.c.category_id))
        return {category_id: int(count) for category_id, count in rows}

    return _by_category.at(revision_cache.current(), counted, words)


def totals(names: Sequence[str], autocommit: Engine) -> dict[str, int]:
    """Downloads by plugin name, of these plugins that have any; outside of any unit of work."""
    if not names:
        return {}
    given = {f"name{index}": name for index, name in enumerate(names)}
    found = read_autocommit(autocommit, _totals_of(len(names)), given)
    return {row.plugin_name: row.total for row in found}


def hidden_for(wanted: Filter, viewer: Actor | None) -> str | None:
    """Whose unpublished plugins may match, of those that the viewer may see: an owner's id, EVERYBODY, or None for
    nobody's.
    """
    if viewer is None or wanted.status is PluginStatus.PUBLISHED:
        return None
    query = select(Plugin.number).where(Plugin.status.in_(_HIDDEN))
    sees_all = permits(viewer.role, "plugin.view_all")
    if not sees_all:
        query = query.where(Plugin.owner_id == viewer.id)
    if db.session.scalar(query.limit(1)) is None:
        return None
    return EVERYBODY if sees_all else viewer.id


def _scope(wanted: Filter, branch: search.Branch | None, hidden_of: str | None) -> search.Scope:
    is_public = wanted.status in (None, PluginStatus.PUBLISHED)
    return search.Scope(
        public=is_public,
        hidden=hidden_of is not None,
        owner_id=None if hidden_of == EVERYBODY else hidden_of,
        statuses=None if is_public or wanted.status is None else (wanted.status.value,),
        branch=branch,
    )


def _of_developer(wanted: Filter) -> Select[Any]:
    query = select(Plugin.number)
    return query if wanted.developer_id is None else query.where(Plugin.owner_id == wanted.developer_id)


def _restricted(wanted: Filter, below: tuple[str, ...] | None, hidden_of: str | None) -> Select[Any]:
    query = _of_developer(wanted)
    if wanted.status is not None:
        query = query.where(Plugin.status == wanted.status.value)
    if below is not None:
        query = query.where(Plugin.category_id.in_(below))
    if hidden_of == EVERYBODY:
        return query
    is_public = Plugin.status == PluginStatus.PUBLISHED.value
    return query.where(is_public if hidden_of is None else or_(is_public, Plugin.owner_id == hidden_of))


def _total(query: Select[Any], wanted: Filter, below: tuple[str, ...] | None, hidden_of: str | None) -> int:
    """The number of rows of `query`, which selects what is wanted."""
    is_public = hidden_of is None and wanted.status in (None, PluginStatus.PUBLISHED)
    if is_public and wanted.developer_id is None and not wanted.words:
        # Lists of every order and category, and the counts beside them, share one reading of all plugins.
        own = counts_by_category(None)
        return sum(own.values()) if below is None else sum(own.get(one, 0) for one in below)

    def counted() -> int:
        return int(db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one())

    what = replace(wanted, page=1, limit=1, sort=None, descending=True)
    return _totals.at(revision_cache.current(), counted, what, below, hidden_of)


def _shows_all(wanted: Filter, hidden_of: str | None, matching: search.Matching | None) -> bool:
    """Are there no restrictions but visibility to the public, and what matches?"""
    if wanted.developer_id is not None:
        return False
    if matching is not None:
        return True
    is_of_any_status = wanted.status is None or (hidden_of is None and wanted.status is PluginStatus.PUBLISHED)
    return is_of_any_status and hidden_of in (None, EVERYBODY) and wanted.category is None


def _by_downloads(wanted: Filter, hidden_of: str | None, restriction: Select[Any] | None) -> Select[Any]:
    """Read in the order of the counts' own table, without reading plugins if none is filtered out."""
    order = (DownloadWindow.total, DownloadWindow.number)
    page = select(DownloadWindow.number).order_by(*(one.desc() if wanted.descending else one for one in order))
    if hidden_of is None:
        page = page.where(DownloadWindow.is_public.is_(True))
    return page if restriction is None else page.where(DownloadWindow.number.in_(restriction))


def _sorted(query: Select[Any], wanted: Filter) -> Select[Any]:
    by = _weighted(_PRIOR * _mean()) if wanted.sort is Sort.BEST_RATED else _COLUMNS[wanted.sort or Sort.CREATED_AT]
    order = (by, Plugin.number)
    return query.order_by(*(one.desc() if wanted.descending else one for one in order))


def _mean() -> float:
    """The mean of all ratings of published plugins; 0 without any."""

    def computed() -> float:
        total, count = db.session.execute(_RATINGS).one()
        return float(total) / float(count) if count else 0.0

    return _means.at(revision_cache.current(), computed)


def _by_rating(query: Select[Any], wanted: Filter, start: int) -> list[int]:
    """Unrated plugins come last in either direction.

    They are queried separately: an index serves one direction only, and engines differ in which end nulls sort to.
    """
    rated, unrated = query.where(Plugin.rating_average.is_not(None)), query.where(Plugin.rating_average.is_(None))
    if wanted.sort is Sort.BEST_RATED:
        # The same, as the index has it that contains what the order is computed from.
        rated, unrated = query.where(Plugin.rating_count > 0), query.where(Plugin.rating_count == 0)
    numbers = list(db.session.scalars(_sorted(rated, wanted).limit(wanted.limit).offset(start)))
    missing = wanted.limit - len(numbers)
    if missing:
        before = db.session.execute(select(func.count()).select_from(rated.subquery())).scalar_one()
        rest = unrated.order_by(Plugin.number.desc() if wanted.descending else Plugin.number)
        numbers += db.session.scalars(rest.limit(missing).offset(max(0, start - before)))
    return numbers


def _among(query: Select[Any], matching: search.Matching | None) -> Select[Any]:
    """Those of a query's numbers that match."""
    return query if matching is None else query.where(query.selected_columns[0].in_(matching.numbers))
