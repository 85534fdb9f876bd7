"""What the operators' commands share: naming their database, checking that it is usable, and printing tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from ..database.schema_state import SchemaState, listed, revisions_of
from ..database.session import db
from .errors import failures, in_one_line
from .help import epilog

TO_DO = "run `flask db upgrade`, or set DATA_DIR or DATABASE_URL to the database that is meant"


class Commands(AppGroup):
    """A group of commands that name their database on stderr, and fail with one line if it is unusable.

    `@group.command(…, example="flask users list", exits={1: "there are some"})` adds the end of a command's help;
    `needs_tables=False` is for commands that wait for the database, or create it.
    """

    def command(  # type: ignore[override]  # always called, with or without a name
        self, *args: Any, **kwargs: Any
    ) -> Callable[[Callable[..., Any]], click.Command]:
        """See AppGroup. A command without an application (`with_appcontext=False`) is left unchanged."""
        needs_tables = kwargs.pop("needs_tables", True)
        kwargs["epilog"] = epilog(kwargs.pop("example"), kwargs.pop("exits", None))
        decorate = super().command(*args, **kwargs)
        if not kwargs.get("with_appcontext", True):
            return lambda run: decorate(on_text(run))
        return lambda run: decorate(on_text(on_database(run, needs_tables=needs_tables)))


def on_text(run: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps `run`: refuses arguments that are not valid text (undecodable bytes, or a NUL)."""

    @wraps(run)
    def running(*args: Any, **kwargs: Any) -> Any:
        for name, value in kwargs.items():
            if "\0" in str(value) or (isinstance(value, str) and not _is_text(value)):
                raise click.UsageError(f"{name} is no text")
        return run(*args, **kwargs)

    return running


def _is_text(value: str) -> bool:
    """Can it be encoded as UTF-8? The shell's undecodable bytes arrive as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def on_database(run: Callable[..., Any], *, needs_tables: bool = True) -> Callable[..., Any]:
    """Wraps `run`: names the database on stderr and (with `needs_tables`) checks that it exists and is up to date."""

    @wraps(run)
    def running(*args: Any, **kwargs: Any) -> Any:
        say_database(db.engine.url)
        if needs_tables:
            ensure_tables()
        with failures():
            return run(*args, **kwargs)

    return running


def say_database(url: URL) -> None:
    """Name the database on stderr, without credentials."""
    click.echo(f"database: {shown(url)}", err=True)


def shown(url: URL) -> str:
    """The URL of a database without its password and options, which may contain one."""
    where = {name: url.query[name] for name in ("host", "port") if name in url.query}
    kind = url.get_backend_name()
    return URL.create(kind, url.username, None, url.host, url.port, url.database, where).render_as_string()


def ensure_tables() -> None:
    """Raise ClickException, with what to do, unless the database exists and has this program's migrations."""
    url = db.engine.url
    if is_missing(url):
        raise click.ClickException(f"there is no database at {url.database}: {TO_DO}")
    try:
        with db.engine.connect() as connection:
            found = revisions_of(connection)
    except SQLAlchemyError as failure:
        raise click.ClickException(f"the database cannot be opened: {in_one_line(failure)}") from failure
    if not found.current:
        raise click.ClickException(f"the database has no tables: {TO_DO}")
    if found.state is SchemaState.CURRENT:
        return
    states = f"the database is at migration {listed(found.current)}, this program is made for {listed(found.wanted)}"
    if not found.unknown:
        raise click.ClickException(f"{states}: run `flask db upgrade`, after a backup")
    if found.state is SchemaState.AHEAD:
        # Later versions keep the database usable for this one.
        click.echo(f"{states}: a newer version migrated it", err=True)
        return
    raise click.ClickException(f"{states}: no version of this program made it")


def is_missing(url: URL) -> bool:
    """Is this an SQLite file that does not exist? Connecting would create it."""
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def show_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below their headers, in columns two spaces apart. None is shown as a dash."""
    lines = [list(headers), *(["-" if cell is None else str(cell) for cell in row] for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(headers))]
    for line in lines:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _width(text: str) -> int:
    """Width in terminal columns: combining and invisible characters take none, wide ones two."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
