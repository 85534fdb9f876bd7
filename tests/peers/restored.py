"""A PostgreSQL database that becomes again what it was copied from, which costs less than another copy.

Tables that no test wrote to have no pages, and are not touched. What a test did to the schema is not undone: such a
database is not used again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import sql

from . import connections

# As long a table is emptied by DELETE. TRUNCATE makes new files, also for every index.
SMALL: Final = 128 << 10
ENDS_MS: Final = 10_000
# All that is ours in the catalogs, but for what VACUUM, ANALYZE and TRUNCATE write there.
SCHEMA: Final = """
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
  SELECT concat_ws(',', 'r', oid, relname, relnamespace, relkind, reloptions, relreplident, relrowsecurity)
    FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT a::text FROM pg_attribute a WHERE attrelid >= 16384
  UNION ALL SELECT d::text FROM pg_attrdef d
  UNION ALL SELECT c::text FROM pg_constraint c WHERE oid >= 16384
  UNION ALL SELECT i::text FROM pg_index i WHERE indexrelid >= 16384
  UNION ALL SELECT t::text FROM pg_trigger t
  UNION ALL SELECT e::text FROM pg_event_trigger e
  UNION ALL SELECT p::text FROM pg_proc p WHERE oid >= 16384
  UNION ALL SELECT t::text FROM pg_type t WHERE oid >= 16384
  UNION ALL SELECT n::text FROM pg_namespace n WHERE nspname !~ '^pg_(toast_)?temp'
  UNION ALL SELECT e::text FROM pg_extension e
  UNION ALL SELECT s::text FROM pg_sequence s
  UNION ALL SELECT concat_ws(',', 'db', setrole, setconfig) FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS lines(line)
"""
TABLES: Final = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
WRITTEN: Final = """
SELECT relname, size FROM (
  SELECT relname, pg_relation_size(oid) AS size FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
) AS tables WHERE size > 0
"""
COLUMNS: Final = """
SELECT attname FROM pg_attribute
  WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
SEQUENCES: Final = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
ALONE: Final = """
SELECT coalesce(bool_and(pg_terminate_backend(pid, %s)), true) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL (%s)
"""
Conninfo = Callable[[str], str]


class Original:
    """What a template has, as statements that bring it back."""

    def __init__(self, conninfo: str) -> None:
        with psycopg.connect(conninfo) as connection:
            self.schema = schema(connection)
            self.rows = {name: found for name in _names(connection, TABLES) if (found := _rows(connection, name))}
            self.sequences = sql.SQL("; ").join(_sequence(connection, name) for name in _names(connection, SEQUENCES))


class Restored:
    """A database that is a copy of `template`, and may be one again."""

    def __init__(self, name: str, template: str, conninfo: Conninfo) -> None:
        self.name, self.template, self._conninfo = name, template, conninfo
        # Kept: to read the catalogs anew takes longer than to restore.
        self._connection: psycopg.Connection[Any] | None = None

    def is_left_alone(self) -> bool:
        """End whoever is connected to it still; is nobody there any more?"""
        if self._connection is None:
            self._connection = psycopg.connect(self._conninfo(self.name), autocommit=True)
        row = self._connection.execute(ALONE, (ENDS_MS, connections.pids(self.name))).fetchone()
        return row is not None and bool(row[0])

    def restore(self) -> bool:
        """Let all rows and counters be the template's; False where its schema is another by now."""
        original = _original(self._conninfo(self.template))
        assert self._connection is not None
        with self._connection.transaction():
            if schema(self._connection) != original.schema:
                return False
            # As a replica does: without triggers, references unchecked.
            self._connection.execute("SET LOCAL session_replication_role = replica")
            _empty(self._connection)
            self._connection.execute(sql.SQL("; ").join([*original.rows.values(), original.sequences]))
        return True

    def leave(self) -> None:
        """Close the connections to it that are kept: it is dropped, or copied."""
        connections.end(self.name)
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@lru_cache(maxsize=8)
def _original(conninfo: str) -> Original:
    return Original(conninfo)


def schema(connection: psycopg.Connection[Any]) -> str:
    """A digest of everything but rows."""
    row = connection.execute(SCHEMA.encode()).fetchone()
    assert row is not None
    return str(row[0])


def _names(connection: psycopg.Connection[Any], query: str) -> list[str]:
    return [name for (name,) in connection.execute(query.encode())]


def _empty(connection: psycopg.Connection[Any]) -> None:
    written = connection.execute(WRITTEN.encode()).fetchall()
    large = [sql.Identifier(name) for name, size in written if size > SMALL]
    acts: list[sql.Composable] = []
    if large:
        acts.append(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(large)))
    acts += [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name, size in written if size <= SMALL]
    connection.execute(sql.SQL("; ").join(acts))


def _rows(connection: psycopg.Connection[Any], table: str) -> sql.Composable | None:
    """The statement that writes the table's rows; None where it has none."""
    name = sql.Identifier(table)
    found = [row for (row,) in connection.execute(sql.SQL("SELECT to_jsonb(t) FROM {} AS t").format(name))]
    if not found:
        return None
    names = [sql.Identifier(column) for (column,) in connection.execute(COLUMNS, (f'"{table}"',))]
    return sql.SQL(
        "INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM jsonb_populate_recordset(NULL::{0}, {2})"
    ).format(name, sql.SQL(", ").join(names), sql.Literal(json.dumps(found)))


def _sequence(connection: psycopg.Connection[Any], name: str) -> sql.Composable:
    identifier = sql.Identifier(name)
    row = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(identifier)).fetchone()
    assert row is not None
    return sql.SQL("SELECT setval({}, {}, {})").format(sql.Literal(f'public."{name}"'), *map(sql.Literal, row))
