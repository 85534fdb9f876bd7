"""Alembic's environment: the application's engine and metadata, one transaction for all migrations."""

from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection

from microdock_server import models  # noqa: F401  (tables register themselves)
from microdock_server.database.schema_state import LATER, unknown_revisions
from microdock_server.database.session import is_modelled
from microdock_server.database.unit_of_work import unit_of_work


def run() -> None:
    """Migrate online, on a connection of the application's own."""
    database = current_app.extensions["migrate"].db
    # A writing unit, so that SQLite takes its write lock at once: two servers that start together take turns.
    with unit_of_work():
        context.configure(
            connection=database.session.connection(),
            target_metadata=database.metadata,
            compare_type=True,
            include_object=is_modelled,
            render_as_batch=True,
            transactional_ddl=True,
        )
        _run_on(database.session.connection())


def _run_on(connection: Connection) -> None:
    try:
        context.run_migrations()
    except CommandError as reason:
        unknown = unknown_revisions(connection)
        if not unknown:
            raise
        raise CommandError(f"{LATER % unknown}: use that version's `flask db`. Nothing was changed") from reason


if context.is_offline_mode():
    raise SystemExit("migrations need a database: --sql is not supported")
run()
