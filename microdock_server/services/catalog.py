"""The catalogue as a whole: its revision, and what changed since one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, Row, bindparam, func, or_, select, update

from ..clock import utcnow
from ..extensions import db
from ..models import Catalog, Plugin, PluginVersion
from ..uow import read_at_once
from .paging import page_of

# More than these are asked for as all: engines bound the parameters of one statement.
MAX_NAMES: Final = 500


def next_revision() -> int:
    """Raise the revision. Called in every transaction that changes what lists show, after its first write."""
    statement = update(Catalog).values(revision=Catalog.revision + 1).returning(Catalog.revision)
    return int(db.session.execute(statement).scalar_one())


def touch(plugin: Plugin) -> None:
    """`plugin` changed: lists must show it anew."""
    plugin.updated_at = utcnow()
    plugin.revision = next_revision()


def revision() -> int:
    """The revision now."""
    return int(db.session.execute(select(Catalog.revision)).scalar_one())


def changed_since(known: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Rows of `plugins` that changed after revision `known`; attributes are named as the columns are."""
    table = Plugin.__table__
    return db.session.execute(select(table).where(table.c.revision > known)).all()


def names() -> Sequence[str]:
    """The names of all plugins, in list order: by name, ignoring case."""
    return db.session.execute(select(Plugin.name).order_by(Plugin.name_key)).scalars().all()


def count() -> int:
    """How many plugins there are."""
    return int(db.session.execute(select(func.count()).select_from(Plugin)).scalar_one())


def download_totals(names: Sequence[str] | None = None) -> dict[str, int]:
    """Downloads by plugin name, of these plugins (None: of all) that have any."""
    query = select(PluginVersion.plugin_name, func.sum(PluginVersion.download_count))
    if names is not None and len(names) <= MAX_NAMES:
        query = query.where(PluginVersion.plugin_name.in_(names))
    rows = db.session.execute(query.where(PluginVersion.download_count > 0).group_by(PluginVersion.plugin_name))
    return {name: int(total) for name, total in rows}


def counts(name: str, engine: Engine) -> Sequence[Row[Any]]:
    """Of a plugin by name, ignoring case: `id` and `revision`, and each version's `download_count`, highest first."""
    return read_at_once(engine, _COUNTS, {"key": name.lower()})


def page(search: str | None, page_number: int | None, limit: int | None) -> tuple[int, Sequence[Plugin]]:
    """How many plugins match `search` (in name, display name or description), and one page of them."""
    query = select(Plugin).order_by(Plugin.name_key)
    if search:
        columns = (Plugin.name, Plugin.display_name, Plugin.description)
        query = query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    return page_of(query, page_number, limit)


# Of tables, not of mapped classes, and made once: building such a query costs more than running it.
_PLUGIN: Final = Plugin.__table__
_VERSION: Final = PluginVersion.__table__
_COUNTS: Final = (
    select(_PLUGIN.c.id, _PLUGIN.c.revision, _VERSION.c.download_count)
    .join_from(_PLUGIN, _VERSION, _VERSION.c.plugin_name == _PLUGIN.c.name)
    .where(_PLUGIN.c.name_key == bindparam("key"))
    .order_by(_VERSION.c.precedence.desc())
)
