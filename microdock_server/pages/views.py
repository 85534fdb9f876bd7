"""The pages of the gallery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound

from ..api.core.middleware import PAGE_POLICY
from ..api.core.rate_limits import PAGE
from ..api.core.state import api_state
from ..api.core.surface import POLICY, RATE_HEADERS, ROUTE
from ..context import context
from ..database.unit_of_work import unit_of_work
from ..services import developers, plugins
from ..services.plugins import versions
from . import plugin_facts, shelves, version_facts
from .documents import kept, made, sent
from .writing import ASSETS, Visit, page_number

gallery = Blueprint("gallery", __name__)
# What is served without the gallery too: answers of the API refer to it.
always = Blueprint("pages", __name__)
View = Callable[..., Response]


def page(rule: str, on: Blueprint = gallery) -> Callable[[View], View]:
    """Declare a page: its requests are counted, and its errors are pages."""

    def declare(view: View) -> View:
        def answer(**values: Any) -> Response:
            counted(rule)
            return view(**values)

        on.add_url_rule(rule, view.__name__, answer, methods=["GET"])
        return view

    return declare


def counted(rule: str) -> None:
    """Count the request as one of pages, and name its route. Raises TooMany."""
    request.environ[ROUTE] = rule
    request.environ[POLICY] = PAGE_POLICY
    request.environ[RATE_HEADERS] = api_state().limits.count(request.remote_addr or "", None, PAGE)


def home() -> Response:
    """The start page."""
    counted("/")
    visit = Visit.of_request()
    return kept(lambda: _home(visit), visit)


def _home(visit: Visit) -> str:
    return visit.render(
        "home.html", total=shelves.total(), categories=shelves.top_categories(), shelves=shelves.shelves()
    )


@page("/plugins/<name>")
def plugin(name: str) -> Response:
    """One plugin; `?ratings=2` shows the second page of its ratings."""
    visit = Visit.of_request()
    stored = plugins.public_name(name, context().autocommit)
    if stored != name:
        return redirect(visit.plugin(stored), 301)  # type: ignore[return-value]
    number = page_number(request.args.get("ratings", ""))

    def make() -> str:
        facts = plugin_facts.of(name, visit.language, number)
        if facts is None:
            raise NotFound
        here = {"ratings": facts.opinions.page if facts.opinions.page > 1 else None}
        return visit.render("plugin.html", facts=facts, plugin=facts.plugin, here=here)

    return kept(make, visit, number)


@page("/plugins/<name>/<version>")
def version(name: str, version: str) -> Response:
    """One version, with its files."""
    visit = Visit.of_request()
    facts = version_facts.ensure_inventory(name, version)
    if (facts.name, facts.version) != (name, version):
        return redirect(visit.version(facts.name, facts.version), 301)  # type: ignore[return-value]

    def make() -> str:
        shown = version_facts.of(name, version, visit.language)
        return visit.render("version.html", facts=shown, plugin=shown.plugin)

    return kept(make, visit)


@page("/compare/<name>")
def choose(name: str) -> Response:
    """A form to choose two versions; where `?from=` and `?to=` name two, the way to what changed between them."""
    visit = Visit.of_request()
    before, after = request.args.get("from", ""), request.args.get("to", "")
    with unit_of_work(writing=False):
        found = plugins.get_public(name)
        numbers = versions.public_numbers(found)
    if before != after and before in numbers and after in numbers:
        return redirect(visit.comparison(found.name, before, after), 302)  # type: ignore[return-value]
    if found.name != name:
        return redirect(visit.url(f"/compare/{found.name}"), 301)  # type: ignore[return-value]
    return made(lambda: visit.render("choose.html", plugin=found, numbers=numbers, before=before, after=after), visit)


@page("/compare/<name>/<path:range>")
def compare(name: str, range: str) -> Response:
    """What changed between two versions: `/compare/name/1.0.0...2.0.0`."""
    before, dots, after = range.partition("...")
    if not dots:
        raise NotFound
    visit = Visit.of_request()
    old, new = (version_facts.ensure_inventory(name, version) for version in (before, after))
    if old.version == new.version:
        raise NotFound
    if (old.name, old.version, new.version) != (name, before, after):
        return redirect(visit.comparison(old.name, old.version, new.version), 301)  # type: ignore[return-value]

    def make() -> str:
        found = plugins.get_public(name)
        numbers, changes = versions.public_numbers(found), version_facts.changes(old, new)
        return visit.render("compare.html", plugin=found, numbers=numbers, before=before, after=after, changes=changes)

    return kept(make, visit)


@page("/developers/<developer_id>")
def developer(developer_id: str) -> Response:
    """A developer, with what they published; `?page=2` shows the second page of that."""
    visit = Visit.of_request()
    number = page_number(request.args.get("page", ""))

    def make() -> str:
        profile, found = developers.get(developer_id), shelves.published_by(developer_id, number)
        if number > found.pages:
            raise NotFound
        here = {"page": number if number > 1 else None}
        return visit.render("developer.html", profile=profile, found=found, here=here)

    # Who is a developer is decided elsewhere than in the catalogue.
    return made(make, visit)


@always.get("/gallery/<file>")
def asset(file: str) -> Response:
    """A stylesheet, script or picture, whose address names its content."""
    found = ASSETS.get(f"/gallery/{file}")
    if found is None:
        raise NotFound
    response = sent(found.document)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
