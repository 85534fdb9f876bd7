"""Error responses that the worker gives before a request is parsed, in the envelope of the surface that the path points
to.

What arrived may be any bytes. Whatever of it can be read (path, language, origin) shapes the response.
"""

from __future__ import annotations

import http
import io
import logging
import re
import sys
import uuid
from typing import Final
from urllib.parse import unquote

from flask import Flask, Response

from ...messages import Message
from .envelopes import Refusal
from .middleware import API_POLICY, PAGE_POLICY, SECURITY, canonical
from .mounts import rendered
from .state import state_of

log = logging.getLogger(__name__)

# A request line, even with an invalid method or version, or with an absolute URL (RFC 9112, 3.2.2).
_TARGET: Final = re.compile(rb"[^ \r\n]{1,64} (?:https?://[^/ ?#\r\n]{0,300})?(/[^ ?#\r\n]{0,500})", re.IGNORECASE)
_TOO_LONG: Final = 414
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


class EarlyRefusals:
    """Makes the complete response, as bytes, to a request of which only a part has arrived; the connection then
    closes.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self._state = app, state_of(app)

    def __call__(self, status: int, slug: str, received: bytes) -> bytes:
        # RFC 9112 lets a server skip one empty line before the request.
        head = _HEAD_END.split(received.lstrip(b"\r\n"), maxsplit=1)[0]
        target = _TARGET.match(head)
        path = canonical(unquote(target[1].decode("latin-1"), "latin-1")) if target else "/"
        request_id = uuid.uuid4().hex
        refusal = Refusal(status, slug, Message(f"error.{slug}"))
        page = self._page(refusal, path, head) if status == _TOO_LONG and head.startswith(b"GET ") else None
        body = page.data if page else rendered(refusal, path, _only(head, "accept-language"), request_id)
        headers = (
            ("Content-Type", page.content_type if page else "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Request-ID", request_id),
            *SECURITY,
            PAGE_POLICY if page else API_POLICY,
            *self._state.origins.readable_by(_only(head, "origin")),
            ("Connection", "close"),
        )
        first = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}"
        lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + body

    def _page(self, refusal: Refusal, path: str, head: bytes) -> Response | None:
        """The refusal as a page where a browser asks: people make addresses that are too long, by long searches."""
        environ = {
            **{"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "wsgi.url_scheme": "http"},
            **{"SERVER_NAME": "", "SERVER_PORT": "", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr},
            "HTTP_ACCEPT": _only(head, "accept"),
            "HTTP_ACCEPT_LANGUAGE": _only(head, "accept-language"),
        }
        try:
            with self._app.request_context(environ):
                return self._state.problem(refusal)
        except Exception:
            # The refusal goes out all the same.
            log.exception("a refusal could not be shown as a page")
            return None


def _only(head: bytes, name: str) -> str:
    """The value of a header among those received so far; "" unless it is there exactly once."""
    found = re.findall(rb"\n" + name.encode() + rb":[ \t]*([^\r\n]{0,512})", head, re.IGNORECASE)
    return str(found[0].decode("latin-1")).strip() if len(found) == 1 else ""
