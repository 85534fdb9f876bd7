"""The rows that counts of hosts are kept in (see actives.py): merged, read, and deleted when they are old."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, delete, func, insert, select, update

from ...clock import iso_week, utcnow
from ...database.session import db, table_of
from ...database.unit_of_work import unit_of_work
from ...models import ActiveSalt, ActiveSketch, Plugin, PluginVersion
from .sketch import Sketch

WEEKS_KEPT: Final = 12
# Rows that are merged, and deleted, in one unit of work: others must not wait long for the write lock.
AT_ONCE: Final = 200
DELETED_AT_ONCE: Final = 2000

# Plugin (as the catalogue writes it) and version.
VersionKey = tuple[str, str]

_SALTS: Final = table_of(ActiveSalt)
_SKETCHES: Final = table_of(ActiveSketch)
_VERSIONS: Final = table_of(PluginVersion)
# The parameters of a row to write.
_OF: Final[Mapping[str, Any]] = {"plugin_name": bindparam("of_plugin"), "version": bindparam("of_version")}
_MERGED: Final[Any] = bindparam("merged")
_ESTIMATE: Final[Any] = bindparam("about")


def merge(week: str, sketches: dict[VersionKey, Sketch]) -> int:
    """Merge into the week's rows, in units of its own; returns how many rows were written.

    What was merged is taken out of `sketches`. A version that is not in the catalogue (any more) gets no row.
    """
    written = 0
    for some in _parts(sorted(sketches)):
        written += _merge(week, {one: sketches[one] for one in some})
        for one in some:
            del sketches[one]
    return written


def forget_salts(week: str) -> int:
    """Delete the salts of weeks before this one, also from the file's unused space; returns how many there were."""
    old = _SALTS.c.week < week
    with unit_of_work(writing=False):
        if db.session.execute(select(_SALTS.c.week).where(old).limit(1)).first() is None:
            return 0
    with unit_of_work():
        connection = db.session.connection()
        if connection.dialect.name != "sqlite":
            return int(connection.execute(delete(_SALTS).where(old)).rowcount)
        before = connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
        try:
            return int(connection.execute(delete(_SALTS).where(old)).rowcount)
        finally:
            connection.exec_driver_sql(f"PRAGMA secure_delete={before}")


def prune(is_over: Callable[[], bool] = lambda: False) -> int:
    """Delete the sketches of all weeks but the newest twelve that have any; returns how many rows these were.

    By what is there, not by the clock, which may be wrong for a moment. May be left at any time.
    """
    with unit_of_work(writing=False):
        oldest = _oldest_kept()
    deleted = 0
    while oldest is not None and not is_over():
        with unit_of_work():
            gone = _delete_some(oldest)
        if not gone:
            break
        deleted += gone
    return deleted


def _delete_some(before: str) -> int:
    """Delete some rows of the oldest week before this one; returns how many."""
    of_week = _SKETCHES.c.week == select(func.min(_SKETCHES.c.week)).scalar_subquery()
    is_old = and_(of_week, _SKETCHES.c.week < before)
    name = _SKETCHES.c.plugin_name
    last = db.session.scalar(select(name).where(is_old).order_by(name).offset(DELETED_AT_ONCE - 1).limit(1))
    old = is_old if last is None else and_(is_old, name <= last)
    return int(db.session.connection().execute(delete(_SKETCHES).where(old)).rowcount)


def by_version(name: str, now: datetime | None = None) -> dict[str, int]:
    """About how many hosts use each version of this plugin, of those that were counted: the larger of this week's
    number so far and last week's.
    """
    best: dict[str, int] = {}
    for row in _read([name], _shown_weeks(now)):
        best[row.version] = max(best.get(row.version, 0), Sketch.read(row.registers).estimate())
    return best


def of_versions(name: str, versions: Collection[str], now: datetime | None = None) -> int | None:
    """About how many hosts use one of these versions of the plugin, counted as by_version does; a host that went from
    one to another in a week is one host. None where no host with any version of the plugin was counted.
    """
    together: dict[str, Sketch] = {}
    for row in _read([name], _shown_weeks(now)):
        sketch = together.setdefault(row.week, Sketch())
        if row.version in versions:
            sketch.merge(Sketch.read(row.registers))
    return max((sketch.estimate() for sketch in together.values()), default=None)


