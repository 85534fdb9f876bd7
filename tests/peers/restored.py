"""A PostgreSQL database that becomes again what it was copied from, which costs less than another copy.

Tables that no test wrote to have no pages, and are not touched. What a test did to the schema is not undone: such a
database is not used again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import sql

from . import connections

# As long a table is emptied by DELETE. TRUNCATE makes new files, also for every index.
SMALL: Final = 128 << 10
ENDS_MS: Final = 10_000
# The catalogs of a schema, each with what is ours in it. (Of the temporary schemas PostgreSQL keeps the empty ones.)
CATALOGS: Final = {
    "pg_attrdef": "true",
    "pg_attribute": "attrelid >= 16384",
    "pg_collation": "oid >= 16384",
    "pg_constraint": "oid >= 16384",
    "pg_enum": "true",
    "pg_event_trigger": "true",
    "pg_extension": "true",
    "pg_index": "indexrelid >= 16384",
    "pg_inherits": "true",
    "pg_namespace": "nspname !~ '^pg_(toast_)?temp'",
    "pg_policy": "true",
    "pg_proc": "oid >= 16384",
    "pg_rewrite": "oid >= 16384",
    "pg_sequence": "true",
    "pg_trigger": "true",
    "pg_type": "oid >= 16384",
}
# Whatever is added or changed after a database was copied is of a transaction younger than all in the copy, so the
# greatest number says it; whatever goes is missing in the count. VACUUM and ANALYZE leave both. Only pg_class is also
# written by TRUNCATE: of it, the text of all else. Settings are in a catalog that all databases share.
SCHEMA: Final = """
SELECT concat_ws(' ', {}, (
  SELECT md5(string_agg(concat_ws(',', oid, relname, relnamespace, relkind, relam, relowner, reloptions, relacl,
    relhasrules, relreplident, relrowsecurity, relforcerowsecurity), ' ' ORDER BY oid)) FROM pg_class WHERE oid >= 16384
), (
  SELECT string_agg(concat_ws(',', setrole, setconfig), ' ' ORDER BY setrole) FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
))
""".format(
    ", ".join(
        f"(SELECT concat(count(*), '/', max(xmin::text::bigint)) FROM {name} WHERE {ours})"
        for name, ours in CATALOGS.items()
    )
)
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
    """What tells the schema from any that it becomes by a change: everything but rows is in it."""
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
    found = [row for (row,) in connection.execute(sql.SQL("SELECT to_json(t)::text FROM {} AS t").format(name))]
    if not found:
        return None
    names = [sql.Identifier(column) for (column,) in connection.execute(COLUMNS, (f'"{table}"',))]
    return sql.SQL(
        "INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM json_populate_recordset(NULL::{0}, {2})"
    ).format(name, sql.SQL(", ").join(names), sql.Literal(f"[{','.join(found)}]"))


def _sequence(connection: psycopg.Connection[Any], name: str) -> sql.Composable:
    identifier = sql.Identifier(name)
    row = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(identifier)).fetchone()
    assert row is not None
    return sql.SQL("SELECT setval({}, {}, {})").format(sql.Literal(f'public."{name}"'), *map(sql.Literal, row))
