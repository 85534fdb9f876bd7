"""What programs read: feeds, the sitemap, the search description, robots.txt, security.txt, and the head of pages."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from microdock_server.clock import utcnow

from ..conftest import AppFactory
from .conftest import Market
from .market import BLOCKED, CLOCK, DELETED, DISABLED, HIDDEN, KEYED, MORE, OLD, Facts
from .reading import ORIGIN, Page, get, read

BASE = "https://plugins.example"
ATOM = "{http://www.w3.org/2005/Atom}"
SITES = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


@pytest.fixture(scope="module")
def addressed(filled: tuple[Path, Facts], make_shared_app: AppFactory) -> Flask:
    """The marketplace on a server that knows its own address and whom to tell of holes."""
    return make_shared_app(filled[0], PUBLIC_URL=BASE, SECURITY_CONTACT="mailto:security@plugins.example")


def head(page: Page, **wanted: str) -> list[str]:
    """What the head's elements with these attributes say."""
    return [
        element.attrib.get("href") or element.attrib["content"]
        for element in page.all("link", "meta")
        if wanted.items() <= element.attrib.items()
    ]


@pytest.mark.parametrize("feed", ["plugins.atom", "blocks.atom", f"plugins/{CLOCK}.atom"])
@pytest.mark.parametrize("base", [None, BASE])
def test_a_feed_has_what_atom_requires(market: Market, addressed: Flask, feed: str, base: str | None) -> None:
    answer = get(market.app if base is None else addressed, f"/feeds/{feed}")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.body)
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    assert entries
    ids = [one.findtext(f"{ATOM}id") for one in (root, *entries)]
    assert all(ids) and len(set(ids)) == len(ids)
    for one in (root, *entries):
        assert one.findtext(f"{ATOM}title")
        assert datetime.fromisoformat(one.findtext(f"{ATOM}updated") or "").tzinfo is not None
        assert one.findtext(f"{ATOM}author/{ATOM}name") or root.findtext(f"{ATOM}author/{ATOM}name")
        for link in one.findall(f"{ATOM}link"):
            assert link.attrib["href"]
            if base is not None and one is root:
                assert link.attrib["href"].startswith(f"{BASE}/")
    assert any(link.attrib.get("rel") == "self" for link in root.findall(f"{ATOM}link"))


@pytest.mark.parametrize("feed", ["plugins.atom", "blocks.atom", f"plugins/{CLOCK}.atom"])
def test_a_feed_is_compressed_for_whoever_takes_it_so(market: Market, feed: str) -> None:
    plain = get(market.app, f"/feeds/{feed}")
    packed = get(market.app, f"/feeds/{feed}", Accept_Encoding="br, gzip")
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body)
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for answer, encoding in ((plain, ""), (packed, "gzip")):
        assert {"Accept-Encoding", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))
        again = get(market.app, f"/feeds/{feed}", Accept_Encoding=encoding, If_None_Match=answer.headers["ETag"])
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
        assert "Content-Encoding" not in again.headers


def test_links_of_feeds_lead_somewhere(market: Market) -> None:
    for feed in ("plugins", f"plugins/{CLOCK}"):
        root = ET.fromstring(get(market.app, f"/feeds/{feed}.atom").body)
        links = {link.attrib["href"] for link in root.iter(f"{ATOM}link")}
        assert links
        for link in links:
            assert get(market.app, link.removeprefix(ORIGIN)).status in (200, 302), link


def test_the_sitemap_names_every_public_page_and_no_other(addressed: Flask) -> None:
    answer = get(addressed, "/sitemap.xml")
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = ET.fromstring(answer.body)
    addresses = [element.text or "" for element in root.iter(f"{SITES}loc")]
    assert len(set(addresses)) == len(addresses)
    if root.tag == f"{SITES}sitemapindex":
        roots = [ET.fromstring(get(addressed, address.removeprefix(BASE)).body) for address in addresses]
        addresses = [element.text or "" for one in roots for element in one.iter(f"{SITES}loc")]
    assert all(address.startswith(f"{BASE}/") for address in addresses)
    paths = {address.removeprefix(BASE) for address in addresses}
    more = {f"/plugins/com.example.more{number:02}" for number in range(MORE)}
    assert {"/", "/plugins", *(f"/plugins/{name}" for name in (CLOCK, OLD, BLOCKED, KEYED, DISABLED)), *more} <= paths
    assert not {f"/plugins/{name}" for name in HIDDEN} & paths
    assert any(path.startswith("/categories/") for path in paths)
    for path in paths - more:
        page = read(get(addressed, path).text)
        # What is listed is what a page calls itself.
        assert head(page, rel="canonical") == [f"{BASE}{path}"]


