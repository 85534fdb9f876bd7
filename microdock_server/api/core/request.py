"""The request's id, and the language of its answer."""

from __future__ import annotations

from typing import Final

from flask import request

from ...messages import Language, language_of

REQUEST_ID: Final = "microdock.request_id"


def request_id() -> str:
    """The id of this request, as in its response and log line."""
    return str(request.environ.get(REQUEST_ID, "-"))


def language() -> Language:
    """The language in which this request is answered."""
    return language_of(request.headers.get("Accept-Language", ""))
