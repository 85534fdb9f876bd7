"""Pages of the marketplace's list, rendered once per revision of the catalogue for all who see no more than others."""

from __future__ import annotations

import time
from typing import Any, Final

import orjson

from ...context import context
from ...database.unit_of_work import unit_of_work
from ...services import catalog
from ...services.accounts.tokens import Actor
from ...services.catalog import listing
from ...services.catalog.listing import Filter, Sort
from ...vocabulary import Order
from ..core.page_cache import RenderedPage
from ..core.rendering import dumper
from ..core.state import api_state
from . import serializers
from .schemas import plugins as schemas
from .schemas.base import pagination

# A node of an earlier version changes a category's name without a new revision: as long may the old name be shown.
OLDEST_SECONDS: Final = 30
_dump: Final = dumper(schemas.Plugin())


def page(query: dict[str, Any], actor: Actor | None) -> orjson.Fragment:
    """What PluginPage describes, for the plugins that match `query` and the caller may see. Downloads are exact."""
    wanted = Filter(
        page=query["page"],
        limit=query["limit"],
        words=query["search"],
        category=query["category"],
        status=query["status"],
        developer_id=query["developer"],
        sort=query["sort"],
        descending=query["order"] == Order.DESC,
    )
    found = _found(wanted, actor)
    rows = found.json(listing.totals(found.names, context().autocommit))
    return orjson.Fragment(b'{"plugins":%b,"pagination":%b}' % (rows, orjson.dumps(pagination(query, found.total))))


def _found(wanted: Filter, actor: Actor | None) -> RenderedPage:
    if actor is not None:
        with unit_of_work(writing=False):
            hidden_of = listing.hidden_for(wanted, actor)
            if hidden_of is not None:
                return _rendered(wanted, hidden_of)
    if wanted.sort is Sort.DOWNLOADS:
        # Their order changes with every download.
        return _rendered(wanted, None)
    # Read before the rows, which are of this revision, or of a later one that the next request will ask for.
    revision = catalog.committed_revision(context().autocommit)
    key = (revision, int(time.monotonic() // OLDEST_SECONDS), wanted)
    return api_state().pages.load(key, lambda: _rendered(wanted, None))


def _rendered(wanted: Filter, hidden_of: str | None) -> RenderedPage:
    with unit_of_work(writing=False):
        total, numbers = listing.find(wanted, hidden_of)
        rows = listing.shown(numbers)
        dumped = [_dump(row) for row in serializers.plugin_rows(rows)]
    return RenderedPage.of([row.name for row in rows], dumped, "downloads", total)
