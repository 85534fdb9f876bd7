"""What stands in no snapshot, although it is in the database: secrets whose point is that they are forgotten.

Hosts' ids are hashed with a salt that is deleted when its week is over (see services/releases/actives.py). Archives are
kept for longer, so they are made without it. A restored server makes a new salt for the running week; what was counted
with the old one is dropped, or every host would be counted twice.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy import ColumnClause, Connection, column, delete, inspect, table

from ..clock import iso_week, utcnow

TABLES: Final = ("active_salts",)
_COUNTS: Final = "active_sketches"


def remove(copy: sqlite3.Connection) -> None:
    """Empty the tables in a copy that nobody else reads, leaving nothing of them in unused parts of the file."""
    copy.execute("PRAGMA journal_mode=MEMORY")
    copy.execute("PRAGMA secure_delete=ON")
    there = {name for [name] in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for name in TABLES:
        if name in there:
            copy.execute(f"DELETE FROM {name}")  # noqa: S608  (our own names)


def settle(connection: Connection) -> None:
    """After a restore: drop what depends on what the snapshot did not have."""
    if inspect(connection).has_table(_COUNTS):
        week: ColumnClause[str] = column("week")
        connection.execute(delete(table(_COUNTS, week)).where(week >= iso_week(utcnow())))
