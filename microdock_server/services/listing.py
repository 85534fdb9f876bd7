"""The marketplace's list: filtered, sorted, paged, and never more than the viewer may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, func, or_, select

from ..extensions import db
from ..models import DownloadWindow, Plugin
from ..vocabulary import PluginStatus, permits
from . import catalog, categories, search
from .tokens import Actor


class Sort(StrEnum):
    """What a list can be sorted by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    DOWNLOADS = "downloads"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for. Without `sort`: by relevance where there are words, else the newest first."""

    page: int
    limit: int
    words: str | None = None
    category_id: str | None = None
    status: PluginStatus | None = None
    developer_id: str | None = None
    sort: Sort | None = None
    descending: bool = True


_COLUMNS: Final = {
    Sort.CREATED_AT: Plugin.created_at,
    Sort.UPDATED_AT: Plugin.updated_at,
    Sort.RATING: Plugin.rating_average,
    Sort.DOWNLOADS: DownloadWindow.total,
}


def find(wanted: Filter, viewer: Actor | None) -> tuple[int, Sequence[Plugin]]:
    """How many plugins fit, and one page of them. A category means everything below it, too."""
    below = tuple(categories.within(wanted.category_id)) if wanted.category_id else None
    scope = _scope(wanted, viewer, below)
    if wanted.words and wanted.sort is None and wanted.developer_id is None:
        total, numbers = search.find(wanted.words, scope, wanted.page, wanted.limit)
        return total, catalog.numbered(numbers)
    matching = search.all_matching(wanted.words, scope) if wanted.words else None
    if wanted.words and matching is None:
        return 0, []
    query = _restricted(wanted, viewer, below)
    page = _most_downloaded(wanted) if _is_open(wanted, viewer) else _sorted(query, wanted)
    if matching is not None:
        query, page = (one.where(one.selected_columns[0].in_(matching.numbers)) for one in (query, page))
    if matching is not None and wanted.developer_id is None:
        total = matching.count
    else:
        total = int(db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one())
    # First the page's numbers, from an index alone; then its rows.
    page = page.limit(wanted.limit).offset((wanted.page - 1) * wanted.limit)
    return total, catalog.numbered(db.session.scalars(page).all())


def _scope(wanted: Filter, viewer: Actor | None, below: tuple[str, ...] | None) -> search.Scope:
    sees_all = viewer is not None and permits(viewer.role, "plugin.view_all")
    only_public = wanted.status is PluginStatus.PUBLISHED
    return search.Scope(
        public=wanted.status is None or only_public,
        hidden=viewer is not None and not only_public,
        owner_id=None if sees_all or viewer is None else viewer.id,
        statuses=None if wanted.status is None or only_public else (wanted.status.value,),
        categories=below,
    )


def _restricted(wanted: Filter, viewer: Actor | None, below: tuple[str, ...] | None) -> Select[Any]:
    query = select(Plugin.number)
    if wanted.status is not None:
        query = query.where(Plugin.status == wanted.status.value)
    if below is not None:
        query = query.where(Plugin.category_id.in_(below))
    if wanted.developer_id is not None:
        query = query.where(Plugin.owner_id == wanted.developer_id)
    if viewer is None or _sees_only_public(wanted, viewer):
        return query.where(Plugin.status == PluginStatus.PUBLISHED.value)
    if permits(viewer.role, "plugin.view_all"):
        return query
    return query.where(or_(Plugin.status == PluginStatus.PUBLISHED.value, Plugin.owner_id == viewer.id))


def _sees_only_public(wanted: Filter, viewer: Actor | None) -> bool:
    if viewer is None:
        return True
    return wanted.status is PluginStatus.PUBLISHED if wanted.status is not None else not _has_hidden(viewer)


def _has_hidden(viewer: Actor) -> bool:
    """Is there anything beside the published that they may see? Most callers need not be asked about."""
    query = select(Plugin.number).where(Plugin.status != PluginStatus.PUBLISHED.value)
    if not permits(viewer.role, "plugin.view_all"):
        query = query.where(Plugin.owner_id == viewer.id)
    return db.session.scalar(query.limit(1)) is not None


def _is_open(wanted: Filter, viewer: Actor | None) -> bool:
    """Is everything that is published asked for, most downloaded first? Then the counts' own table answers alone."""
    return (
        wanted.sort is Sort.DOWNLOADS
        and wanted.status in (None, PluginStatus.PUBLISHED)
        and wanted.category_id is None
        and wanted.developer_id is None
        and _sees_only_public(wanted, viewer)
    )


def _most_downloaded(wanted: Filter) -> Select[Any]:
    order = (DownloadWindow.total, DownloadWindow.number)
    return (
        select(DownloadWindow.number)
        .where(DownloadWindow.is_public.is_(True))
        .order_by(*(column.desc() if wanted.descending else column for column in order))
    )


def _sorted(query: Select[Any], wanted: Filter) -> Select[Any]:
    sort = wanted.sort or Sort.CREATED_AT
    if sort is Sort.DOWNLOADS:
        query = query.join(DownloadWindow, DownloadWindow.plugin_name == Plugin.name)
        number: Any = DownloadWindow.number
    else:
        number = Plugin.number
    column = _COLUMNS[sort]
    if not wanted.descending:
        # What was never rated stands behind what was, either way.
        return (
            query.order_by(column.is_(None), column, number) if sort is Sort.RATING else query.order_by(column, number)
        )
    return query.order_by(column.desc(), number.desc())
