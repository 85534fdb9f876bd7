"""What every part of a request may ask of it: its id, and the language of its answer."""

from __future__ import annotations

from typing import Final

from flask import request

from ...messages import Language, language_of

REQUEST_ID: Final = "microdock.request_id"


def request_id() -> str:
    """The id of this request, as it is answered and logged."""
    return str(request.environ.get(REQUEST_ID, "-"))


def language() -> Language:
    """The language this request wants to be answered in."""
    return language_of(request.headers.get("Accept-Language", ""))
