"""Alembic's environment: the application's engine and metadata, one transaction for all migrations."""

from alembic import context
from flask import current_app

from microdock_server import models  # noqa: F401  (tables register themselves)
from microdock_server.extensions import is_modelled
from microdock_server.uow import unit_of_work


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
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("migrations need a database: --sql is not supported")
run()
