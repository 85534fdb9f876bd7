"""Accounts on the marketplace surface: register, log in, refresh, log out, current user, change password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ... import errors
from ...context import settings
from ...database.unit_of_work import unit_of_work
from ...errors import InvalidToken
from ...models import User
from ...services import accounts
from ...services.accounts import tokens
from ...services.accounts.tokens import Actor, Claims
from ...vocabulary import ROLE_PERMISSIONS, Role
from ..core.auth import refresh_claims, sign
from ..core.credentials import authenticated, own_names
from ..core.surface import Access
from . import market
from .schemas import accounts as schemas


@market.operation(
    "POST",
    "/auth/register",
    body=schemas.Registration,
    answer=schemas.User,
    status=201,
    message="auth.registered",
    transaction="own",
    errors=(
        errors.UsernameTaken,
        errors.UsernameLookalike,
        errors.EmailTaken,
    ),
    act="register",
)
def register(body: dict[str, Any]) -> dict[str, Any]:
    """Register an account with the role `user`."""
    return describe(accounts.create(body["username"], body["password"], email=body["email"], reserved=own_names()))


@market.operation(
    "POST",
    "/auth/login",
    body=schemas.Credentials,
    answer=schemas.Session,
    message="auth.logged_in",
    transaction="own",
    errors=(errors.WrongCredentials,),
    act="login",
)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Log in with a username or an e-mail address. With `remember_me` the refresh token lives 30 days, else one."""
    user = authenticated(body["username"], body["password"])
    with unit_of_work(of=user.id):
        return _session(user, tokens.begin_family(user, _lifetime(), remember_me=body["remember_me"]))


@market.operation(
    "POST",
    "/auth/refresh",
    access=Access.REFRESH,
    answer=schemas.Session,
    message="auth.refreshed",
    transaction="own",
)
def refresh() -> dict[str, Any]:
    """Exchange the refresh token for a new pair of tokens. Within 30 s a repeated request gets the same refresh
    token again; any later use of a spent token ends the login. A login ends 90 days after it was made in any
    case.
    """
    claims = refresh_claims()
    with unit_of_work(of=claims.user_id):
        user, pair = tokens.rotate(claims, _lifetime())
        session = _session(user, pair) if pair else None
    # Raised only now: inside the unit of work it would roll back the revocation.
    if session is None:
        raise InvalidToken()
    return session


@market.operation("POST", "/auth/logout", access=Access.LOGGED_IN, message="auth.logged_out", transaction="caller")
def logout(actor: Actor) -> None:
    """End the login: revokes this token and the refresh token that was issued with it."""
    tokens.revoke(actor.claims)


@market.operation("GET", "/auth/me", access=Access.LOGGED_IN, answer=schemas.User)
def me(actor: Actor) -> dict[str, Any]:
    """Who am I, and what may I do?"""
    return describe(accounts.get(actor.id))


@market.operation(
    "POST",
    "/auth/password",
    access=Access.LOGGED_IN,
    body=schemas.PasswordChange,
    message="auth.password_changed",
    transaction="own",
    errors=(errors.WrongPassword,),
    act="login",
)
def change_password(actor: Actor, body: dict[str, Any]) -> None:
    """Change my password. All my tokens are revoked, including this one."""
    accounts.change_password(actor.id, body["old_password"], body["new_password"])


def describe(user: User) -> dict[str, Any]:
    """A user as this surface shows it."""
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "role": user.role,
        "permissions": ROLE_PERMISSIONS[Role(user.role)],
    }


def _session(user: User, pair: tuple[Claims, Claims]) -> dict[str, Any]:
    access, refresh_token = pair
    assert access.issued_at is not None
    return {
        "access_token": sign(access),
        "refresh_token": sign(refresh_token),
        "token_type": "bearer",
        "expires_in": int((access.expires_at - access.issued_at).total_seconds()),
        "user": describe(user),
    }


def _lifetime() -> timedelta:
    return timedelta(minutes=settings().jwt_access_expire_minutes)