def test_without_an_address_of_its_own_a_server_has_no_sitemap_and_says_why(market: Market) -> None:
    answer = get(market.app, "/sitemap.xml")
    assert answer.status == 404
    assert "PUBLIC_URL" in answer.text
    assert "Sitemap" not in get(market.app, "/robots.txt").text


def test_robots_may_read_pages_and_are_told_where_they_are(addressed: Flask) -> None:
    answer = get(addressed, "/robots.txt")
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if line]
    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {BASE}/sitemap.xml" in lines
    closed = [line.partition(": ")[2] for line in lines if line.startswith("Disallow")]
    for page in ("/", "/plugins", f"/plugins/{CLOCK}", "/feeds/plugins.atom", "/help/rules"):
        assert not any(path and page.startswith(path) for path in closed)


def test_browsers_can_search_here(addressed: Flask) -> None:
    answer = get(addressed, "/opensearch.xml")
    assert answer.headers["Content-Type"].startswith("application/opensearchdescription+xml")
    root = ET.fromstring(answer.body)
    assert root.tag == f"{SEARCH}OpenSearchDescription"
    assert 0 < len(root.findtext(f"{SEARCH}ShortName") or "") <= 16
    assert 0 < len(root.findtext(f"{SEARCH}Description") or "") <= 1024
    [address] = [url.attrib["template"] for url in root.iter(f"{SEARCH}Url") if url.attrib["type"] == "text/html"]
    assert address.startswith(f"{BASE}/plugins?")
    assert CLOCK in get(addressed, address.removeprefix(BASE).replace("{searchTerms}", "clock")).text


def test_holes_are_told_to_whom_the_operator_named(market: Market, addressed: Flask) -> None:
    fields = dict(line.split(": ", 1) for line in get(addressed, "/.well-known/security.txt").text.splitlines() if line)
    assert fields["Contact"] == "mailto:security@plugins.example"
    expires = datetime.fromisoformat(fields["Expires"])
    assert utcnow() < expires.replace(tzinfo=utcnow().tzinfo) < utcnow() + timedelta(days=366)
    assert fields["Canonical"] == f"{BASE}/.well-known/security.txt"
    unset = get(market.app, "/.well-known/security.txt")
    assert unset.status == 404
    assert "SECURITY_CONTACT" in unset.text


@pytest.mark.parametrize("path", ["/", "/plugins", f"/plugins/{CLOCK}", f"/plugins/{CLOCK}/1.0.0", "/help/rules"])
@pytest.mark.parametrize("language", ["", "zh", "en"])
def test_a_page_says_its_address_and_its_languages_where_the_server_knows_them(
    market: Market, addressed: Flask, path: str, language: str
) -> None:
    query = f"?lang={language}" if language else ""
    page = read(get(addressed, path + query).text)
    assert head(page, rel="canonical") == head(page, property="og:url") == [BASE + path]
    alternates = {
        element.attrib["hreflang"]: element.attrib["href"]
        for element in page.all("link")
        if element.attrib.get("rel") == "alternate" and "hreflang" in element.attrib
    }
    assert alternates == {
        "x-default": BASE + path,
        "zh": f"{BASE}{path}?lang=zh",
        "en": f"{BASE}{path}?lang=en",
    }
    assert head(page, property="og:title") and head(page, property="og:description")
    bare = read(get(market.app, path + query).text)
    assert not head(bare, rel="canonical") and not head(bare, property="og:url") and not head(bare, property="og:image")
    assert not any("hreflang" in element.attrib for element in bare.all("link"))


