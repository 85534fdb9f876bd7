"""Pages as a browser reads them: parsed by the rules of HTML, strictly, with what they load, link to and send."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask

ORIGIN: Final = "http://localhost"
# What a browser shows a field by without a label.
_UNLABELLED: Final = {"hidden", "submit", "button", "reset", "image"}
# Attributes that refer to elements by their ids.
_REFERENCES: Final = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "headers", "list")


@dataclass(frozen=True)
class Page:
    """A parsed page."""

    root: Element

    def all(self, *tags: str) -> Iterator[Element]:
        """Elements of these kinds; of any without tags."""
        for element in self.root.iter():
            if isinstance(element.tag, str) and (not tags or element.tag in tags):
                yield element

    def one(self, tag: str) -> Element:
        """The only element of its kind."""
        [found] = self.all(tag)
        return found

    def text(self) -> str:
        """All text that is between tags, with white space as it was written."""
        return "".join(self.root.itertext())

    def links(self) -> set[str]:
        """Where a click leads."""
        return {element.attrib["href"] for element in self.all("a", "area") if "href" in element.attrib}

    def loaded(self) -> set[str]:
        """What a browser fetches by itself, or may."""
        found = {element.attrib["src"] for element in self.all() if "src" in element.attrib}
        found |= {element.attrib["href"] for element in self.all("link") if "href" in element.attrib}
        for element in self.all():
            for name in ("srcset", "poster", "data", "background", "action", "formaction", "ping", "manifest"):
                if name in element.attrib:
                    found.add(element.attrib[name])
        return found

    def forms(self) -> Iterator[str]:
        """The address to which each form goes, filled with what it holds already and a word where a text goes."""
        for form in self.all("form"):
            assert form.attrib.get("method", "get").lower() == "get", form.attrib
            values = [
                (field.attrib["name"], field.attrib.get("value") or "clock")
                for field in form.iter()
                if field.tag in ("input", "select") and "name" in field.attrib
            ]
            yield f"{form.attrib['action']}?{urlencode(values)}"

    def written(self) -> set[int]:
        """By identity, the elements that are a stranger's Markdown."""
        parts = [element for element in self.all() if "prose" in element.attrib.get("class", "").split()]
        return {id(element) for part in parts for element in part.iter()}

    def skeleton(self) -> set[tuple[str, str]]:
        """Every kind of element with every attribute that it has; an empty one stands for the element itself."""
        return {(element.tag, name) for element in self.all() for name in ("", *element.attrib)}


