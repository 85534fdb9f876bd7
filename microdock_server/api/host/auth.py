"""Logging in and out on the host surface."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ... import errors
from ...context import settings
from ...services.accounts import tokens
from ...services.accounts.tokens import Actor
from ...vocabulary import Role
from ..core.auth import sign
from ..core.credentials import authenticated
from ..core.surface import Access
from . import host, schemas


@host.operation(
    "POST",
    "/auth/login",
    body=schemas.Credentials,
    answer=schemas.Login,
    at_top=True,
    message="auth.logged_in",
    transaction="own",
    errors=(errors.WrongCredentials,),
    act="login",
)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Log in. Any active user may; their role decides what they may do afterwards."""
    user = authenticated(body["username"], body["password"])
    lifetime = timedelta(minutes=settings().jwt_expire_minutes)
    token = sign(tokens.host_token(user, lifetime))
    return {"token": token, "token_type": "bearer", "expires_in": int(lifetime.total_seconds())}


@host.operation("GET", "/auth/me", access=Access.OPTIONAL, answer=schemas.AuthStatus, message="auth.status")
def me(actor: Actor | None = None) -> dict[str, Any]:
    """Who am I? Anonymous without a token, or with one that is not valid."""
    return {
        "is_logged_in": actor is not None,
        "username": actor.username if actor else None,
        "is_admin": actor is not None and actor.role == Role.ADMIN,
        "role": actor.role if actor else None,
    }


@host.operation("POST", "/auth/logout", access=Access.LOGGED_IN, message="auth.logged_out", transaction="caller")
def logout(actor: Actor) -> None:
    """Revoke the token, on every worker and across restarts."""
    tokens.revoke(actor.claims)
