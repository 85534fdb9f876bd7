"""Accounts on the marketplace surface: register, log in, refresh, log out, current user, change password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request

from ... import errors
from ...context import settings
from ...database.unit_of_work import unit_of_work
from ...errors import InvalidToken, Unauthenticated
from ...models import User
from ...services import accounts, notifications
from ...services.accounts import tokens
from ...services.accounts.tokens import Actor, Claims
from ...vocabulary import ROLE_PERMISSIONS, Role
from ..core.auth import read, refresh_claims, sign
from ..core.credentials import authenticated, own_names
from ..core.surface import Access, Answer
from . import login_cookie, market
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
def login(body: dict[str, Any]) -> Answer:
    """Log in with a username or an e-mail address. With `remember_me` the refresh token lives 30 days, else one.

    With `cookie` the refresh token is in a cookie that no script can read, and null in the answer: for pages of this
    server. The cookie is sent to `/api/v1/auth` alone; without `remember_me` it ends with the browser.
    """
    user = authenticated(body["username"], body["password"])
    with unit_of_work(of=user.id):
        pair = tokens.begin_family(user, _lifetime(), remember_me=body["remember_me"])
        return _session(user, pair, in_cookie=body["cookie"])


@market.operation(
    "POST",
    "/auth/refresh",
    access=Access.REFRESH,
    answer=schemas.Session,
    message="auth.refreshed",
    transaction="own",
)
def refresh() -> Answer:
    """Exchange the refresh token for a new pair of tokens. Within 30 s a repeated request gets the same refresh
    token again; any later use of a spent token ends the login. A login ends 90 days after it was made in any
    case. A refresh token from the cookie is followed by one in the cookie.
    """
    in_cookie = "Authorization" not in request.headers
    claims = _cookie_claims() if in_cookie else refresh_claims()
    with unit_of_work(of=claims.user_id):
        user, pair = tokens.rotate(claims, _lifetime())
        session = _session(user, pair, in_cookie=in_cookie) if pair else None
    # Raised only now: inside the unit of work it would roll back the revocation.
    if session is None:
        raise InvalidToken()
    return session


@market.operation("GET", "/auth/session", answer=schemas.Visitor)
def session() -> Answer:
    """Whose login the cookie holds, for the header of a page: nothing is renewed. Without a login `user` is null."""
    try:
        user = tokens.holder(_cookie_claims())
    except Unauthenticated:
        nobody = {"user": None, "unread_count": 0, "has_default_password": False}
        return Answer(nobody, headers=login_cookie.removed())
    unread = notifications.count_unread(user.id)
    return Answer({"user": describe(user), "unread_count": unread, "has_default_password": user.has_default_password})


@market.operation("POST", "/auth/logout", access=Access.LOGGED_IN, message="auth.logged_out", transaction="own")
def logout(actor: Actor) -> Answer:
    """End the login: revokes this token and the refresh token that was issued with it. If the cookie holds another
    login, that ends too: the browser forgets it.
    """
    for claims in (actor.claims, _login_of_cookie()):
        if claims is not None:
            with unit_of_work(of=claims.user_id):
                tokens.revoke(claims)
    return Answer(None, headers=login_cookie.removed())


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


def _cookie_claims() -> Claims:
    token = login_cookie.token()
    if token is None:
        raise Unauthenticated()
    return read(token, "refresh")


def _login_of_cookie() -> Claims | None:
    try:
        return _cookie_claims()
    except Unauthenticated:
        return None


def _session(user: User, pair: tuple[Claims, Claims], *, in_cookie: bool) -> Answer:
    access, refresh_token = pair
    assert access.issued_at is not None
    data = {
        "access_token": sign(access),
        "refresh_token": None if in_cookie else sign(refresh_token),
        "token_type": "bearer",
        "expires_in": int((access.expires_at - access.issued_at).total_seconds()),
        "user": describe(user),
    }
    if not in_cookie:
        return Answer(data)
    return Answer(data, headers=login_cookie.kept(refresh_token, lasts=tokens.is_remembered(refresh_token)))


def _lifetime() -> timedelta:
    return timedelta(minutes=settings().jwt_access_expire_minutes)