def read(html: str) -> Page:
    """The parsed page. Raises html5lib's ParseError for whatever HTML's rules call an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return Page(parser.parse(html))


def faults(page: Page) -> list[str]:
    """What the parser does not know of: names, languages, labels, sizes, and what a strict policy would refuse."""
    return [*_structure(page), *_labels(page), *_pictures(page), *_inline(page)]


def _structure(page: Page) -> Iterator[str]:
    for tag in ("h1", "main", "title"):
        found = list(page.all(tag))
        if len(found) != 1 or not "".join(found[0].itertext()).strip():
            yield f"{len(found)} elements {tag}, or an empty one"
    if page.root.attrib.get("lang") not in ("zh-CN", "en"):
        yield f"lang={page.root.attrib.get('lang')}"
    ids = Counter(element.attrib["id"] for element in page.all() if "id" in element.attrib)
    yield from (f"id {name!r} {count} times" for name, count in ids.items() if count > 1 or not name)
    for element in page.all():
        for name in _REFERENCES:
            for reference in element.attrib.get(name, "").split():
                if reference not in ids:
                    yield f"{element.tag} {name}={reference!r} refers to nothing"
    inner = {link[1:] for link in page.links() if link.startswith("#")}
    yield from (f"#{name} leads nowhere" for name in inner - set(ids))
    # Of a description's own headings, its writer may leave out levels.
    written = page.written()
    headings = [one for one in page.all("h1", "h2", "h3", "h4", "h5", "h6") if id(one) not in written]
    levels = [int(element.tag[1]) for element in headings]
    yield from (f"h{after} after h{before}" for before, after in pairwise(levels) if after > before + 1)


def _labels(page: Page) -> Iterator[str]:
    named = {element.attrib.get("for") for element in page.all("label")}
    inside = {id(field) for label in page.all("label") for field in label.iter()}
    for field in page.all("input", "select", "textarea"):
        if field.attrib.get("type") in _UNLABELLED or id(field) in inside or field.attrib.get("id") in named:
            continue
        if not (field.attrib.get("aria-label") or field.attrib.get("aria-labelledby")):
            yield f"a field without a label: {field.attrib}"
    for element in page.all("a", "button"):
        said = "".join(element.itertext()).strip() or element.attrib.get("aria-label", "")
        said += "".join(picture.attrib.get("alt", "") for picture in element.iter("img"))
        if not said:
            yield f"a {element.tag} without a name: {element.attrib}"
    written = page.written()
    for element in page.all("th"):
        if "scope" not in element.attrib and id(element) not in written:
            yield "a th without a scope"


def _pictures(page: Page) -> Iterator[str]:
    for picture in page.all("img"):
        if "alt" not in picture.attrib or not all(
            picture.attrib.get(side, "").isdigit() for side in ("width", "height")
        ):
            yield f"a picture without alt, width or height: {picture.attrib}"


def _inline(page: Page) -> Iterator[str]:
    data_blocks = 0
    for element in page.all():
        for name in element.attrib:
            if str(name).startswith("on") or name in ("style", "srcdoc"):
                yield f"{element.tag} {name}"
        if element.tag == "style":
            yield "a style element"
        if element.tag == "script" and "src" not in element.attrib:
            data_blocks += 1
            if element.attrib.get("type") != "application/ld+json":
                yield f"an inline script: {element.attrib}"
        elif element.tag == "script" and "".join(element.itertext()).strip():
            yield "a script with src and text"
        if element.tag in ("iframe", "object", "embed", "base"):
            yield f"an element {element.tag}"
    if data_blocks > 1:
        yield f"{data_blocks} blocks of data"
    yield from (f"loads {address}" for address in page.loaded() if not is_ours(address))


def is_ours(address: str) -> bool:
    """Is it an address of this server?"""
    split = urlsplit(urljoin(f"{ORIGIN}/", address))
    return f"{split.scheme}://{split.netloc}" == ORIGIN


@dataclass(frozen=True)
class Answer:
    """What came of a request."""

    address: str
    status: int
    headers: Any
    body: bytes
    parent: str

    @property
    def text(self) -> str:
        return self.body.decode()

    @cached_property
    def page(self) -> Page:
        """The answer, parsed."""
        return read(self.text)

    @property
    def is_page(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html") and not self.address.startswith(
            ("/docs", "/admin")
        )


def get(app: Flask, address: str, method: str = "GET", parent: str = "", **headers: str) -> Answer:
    """One request, as a browser sends it."""
    sent = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "zh-CN"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    answer = app.test_client().open(address, method=method, headers=sent, buffered=True)
    return Answer(address, answer.status_code, answer.headers, answer.get_data(), parent)


def crawl(
    app: Flask, starts: Iterable[str] = ("/",), wanted: Callable[[str], bool] = lambda _: True, **headers: str
) -> dict[str, Answer]:
    """Everything of this server that can be reached by links, forms and what pages load, by address.

    Of what is no page (packages, the API, the admin page and the documents) the head alone is asked for.
    """
    found: dict[str, Answer] = {}
    waiting = deque((start, "") for start in starts)
    while waiting:
        address, parent = waiting.popleft()
        if address in found:
            continue
        answer = get(app, address, "HEAD" if _is_beyond(address) else "GET", parent, **headers)
        found[address] = answer
        for link in _further(answer):
            absolute = urljoin(f"{ORIGIN}{address}", urldefrag(link).url)
            if is_ours(absolute) and absolute.startswith("http") and wanted(short := absolute.removeprefix(ORIGIN)):
                waiting.append((short or "/", address))
    return found


def _is_beyond(address: str) -> bool:
    path = urlsplit(address).path
    is_picture = "/images/" in path
    return path.startswith(("/api/", "/v1/", "/admin", "/docs")) and not is_picture


def _further(answer: Answer) -> list[str]:
    if answer.status in (301, 302, 308):
        return [answer.headers["Location"]]
    if not answer.is_page or answer.status != 200 or not answer.body:
        return []
    return [*answer.page.links(), *answer.page.loaded(), *answer.page.forms()]


def query(address: str) -> dict[str, str]:
    """The values of an address's query."""
    return dict(parse_qsl(urlsplit(address).query))
