"""What a full marketplace answers: to programs, without its gallery, after each change, and to whom is logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from microdock_server.messages import text
from microdock_server.pages import shelves

from ..conftest import AppFactory
from ..market import PLUGINS, V1, data, published_version
from ..support import Api
from .conftest import Market
from .market import CLOCK, DELETED, DISABLED
from .reading import get, read

PAGES = ("/", "/plugins", "/plugins?q=clock", f"/plugins/{CLOCK}", f"/plugins/{CLOCK}/1.0.0", "/help/rules")
ADDRESSES = (*PAGES, "/nothing")


# As w3m, Lynx, ELinks, and a browser of today ask.
@pytest.mark.parametrize(
    "accept",
    [
        "text/html, text/*;q=0.5, image/*, application/*",
        "text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01",
        "text/html, */*",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ],
)
def test_text_browsers_get_pages(market: Market, accept: str) -> None:
    for address in ("/", "/nothing"):
        assert get(market.app, address, Accept=accept).is_page


@pytest.mark.parametrize(
    "accept",
    [
        *(None, "*/*", "application/json", "application/json, text/html;q=0.5", "text/html, application/json"),
        *("application/*, text/*", "text/html;q=0", "application/json, text/plain, */*"),
    ],
)
def test_programs_are_told_what_they_always_were(market: Market, make_app: AppFactory, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    without = make_app(GALLERY="false")
    # Also once the page that stands there for browsers is kept.
    assert get(market.app, "/").is_page
    bodies = {app.test_client().get("/", headers=headers).data for app in (market.app, without)}
    [body] = bodies
    settings = without.extensions["microdock"].settings
    names = f'"name":"{settings.app_name}","version":"{settings.app_version}"'
    told = f'{{"message":"MicroDock PluginServer API",{names},"docs":"/docs","health":"/api/health"}}'
    assert told.encode() in body


def test_without_a_gallery_the_pages_about_rules_lead_to_what_is_there(make_app: AppFactory) -> None:
    app = make_app(GALLERY="false")
    # Answers of the API refer to these.
    page = get(app, "/help/rules")
    assert page.status == 200
    for link in read(page.text).links():
        if link.startswith("/") and "/rules/" not in link:
            assert get(app, link).status < 400 or link.startswith("/admin"), link


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_take_nothing(market: Market, method: str) -> None:
    for address in ("/plugins", f"/plugins/{CLOCK}"):
        answer = get(market.app, address, method)
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


def test_a_request_that_is_wrong_is_not_called_a_failure_of_the_server(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language in ("zh", "en"):
        refused = [
            get(market.app, "/plugins", "POST", Accept_Language=language),
            get(market.app, "/", Accept_Language=language, If_Match='"other"'),
            get(market.app, "/plugins", Accept_Language=language, Host="unknown.example"),
        ]
        assert [one.status for one in refused] == [405, 412, 400]
        titles = {"".join(one.page.one("h1").itertext()) for one in refused}
        assert titles == {text("page.refused_title", language)}
    monkeypatch.setattr(shelves, "total", lambda: 1 / 0)
    failed = get(market.app, "/?lang=en&x")
    assert (failed.status, text("page.problem_title", "en") in failed.text) == (500, True)


def yank(market: Market) -> None:
    data(market.who.developer.post(f"{PLUGINS}/{CLOCK}/versions/1.1.0/yank", {"reason": "Freshly yanked"}))


def deprecate(market: Market) -> None:
    said = {"deprecated": True, "reason": "Freshly deprecated"}
    data(market.who.developer.put(f"{PLUGINS}/{CLOCK}/deprecation", said))


def publish(market: Market) -> None:
    published_version(market.who.developer, market.who.reviewer, CLOCK, "4.4.4", name=CLOCK)


def rename(market: Market) -> None:
    data(market.who.admin.put(f"{V1}/admin/categories/{market.facts.category}", {"name": "Freshly renamed"}))


def block(market: Market) -> None:
    said = {"plugin": CLOCK, "versions": "*", "severity": "warn", "reason": {"zh": "Freshly", "en": "Freshly blocked"}}
    data(market.who.admin.post(f"{V1}/admin/blocks", said), 201)


def rate(market: Market) -> None:
    body = {"rating": 2, "title": "Freshly rated", "content": "x"}
    data(market.who.admin.post(f"{PLUGINS}/{CLOCK}/reviews", body), 201)


@pytest.mark.parametrize(
    ("act", "address", "word"),
    [
        (yank, f"/plugins/{CLOCK}", "Freshly yanked"),
        (yank, f"/plugins/{CLOCK}/1.1.0", "Freshly yanked"),
        (deprecate, f"/plugins/{CLOCK}", "Freshly deprecated"),
        (publish, f"/plugins/{CLOCK}", "4.4.4"),
        (rename, "/", "Freshly renamed"),
        (rename, "/plugins", "Freshly renamed"),
        (block, f"/plugins/{CLOCK}", "Freshly blocked"),
        (rate, f"/plugins/{CLOCK}", "Freshly rated"),
    ],
)
def test_a_change_is_on_the_page_at_the_next_request(
    own_market: Market, act: Callable[[Market], None], address: str, word: str
) -> None:
    before = get(own_market.app, address, Accept_Language="en")
    assert word not in before.text
    act(own_market)
    after = get(own_market.app, address, Accept_Language="en", If_None_Match=before.headers["ETag"])
    assert after.status == 200
    assert word in after.text


def test_what_is_disabled_is_shown_and_not_offered(market: Market) -> None:
    answer = get(market.app, f"/plugins/{DISABLED}", Accept_Language="en")
    assert answer.status == 200
    assert not [link for link in read(answer.text).links() if "/download" in link or link.startswith("microdock:")]


def test_whoever_is_logged_in_gets_what_everybody_gets(market: Market) -> None:
    caller: Api = market.who.admin
    for address in ADDRESSES:
        nobody, known = get(market.app, address), get(market.app, address, Authorization=f"Bearer {caller.token}")
        assert (known.status, known.body) == (nobody.status, nobody.body)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_words_that_a_script_alone_shows_are_not_among_those_of_the_page(market: Market, language: str) -> None:
    for address in ADDRESSES:
        page = read(get(market.app, address, Accept_Language=language).text)
        # As text browsers and readers of HTML print it, which know no template and no `hidden`.
        assert text("page.theme", language) not in page.text()
        # In the foot alone.
        assert page.text().count(text("page.admin", language)) == 1
        # They print of a button that it is there.
        assert all("".join(one.itertext()).strip() for one in page.all("button"))


def test_redirects_are_asked_for_anew_each_time(market: Market, make_app: AppFactory) -> None:
    found = {
        301: [f"/plugins/{CLOCK.upper()}", f"/plugins/{CLOCK.upper()}/1.0.0", f"/categories/{market.facts.category}"],
        302: [f"/compare/{CLOCK}?from=1.0.0&to=1.1.0", "/admin"],
        308: ["/plugins//x", f"/compare//{CLOCK}"],
    }
    found[301] += [
        f"/compare/{CLOCK.upper()}",
        f"/compare/{CLOCK.upper()}/1.0.0...1.1.0",
        f"/plugins/{DELETED.upper()}",
    ]
    answers = [(status, get(market.app, address)) for status, addresses in found.items() for address in addresses]
    answers.append((302, get(make_app(GALLERY="false"), "/")))
    for status, answer in answers:
        assert (answer.status, answer.headers.get("Cache-Control")) == (status, "no-cache"), answer.address
