"""The request's id, the language of its answer, and whether a browser asks for something to look at."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from ...messages import LANGUAGES, Language, language_of

REQUEST_ID: Final = "microdock.request_id"


def request_id() -> str:
    """The id of this request, as in its response and log line."""
    return str(request.environ.get(REQUEST_ID, "-"))


def language() -> Language:
    """The language in which this request is answered."""
    return language_of(request.headers.get("Accept-Language", ""))


def named_language() -> Language | None:
    """The language that the address names by `?lang=`, as pages and feeds can be asked for one; None without one."""
    named = request.args.get("lang", "")
    return named if named in LANGUAGES else None


@lru_cache(maxsize=256)
def wants_page(accept: str) -> bool:
    """Does an `Accept` header prefer HTML to JSON, as a browser's does? Clients that accept anything get JSON.

    Of two that are wanted as much, the one that is named goes before one that a wildcard fits (RFC 9110, 12.5.1): text
    browsers ask for `text/html` beside `application/*`.
    """
    accepted = parse_accept_header(accept[:512], MIMEAccept)
    html, json = accepted["text/html"], accepted["application/json"]
    named = {kind for kind, _ in accepted}
    return html > json or (html == json > 0 and "text/html" in named and "application/json" not in named)
