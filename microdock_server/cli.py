"""The side door: `flask users …` and `flask storage …`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from . import cli_backup, cli_jobs
from .api.context import context
from .clock import utcnow
from .errors import DomainError
from .models import User
from .services import accounts, files
from .services.audit import COMMAND_LINE
from .storage.incoming import sweep_bodies
from .uow import unit_of_work
from .vocabulary import Role

users = AppGroup("users", help="Accounts: create, list, set-role, set-password, disable, enable.")
storage = AppGroup("storage", help="Files: verify them, remove orphans.")

ROLES = click.Choice([role.value for role in Role])
PASSWORD = click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if missing."
)


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(users)
    app.cli.add_command(storage)
    app.cli.add_command(openapi)
    cli_jobs.register(app)
    app.cli.add_command(cli_backup.backup)


@click.command("openapi")
@click.argument("path", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@with_appcontext
def openapi(path: Path) -> None:
    """Write the OpenAPI document, as /openapi.json serves it, to PATH."""
    path.write_bytes(context().document())


@users.command("create")
@click.argument("username")
@click.option("--email")
@click.option("--role", type=ROLES, default=Role.USER.value, show_default=True)
@PASSWORD
def create_user(username: str, email: str | None, role: str, password: str) -> None:
    """Create an account."""
    with _refusals():
        user = accounts.create(username, password, email=email, role=Role(role), by=COMMAND_LINE)
    click.echo(f"created {user.username} ({user.role}) {user.id}")


@users.command("list")
def list_users() -> None:
    """List all accounts."""
    with unit_of_work(writing=False):
        for user in accounts.everyone():
            state = "" if user.is_active else "  disabled"
            click.echo(f"{user.id}  {user.role:<9}  {user.username}  {user.email or '-'}{state}")


@users.command("set-role")
@click.argument("username")
@click.argument("role", type=ROLES)
def set_role(username: str, role: str) -> None:
    """Change what a user may do. Their tokens are revoked."""
    _change(username, lambda user: accounts.set_role(user.id, Role(role), COMMAND_LINE))
    click.echo(f"{username} is now {role}")


@users.command("set-password")
@click.argument("username")
@PASSWORD
def set_password(username: str, password: str) -> None:
    """Set a user's password. Their tokens are revoked."""
    with _refusals():
        with unit_of_work(writing=False):
            user_id = _find(username).id
        accounts.set_password(user_id, password, COMMAND_LINE)
    click.echo(f"password of {username} changed")


@users.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Keep a user out. Their tokens are revoked."""
    _change(username, lambda user: accounts.set_active(user.id, False, COMMAND_LINE))
    click.echo(f"{username} is disabled")


@users.command("enable")
@click.argument("username")
def enable(username: str) -> None:
    """Let a disabled user in again."""
    _change(username, lambda user: accounts.set_active(user.id, True, COMMAND_LINE))
    click.echo(f"{username} is enabled")


@storage.command("verify")
def verify() -> None:
    """Read every file and compare it with its row. Exits 1 if one is missing or changed."""
    result = files.verify(context().storage)
    for word, keys in (
        ("missing", result.missing),
        ("changed", result.changed),
        ("orphaned", result.orphaned),
    ):
        for key in keys:
            click.echo(f"{word}  {key}")
    click.echo(
        f"{result.checked} checked, {len(result.missing)} missing, {len(result.changed)} changed, "
        f"{len(result.orphaned)} orphaned"
    )
    sys.exit(0 if result.is_sound else 1)


@storage.command("gc")
def collect_garbage() -> None:
    """Remove files that no row names, and what killed uploads left behind, once they are older than an hour."""
    gone = files.collect_garbage(context().storage)
    gone += sweep_bodies(context().settings.temp_dir, utcnow() - files.ORPHAN_AGE)
    for key in gone:
        click.echo(f"removed  {key}")
    click.echo(f"{len(gone)} removed")


def _change(username: str, change: Callable[[User], Any]) -> None:
    with _refusals(), unit_of_work():
        change(_find(username))


def _find(username: str) -> User:
    user = accounts.find(username)
    if user is None:
        raise click.ClickException(f"there is no user {username!r}")
    return user


@contextmanager
def _refusals() -> Iterator[None]:
    """The domain's refusals in the words of a command line."""
    try:
        yield
    except DomainError as refusal:
        lines = [f"{detail.field}: {detail.message.render('en')}" for detail in refusal.details]
        raise click.ClickException("; ".join(lines) or refusal.message.render("en")) from refusal
