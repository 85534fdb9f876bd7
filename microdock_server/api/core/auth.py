"""Tokens as clients hold them: signing, reading, and who is asking."""

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
    """The token that says `claims`."""
    make = create_access_token if claims.kind == "access" else create_refresh_token
    # The times are the service's, so that what is stored and what is signed agree, and equal claims are one token.
    issued = int((claims.issued_at or utcnow()).timestamp())
    times = {"iat": issued, "nbf": issued, "exp": int(claims.expires_at.timestamp())}
    extra = {"jti": claims.jti, "epoch": claims.epoch, "fam": claims.family, **times}
    token: str = make(identity=claims.user_id, additional_claims=extra)
    return token


def read(token: str, kind: Kind) -> Claims:
    """The claims of a token that is signed by us, of this kind and of this time. Raises InvalidToken.

    The clock of the node that made it may be ahead of ours by SKEW. An expired token is believed by nobody: who
    holds it was told for how long it lives.
    """
    claims = _claims(token)
    now = utcnow()
    if claims.kind != kind or claims.expires_at <= now:
        raise InvalidToken()
    if claims.issued_at is not None and claims.issued_at > now + SKEW:
        raise InvalidToken()
    return claims


def bearer() -> str | None:
    """The token that came with the request. Raises InvalidToken for an Authorization of another shape."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN:
        raise InvalidToken()
    return token


def actor() -> Actor:
    """Who is asking. Raises Unauthenticated without a token, InvalidToken for one that is not believed."""
    token = bearer()
    if token is None:
        raise Unauthenticated()
    return believe(read(token, "access"))


def believe(claims: Claims) -> Actor:
    """The actor behind an access token that was read. Raises InvalidToken where the token is not believed any more."""
    refused = api_state().refused
    if refused.get(claims.jti):
        raise InvalidToken()
    try:
        return tokens.believe(claims, context().autocommit)
    except RevokedForGood:
        refused.put(claims.jti, True)
        raise


def refresh_claims() -> Claims:
    """The claims of the refresh token that came with the request."""
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
