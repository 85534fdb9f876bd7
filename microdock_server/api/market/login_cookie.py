"""The login of a browser's pages: its refresh token is in a cookie that no script reads.

The cookie is sent to nothing but the addresses below PATH, never by another site's page, and under https never without
encryption. Beside it stands a cookie without a secret: it tells scripts that there is a login, so that pages ask the
server nothing on behalf of strangers.
"""

from __future__ import annotations

from typing import Final

from flask import Response, request
from werkzeug.datastructures import Headers

from ...clock import utcnow
from ...context import settings
from ...services.accounts.tokens import Claims
from ..core.auth import MAX_TOKEN, sign

NAME: Final = "microdock_refresh"
MARK: Final = "microdock_login"
PATH: Final = "/api/v1/auth"


def token() -> str | None:
    """The refresh token of the request's cookie; None without one."""
    found = request.cookies.get(NAME)
    return found if found and len(found) <= MAX_TOKEN else None


def kept(claims: Claims, *, lasts: bool) -> Headers:
    """The headers that store a refresh token: until it expires, or else until the browser ends."""
    seconds = max(0, int((claims.expires_at - utcnow()).total_seconds())) if lasts else None
    return _headers(sign(claims), "1", seconds)


def removed() -> Headers:
    """The headers that remove it, where the request has one; none otherwise."""
    return _headers("", "", 0) if NAME in request.cookies or MARK in request.cookies else Headers()


def _headers(secret: str, mark: str, seconds: int | None) -> Headers:
    answer = Response()
    answer.headers.clear()
    is_secure = _is_encrypted()
    answer.set_cookie(NAME, secret, seconds, path=PATH, secure=is_secure, httponly=True, samesite="Strict")
    answer.set_cookie(MARK, mark, seconds, path="/", secure=is_secure, samesite="Strict")
    return answer.headers


def _is_encrypted() -> bool:
    """Does the browser speak https? Where a proxy ends it that TRUSTED_PROXIES does not declare, only the page's own
    address says so, which the browser sends as Origin.
    """
    addresses = (settings().public_url or "", request.headers.get("Origin", ""))
    return request.is_secure or any(address.lower().startswith("https:") for address in addresses)
