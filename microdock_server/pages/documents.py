"""Rendered pages as responses: those that are kept, those made for one visitor, and those that say what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from ..api.core.documents import Document
from ..api.core.state import api_state
from ..api.core.surface import ROUTE, UNMATCHED
from ..clock import utcnow
from ..context import context
from ..database.unit_of_work import unit_of_work
from ..messages import Language
from ..services.releases.decision import next_change
from .writing import Visit


def kept(make: Callable[[], str], visit: Visit, *what: object) -> Response:
    """The page that `make` renders for such visits, rendered once until the catalogue changes or counts are old.

    `what` is all of the query that the page depends on, but for the language. It and the path come from few values or
    from the catalogue: what visitors type is not kept.
    """
    environ = request.environ
    # Pages name their own address, and where they do not know it, the one that they were asked by.
    key = (environ["PATH_INFO"], visit.base, visit.language, visit.is_chosen, *what)
    route = environ.get(ROUTE, UNMATCHED)
    # Pages about a plugin have its name in their address. They say what hosts get, which time alone changes too.
    name = (request.view_args or {}).get("name")
    # How long a page lasts is of the same snapshot as the page.
    with unit_of_work(writing=False):
        documents = api_state().documents
        found = documents.load(environ, route, lambda: _rendered(make, visit), key, lambda: _lasts(name))
    return sent(found)


def made(make: Callable[[], str], visit: Visit) -> Response:
    """The page that `make` renders, for this visitor alone."""
    return sent(_rendered(make, visit))


def shown(html: str, language: Language, status: int) -> Response:
    """A page that says what is wrong: nobody keeps it."""
    answer = Document.of(html, language).whole(request.environ)
    response = Response(answer.data, status, answer.headers)
    del response.headers["ETag"]
    response.headers["Cache-Control"] = "no-store"
    return response


def _rendered(make: Callable[[], str], visit: Visit) -> Document:
    with unit_of_work(writing=False):
        return Document.of(make(), visit.language)


def sent(document: Document) -> Response:
    """The document, or 304 where the client has it. Raises PreconditionFailed."""
    answer = document.answer(request.environ)
    return Response(answer.data, answer.status, answer.headers)


def _lasts(name: str | None) -> float | None:
    """In how many seconds a block or a cooldown of this plugin ends. None: never."""
    line = context().releases.lines([name]).get(name.lower()) if name else None
    now = utcnow()
    ends = next_change(line, now) if line else None
    return (ends - now).total_seconds() if ends else None
