"""Refusals as pages, for those who asked for a page."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from ..api.core.envelopes import MARKET, Refusal
from ..api.core.middleware import PAGE_POLICY
from ..api.core.mounts import ADMIN, SOCKET
from ..api.core.request import wants_page
from ..api.core.surface import POLICY
from ..context import settings
from ..errors import DomainError
from .documents import shown
from .writing import Visit

# The blueprints of pages: whoever asks for one of them gets a page.
BLUEPRINTS: Final = frozenset({"gallery", "pages"})
# Programs read what is below; so do browsers on their behalf.
_FOR_PROGRAMS: Final = ("/api", "/v1", "/docs", ADMIN, SOCKET)
# The titles of some statuses; all others share one of two: is it the request, or the server?
_TITLES: Final = {404: "page.not_found_title", 429: "page.title_429", 503: "page.title_503"}
# The message of an address that leads nowhere; a thing that is not there has one of its own.
_NOWHERE: Final = "error.not_found"


def problem(refusal: Refusal) -> Response | None:
    """The refusal as a page; None where a program asks."""
    if request.blueprint not in BLUEPRINTS and not _is_looking_around():
        return None
    request.environ[POLICY] = PAGE_POLICY
    visit = Visit.of_request()
    unnamed = "page.refused_title" if refusal.status < 500 else "page.problem_title"
    title = visit.text(_TITLES.get(refusal.status, unnamed))
    is_nowhere = refusal.message.key == _NOWHERE
    message = visit.text("page.not_found") if is_nowhere else refusal.message.render(visit.language)
    return shown(
        visit.render("problem.html", title=title, message=message, status=refusal.status),
        visit.language,
        refusal.status,
    )


def refused(error: DomainError) -> Response:
    """An error as a page."""
    found = problem(Refusal(MARKET.status_of(error), error.slug, error.message))
    assert found is not None
    return found


def _is_looking_around() -> bool:
    """Does a browser ask for an address at which there could be a page?"""
    if not settings().gallery or not wants_page(request.headers.get("Accept", "")):
        return False
    return not any(request.path == prefix or request.path.startswith(f"{prefix}/") for prefix in _FOR_PROGRAMS)
