"""Which published plugins need another one, kept in the process and brought up to date by what changed only."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Text, and_, cast, select

from ...caching import LoadingCache
from ...database.session import db, table_of
from ...models import Plugin, PluginVersion
from ...vocabulary import PluginStatus
from . import revision_cache
from .since import Changes

_PLUGIN: Final = table_of(Plugin)
_VERSION: Final = table_of(PluginVersion)
_CURRENT: Final = and_(
    _VERSION.c.plugin_name == _PLUGIN.c.name,
    _VERSION.c.version == _PLUGIN.c.current_version,
)
_COLUMNS: Final = (*_PLUGIN.c["number", "name", "name_key", "display_name", "status"], _VERSION.c.dependencies)
_ROWS: Final = select(*_COLUMNS).join_from(_PLUGIN, _VERSION, _CURRENT)
_EVERY: Final = _ROWS.where(
    _PLUGIN.c.status == PluginStatus.PUBLISHED.value,
    cast(_VERSION.c.dependencies, Text) != "{}",
)


@dataclass(frozen=True, slots=True)
class Dependent:
    """A published plugin whose current version needs another one."""

    name: str
    title: str


class Dependents:
    """Of one database. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes = Changes(_ROWS)
        # By the needed plugin's name in lower case, and by the needing plugin's number.
        self._needing: defaultdict[str, dict[int, Dependent]] = defaultdict(dict)
        self._needs: dict[int, tuple[str, ...]] = {}

    def of(self, name: str) -> Sequence[Dependent]:
        """Who needs the plugin of this name, ignoring case, in the order of their names."""
        with self._lock:
            if revision_cache.current() != self._changes.revision:
                self._refresh()
            found = self._needing.get(name.lower(), {})
            return sorted(found.values(), key=lambda one: one.name.lower())

    def _refresh(self) -> None:
        seen, changed = self._changes.read()
        if changed is None:
            # Read first: what is known stays whole if that fails.
            changed = db.session.execute(_EVERY).all()
            self._needing.clear()
            self._needs.clear()
        for row in changed:
            self._take(row)
        self._changes.took(seen)

    def _take(self, row: Row[Any]) -> None:
        for needed in self._needs.pop(row.number, ()):
            self._needing[needed].pop(row.number, None)
            if not self._needing[needed]:
                del self._needing[needed]
        if row.status != PluginStatus.PUBLISHED:
            return
        needs = tuple({needed.lower() for needed in row.dependencies} - {row.name_key})
        if needs:
            self._needs[row.number] = needs
            for needed in needs:
                self._needing[needed][row.number] = Dependent(row.name, row.display_name)


_of_databases: Final[LoadingCache[str, Dependents]] = LoadingCache(4)


def of(name: str) -> Sequence[Dependent]:
    """The published plugins whose current versions need the plugin of this name; within a unit of work."""
    return _of_databases.load(str(db.engine.url), Dependents).of(name)
