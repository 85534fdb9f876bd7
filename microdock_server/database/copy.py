"""Copies an installation's rows from SQLite to PostgreSQL: all of them, compared row by row, or none.

Everything happens in one transaction of the new database: if interrupted, it is as empty as before, and the copy can be
started again. Files stay where they are; rows refer to them as before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import URL, Column, Connection, Engine, Table, func, inspect, select, text
from sqlalchemy.exc import DataError

from . import engines
from .session import db

BATCH: Final = 1000
# Settings that belong to the engine: the search index is rebuilt when the server starts.
NOT_COPIED: Final = {"settings": {"search.version"}}
# Rows that a migration itself inserts into a new database.
SEEDED: Final = {"catalog": 1}

Told = Callable[[str, int], None]


class CopyRefused(Exception):
    """The copy is impossible, or differs from the source; the message says why. Nothing was changed."""


@dataclass(slots=True)
class _Tally:
    """The number of rows seen, and a hash over all of them."""

    rows: int = 0
    digest: Any = None

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()

    def watch(self, rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
        for row in rows:
            values = dict(row._mapping)
            self.rows += 1
            self.digest.update(json.dumps(values, sort_keys=True, default=_as_text, ensure_ascii=True).encode())
            yield values


def copy(source: Engine, target: Engine, told: Told) -> None:
    """Copy every row of `source` (SQLite) to `target` (PostgreSQL), whose schema exists and is empty, and compare.

    `told` is called with each table's name and number of rows. Raises CopyRefused.
    """
    ensure_engines(source.url, target.url)
    with source.connect() as old, target.begin() as new:
        engines.lock_writing(new)
        _ensure_same_schema(old, new)
        _ensure_empty(new)
        tables = db.metadata.sorted_tables
        for table in tables:
            new.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        for table in tables:
            told(table.name, _copy_table(table, old, new))
        for table in tables:
            new.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))


def _copy_table(table: Table, old: Connection, new: Connection) -> int:
    there = _Tally()
    new.execute(table.delete())
    coming = there.watch(_rows(table, old))
    while rows := list(islice(coming, BATCH)):
        _insert(table, rows, new)
    _refer(table, old, new)
    here = _Tally()
    for _ in here.watch(_rows(table, new)):
        pass
    if (there.rows, there.digest.digest()) != (here.rows, here.digest.digest()):
        raise CopyRefused(f"{table.name}: {there.rows} rows were read and {here.rows} are there, or they differ")
    _advance_sequence(table, old, new)
    return here.rows


def _insert(table: Table, rows: list[dict[str, Any]], new: Connection) -> None:
    own = {column.name: None for column in _own_references(table)}
    try:
        new.execute(table.insert(), [row | own for row in rows])
    except DataError as reason:
        # SQLite stores texts longer than their column, and NUL characters; PostgreSQL does not.
        raise CopyRefused(f"{table.name}: {reason.orig}") from reason


def _refer(table: Table, old: Connection, new: Connection) -> None:
    """Set references to rows of the same table, now that all of them exist."""
    for column in _own_references(table):
        [key] = table.primary_key.columns
        for number, value in old.execute(select(key, column).where(column.is_not(None))):
            new.execute(table.update().where(key == number).values({column.name: value}))


def _own_references(table: Table) -> list[Column[Any]]:
    return [key.parent for key in table.foreign_keys if key.column.table is table]


def _rows(table: Table, connection: Connection) -> Iterable[Any]:
    """Rows ordered by key, which both engines compare bytewise."""
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    excluded = NOT_COPIED.get(table.name)
    if excluded:
        query = query.where(table.c.key.not_in(excluded))
    return connection.execute(query)


def _advance_sequence(table: Table, old: Connection, new: Connection) -> None:
    """Advance a sequence so that no number is given out again, not even one whose row was deleted."""
    column = table.autoincrement_column
    if column is None or not _has_sequence(column, new):
        return
    used = old.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}).scalar()
    last = max(int(used or 0), int(new.execute(select(func.max(column))).scalar() or 0))
    if last:
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        new.execute(sequence, {"table": table.name, "column": column.name, "last": last})


def _has_sequence(column: Column[Any], new: Connection) -> bool:
    found = text("SELECT pg_get_serial_sequence(:table, :column)")
    return new.execute(found, {"table": column.table.name, "column": column.name}).scalar() is not None


def ensure_engines(source: URL, target: URL) -> None:
    """Raise CopyRefused unless the copy is from SQLite to PostgreSQL."""
    if (source.get_backend_name(), target.get_backend_name()) != ("sqlite", "postgresql"):
        raise CopyRefused("rows are copied from sqlite to postgresql")


def _ensure_same_schema(old: Connection, new: Connection) -> None:
    if not inspect(old).has_table("alembic_version"):
        raise CopyRefused("there is no installation in the database to copy from")
    at, wanted = (one.execute(text("SELECT version_num FROM alembic_version")).scalar() for one in (old, new))
    if at != wanted:
        raise CopyRefused(f"the database to copy from is at migration {at}, this program at {wanted}: upgrade it first")


def _ensure_empty(new: Connection) -> None:
    for table in db.metadata.sorted_tables:
        held = new.execute(select(func.count()).select_from(table)).scalar_one()
        if held > SEEDED.get(table.name, 0):
            raise CopyRefused(f"the database to copy to is not empty: {table.name} has {held} rows")


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
