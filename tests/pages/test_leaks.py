"""Nothing that is not public is on a page, in a feed, or in what programs read, whoever asks and however."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from flask import Flask

from ..conftest import AppFactory
from ..market import V1, People, data
from ..support import Api
from .conftest import Market
from .market import CLOCK, DELETED, HIDDEN, KEYED, PENDING, SECRET, USER_KEY, Facts
from .reading import Answer, get

LANGUAGES = ("zh", "en")
SORTS = ("relevance", "downloads", "rating", "updated", "new")
MARK = SECRET.encode()
UNPUBLISHED = ("2.8.0", "2.9.0", "3.0.0")
NOBODY = "com.example.nobodyeverhadit"


def marked(answer: Answer, said: str = "") -> bool:
    """Does it say a secret that the question did not?"""
    told = answer.body.decode(errors="replace") + str(answer.headers)
    for written in (said, quote(said), quote_plus(said)):
        told = told.replace(written, "") if written else told
    return SECRET in told.lower()


def test_the_secrets_are_there(market: Market) -> None:
    """Those who may read them do."""
    queue = market.who.reviewer.get(f"{V1}/admin/reviews/queue?limit=100").get_data()
    own = market.who.developer.get(f"{V1}/marketplace/plugins/{PENDING}").get_data()
    assert MARK in queue
    assert MARK in own
    assert MARK in market.who.admin.get(f"{V1}/admin/audit?limit=100").get_data()


def test_no_page_that_can_be_reached_says_a_secret(walked: dict[str, Answer]) -> None:
    assert [answer.address for answer in walked.values() if marked(answer)] == []


def asked() -> Iterator[tuple[str, str]]:
    """Addresses that no link has, and the words of each that come back for being in it."""
    for sort in SORTS:
        for language in LANGUAGES:
            yield f"/plugins?sort={sort}&lang={language}", ""
            yield f"/plugins?sort={sort}&q=clock&lang={language}", ""
        yield f"/plugins?sort={sort}&page=2", ""
    for word in (SECRET, SECRET[:6], f"{SECRET} described", f"com.example.{SECRET}", f"{SECRET}author", USER_KEY):
        for sort in SORTS:
            yield f"/plugins?q={word}&sort={sort}&lang=en", word
        yield f"/plugins?q={word}", word
    for path in ("/sitemap.xml", "/robots.txt", "/opensearch.xml", "/.well-known/security.txt"):
        yield path, ""
    for feed in ("/feeds/plugins.atom", "/feeds/blocks.atom", f"/feeds/plugins/{CLOCK}.atom"):
        for language in LANGUAGES:
            yield f"{feed}?lang={language}", ""
    for path in ("/plugins/nothing", "/developers/nothing", "/nothing", "/help/rules/nothing", "/gallery/nothing.css"):
        yield path, ""


@pytest.fixture(scope="module")
def addressed(filled: tuple[Path, Facts], make_shared_app: AppFactory) -> Flask:
    """The marketplace on a server that knows its own address, so that it has a sitemap."""
    return make_shared_app(
        filled[0], PUBLIC_URL="https://plugins.example", SECURITY_CONTACT="mailto:security@plugins.example"
    )


def test_no_question_is_answered_with_a_secret(addressed: Flask) -> None:
    told = [address for address, said in asked() if marked(get(addressed, address), said)]
    assert told == []


def test_a_search_for_a_secret_finds_as_much_as_one_for_nonsense(market: Market) -> None:
    nonsense = get(market.app, "/plugins?q=qqqqnothing&lang=en").text
    for word in (SECRET, f"{SECRET}author", PENDING):
        assert get(market.app, f"/plugins?q={word}&lang=en").text.replace(word, "qqqqnothing") == nonsense


def names() -> list[tuple[str, str]]:
    """A hidden name's address, and the same of a name that nobody ever had."""
    forms = ("/plugins/{}", "/plugins/{}/1.0.0", "/compare/{}/1.0.0...1.1.0", "/feeds/plugins/{}.atom")
    return [(form.format(name), form.format(NOBODY)) for name in HIDDEN for form in forms]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hidden_name_answers_as_one_that_nobody_ever_had(market: Market, language: str) -> None:
    for hidden, unknown in names():
        answers = [get(market.app, f"{address}?lang={language}") for address in (hidden, unknown)]
        bodies = [
            without_its_own(answer.text, address.split("/")[-1 if "feeds" in address else 2].removesuffix(".atom"))
            for answer, address in zip(answers, (hidden, unknown), strict=True)
        ]
        assert answers[0].status == answers[1].status, hidden
        assert answers[0].status in (404, 410)
        assert bodies[0] == bodies[1], hidden


