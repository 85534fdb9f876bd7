"""Current versions that an earlier version of the program chose, by a rule that knows nothing of releases.

While a cluster is upgraded node by node, nodes of the version before go on writing: what they make the current version
may be yanked, blocked, or above the recommended one. Nodes of this version look at what changed, and choose it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, or_, select

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
_SHOWN: Final = select(*_PLUGIN.c["name", "name_key", "current_version", "revision"]).where(
    _PLUGIN.c.status == PluginStatus.PUBLISHED.value
)
_CHANGED: Final = _SHOWN.where(_PLUGIN.c.revision > bindparam("known")).order_by(_PLUGIN.c.revision).limit(AT_ONCE)
_NAMED: Final = _SHOWN.where(_PLUGIN.c.name.in_(bindparam("names", expanding=True)))
# Whose current version nobody should be offered, if there is another.
_SUSPECT: Final = (
    select(_PLUGIN.c.name)
    .join(
        _VERSION,
        and_(_VERSION.c.plugin_name == _PLUGIN.c.name, _VERSION.c.version == _PLUGIN.c.current_version),
    )
    .where(
        _PLUGIN.c.status == PluginStatus.PUBLISHED.value,
        or_(_VERSION.c.is_yanked, _VERSION.c.is_blocked, _PLUGIN.c.recommended_version.is_not(None)),
    )
)
_REFUSED: Final = select(*_VERSION.c["plugin_name", "version", "is_blocked"]).where(
    _VERSION.c.plugin_name.in_(bindparam("names", expanding=True))
)


def mend(known: int) -> int:
    """Look at plugins that changed after revision `known` of the catalogue, and choose current versions anew that are
    not what the decision says; returns the revision up to which all are looked at. Opens its own units.
    """
    with unit_of_work(writing=False):
        rows = db.session.execute(_CHANGED, {"known": known}).all()
        wrong = _wrong(rows)
    _choose(wrong)
    return int(rows[-1].revision) if rows else known


def mend_suspects() -> None:
    """The same for plugins that may have been wrong for long. Opens its own units."""
    with unit_of_work(writing=False):
        names = db.session.execute(_SUSPECT).scalars().all()
    for start in range(0, len(names), AT_ONCE):
        with unit_of_work(writing=False):
            wrong = _wrong(db.session.execute(_NAMED, {"names": names[start : start + AT_ONCE]}).all())
        _choose(wrong)


def _choose(names: Sequence[str]) -> None:
    if not names:
        return
    with unit_of_work():
        # Another node may have done it meanwhile.
        wrong = _wrong(db.session.execute(_NAMED, {"names": list(names)}).all())
        for plugin in plugins.named(wrong).values():
            plugins.show_current(plugin)
            catalog.touch(plugin)


def _wrong(rows: Sequence[Row[Any]]) -> list[str]:
    """The names of those that show another version than the decision, or refuse other downloads."""
    found = lines.load([row.name_key for row in rows]) if rows else {}
    blocked = [line.name for line in found.values() if line.blocks]
    noted = {
        (row.plugin_name, row.version): row.is_blocked
        for row in (db.session.execute(_REFUSED, {"names": blocked}) if blocked else ())
    }
    now = utcnow()
    return [
        row.name
        for row in rows
        if (line := found.get(row.name_key)) is not None
        and (
            str(decision.current(line, now).version) != row.current_version
            or (line.blocks and _refuses_others(line, noted, now))
        )
    ]


def _refuses_others(line: Line, noted: Mapping[tuple[str, str], bool], now: datetime) -> bool:
    return any(noted[line.name, str(one.version)] != decision.is_refused(one, line, now) for one in line.releases)
