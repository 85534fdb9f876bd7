"""Commands: `flask demo …`."""

from __future__ import annotations

from functools import partial
from typing import Final

import click
from flask import Flask, current_app

from ..context import context
from .commands import Commands, show_table

demo_group = Commands("demo", help="A marketplace to look at: invented plugins, people and a history.")
NOT_EMPTY: Final = 3


@demo_group.command(
    "fill",
    example="flask demo fill",
    exits={NOT_EMPTY: "the server holds plugins, categories or accounts already; nothing was changed"},
)
def fill() -> None:
    """Fill an empty server with forty invented plugins.

    They have pictures, versions in every state, developers, reviewers, users, ratings, and a year of downloads.
    Passwords are random and shown once. It refuses on a server that holds anything but its administrator. Not for a
    server that people rely on: no command takes it away again.
    """
    from ..demo import filling  # noqa: PLC0415  (loads Pillow, which no other command needs)

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        done = filling.fill(app, context(), partial(click.echo, err=True))
    except filling.NotEmpty as reason:
        click.echo(f"Error: {reason}: `flask demo fill` needs an empty one (another DATA_DIR)", err=True)
        raise SystemExit(NOT_EMPTY) from reason
    except filling.NoAdministrator as reason:
        raise click.ClickException("there is no administrator yet: start the server once") from reason
    click.echo(f"{done.plugins} plugins with {done.versions} versions, {done.people} people. Log in as:")
    show_table(("KIND", "USERNAME", "PASSWORD"), [(one.kind, one.username, one.password) for one in done.logins])
    click.echo("The administrator's account is what it was. Others: `flask users set-password NAME`.")
