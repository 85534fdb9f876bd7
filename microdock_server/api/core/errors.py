"""Every error is answered in the envelope of the surface that was asked. No SQL, path or stack trace reaches a
client.
"""

from __future__ import annotations

import logging
from typing import Final

import orjson
from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from ...errors import (
    DomainError,
    PreconditionFailed,
    RangeNotSatisfiable,
    ServerBusy,
    StorageBytesExceeded,
    StorageFull,
    TooMany,
)
from ...messages import Message
from .envelopes import Refusal
from .mounts import mount_of
from .request import language, request_id
from .state import api_state

log = logging.getLogger(__name__)

_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_SLUGS: Final[dict[int, str]] = {
    400: "malformed_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    414: "uri_too_long",
}


def register(app: Flask) -> None:
    """Register the handlers with the application."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SQLAlchemyError, _database)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_asked_for_anew)


def refuse(refusal: Refusal, headers: dict[str, str] | None = None) -> Response:
    """The response for a refusal: a page, where one was asked for."""
    page = api_state().problem(refusal)
    if page is not None:
        page.headers.update(headers or {})
        return page
    body = mount_of(request.path).envelope.failure(refusal, language(), request_id())
    response = Response(orjson.dumps(body), status=refusal.status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    response.headers.update(headers or {})
    return response


def _asked_for_anew(response: Response) -> Response:
    """Without a word on it, browsers keep some redirects for good: a name's, and a route's, which raises one as an
    exception. What is there can be deleted, or published again in another spelling.
    """
    if response.status_code in _MOVED:
        response.headers.setdefault("Cache-Control", "no-cache")
    return response


def _domain(error: DomainError) -> Response:
    status = mount_of(request.path).envelope.status_of(error)
    if isinstance(error, StorageFull | StorageBytesExceeded | ServerBusy) and error.__cause__ is None:
        # Expected refusals (DISK_RESERVE, STORAGE_MAX_BYTES or a full queue): not a failure of the server, so no error
        # is logged.
        log.warning("%s refused: %s", request.path, error.slug)
    elif status >= 500:
        log.error("%s failed: %s", request.path, error.slug, exc_info=error)
    return refuse(Refusal(status, error.slug, error.message, error.details), _headers(error))


def _headers(error: DomainError) -> dict[str, str]:
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.retry_after), **error.headers}
    if error.retry_after is not None:
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{error.size}"}
    if isinstance(error, PreconditionFailed):
        return {"ETag": error.etag}
    return {}


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        # Routing raises redirects as exceptions.
        return error.get_response()  # type: ignore[return-value]
    slug = _SLUGS.get(error.code, "malformed_request" if error.code < 500 else "internal_error")
    params = {"limit": "1MB"} if slug == "too_large" else {}
    allowed = getattr(error, "valid_methods", None)
    allow = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
    return refuse(Refusal(error.code, slug, Message(f"error.{slug}", params)), allow)


def _database(error: SQLAlchemyError) -> Response:
    log.error("the database failed", exc_info=error)
    slug = "database_unavailable"
    return refuse(Refusal(500, slug, Message(f"error.{slug}")))


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected failure", exc_info=error)
    slug = "internal_error"
    return refuse(Refusal(500, slug, Message(f"error.{slug}")))
