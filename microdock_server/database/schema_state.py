"""How far the database is migrated, as this program sees it.

A cluster is upgraded node by node: the first node of the new version migrates the database, and those of the version
before go on with it. They are told by its revision, which none of their own migrations has, that it is ahead of them.
"""

from __future__ import annotations

import logging
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


def schema_state() -> SchemaState:
    """Where the database stands. Raises SQLAlchemyError where it does not answer."""
    with db.engine.connect() as connection:
        current = _revisions(connection)
    # Read anew: after an upgrade that cannot be taken back the checkout knows the schema that this one goes on with.
    scripts = _scripts()
    if current == set(scripts.get_heads()):
        return SchemaState.CURRENT
    # Migrations are numbered: a number of ours that is gone is nothing that a later version could have made.
    later = [revision for revision in current - _known(scripts) if revision > max(scripts.get_heads())]
    return SchemaState.AHEAD if later else SchemaState.BEHIND


def state_at_start() -> SchemaState:
    """Where the database stands, for a program that starts: it says so in its log where that is ahead."""
    found = schema_state()
    if found is SchemaState.AHEAD:
        with db.engine.connect() as connection:
            log.warning(f"{LATER}: it is used as it is", unknown_revisions(connection))
    return found


def unknown_revisions(connection: Connection) -> str:
    """The revisions of the database that none of our migrations has."""
    return ", ".join(sorted(_revisions(connection) - _known(_scripts())))


def _revisions(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(current_app.extensions["migrate"].directory)


def _known(scripts: ScriptDirectory) -> set[str]:
    return {script.revision for script in scripts.walk_revisions()}
