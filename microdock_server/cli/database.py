"""The command `flask db copy`, and adjustments of Flask-Migrate's commands for a database that is ahead of this
program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import click
from flask.cli import with_appcontext
from flask_migrate import upgrade
from flask_migrate.cli import db as flask_migrate_group
from sqlalchemy import Engine, create_engine, make_url

from ..config import ConfigurationError, database_url
from ..context import settings
from ..database import engines
from ..database.copy import CopyRefused, copy, ensure_engines
from ..database.schema_state import unknown_revisions
from ..database.session import db
from ..database.unit_of_work import Unit
from .commands import is_missing, on_database
from .errors import failures
from .help import epilog

migrations: click.Group = flask_migrate_group

# An example and a summary for each of Flask-Migrate's commands; the second group is for developers.
SUMMARIES: Final = {
    "upgrade": ("Migrate to this program's version, or to a revision.", "flask db upgrade"),
    "downgrade": ("Undo the last migration, or all down to a revision.", "flask db downgrade"),
    "current": ("Show the database's revision.", "flask db current"),
    "history": ("List the migrations.", "flask db history"),
    "heads": ("Show the newest revision that this version knows.", "flask db heads"),
    "show": ("Show one migration.", "flask db show head"),
    "branches": ("Show branches in the history of migrations.", "flask db branches"),
    "check": ("For developers: do models and migrations agree?", "flask db check"),
    "stamp": ("Set the database's revision without migrating it.", "flask db stamp head"),
    "init": ("For developers: create a directory of migrations.", "flask db init --directory migrations"),
    "revision": ("For developers: write an empty migration.", 'flask db revision --message "plugins have notes"'),
    "migrate": (
        "For developers: write a migration from what changed.",
        'flask db migrate --message "plugins have notes"',
    ),
    "edit": ("For developers: open a migration in the editor.", "flask db edit head"),
    "merge": ("For developers: join two branches of migrations.", "flask db merge heads"),
    "list-templates": ("For developers: list templates for `flask db init`.", "flask db list-templates"),
}

_show_current = migrations.commands["current"].callback


@click.command(
    "copy",
    epilog=epilog("flask db copy --from sqlite:///instance/microdock.db --to postgresql://db.example.com/microdock"),
)
@click.option("--from", "source", required=True, help="The source: sqlite:///path.")
@click.option("--to", "target", help="The target: postgresql://…. Default: DATABASE_URL.")
@with_appcontext
def copy_database(source: str, target: str | None) -> None:
    """Copy all rows from SQLite to PostgreSQL, compared. Stop the server first."""
    from .. import create_app  # noqa: PLC0415  (create_app imports this module)

    own = settings()
    try:
        wanted = replace(own, database_url=database_url(target or own.database_url, own.data_dir))
        old = create_engine(database_url(source, own.data_dir))
        # Checked before opening: SQLite would create a file for a mistyped name.
        ensure_engines(old.url, make_url(wanted.database_url))
        if is_missing(old.url):
            raise click.ClickException(f"there is no database at {old.url.database}")
        engines.prepare(old, lambda: Unit(writing=False))
        with failures(), create_app(wanted).app_context(), _closed_after(old, db.engine):
            upgrade()
            copy(old, db.engine, lambda table, rows: click.echo(f"{table}: {rows} rows"))
    except (ConfigurationError, CopyRefused) as refused:
        raise click.ClickException(str(refused)) from refused
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
    """Flask-Migrate's command; where Alembic does not know the revision, it is printed all the same."""
    with db.engine.connect() as connection:
        unknown = unknown_revisions(connection)
    if unknown:
        click.echo(f"{unknown} (of a later version of this program)")
    elif _show_current is not None:
        _show_current(**options)


def prepared() -> click.Group:
    """The group `flask db` with our command added; every command in it names its database."""
    if copy_database.name in migrations.commands:
        return migrations
    migrations.help = "The database: migrate it, or copy it to PostgreSQL."
    for name, (summary, example) in SUMMARIES.items():
        migrations.commands[name].help = summary
        migrations.commands[name].epilog = epilog(example)
    migrations.commands["current"].callback = _current
    for command in migrations.commands.values():
        if command.callback is not None:
            command.callback = with_appcontext(on_database(command.callback, needs_tables=False))
    migrations.add_command(copy_database)
    return migrations
