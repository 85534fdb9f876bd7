"""The accounts of the invented marketplace."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ..database.unit_of_work import unit_of_work
from ..models import User
from ..services import accounts, developers
from ..services.accounts import tokens
from ..services.accounts.tokens import Actor
from ..services.audit import COMMAND_LINE
from ..vocabulary import Role
from .texts.people import MAKERS, REVIEWERS, USERS

# One account of each kind, with what to say about it: those whose passwords are shown.
SHOWN: Final = {
    "pebblewick": "developer, verified",
    "oddling": "developer, not verified",
    REVIEWERS[0]: "reviewer",
    REVIEWERS[1]: "reviewer, another one",
    USERS[0]: "user",
}


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in as one kind of person."""

    kind: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class People:
    """Everybody by username, and the administrator that was there before."""

    admin: Actor
    others: Mapping[str, Actor]
    logins: tuple[Login, ...]

    def __getitem__(self, username: str) -> Actor:
        return self.others[username]


def create(admin_id: str) -> People:
    """Create all accounts, with random passwords. Hashing them is what takes the time."""
    passwords = {}
    for maker in MAKERS:
        profile = {
            "display_name": maker.display_name,
            "company": maker.company,
            "bio": maker.bio,
            "website": f"https://{maker.username}.example/",
        }
        passwords[maker.username] = password = _password()
        account = {"username": maker.username, "password": password, "email": _email(maker.username)}
        developers.register(account, profile)
    for names, role in ((REVIEWERS, Role.REVIEWER), (USERS, Role.USER)):
        for name in names:
            passwords[name] = password = _password()
            accounts.create(name, password, email=_email(name), role=role, by=COMMAND_LINE)
    with unit_of_work(writing=False):
        admin = _actor(accounts.get(admin_id))
        others = {user.username: _actor(user) for user in accounts.everyone() if user.username in passwords}
    _verify(admin, others)
    logins = tuple(Login(kind, name, passwords[name]) for name, kind in SHOWN.items())
    return People(admin, others, logins)


def _verify(admin: Actor, makers: Mapping[str, Actor]) -> None:
    for maker in MAKERS:
        if maker.verified is not None:
            with unit_of_work():
                developers.verify(makers[maker.username].id, admin, verified=maker.verified, notes=maker.notes)


def _actor(user: User) -> Actor:
    claims = tokens.host_token(user, timedelta(hours=1))
    return Actor(user.id, user.username, Role(user.role), claims, user.installs_revision)


def _password() -> str:
    return secrets.token_urlsafe(12)


def _email(username: str) -> str:
    return f"{username}@demo.example"
