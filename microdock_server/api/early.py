"""Refusals that the worker gives before there is a request: in the envelope of the surface that seems to be asked."""

from __future__ import annotations

import http
import re
import uuid
from typing import Final

from ..messages import Message
from .edge import API_POLICY, SECURITY
from .envelopes import Refusal, rendered

_TARGET: Final = re.compile(rb"\r?\n?[A-Za-z]{1,20} (/[^ ?#\r\n]{0,500})")
_LANGUAGE: Final = re.compile(rb"\r\naccept-language:[ \t]*([^\r\n]{1,512})", re.IGNORECASE)


def refusal(status: int, slug: str, received: bytes) -> bytes:
    """The whole answer to a request of which only `received` has come; the connection ends with it."""
    target, spoken = _TARGET.match(received), _LANGUAGE.search(received)
    path = target[1].decode("latin-1") if target else "/"
    language = spoken[1].decode("latin-1") if spoken else ""
    request_id = uuid.uuid4().hex
    body = rendered(Refusal(status, slug, Message(f"error.{slug}")), path, language, request_id)
    headers = (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Request-ID", request_id),
        *SECURITY,
        API_POLICY,
        ("Connection", "close"),
    )
    lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