def by_plugin(names: Collection[str], now: datetime | None = None) -> dict[str, int]:
    """The same of whole plugins. A host that went from one version to another in a week is one host."""
    together: dict[tuple[str, str], Sketch] = {}
    for row in _read(names, _shown_weeks(now)):
        together.setdefault((row.plugin_name, row.week), Sketch()).merge(Sketch.read(row.registers))
    best: dict[str, int] = {}
    for (name, _week), sketch in together.items():
        best[name] = max(best.get(name, 0), sketch.estimate())
    return best


def top(count: int, now: datetime | None = None) -> Sequence[tuple[Plugin, str, int]]:
    """The versions that most hosts use, of plugins in the catalogue: about how many, as by_version says."""
    best: dict[VersionKey, int] = {}
    found: dict[str, Plugin] = {}
    for week in _shown_weeks(now):
        largest = (
            select(Plugin, _SKETCHES.c.version, _SKETCHES.c.estimate)
            .join(_SKETCHES, _SKETCHES.c.plugin_name == Plugin.name)
            .where(_SKETCHES.c.week == week, _SKETCHES.c.estimate > 0)
            .order_by(_SKETCHES.c.estimate.desc(), _SKETCHES.c.plugin_name, _SKETCHES.c.version)
            .limit(count)
        )
        for plugin, version, estimate in db.session.execute(largest):
            found[plugin.name] = plugin
            best[plugin.name, version] = max(best.get((plugin.name, version), 0), int(estimate))
    most = sorted(best.items(), key=lambda row: (-row[1], row[0]))[:count]
    return [(found[name], version, estimate) for (name, version), estimate in most]


def _shown_weeks(now: datetime | None) -> Sequence[str]:
    moment = now or utcnow()
    return iso_week(moment), iso_week(moment - timedelta(weeks=1))


def _read(names: Collection[str], weeks: Sequence[str]) -> Iterator[Row[Any]]:
    for some in _parts(sorted(names)):
        yield from db.session.execute(
            select(_SKETCHES).where(_SKETCHES.c.week.in_(weeks), _SKETCHES.c.plugin_name.in_(some))
        )


def _oldest_kept() -> str | None:
    """The oldest week to keep; None where there are no more than are kept."""
    newest = func.max(_SKETCHES.c.week)
    week: str | None = db.session.scalar(select(newest))
    for _ in range(WEEKS_KEPT - 1):
        if week is None:
            return None
        week = db.session.scalar(select(newest).where(_SKETCHES.c.week < week))
    return week


def _merge(week: str, sketches: Mapping[VersionKey, Sketch]) -> int:
    with unit_of_work(writing=False):
        changed = {(row["of_plugin"], row["of_version"]) for _, row in _changes(week, sketches)}
    if not changed:
        # Nobody waits for a write lock where hosts only asked again.
        return 0
    with unit_of_work():
        changes = _changes(week, {one: sketches[one] for one in changed})
        _write(week, [row for is_new, row in changes if is_new], [row for is_new, row in changes if not is_new])
    return len(changes)


def _write(week: str, fresh: Sequence[dict[str, Any]], known: Sequence[dict[str, Any]]) -> None:
    connection = db.session.connection()
    if fresh:
        connection.execute(insert(_SKETCHES).values(week=week, registers=_MERGED, estimate=_ESTIMATE, **_OF), fresh)
    if known:
        same = (_SKETCHES.c[name] == value for name, value in _OF.items())
        changed = update(_SKETCHES).where(_SKETCHES.c.week == week, *same)
        connection.execute(changed.values(registers=_MERGED, estimate=_ESTIMATE), known)


def _changes(week: str, sketches: Mapping[VersionKey, Sketch]) -> list[tuple[bool, dict[str, Any]]]:
    """The rows that would change, and whether they are new."""
    names = sorted({name for name, _ in sketches})
    stored = {(row.plugin_name, row.version): row.registers for row in _read(names, [week])}
    changes = []
    # By name alone: of pairs that are listed, SQLite looks at every row of the table.
    key = _VERSIONS.c["plugin_name", "version"]
    for name, version in db.session.execute(select(*key).where(_VERSIONS.c.plugin_name.in_(names))):
        sketch, before = sketches.get((name, version)), stored.get((name, version))
        if sketch is not None:
            merged = Sketch.read(before) if before is not None else Sketch()
            merged.merge(sketch)
            if bytes(merged) != before:
                values = {"merged": bytes(merged), "about": merged.estimate()}
                change = {"of_plugin": name, "of_version": version, **values}
                changes.append((before is None, change))
    return changes


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
