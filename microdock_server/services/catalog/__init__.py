"""The catalogue: its revision, and changes since a revision. It contains published plugins only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, Row, bindparam, case, func, select, update

from ...clock import utcnow
from ...database.prepared import Prepared
from ...database.session import db, table_of
from ...database.unit_of_work import ensure_whole, read_autocommit
from ...models import Catalog, Plugin, PluginVersion
from ...vocabulary import PluginStatus
from ..paging import DEFAULT_LIMIT, page_of
from . import search

# With more changes than this everything is read: engines limit the parameters of a statement.
MAX_NAMES: Final = 500
# Rows with long texts that are read at once.
AT_ONCE: Final = 256
PUBLISHED: Final = PluginStatus.PUBLISHED.value
_IS_PUBLIC: Final = Plugin.status == PUBLISHED
# On the table, not on the mapped class, and built once: building a statement costs as much as running it.
_CATALOG: Final = table_of(Catalog)
_NEXT_REVISION: Final = (
    update(_CATALOG)
    .values(
        revision=_CATALOG.c.revision + 1,
        # Stays behind once an earlier version has incremented the revision alone.
        indexed_revision=case(
            (_CATALOG.c.indexed_revision == _CATALOG.c.revision, _CATALOG.c.revision + 1),
            else_=_CATALOG.c.indexed_revision,
        ),
    )
    .returning(_CATALOG.c.revision)
)
_NEXT_NUMBER: Final = update(_CATALOG).values(last_number=_CATALOG.c.last_number + 1).returning(_CATALOG.c.last_number)


def committed_revision(engine: Engine) -> int:
    """The catalogue's revision, read outside of any unit of work on an `autocommit_engine`."""
    return int(read_autocommit(engine, _REVISION)[0][0])


def next_revision() -> int:
    """Increment the revision. Called in every transaction that changes what lists show, after its first write."""
    ensure_whole()
    return int(db.session.execute(_NEXT_REVISION).scalar_one())


def next_number() -> int:
    """A number for a new plugin, never used before."""
    ensure_whole()
    return int(db.session.execute(_NEXT_NUMBER).scalar_one())


def touch(plugin: Plugin) -> None:
    """Record that `plugin` changed: lists and searches must show its new state."""
    mark(plugin)
    plugin.updated_at = utcnow()
    search.index(plugin)


def mark(plugin: Plugin) -> None:
    """Record that something outside of the plugin's texts changed, such as its rating: rendered copies are out of
    date.
    """
    # Without flushing earlier changes of the plugin first: it is written only once.
    with db.session.no_autoflush:
        plugin.revision = next_revision()


def changed_since(known: int) -> Iterator[Row[*tuple[Any, ...]]]:
    """Rows of `plugins` that changed after revision `known`; attributes are named as the columns are.

    They are read while they are used, within the unit of work: all at once, texts and all, they would take memory that
    the process never gives back.
    """
    table = Plugin.__table__
    query = select(table).where(table.c.revision > known, table.c.status == PUBLISHED)
    return iter(db.session.execute(query).yield_per(AT_ONCE))


def names() -> Sequence[str]:
    """The names of all published plugins, in list order: by name, ignoring case."""
    return db.session.execute(select(Plugin.name).where(_IS_PUBLIC).order_by(Plugin.name_key)).scalars().all()


def changes(start: int, limit: int) -> Iterator[tuple[str, datetime]]:
    """Names of published plugins and when they changed last, the oldest plugin first: so many from `start` on."""
    query = select(Plugin.name, Plugin.updated_at).where(_IS_PUBLIC).order_by(Plugin.number)
    return ((row.name, row.updated_at) for row in db.session.execute(query.offset(start).limit(limit)))


def count() -> int:
    """How many published plugins there are."""
    return int(db.session.execute(select(func.count()).select_from(Plugin).where(_IS_PUBLIC)).scalar_one())


def download_totals(names: Sequence[str] | None = None) -> dict[str, int]:
    """Downloads by plugin name, of these plugins (None: of all) that have any."""
    query = select(PluginVersion.plugin_name, func.sum(PluginVersion.download_count))
    if names is not None and len(names) <= MAX_NAMES:
        query = query.where(PluginVersion.plugin_name.in_(names))
    rows = db.session.execute(query.where(PluginVersion.download_count > 0).group_by(PluginVersion.plugin_name))
    return {name: int(total) for name, total in rows}


def counts(name: str, engine: Engine) -> Sequence[Row[Any]]:
    """For a published plugin, by name ignoring case, a row for each published version, highest first.

    Attributes: `id` and `revision` of the plugin, `download_count` of the version.
    """
    return read_autocommit(engine, _COUNTS, {"key": name.lower()})


def page(words: str | None, page_number: int | None, limit: int | None) -> tuple[int, Sequence[Plugin]]:
    """The number of published plugins that match `words`, and one page of them: by relevance, or by name without
    words.
    """
    if not words:
        return page_of(select(Plugin).where(_IS_PUBLIC).order_by(Plugin.name_key), page_number, limit)
    everything = page_number is None and limit is None
    size = count() if everything else limit or DEFAULT_LIMIT
    total, numbers = search.find(words, search.Scope(), page_number or 1, max(1, size))
    return total, numbered(numbers)


def numbered(numbers: Sequence[int]) -> list[Plugin]:
    """The plugins with these numbers, in this order."""
    found: dict[int, Plugin] = {}
    for start in range(0, len(numbers), MAX_NAMES):
        some = numbers[start : start + MAX_NAMES]
        found |= {row.number: row for row in db.session.scalars(select(Plugin).where(Plugin.number.in_(some)))}
    return [found[number] for number in numbers if number in found]


# Queries on tables, not on mapped classes, built once: building such a query costs more than running it.
_REVISION: Final = Prepared(select(_CATALOG.c.revision))
_PLUGIN: Final = Plugin.__table__
_VERSION: Final = PluginVersion.__table__
_COUNTS: Final = Prepared(
    select(_PLUGIN.c.id, _PLUGIN.c.revision, _VERSION.c.download_count)
    .join_from(_PLUGIN, _VERSION, _VERSION.c.plugin_name == _PLUGIN.c.name)
    .where(_PLUGIN.c.name_key == bindparam("key"), _PLUGIN.c.status == PUBLISHED, _VERSION.c.status == PUBLISHED)
    .order_by(_VERSION.c.precedence.desc())
)
