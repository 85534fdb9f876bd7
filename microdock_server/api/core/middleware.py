"""Middleware around the application: what every response gets, and the plugin list, which is answered without Flask.

Every request gets an id, a duration, security headers, a log line and metrics. A plain request for the host's plugin
list is answered from here: the list is ready, so the framework would only cost time.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Iterable
from typing import Any, Final

from flask import Flask

from ...addresses.client import counted
from ...config import Settings
from ...errors import ServerBusy
from ...observability import access_log, logs, metrics, tracing
from ...serving.shares import FairShares
from ...serving.sockets import ClientSocket
from .envelopes import Refusal
from .mounts import ADMIN, SOCKET, mount_of, rendered
from .rate_limits import PAGE
from .request import REQUEST_ID
from .state import ApiState
from .surface import POLICY, RATE_HEADERS, ROUTE, UNMATCHED
from .wsgi import Environ, StartResponse, Wsgi

# Called when a WebSocket begins: its 101 response never passes through here, and its end is not a response.
UPGRADED: Final = "microdock.upgraded"
SPAN: Final = "microdock.span"
LIST_PATH: Final = "/api/plugins/list"
_PAGES: Final = (ADMIN, "/docs")
SANE_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
SECURITY: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
# A status line, headers and a body.
Ready = tuple[str, list[tuple[str, str]], bytes]
API_POLICY: Final = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
# Swagger UI starts from an inline script; everything it loads is served from here.
DOCS_POLICY: Final = (
    "Content-Security-Policy",
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'",
)
ADMIN_POLICY: Final = (
    "Content-Security-Policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
)
PAGE_POLICY: Final = (
    "Content-Security-Policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
)


def uploads_at_once(settings: Settings) -> int:
    """How many uploads are received at once: at most half of a worker's threads, so that other requests are still
    answered.
    """
    return max(1, settings.web_threads // 2)


class RequestMiddleware:
    """The outermost WSGI layer of the application."""

    def __init__(self, app: Flask, inner: Wsgi, settings: Settings, state: ApiState) -> None:
        self._app, self._inner, self._state = app, inner, state
        uploads = uploads_at_once(settings)
        self._uploads = FairShares(uploads)
        # The pool has more threads than that, for WebSockets; they must not become as many concurrent requests.
        self._turns = threading.BoundedSemaphore(max(uploads + 1, settings.web_threads))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        environ["PATH_INFO"] = canonical(environ["PATH_INFO"])
        environ[REQUEST_ID] = identify(environ.get("HTTP_X_REQUEST_ID", ""))
        logs.request_id.set(environ[REQUEST_ID])

        def finish(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            seconds = time.perf_counter() - started
            _record(environ, status[:3], seconds)
            return start_response(status, [*headers, *_common(environ, seconds)], exc_info)

        def upgraded() -> None:
            _record(environ, "101", time.perf_counter() - started)
            access_log.ended()

        environ[UPGRADED] = upgraded
        access_log.begun()
        try:
            with tracing.request_span(environ) as environ[SPAN]:
                return self._answer(environ, finish)
        finally:
            access_log.ended()

    def _answer(self, environ: Environ, finish: StartResponse) -> Iterable[bytes]:
        if self._is_plain(environ):
            ready = self._ready(environ, finish)
            if ready is not None:
                return ready
        if environ["PATH_INFO"] == SOCKET:
            return self._inner(environ, finish)
        client = environ.get("gunicorn.socket")
        if isinstance(client, ClientSocket) and not client.body_is_here:
            return self._receive(client, environ, finish)
        with self._turns:
            return self._inner(environ, finish)

    def _receive(self, client: ClientSocket, environ: Environ, finish: StartResponse) -> Iterable[bytes]:
        """Answer a request whose body is still arriving if an upload slot is free, with 503 otherwise.

        After a refusal the worker goes on reading for a while; that takes no thread.
        """
        if not self._uploads.enter(counted(environ.get("REMOTE_ADDR", "")), client):
            metrics.busy("upload")
            client.close_after_answer()
            return [self._refuse(environ, finish)]
        try:
            with self._turns:
                return self._inner(environ, finish)
        finally:
            self._uploads.leave(client)

    def _refuse(self, environ: Environ, finish: StartResponse) -> bytes:
        """Answer 503 without the framework: a client that sends many of these must not cost much."""
        refusal = Refusal(503, ServerBusy.slug, ServerBusy().message)
        body = rendered(refusal, environ["PATH_INFO"], environ.get("HTTP_ACCEPT_LANGUAGE", ""), environ[REQUEST_ID])
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        headers += [("Cache-Control", "no-store"), ("Retry-After", str(ServerBusy.retry_after))]
        headers += self._state.origins.readable_by(environ.get("HTTP_ORIGIN", ""))
        finish("503 SERVICE UNAVAILABLE", headers)
        return body

    def _is_plain(self, environ: Environ) -> bool:
        """Is this an anonymous request without an Origin? Then nothing but what was asked for and its rate limit
        matters.
        """
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and "HTTP_ORIGIN" not in environ
            and "HTTP_AUTHORIZATION" not in environ
            and self._state.origins.knows_host(environ.get("HTTP_HOST"))
        )

    def _ready(self, environ: Environ, finish: StartResponse) -> Iterable[bytes] | None:
        """The list, or a page that is kept; None where the application has to answer or to report a problem."""
        try:
            is_list = environ["PATH_INFO"] == LIST_PATH
            found = self._ready_list(environ) if is_list else self._ready_page(environ)
        except Exception:
            # Over the rate limit, If-Match fails, or the database is away: the application meets the same problem and
            # reports it.
            return None
        if found is None:
            return None
        status, headers, data = found
        finish(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [data]

    def _ready_list(self, environ: Environ) -> Ready | None:
        """The whole list."""
        if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING"):
            return None
        environ[RATE_HEADERS] = self._state.limits.count(environ.get("REMOTE_ADDR", ""), None)
        found = self._state.catalog.answer(environ, self._app.app_context)
        environ[ROUTE] = LIST_PATH
        return found

    def _ready_page(self, environ: Environ) -> Ready | None:
        """A page. One that is not kept is counted by the application."""
        found = self._state.documents.ready(environ)
        if found is None:
            return None
        environ[RATE_HEADERS] = self._state.limits.count(environ.get("REMOTE_ADDR", ""), None, PAGE)
        answer, environ[ROUTE] = found
        environ[POLICY] = PAGE_POLICY
        return answer


def canonical(path: str) -> str:
    """The canonical form of a path: trailing slashes are ignored, except where pages contain relative links."""
    return path if path.startswith(_PAGES) else path.rstrip("/") or "/"


def identify(given: str) -> str:
    """The client's request id if it is well-formed, a new one otherwise."""
    return given if given and SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _common(environ: Environ, seconds: float) -> list[tuple[str, str]]:
    return [
        ("X-Request-ID", environ[REQUEST_ID]),
        ("X-Process-Time", f"{seconds:.6f}"),
        *SECURITY,
        environ.get(POLICY) or _policy(environ["PATH_INFO"]),
        *environ.get(RATE_HEADERS, {}).items(),
    ]


def _policy(path: str) -> tuple[str, str]:
    if path.startswith("/docs"):
        return DOCS_POLICY
    return ADMIN_POLICY if path.startswith(ADMIN) else API_POLICY


def _record(environ: Environ, status: str, seconds: float) -> None:
    route, method = environ.get(ROUTE, UNMATCHED), environ["REQUEST_METHOD"]
    surface = mount_of(environ["PATH_INFO"] if route == UNMATCHED else route).surface
    known = method if method in _METHODS else "OTHER"
    metrics.observe(surface, route, known, status, seconds)
    tracing.describe(environ[SPAN], method=known, route=route, status=status, surface=surface)
    access_log.record(environ[REQUEST_ID], method, environ["PATH_INFO"], status, seconds)


_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))
