"""Error responses that the worker gives before a request is parsed, in the envelope of the surface that the path points
to.

What arrived may be any bytes. Whatever of it can be read (path, language, origin) shapes the response.
"""

from __future__ import annotations

import http
import re
import uuid
from typing import Final
from urllib.parse import unquote

from ...messages import Message
from .envelopes import Refusal
from .middleware import API_POLICY, SECURITY, canonical
from .mounts import rendered
from .origins import Origins

# A request line, even with an invalid method or version, or with an absolute URL (RFC 9112, 3.2.2).
_TARGET: Final = re.compile(rb"[^ \r\n]{1,64} (?:https?://[^/ ?#\r\n]{0,300})?(/[^ ?#\r\n]{0,500})", re.IGNORECASE)
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


class EarlyRefusals:
    """Makes the complete response, as bytes, to a request of which only a part has arrived; the connection then
    closes.
    """

    def __init__(self, origins: Origins) -> None:
        self._origins = origins

    def __call__(self, status: int, slug: str, received: bytes) -> bytes:
        # RFC 9112 lets a server skip one empty line before the request.
        head = _HEAD_END.split(received.lstrip(b"\r\n"), maxsplit=1)[0]
        target = _TARGET.match(head)
        path = canonical(unquote(target[1].decode("latin-1"), "latin-1")) if target else "/"
        request_id = uuid.uuid4().hex
        refusal = Refusal(status, slug, Message(f"error.{slug}"))
        body = rendered(refusal, path, _only(head, "accept-language"), request_id)
        headers = (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Request-ID", request_id),
            *SECURITY,
            API_POLICY,
            *self._origins.readable_by(_only(head, "origin")),
            ("Connection", "close"),
        )
        first = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}"
        lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + body


def _only(head: bytes, name: str) -> str:
    """The value of a header among those received so far; "" unless it is there exactly once."""
    found = re.findall(rb"\n" + name.encode() + rb":[ \t]*([^\r\n]{0,512})", head, re.IGNORECASE)
    return str(found[0].decode("latin-1")).strip() if len(found) == 1 else ""