def without_its_own(body: str, name: str) -> str:
    """An answer without the name that was asked for, and without what every request has anew."""
    body = body.replace(name, "NAME")
    if body.startswith("{"):
        told = json.loads(body)
        return json.dumps({key: value for key, value in told.items() if key not in ("request_id", "timestamp")})
    return body


@pytest.mark.parametrize("version", UNPUBLISHED)
def test_an_unpublished_version_answers_as_one_that_there_never_was(market: Market, version: str) -> None:
    for form in (f"/plugins/{CLOCK}/{{}}", f"/compare/{CLOCK}/1.0.0...{{}}", f"/compare/{CLOCK}/{{}}...1.0.0"):
        answers = [get(market.app, form.format(number)) for number in (version, "9.9.9")]
        assert [answer.status for answer in answers] == [404, 404]
        assert answers[0].text.replace(version, "9.9.9") == answers[1].text


@pytest.mark.parametrize(
    "form", ["/plugins/{}", "/plugins/{}/1.0.0", "/compare/{}/1.0.0...1.1.0", "/feeds/plugins/{}.atom"]
)
def test_a_deleted_plugin_says_no_more_than_that_it_was_deleted(market: Market, form: str) -> None:
    for language in LANGUAGES:
        answer = get(market.app, f"{form.format(DELETED)}?lang={language}")
        assert answer.status in (404, 410)
        assert not marked(answer)


def callers(who: People) -> dict[str, Api]:
    return {name: getattr(who, name) for name in ("user", "developer", "reviewer", "admin")}


def test_pages_are_the_same_for_whoever_asks(market: Market) -> None:
    addresses = ["/", "/plugins", "/plugins?q=clock", f"/plugins/{CLOCK}", f"/plugins/{CLOCK}/1.0.0"]
    addresses += [f"/plugins/{name}" for name in HIDDEN]
    addresses += [f"/plugins/{CLOCK}/{version}" for version in UNPUBLISHED]
    addresses += [f"/developers/{market.facts.developer}", "/feeds/plugins.atom", "/help/rules"]
    for address in addresses:
        nobody = get(market.app, address)
        for name, caller in callers(market.who).items():
            same = get(market.app, address, Authorization=f"Bearer {caller.token}")
            assert (same.status, same.body) == (nobody.status, nobody.body) or is_json(nobody), (address, name)


def is_json(answer: Answer) -> bool:
    return answer.headers["Content-Type"].startswith("application/json")


def test_what_is_told_of_a_developer_is_what_is_public(market: Market) -> None:
    page = get(market.app, f"/developers/{market.facts.developer}?lang=en").text
    assert "林晓 Lin Xiao" in page
    assert "@" not in page.replace("@context", "").replace("@type", "")


def test_somebody_who_is_no_developer_has_no_page(market: Market) -> None:
    answers = [get(market.app, f"/developers/{one}") for one in (market.facts.user, "nothing", "user")]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.text.replace(market.facts.user, "").replace("nothing", "") for answer in answers[:2]}) == 1


def test_a_plugin_that_is_suspended_is_gone_at_the_next_request(own_market: Market) -> None:
    app, admin = own_market.app, own_market.who.admin
    assert get(app, f"/plugins/{KEYED}").status == 200
    plugin = data(admin.get(f"{V1}/marketplace/plugins/{KEYED}"))
    body = {"status": "suspended", "reason": f"{SECRET}reason"}
    data(admin.post(f"{V1}/admin/plugins/{plugin['id']}/status", body))
    for address in ("/", "/plugins", "/plugins?sort=new", "/plugins?q=keyed", "/feeds/plugins.atom"):
        assert KEYED not in get(app, address).text
    gone = get(app, f"/plugins/{KEYED}")
    assert (gone.status, marked(gone)) == (404, False)
