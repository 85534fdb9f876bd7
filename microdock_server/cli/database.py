"""The command `flask db copy`, beside Flask-Migrate's commands, and what these say of a database ahead of us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click
from flask.cli import with_appcontext
from flask_migrate import upgrade
from flask_migrate.cli import db as migrations
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from ..config import ConfigurationError, database_url
from ..context import settings
from ..database import engines
from ..database.copy import CopyRefused, copy
from ..database.schema_state import unknown_revisions
from ..database.session import db
from .commands import on_database

_show_current = migrations.commands["current"].callback


@click.command("copy")
@click.option("--from", "source", required=True, help="sqlite:///path of the database to copy from.")
@click.option("--to", "target", help="postgresql://… to copy to; without it DATABASE_URL.")
@with_appcontext
def copy_database(source: str, target: str | None) -> None:
    """Copy all rows from SQLite to PostgreSQL, and compare them. Stop the server first."""
    from .. import create_app  # noqa: PLC0415  (create_app imports this module)

    own = settings()
    try:
        wanted = replace(own, database_url=database_url(target or own.database_url, own.data_dir))
        old = create_engine(database_url(source, own.data_dir))
        engines.prepare(old, lambda: False)
        with create_app(wanted).app_context(), _closed_after(old, db.engine):
            upgrade()
            copy(old, db.engine, lambda table, rows: click.echo(f"{table}: {rows} rows"))
    except (ConfigurationError, CopyRefused) as refused:
        raise click.ClickException(str(refused)) from refused
    except OperationalError as reason:
        raise click.ClickException(f"a database cannot be opened: {reason.orig}") from reason
    click.echo("every row was compared: the copy is complete")


@contextmanager
def _closed_after(*used: Engine) -> Iterator[None]:
    try:
        yield
    finally:
        db.session.remove()
        for engine in used:
            engine.dispose()


def _current(**options: Any) -> None:
    """As Flask-Migrate does; and where Alembic does not know the revision, say which it is all the same."""
    with db.engine.connect() as connection:
        unknown = unknown_revisions(connection)
    if unknown:
        click.echo(f"{unknown} (of a later version of this program)")
    elif _show_current is not None:
        _show_current(**options)


def register() -> None:
    """Add the command to those of `flask db`, which all say which database they use."""
    if copy_database.name in migrations.commands:
        return
    migrations.commands["current"].callback = _current
    for command in migrations.commands.values():
        if command.callback is not None:
            command.callback = with_appcontext(on_database(command.callback, needs_tables=False))
    migrations.add_command(copy_database)
