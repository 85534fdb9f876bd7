"""Counters that continue after a restore, because clients keep ids and tokens given out after the snapshot was made.

If such an id were given out again, it would name something else, and a client that remembers the highest one would miss
new items; a token revoked since would be valid again. So every counter continues far above anything that can have been
given out, in this history or in another one restored from the same snapshot. Only the audit log continues where it
ends: it must have no gaps.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, case, column, inspect, select, table, text, update

from ..clock import iso, utcnow
from ..vocabulary import BLOCK_LIST

# Counting seconds from this time is ahead of counting events, and fits into 32 bits until 2088.
BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
STEP: Final = 1_000_000

_SQLITE_UNUSED: Final = text(
    "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master "
    "WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)"
)
_SQLITE: Final = text("UPDATE sqlite_sequence SET seq = max(seq + :step, :base)")
_POSTGRESQL: Final = text(
    "SELECT setval((quote_ident(schemaname) || '.' || quote_ident(sequencename))::regclass, "
    "greatest(coalesce(last_value, 0) + :step, :base)) FROM pg_sequences WHERE schemaname = current_schema()"
)


def move_on(connection: Connection) -> None:
    """Advance ids beyond any that were given out, revoke all tokens made before now, and renew the list of blocks."""
    base = int((utcnow() - BEGINNING).total_seconds())
    _move_ids(connection, {"step": STEP, "base": base})
    if "token_epoch" in _columns("users", connection):
        epoch: Any = column("token_epoch")
        raised = case((epoch < base, base), else_=epoch + 1)
        connection.execute(update(table("users", epoch)).values(token_epoch=raised))
    _renew_block_list(connection)


def _renew_block_list(connection: Connection) -> None:
    """Give the public list of blocks a higher serial than any since the snapshot, and the present time: it says what
    the restored database does.
    """
    if "value" not in _columns("settings", connection):
        return
    key: Any = column("key")
    value: Any = column("value")
    stored = connection.execute(select(value).select_from(table("settings")).where(key == BLOCK_LIST)).scalar()
    if stored is None:
        return
    said, now = json.loads(stored), utcnow()
    lifetime = datetime.fromisoformat(said["expires_at"]) - datetime.fromisoformat(said["generated_at"])
    said["serial"] = max(said["serial"] + 1, int(now.timestamp()))
    said["generated_at"], said["expires_at"] = iso(now), iso(now + lifetime)
    text_now = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    connection.execute(update(table("settings", key, value)).where(key == BLOCK_LIST).values(value=text_now))


def _move_ids(connection: Connection, by: dict[str, int]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_POSTGRESQL, by)
    elif connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")).first():
        connection.execute(_SQLITE_UNUSED)
        connection.execute(_SQLITE, by)


def _columns(name: str, connection: Connection) -> set[str]:
    known = inspect(connection)
    return {part["name"] for part in known.get_columns(name)} if known.has_table(name) else set()
