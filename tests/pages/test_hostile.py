"""Whatever strangers wrote stays text: it makes no element, attribute or address, and ends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import html5lib
import pytest
from werkzeug.test import create_environ, run_wsgi_app

from microdock_server.media.markup import ATTRIBUTES, TAGS

from ..conftest import AppFactory
from ..market import People
from .conftest import Market
from .hostile import NO_CHARACTERS, PAYLOADS, WORD, plant
from .market import BLOCKED, CLOCK, DELETED, DISABLED, KEYED, OLD, Facts
from .reading import Answer, Page, faults, get, read

SCHEMES = {"", "http", "https", "mailto", "microdock"}
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What is kept apart from the text around it may turn its own direction; lines of facts end where their elements end.
APART = {"bdi", "title", "pre", "code", "script", "option", "li", "dd", "td", "p"}
PAGES = (
    "/",
    "/plugins",
    "/plugins?q=clock",
    *(f"/plugins/{name}" for name in (CLOCK, OLD, BLOCKED, DISABLED, KEYED)),
    f"/plugins/{CLOCK}/1.1.0",
    f"/plugins/{CLOCK}/1.2.0",
    f"/plugins/{CLOCK}/2.0.0-beta.1%2Bbuild.5",
    f"/compare/{CLOCK}/1.0.0...1.1.0",
    "/nothing",
)

Skeleton = set[tuple[str, str]]


@pytest.fixture(scope="module")
def hostile(filled: tuple[Path, Facts], peopled: tuple[Path, People], make_shared_app: AppFactory) -> Market:
    """The marketplace before texts are planted in it; every page was asked for, so that inventories are made."""
    market = Market(make_shared_app(filled[0]), peopled[1], filled[1])
    for address in PAGES:
        get(market.app, address)
    return market


@pytest.fixture(scope="module")
def known(walked: dict[str, Answer]) -> Skeleton:
    """Every element with every attribute that pages of harmless texts have, or Markdown may have."""
    found = {pair for answer in walked.values() if answer.is_page and answer.body for pair in answer.page.skeleton()}
    written = {(tag, name) for tag in TAGS for name in ("", *ATTRIBUTES.get(tag, ()))}
    # How it looks is no danger, and depends on what is shown.
    looks = {(tag, name) for tag, _ in found for name in ("class", "id")}
    return found | looks | (written - {("img", "src")}) | {("a", "rel")}


def addresses(market: Market) -> Iterator[str]:
    for address in (*PAGES, f"/developers/{market.facts.developer}", f"/plugins?category={market.facts.category}"):
        yield address
        yield f"{address}{'&' if '?' in address else '?'}lang=en"


@pytest.mark.parametrize("kind", PAYLOADS)
def test_what_is_stored_stays_text(hostile: Market, known: Skeleton, kind: str) -> None:
    payload = PAYLOADS[kind]
    plant(hostile.app, payload)
    seen = 0
    for address in addresses(hostile):
        answer = get(hostile.app, address)
        assert answer.status in (200, 404), (address, answer.status)
        seen += answer.text.count(WORD)
        stays_text(answer.page, known, address)
        assert not set(map(chr, NO_CHARACTERS)) & set(answer.text), address
        if kind == "bidi":
            assert turned(answer.page) == [], address
        if kind == "template":
            assert str(1234 * 5678) not in answer.page.text(), address
    assert seen > 100
    for feed in ("plugins", "blocks", f"plugins/{CLOCK}"):
        stays_text_in_feed(get(hostile.app, f"/feeds/{feed}.atom").body)


def stays_text(page: Page, known: Skeleton, address: str) -> None:
    assert page.skeleton() - known == set(), address
    assert faults(page) == [], address
    for link in page.links():
        assert urlsplit(link).scheme.lower() in SCHEMES, (address, link)
        assert not link.strip().lower().startswith(("javascript", "data", "vbscript")), (address, link)
    for script in page.all("script"):
        if "src" not in script.attrib:
            told = json.loads("".join(script.itertext()))
            assert WORD in told["name"], address


def stays_text_in_feed(body: bytes) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    root = ET.fromstring(body)
    for link in root.iter(f"{atom}link"):
        assert urlsplit(link.attrib["href"]).scheme in ("", "http", "https"), link.attrib
    for name in ("content", "summary", "title"):
        for element in root.iter(f"{atom}{name}"):
            if element.attrib.get("type") != "html":
                continue
            fragment = html5lib.parseFragment(element.text or "", namespaceHTMLElements=False)
            for inside in list(fragment.iter())[1:]:
                assert inside.tag in TAGS, inside.tag
                assert set(inside.attrib) <= ATTRIBUTES.get(inside.tag, set()) | {"rel", "loading", "referrerpolicy"}
                assert urlsplit(inside.attrib.get("href", "")).scheme.lower() in SCHEMES


def test_characters_that_html_forbids_are_searched_for_and_shown_nowhere(market: Market) -> None:
    for code in (0, *NO_CHARACTERS):
        for address in (f"/plugins?q=clo{quote(chr(code))}ck", f"/plugins?q=nothing{quote(chr(code))}"):
            answer = get(market.app, address)
            assert (answer.status, chr(code) in answer.text) == (200, False), hex(code)
            assert faults(answer.page) == []
        assert CLOCK in get(market.app, f"/plugins?q=clo{quote(chr(code))}ck").text
    assert get(market.app, "/plugins?q=%00").body == get(market.app, "/plugins").body


def turned(page: Page) -> list[str]:
    """Texts that can turn the direction of what stands beside them."""
    parents = {child: parent for parent in page.all() for child in parent}

    def is_apart(element: Element | None) -> bool:
        while element is not None:
            if element.tag in APART or {"prose", "problem"} & set(element.attrib.get("class", "").split()):
                return True
            element = parents.get(element)
        return False

    found = []
    for element in page.all():
        if BIDI & set(element.text or "") and not is_apart(element):
            found.append(f"{element.tag}: {element.text}")
        if BIDI & set(element.tail or "") and not is_apart(parents.get(element)):
            found.append(f"after {element.tag}: {element.tail}")
    return found


@pytest.mark.parametrize("kind", PAYLOADS)
def test_what_is_asked_stays_text(market: Market, known: Skeleton, kind: str) -> None:
    word = quote(PAYLOADS[kind], safe="")
    for address in (
        f"/plugins?q={word}",
        f"/plugins?q={word}&category={word}&sort={word}&page={word}&lang={word}",
        f"/plugins?category={word}",
        f"/?lang={word}&{word}={word}",
        f"/plugins/{CLOCK}?lang={word}&{word}",
        f"/plugins/{word}",
        f"/plugins/{CLOCK}/{word}",
        f"/compare/{CLOCK}/{word}...{word}",
        f"/compare/{word}/1.0.0...1.1.0",
        f"/developers/{word}",
        f"/categories/{word}",
        f"/help/rules/{word}",
        f"/gallery/{word}",
        f"/{word}",
    ):
        answer = get(market.app, address)
        assert answer.status in (200, 301, 302, 308, 404), address
        assert "location" not in answer.headers or urlsplit(answer.headers["location"]).netloc in ("", "localhost")
        if not answer.is_page or (answer.status >= 300 and answer.status < 400):
            continue
        page = answer.page
        assert page.skeleton() - known == set(), address
        assert faults(page) == [], address
        assert all(urlsplit(link).scheme.lower() in SCHEMES for link in page.links()), address
        if kind == "bidi":
            assert turned(page) == [], address


@pytest.mark.parametrize("host", ['a"><script>alert(1)</script>', "evil.example'onload=x", "a b", "evil.example\\"])
def test_a_host_that_is_none_is_no_address(market: Market, known: Skeleton, host: str) -> None:
    for address in ("/", f"/plugins/{CLOCK}", "/opensearch.xml"):
        answer = get(market.app, address, Host=host)
        if answer.is_page:
            assert read(answer.text).skeleton() - known == set()
        else:
            assert "<script>" not in answer.text


# Names that look like encoded ones of another script, and are none.
@pytest.mark.parametrize("host", ["xn--", "xn--a", "xn--0", "xn--.local", "xn--:5000", "a..b", ".", "-", "x" * 300])
def test_a_name_that_cannot_be_decoded_breaks_nothing(market: Market, host: str) -> None:
    for address in (
        *PAGES,
        *(f"{one}?lang=en" for one in ("/", f"/plugins/{CLOCK}", f"/developers/{market.facts.developer}")),
        f"/plugins?category={market.facts.category}",
        f"/categories/{market.facts.category}",
        f"/compare/{CLOCK}",
        f"/plugins/{CLOCK.upper()}",
        f"/plugins/{DELETED}",
        *("/help/publishing", "/help/rules", "/help/rules/encrypted", "/compare/a/b", "//", "/gallery/x"),
        *("/robots.txt", "/favicon.ico", "/sitemap.xml", "/opensearch.xml", "/.well-known/security.txt"),
        *("/feeds/plugins.atom", f"/feeds/plugins/{CLOCK}.atom", "/feeds/blocks.atom", "/feeds/plugins/none.atom"),
        *("/admin", "/admin/", "/docs/", "/docs", "/api/health", "/api/plugins/list", "/nothing/", "/ws"),
    ):
        for _ in ("made", "kept"):
            assert status_of(market, address, host) < 500, address
    assert status_of(market, "/plugins", host, "POST") in (400, 405)


def status_of(market: Market, address: str, host: str, method: str = "GET") -> int:
    """Without a test client, which would decode the name for its cookies."""
    headers = {"Accept": "text/html", "Host": host}
    _, status, _ = run_wsgi_app(market.app, create_environ(address, method=method, headers=headers), buffered=True)
    return int(status[:3])