@pytest.mark.parametrize(
    "path", ["/", "/plugins", f"/plugins/{CLOCK}", f"/plugins/{CLOCK}/1.0.0", "/help/rules", "/none"]
)
def test_a_page_says_what_kind_of_thing_it_is(market: Market, path: str) -> None:
    # Without the kind, the protocol (ogp.me) takes none of the rest.
    assert head(read(get(market.app, path).text), property="og:type") == ["website"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/none", 404), ("/plugins/none", 404), (f"/plugins/{DELETED}", 410), ("/plugins?page=999", 404), ("/", 412)],
)
def test_what_is_not_there_has_no_address_and_is_in_no_index(addressed: Flask, path: str, status: int) -> None:
    answer = get(addressed, path, **{"If_Match": '"other"'} if status == 412 else {})
    assert answer.status == status
    page = read(answer.text)
    assert head(page, name="robots") == ["noindex"]
    assert not head(page, rel="canonical") and not head(page, property="og:url")
    assert not [one for one in page.all("link") if "hreflang" in one.attrib]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_has_a_title_and_a_description_of_its_own(market: Market, language: str) -> None:
    addresses = ("/", "/plugins", "/plugins?page=2", "/plugins?q=clock", f"/plugins?category={market.facts.category}")
    addresses += (f"/plugins?q=clock&category={market.facts.category}", f"/compare/{CLOCK}")
    addresses += (
        f"/compare/{CLOCK}/1.0.0...1.1.0",
        "/none",
        "/plugins/none",
        f"/plugins/{DELETED}",
        "/help/publishing",
    )
    titles, descriptions = [], []
    for address in addresses:
        page = read(get(market.app, address, Accept_Language=language).text)
        titles.append(page.one("title").text)
        [description] = head(page, name="description")
        assert head(page, property="og:description") == [description] and "<" not in description
        descriptions.append(description)
    # A list's pages share a description. Searches in a category and everywhere share a title, as do pages not there.
    assert len(set(descriptions)) == len(addresses) - 1
    assert len(set(titles)) == len(addresses) - 2
    second = "Page 2 of 2" if language == "en" else "第 2 页，共 2 页"
    assert second in (titles[2] or "") and second not in (titles[1] or "")


def test_the_picture_of_a_plugin_goes_with_links_to_it(addressed: Flask) -> None:
    [address] = head(read(get(addressed, f"/plugins/{CLOCK}").text), property="og:image")
    picture = get(addressed, address.removeprefix(BASE))
    assert address.startswith(f"{BASE}/")
    assert (picture.status, picture.headers["Content-Type"].partition("/")[0]) == (200, "image")


def described(app: Flask, address: str) -> dict[str, object]:
    [script] = [one for one in read(get(app, address).text).all("script") if "src" not in one.attrib]
    assert script.attrib == {"type": "application/ld+json"}
    told: dict[str, object] = json.loads("".join(script.itertext()))
    return told


def test_programs_read_of_a_plugin_what_people_do(market: Market) -> None:
    told = described(market.app, f"/plugins/{CLOCK}")
    assert (told["@context"], told["@type"]) == ("https://schema.org", "SoftwareApplication")
    assert told["name"] == "World Clock 世界时钟"
    # Three rated it; one rating is hidden, and counts no more.
    rating = told["aggregateRating"]
    assert isinstance(rating, dict)
    assert (rating["ratingValue"], rating["ratingCount"]) == (3.5, 2)
    assert (rating["bestRating"], rating["worstRating"]) == (5, 1)


def test_a_plugin_that_nobody_rated_claims_no_rating(market: Market) -> None:
    assert "aggregateRating" not in described(market.app, f"/plugins/{KEYED}")


def test_links_to_apps_name_the_plugin_and_the_server(market: Market, addressed: Flask) -> None:
    for app, server in ((market.app, ORIGIN), (addressed, BASE)):
        links = read(get(app, f"/plugins/{CLOCK}").text).links()
        [link] = [link for link in links if link.startswith("microdock:")]
        split = urlsplit(link)
        assert (split.scheme, split.netloc) == ("microdock", "install")
        query = dict(re.findall(r"(\w+)=([^&]+)", split.query))
        assert query["name"] == CLOCK
        assert query["server"] in (server, server.replace(":", "%3A").replace("/", "%2F"))
