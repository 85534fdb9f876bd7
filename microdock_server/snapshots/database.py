"""A consistent view of the database while the server goes on writing: the blobs it refers to, and a copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, Select, column, func, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from .. import file_modes
from . import postgresql, unsaved
from .manifest import Blob
from .problems import SnapshotProblem

PAGES_AT_ONCE: Final = 4096
VERSION_TABLE: Final = "alembic_version"


class View(Protocol):
    """The database as it was at one moment."""

    @property
    def kind(self) -> str:
        """The engine's name in manifests."""
        ...

    @property
    def connection(self) -> Connection:
        """Within a transaction that sees this moment."""
        ...

    def copy(self, target: Path) -> None:
        """Write this view to `target`, complete (but for what no snapshot contains) and synced."""
        ...


@dataclass(frozen=True, slots=True)
class SQLiteView:
    """A read transaction: in WAL mode it blocks no writer."""

    connection: Connection
    kind: str = "sqlite"

    def copy(self, target: Path) -> None:
        """See View. Our own transaction is the source, so that other writers cannot make the copy start over."""
        source = self.connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        file_modes.make_file(target)
        copy = sqlite3.connect(target, isolation_level=None)
        try:
            # Nothing reads it before it is complete.
            copy.execute("PRAGMA synchronous=OFF")
            source.backup(copy, pages=PAGES_AT_ONCE, sleep=0)
            copy.execute("PRAGMA journal_mode=DELETE")
            unsaved.remove(copy)
        finally:
            copy.close()


@contextmanager
def view(engine: Engine) -> Iterator[View]:
    """A view that is fixed on entry, for as long as the context lasts."""
    try:
        if engine.dialect.name == "postgresql":
            with postgresql.view(engine) as found:
                yield found
            return
        with engine.connect() as connection:
            # The transaction begins with its first read.
            inspect(connection).get_table_names()
            yield SQLiteView(connection)
    except SQLAlchemyError as reason:
        raise SnapshotProblem(f"the database cannot be read: {type(reason).__name__}") from reason


def named(connection: Connection) -> dict[str, Blob]:
    """Every blob that a row of any table refers to, by key."""
    found: dict[str, Blob] = {}
    for name in owners(connection):
        wanted: Select[str, int, str] = select(column("storage_key"), column("file_size"), column("file_hash"))
        rows = connection.execute(wanted.select_from(table(name)))
        found |= {key: Blob(key, size, digest) for key, size, digest in rows}
    return found


def owners(connection: Connection) -> list[str]:
    """The tables whose rows refer to blobs."""
    known = inspect(connection)
    return [
        name for name in tables(connection) if any(part["name"] == "storage_key" for part in known.get_columns(name))
    ]


def counts(connection: Connection) -> dict[str, int]:
    """How many rows of each table a snapshot has."""
    counted = select(func.count())
    return {
        name: 0 if name in unsaved.TABLES else connection.execute(counted.select_from(table(name))).scalar_one()
        for name in tables(connection)
        if name != VERSION_TABLE
    }


def revision(connection: Connection) -> str:
    """The database's migration; empty before the first."""
    if VERSION_TABLE not in tables(connection):
        return ""
    return connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar() or ""


def tables(connection: Connection) -> list[str]:
    """The tables that exist in the database: an older snapshot has others than our models.

    Tables of the search index are left out: it is derived, and rebuilt after a restore.
    """
    return [name for name in sorted(inspect(connection).get_table_names()) if not name.startswith("plugin_search")]
