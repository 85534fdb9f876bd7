"""Current versions that an earlier version of the program chose, by a rule that knows nothing of releases.

While a cluster is upgraded node by node, nodes of the version before go on writing: what they make the current version
may be yanked, blocked, or above the recommended one. Nodes of this version look at what changed, and choose it anew.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from ...clock import utcnow
from ...database.session import db, table_of
from ...database.unit_of_work import unit_of_work
from ...models import Plugin, PluginVersion
from ...vocabulary import PluginStatus
from .. import catalog, plugins
from ..releases import decision, lines
from ..releases.decision import Line

# Plugins that are looked at together.
AT_ONCE: Final = 200

_PLUGIN: Final = table_of(Plugin)
_VERSION: Final = table_of(PluginVersion)
_CHANGED: Final = (
    select(*_PLUGIN.c["name", "name_key", "current_version", "revision"])
    .where(_PLUGIN.c.revision > bindparam("known"), _PLUGIN.c.status == PluginStatus.PUBLISHED.value)
    .order_by(_PLUGIN.c.revision)
    .limit(AT_ONCE)
)
_REFUSED: Final = select(*_VERSION.c["version", "is_blocked"]).where(_VERSION.c.plugin_name == bindparam("name"))


def mend(known: int) -> int:
    """Look at plugins that changed after revision `known` of the catalogue, and choose current versions anew that are
    not what the decision says; returns the revision up to which all are looked at. Opens its own units.
    """
    with unit_of_work(writing=False):
        rows = db.session.execute(_CHANGED, {"known": known}).all()
        found = lines.load([row.name_key for row in rows]) if rows else {}
        wrong = [row.name for row in rows if row.name_key in found and _is_wrong(row, found[row.name_key])]
    if wrong:
        with unit_of_work():
            for plugin in plugins.named(wrong).values():
                plugins.show_current(plugin)
                catalog.touch(plugin)
    return int(rows[-1].revision) if rows else known


def _is_wrong(row: Row[Any], line: Line) -> bool:
    now = utcnow()
    if str(decision.current(line, now).version) != row.current_version:
        return True
    if not line.blocks:
        return False
    noted = {one.version: one.is_blocked for one in db.session.execute(_REFUSED, {"name": row.name})}
    return any(noted[str(one.version)] != decision.is_refused(one, line, now) for one in line.releases)
