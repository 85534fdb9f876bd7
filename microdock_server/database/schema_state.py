"""How far the database is migrated, as this program sees it.

A cluster is upgraded node by node: the first node of the new version migrates the database, and those of the version
before go on with it. They are told by its revision, which none of their own migrations has, that it is ahead of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Connection

from .session import db

log = logging.getLogger(__name__)

LATER: Final = (
    "the database was migrated by a later version of this program (revision %s, which is not among the migrations here)"
)


class SchemaState(Enum):
    """Where the database stands."""

    # Migrations of ours are still to be run.
    BEHIND = auto()
    CURRENT = auto()
    # A later version has run migrations that are not ours. It promises that we can go on reading and writing.
    AHEAD = auto()

    @property
    def is_usable(self) -> bool:
        """Can this program work on it?"""
        return self is not SchemaState.BEHIND


@dataclass(frozen=True, slots=True)
class Revisions:
    """The revisions of a database (none where it has no tables) beside those of this program's migrations."""

    current: frozenset[str]
    wanted: frozenset[str]
    known: frozenset[str]

    @property
    def unknown(self) -> frozenset[str]:
        """The database's revisions that none of our migrations has."""
        return self.current - self.known

    @property
    def state(self) -> SchemaState:
        """Where the database stands."""
        if self.current == self.wanted:
            return SchemaState.CURRENT
        # Migrations are numbered: a number of ours that is gone is nothing that a later version could have made.
        is_later = any(revision > max(self.wanted) for revision in self.unknown)
        return SchemaState.AHEAD if is_later else SchemaState.BEHIND


def revisions_of(connection: Connection) -> Revisions:
    """What the database says of itself, and what this program's migrations are now.

    Those are read anew: after an upgrade that cannot be taken back the checkout knows the schema that this one goes on
    with.
    """
    scripts = ScriptDirectory(current_app.extensions["migrate"].directory)
    return Revisions(
        current=frozenset(MigrationContext.configure(connection).get_current_heads()),
        wanted=frozenset(scripts.get_heads()),
        known=frozenset(script.revision for script in scripts.walk_revisions()),
    )


def schema_state() -> SchemaState:
    """Where the database stands. Raises SQLAlchemyError where it does not answer."""
    return _revisions().state


def state_at_start() -> SchemaState:
    """Where the database stands, for a program that starts: it says so in its log where that is ahead."""
    found = _revisions()
    if found.state is SchemaState.AHEAD:
        log.warning(f"{LATER}: it is used as it is", listed(found.unknown))
    return found.state


def unknown_revisions(connection: Connection) -> str:
    """The revisions of the database that none of our migrations has."""
    return listed(revisions_of(connection).unknown)


def listed(revisions: Iterable[str]) -> str:
    """Revisions as a text says them."""
    return ", ".join(sorted(revisions))


def _revisions() -> Revisions:
    with db.engine.connect() as connection:
        return revisions_of(connection)
