"""Whoever follows links through the gallery arrives, and what they read is HTML without a fault."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urlsplit

import pytest

from ..conftest import AppFactory
from .conftest import Market
from .market import BLOCKED, CLOCK, DISABLED, KEYED, OLD
from .reading import Answer, crawl, faults, get, is_ours

Walk = dict[str, Answer]
KIB = 1024


def pages(walked: Walk) -> list[Answer]:
    found = [answer for answer in walked.values() if answer.is_page and answer.status == 200]
    assert len(found) > 100
    return found


def test_every_link_leads_somewhere(walked: Walk) -> None:
    broken = {
        f"{answer.status} {answer.address} from {answer.parent}"
        for answer in walked.values()
        if answer.status >= 400 and not answer.address.startswith("/admin")
    }
    assert broken == set()


def test_every_kind_of_page_was_reached_in_both_languages(walked: Walk) -> None:
    reached = {urlsplit(address).path for address in walked}
    for path in (
        "/",
        "/plugins",
        *(f"/plugins/{name}" for name in (CLOCK, OLD, BLOCKED, DISABLED, KEYED)),
        f"/plugins/{CLOCK}/1.1.0",
        "/help/rules",
        "/help/rules/encrypted",
        "/feeds/plugins.atom",
        f"/feeds/plugins/{CLOCK}.atom",
        "/opensearch.xml",
    ):
        assert path in reached
        if not path.endswith((".xml", ".atom")):
            assert {f"{path}?lang=zh", f"{path}?lang=en"} <= set(walked)
    for beginning in ("/developers/", f"/compare/{CLOCK}/", "/gallery/", "/docs"):
        assert any(path.startswith(beginning) for path in reached), beginning
    assert any("page=2" in address for address in walked)


def test_every_page_is_html_without_a_fault(walked: Walk) -> None:
    found = {}
    for answer in pages(walked):
        if wrong := faults(answer.page):
            found[answer.address] = wrong
    assert found == {}


def test_a_page_in_the_language_that_was_chosen_leads_on_in_it(walked: Walk) -> None:
    for answer in pages(walked):
        page = answer.page
        chosen = re.search(r"lang=(zh|en)", urlsplit(answer.address).query)
        if chosen is None:
            continue
        language = chosen[1]
        assert page.root.attrib["lang"] == {"zh": "zh-CN", "en": "en"}[language]
        assert answer.headers["Content-Language"] == page.root.attrib["lang"]
        other = {"zh": "en", "en": "zh"}[language]
        for element in page.all("a"):
            if not is_ours(element.attrib["href"]):
                continue
            path = urlsplit(element.attrib["href"]).path
            if path in ("/", "/plugins") or path.startswith(("/plugins/", "/compare/", "/developers/", "/help/")):
                wanted = other if element.attrib.get("hreflang") == other else language
                assert f"lang={wanted}" in element.attrib["href"], (answer.address, element.attrib["href"])


def test_every_page_is_within_its_budget(walked: Walk) -> None:
    size = {
        answer.address: len(gzip.compress(answer.body, 6))
        for answer in walked.values()
        if answer.is_page or answer.address.startswith("/gallery/")
    }
    styles = {address for address in size if address.endswith(".css")}
    assert len(styles) == 1
    assert sum(size[address] for address in styles) <= 20 * KIB
    for answer in pages(walked):
        page = answer.page
        parts = {element.attrib["href"] for element in page.all("link") if element.attrib["rel"] == "stylesheet"}
        parts |= {element.attrib["src"] for element in page.all("script") if "src" in element.attrib}
        assert size[answer.address] + sum(size[part] for part in parts) <= 60 * KIB, answer.address


def test_every_page_has_its_headers(walked: Walk) -> None:
    for answer in pages(walked):
        policy = {
            name: values
            for name, *values in (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
        }
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
        assert set(policy["script-src"]) == set(policy["style-src"]) == {"'self'"}
        assert {source for values in policy.values() for source in values} <= {"'self'", "'none'"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert {"Accept-Language", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
        assert answer.headers["ETag"]
        assert "Set-Cookie" not in answer.headers


def test_titles_and_descriptions_tell_pages_apart(walked: Walk) -> None:
    titles: dict[str, str] = {}
    for answer in pages(walked):
        split = urlsplit(answer.address)
        if split.query or split.path in ("/", "/plugins"):
            continue
        page = answer.page
        title = "".join(page.one("title").itertext()).strip()
        assert titles.setdefault(title, split.path) == split.path
        [description] = [one.attrib["content"] for one in page.all("meta") if one.attrib.get("name") == "description"]
        assert description.strip()


def test_an_empty_server_has_no_broken_link_either(make_app: AppFactory) -> None:
    found = crawl(make_app(), wanted=lambda address: not address.startswith("/help/rules/"))
    assert {a.address: a.status for a in found.values() if a.status >= 400 and not a.address.startswith("/admin")} == {}
    for answer in found.values():
        if answer.is_page:
            assert faults(answer.page) == []


@pytest.mark.parametrize("address", ["/plugins?category=&sort=&q=&page=", "/plugins?page=1&sort=nonsense"])
def test_values_that_say_nothing_are_the_default(market: Market, address: str) -> None:
    assert get(market.app, address).status == 200


@pytest.mark.parametrize("page", ["3", "999999"])
def test_past_the_end_is_a_page_that_says_so(market: Market, page: str) -> None:
    answer = get(market.app, f"/plugins?page={page}")
    assert (answer.status, faults(answer.page)) == (404, [])
