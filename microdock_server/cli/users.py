"""Commands: `flask users …`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..database.unit_of_work import unit_of_work
from ..models import User
from ..services import accounts
from ..services.accounts import name_check
from ..services.audit import COMMAND_LINE
from ..vocabulary import Role
from .commands import Commands, show_table

users = Commands("users", help="User accounts: create, list, and change roles and passwords.")

ROLES = click.Choice([role.value for role in Role])
PASSWORD = click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Prompted for if not given."
)


@users.command("create", example="flask users create mei --email mei@example.com --role developer")
@click.argument("username")
@click.option("--email", help="The e-mail address, which can also be used to log in.")
@click.option("--role", type=ROLES, default=Role.USER.value, show_default=True, help="The account's permissions.")
@PASSWORD
def create_user(username: str, email: str | None, role: str, password: str) -> None:
    """Create an account. The password is prompted for, unless it is given."""
    user = accounts.create(username, password, email=email, role=Role(role), by=COMMAND_LINE)
    click.echo(f"created {user.username} ({user.role}) {user.id}")


@users.command("list", example="flask users list")
def list_users() -> None:
    """List all accounts with role and state."""
    with unit_of_work(writing=False):
        rows = [
            (user.id, user.role, "active" if user.is_active else "disabled", user.username, user.email)
            for user in accounts.everyone()
        ]
    show_table(("ID", "ROLE", "STATE", "USERNAME", "EMAIL"), rows)


@users.command("set-role", example="flask users set-role mei reviewer")
@click.argument("username")
@click.argument("role", type=ROLES)
def set_role(username: str, role: str) -> None:
    """Change a user's role. Their tokens are revoked."""
    _change(username, lambda user: accounts.set_role(user.id, Role(role), COMMAND_LINE))
    click.echo(f"{username} is now {role}")


@users.command("set-password", example="flask users set-password mei")
@click.argument("username")
@PASSWORD
def set_password(username: str, password: str) -> None:
    """Set a user's password. Their tokens are revoked."""
    with unit_of_work(writing=False):
        user_id = _find(username).id
    accounts.set_password(user_id, password, COMMAND_LINE)
    click.echo(f"password of {username} changed")


@users.command("disable", example="flask users disable mei")
@click.argument("username")
def disable(username: str) -> None:
    """Disable an account. The user's tokens are revoked."""
    _change(username, lambda user: accounts.set_active(user.id, False, COMMAND_LINE))
    click.echo(f"{username} is disabled")


@users.command("enable", example="flask users enable mei")
@click.argument("username")
def enable(username: str) -> None:
    """Enable a disabled account again."""
    _change(username, lambda user: accounts.set_active(user.id, True, COMMAND_LINE))
    click.echo(f"{username} is enabled")


@users.command("check-names", example="flask users check-names", exits={1: "or such names exist"})
def check_names() -> None:
    """List names that readers would confuse.

    These are accounts, addresses and categories that differ only in case, width or invisible characters, and accounts
    whose names look alike. Nothing is changed: people decide who keeps a name.
    """
    with unit_of_work(writing=False):
        found = name_check.collisions()
    if found:
        show_table(("KIND", "NAMES"), [(kind, ", ".join(names)) for kind, names in found])
        raise SystemExit(1)
    click.echo("every name is distinct")


def _change(username: str, change: Callable[[User], Any]) -> None:
    with unit_of_work():
        change(_find(username))


def _find(username: str) -> User:
    user = accounts.find(username)
    if user is None:
        raise click.ClickException(f"there is no user {username!r}")
    return user
