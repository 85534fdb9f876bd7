"""Pages that list plugins: what was searched for, and what is in a category."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from flask import Response, redirect, request
from sqlalchemy import Row
from werkzeug.exceptions import NotFound

from ..context import context
from ..models import Category
from ..services.catalog import categories
from ..text import forbidden
from . import shelves
from .documents import kept, made
from .shelves import Found, Order
from .views import page
from .writing import Visit, page_number

WORDS_MAX: Final = 100


@page("/plugins")
def results() -> Response:
    """What was searched for, or everything; all of it, or what is in a category and below it."""
    visit = Visit.of_request()
    words = " ".join(forbidden.dropped(request.args.get("q", "")[:WORDS_MAX]).split())
    order, number = _order(request.args.get("sort", ""), words), page_number(request.args.get("page", ""))
    chosen = request.args.get("category", "")
    category = _category(chosen) if chosen else None

    def make() -> str:
        # Read again: what is kept must be of the revision that it is kept under.
        current = category and categories.get(category.id)
        found = _found(words, current, order, number)
        query = {"q": words, "category": current and current.address, "sort": _shown(order, words)}
        advice = None if found.plugins else shelves.advice(words, found.facets)
        values = _listed(found, order, words, "/plugins", query)
        return visit.render("results.html", words=words, category=current, advice=advice, **values)

    if words:
        return made(make, visit)
    return kept(make, visit, category and category.id, order.value, number)


@page("/categories/<slug>")
def category(slug: str) -> Response:
    """A category, with what is in it and below it. An id's page is that of its slug."""
    visit = Visit.of_request()
    order, number = _order(request.args.get("sort", ""), ""), page_number(request.args.get("page", ""))
    chosen = _category(slug)
    path, query = f"/categories/{quote(chosen.address)}", {"sort": _shown(order, "")}
    if chosen.address != slug:
        return redirect(visit.url(path, **query, page=number if number > 1 else None), 301)  # type: ignore[return-value]

    def make() -> str:
        found = _found("", current := categories.get(chosen.id), order, number)
        return visit.render("category.html", category=current, **_listed(found, order, "", path, query))

    return kept(make, visit, chosen.id, order.value, number)


def _category(reference: str) -> Row[Any]:
    return categories.addressed(reference, context().autocommit)


def _found(words: str, category: Category | None, order: Order, number: int) -> Found:
    found = shelves.found(words, category.id if category else None, order, number)
    if number > found.pages:
        raise NotFound
    return found


def _listed(found: Found, order: Order, words: str, path: str, query: dict[str, Any]) -> dict[str, Any]:
    """What every list's template takes. `query` is of all links that stay in the list, `here` of this page."""
    return {
        "found": found,
        "sort": order.value,
        "sorts": [one.value for one in Order if words or one is not Order.RELEVANCE],
        "first": _default(words).value,
        "path": path,
        "query": query,
        "here": {**query, "page": found.page if found.page > 1 else None},
    }


def _default(words: str) -> Order:
    return Order.RELEVANCE if words else Order.DOWNLOADS


def _order(given: str, words: str) -> Order:
    found = Order(given) if given in {one.value for one in Order} else _default(words)
    return _default(words) if found is Order.RELEVANCE and not words else found


def _shown(order: Order, words: str) -> str | None:
    """The order as addresses have it: the default is left out."""
    return None if order is _default(words) else order.value
