"""Commands of `flask`: users, the database, backups, jobs and more."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from .help import add_in_sections


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli = _Commands(app)


class _Commands(AppGroup):
    """Commands that are loaded when `flask` asks for one: a server never does, and they bring Alembic."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.name)
        self._app, self._is_loaded = app, False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See click."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See click."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if not self._is_loaded:
            from .sections import SECTIONS  # noqa: PLC0415

            self._is_loaded = True
            add_in_sections(self._app, SECTIONS)
