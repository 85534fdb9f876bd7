"""Tokens in requests: signing and reading them, and finding out who is calling."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from flask import request
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from ...clock import SKEW, utcnow
from ...context import context
from ...errors import AdminRequired, Forbidden, InvalidToken, RevokedForGood, Unauthenticated
from ...services.accounts import tokens
from ...services.accounts.tokens import Actor, Claims, Kind
from ...vocabulary import permits
from .state import api_state

MAX_TOKEN: Final = 4096


def sign(claims: Claims) -> str:
    """A signed token with these claims."""
    make = create_access_token if claims.kind == "access" else create_refresh_token
    # The service sets the times, so that what is stored and what is signed agree, and equal claims give equal tokens.
    issued = int((claims.issued_at or utcnow()).timestamp())
    times = {"iat": issued, "nbf": issued, "exp": int(claims.expires_at.timestamp())}
    extra = {"jti": claims.jti, "epoch": claims.epoch, "fam": claims.family, **times}
    token: str = make(identity=claims.user_id, additional_claims=extra)
    return token


def read(token: str, kind: Kind) -> Claims:
    """The claims of a token that we signed, is of this kind and is valid now. Raises InvalidToken.

    The clock of the node that issued it may be ahead of ours by up to SKEW. Expiry has no such allowance.
    """
    claims = _claims(token)
    now = utcnow()
    if claims.kind != kind or claims.expires_at <= now:
        raise InvalidToken()
    if claims.issued_at is not None and claims.issued_at > now + SKEW:
        raise InvalidToken()
    return claims


def bearer() -> str | None:
    """The bearer token of the request. Raises InvalidToken for a malformed Authorization header."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN:
        raise InvalidToken()
    return token


def actor() -> Actor:
    """Who is calling. Raises Unauthenticated without a token, InvalidToken for one that is not valid."""
    token = bearer()
    if token is None:
        raise Unauthenticated()
    return actor_of(read(token, "access"))


def actor_of(claims: Claims) -> Actor:
    """The actor behind decoded access-token claims. Raises InvalidToken where the token was revoked or has expired."""
    refused = api_state().refused
    if refused.get(claims.jti):
        raise InvalidToken()
    try:
        return tokens.actor_of(claims, context().autocommit)
    except RevokedForGood:
        refused.put(claims.jti, True)
        raise


def refresh_claims() -> Claims:
    """The claims of the request's refresh token."""
    token = bearer()
    if token is None:
        raise Unauthenticated()
    return read(token, "refresh")


def ensure_permitted(who: Actor, permission: str) -> None:
    """Raise AdminRequired or Forbidden unless the actor's role holds `permission`."""
    if not permits(who.role, permission):
        raise AdminRequired() if permission.startswith("system.") else Forbidden()


def _claims(token: str) -> Claims:
    key = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
    decoded = api_state().decoded
    claims = decoded.get(key)
    if claims is None:
        claims = _decode(token)
        decoded.put(key, claims)
    return claims


def _decode(token: str) -> Claims:
    try:
        payload: dict[str, Any] = decode_token(token)
        return Claims(
            jti=str(payload["jti"]),
            kind="refresh" if payload["type"] == "refresh" else "access",
            user_id=str(payload["sub"]),
            epoch=int(payload["epoch"]),
            family=str(payload["fam"]),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
            issued_at=datetime.fromtimestamp(max(payload.get("iat", 0), payload.get("nbf", 0)), UTC),
        )
    except (PyJWTError, JWTExtendedException, KeyError, TypeError, ValueError, OverflowError, OSError) as reason:
        raise InvalidToken() from reason
