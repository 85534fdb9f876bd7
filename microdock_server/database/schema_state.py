"""The migration state of the database, compared with this program's migrations.

A cluster is upgraded node by node: the first node of the new version migrates the database, and nodes of the previous
version go on using it. They recognize a database that is ahead of them by its revision, which none of their migrations
has.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy import Connection, inspect, text

from .migration_files import migration_files
from .session import db, migrations

log = logging.getLogger(__name__)

# Alembic keeps the database's revision here.
VERSION_TABLE: Final = "alembic_version"
LATER: Final = (
    "the database was migrated by a later version of this program (revision %s, which is not among the migrations here)"
)


class SchemaState(Enum):
    """Where the database stands."""

    # Some of our migrations have not been run.
    BEHIND = auto()
    CURRENT = auto()
    # A later version has run migrations that are not ours. It promises that we can go on reading and writing.
    AHEAD = auto()

    @property
    def is_usable(self) -> bool:
        """Can this program use it?"""
        return self is not SchemaState.BEHIND


@dataclass(frozen=True, slots=True)
class Revisions:
    """The database's revisions (none if it has no tables) and those of this program's migrations."""

    current: frozenset[str]
    wanted: frozenset[str]
    known: frozenset[str]

    @property
    def unknown(self) -> frozenset[str]:
        """Revisions of the database that none of our migrations has."""
        return self.current - self.known

    @property
    def state(self) -> SchemaState:
        """The state of the database."""
        if self.current == self.wanted:
            return SchemaState.CURRENT
        # Migrations are numbered: an unknown number within our range cannot come from a later version.
        is_later = any(revision > max(self.wanted) for revision in self.unknown)
        return SchemaState.AHEAD if is_later else SchemaState.BEHIND


def revisions_of(connection: Connection) -> Revisions:
    """The revisions of the database, and those of this program's migrations.

    Migrations are read anew each time: after an upgrade that cannot be reverted, the checkout knows the schema that
    this process goes on using.
    """
    files = migration_files(migrations())
    return Revisions(current=_current(connection), wanted=files.heads, known=files.known)


def _current(connection: Connection) -> frozenset[str]:
    if not inspect(connection).has_table(VERSION_TABLE):
        return frozenset()
    return frozenset(connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608  (our name)


def schema_state() -> SchemaState:
    """The state of the database. Raises SQLAlchemyError if it does not answer."""
    return _revisions().state


def state_at_start() -> SchemaState:
    """The state of the database, for a starting program; logged if the database is ahead."""
    found = _revisions()
    if found.state is SchemaState.AHEAD:
        log.warning(f"{LATER}: it is used as it is", listed(found.unknown))
    return found.state


def unknown_revisions(connection: Connection) -> str:
    """Revisions of the database that none of our migrations has."""
    return listed(revisions_of(connection).unknown)


def listed(revisions: Iterable[str]) -> str:
    """Revisions as text."""
    return ", ".join(sorted(revisions))


def _revisions() -> Revisions:
    with db.engine.connect() as connection:
        return revisions_of(connection)
