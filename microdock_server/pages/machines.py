"""What programs look for on a site: robots.txt, the icon, the sitemap, the search description, and whom to tell of a
hole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from flask import Response
from werkzeug.exceptions import NotFound

from ..api.core.documents import Document
from ..api.core.links import category_path, page_path
from ..clock import iso, utcnow
from ..context import context, settings
from ..database.unit_of_work import unit_of_work
from ..messages import LANGUAGES
from ..services import catalog
from ..services.catalog import categories
from ..services.catalog.revision_cache import RevisionCache
from ..services.paging import page_count
from .documents import sent
from .views import counted, gallery
from .writing import ICON, Visit, server_address

# As many addresses as one sitemap may have.
ADDRESSES: Final = 50_000
# Pages that are about no plugin.
_FIRST: Final = ("/", "/plugins")
# At most so many categories have their pages in the sitemap.
_CATEGORIES: Final = 1000
_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SEARCH: Final = "http://a9.com/-/spec/opensearch/1.1/"
_OPENSEARCH: Final = "application/opensearchdescription+xml"
# security.txt has to say until when it is true: less than a year.
_LASTS: Final = timedelta(days=180)
# How many sitemaps are kept, and how large one may be with its compressed form: 64 MiB in all at most.
_sitemaps: Final[RevisionCache[Document]] = RevisionCache(8, lambda document: document.size <= 8 << 20)


class Unset(Exception):
    """The file needs a setting that has no value."""


def machine_file(path: str) -> Callable[[Callable[..., Document]], Callable[..., Response]]:
    """Declare a file; where a setting that it needs is unset, it is a 404 that says which."""

    def declare(make: Callable[..., Document]) -> Callable[..., Response]:
        def answer(**values: int) -> Response:
            counted(path)
            try:
                return sent(make(**values))
            except Unset as missing:
                told = Visit.of_request().text("page.unset", setting=str(missing))
                return Response(told, 404, {"Cache-Control": "no-store"}, mimetype="text/plain")

        gallery.add_url_rule(path, make.__name__, answer, methods=["GET"])
        return answer

    return declare


@machine_file("/robots.txt")
def robots() -> Document:
    """Everything may be read but what is no page, and what has a page for every pair of versions."""
    lines = ["User-agent: *", "Disallow: /api/", "Disallow: /v1/", "Disallow: /admin/", "Disallow: /compare/"]
    # Pages are shown with their pictures.
    lines.append("Allow: /api/v1/marketplace/plugins/*/images/")
    base = settings().public_url
    if base:
        lines.append(f"Sitemap: {base}/sitemap.xml")
    return Document.file("\n".join(lines) + "\n", "text/plain")


@machine_file("/favicon.ico")
def favicon() -> Document:
    """The icon, for what is no page and names none: browsers look here by themselves, and heed the type."""
    return ICON.document


@machine_file("/sitemap.xml")
def sitemap() -> Document:
    """The pages of categories and of all published plugins; with too many for one file, where the parts are. Raises
    Unset without PUBLIC_URL.
    """
    base = _base()
    return _kept(base, lambda: _whole(base))


@machine_file("/sitemap-<int:part>.xml")
def sitemap_part(part: int) -> Document:
    """A part of the sitemap, from 1 on."""
    base = _base()

    def make() -> Document:
        if not 1 <= part <= _parts() or _parts() == 1:
            raise NotFound
        return _addresses(base, part)

    return _kept(base, make, part)


@machine_file("/opensearch.xml")
def opensearch() -> Document:
    """How a browser searches here."""
    here = server_address()
    root = ET.Element("OpenSearchDescription", xmlns=_SEARCH)
    ET.SubElement(root, "ShortName").text = settings().app_name[:16]
    ET.SubElement(root, "LongName").text = settings().app_name[:48]
    ET.SubElement(root, "Description").text = settings().app_name
    ET.SubElement(root, "InputEncoding").text = "UTF-8"
    ET.SubElement(root, "Url", type="text/html", template=f"{here}/plugins?q={{searchTerms}}")
    ET.SubElement(root, "Url", type=_OPENSEARCH, rel="self", template=f"{here}/opensearch.xml")
    return Document.file(_HEAD + ET.tostring(root, "unicode"), _OPENSEARCH)


@machine_file("/.well-known/security.txt")
def security() -> Document:
    """Whom to tell of a security hole (RFC 9116). Raises Unset without SECURITY_CONTACT."""
    contact = settings().security_contact
    if not contact:
        raise Unset("SECURITY_CONTACT")
    # Of the day, so that all nodes say the same.
    until = datetime.combine((utcnow() + _LASTS).date(), time(tzinfo=UTC))
    lines = [f"Contact: {contact}", f"Expires: {iso(until)}"]
    lines.append(f"Preferred-Languages: {', '.join(LANGUAGES)}")
    if settings().public_url:
        lines.append(f"Canonical: {settings().public_url}/.well-known/security.txt")
    return Document.file("\n".join(lines) + "\n", "text/plain")


def _base() -> str:
    base = settings().public_url
    if base is None:
        raise Unset("PUBLIC_URL")
    return base


def _kept(base: str, make: Callable[[], Document], part: int = 0) -> Document:
    """The sitemap or a part of it, made once per change of the catalogue."""

    def work() -> Document:
        with unit_of_work(writing=False):
            return make()

    return _sitemaps.at(catalog.committed_revision(context().autocommit), work, base, part)


def _first() -> list[str]:
    """What comes before the plugins: the lists, and the first categories."""
    return [*_FIRST, *(category_path(row.address) for row in categories.outline()[:_CATEGORIES])]


def _parts() -> int:
    return max(1, page_count(len(_first()) + catalog.count(), ADDRESSES))


def _whole(base: str) -> Document:
    parts = _parts()
    if parts == 1:
        return _addresses(base, 1)
    places = (f"{base}/sitemap-{part}.xml" for part in range(1, parts + 1))
    return _list("sitemapindex", "sitemap", ((place, None) for place in places))


def _addresses(base: str, part: int) -> Document:
    """As many addresses as one file may have; those of plugins in an order that new ones do not change."""
    before = _first()
    first = [(f"{base}{path}", None) for path in (before if part == 1 else ())]
    start = max(0, (part - 1) * ADDRESSES - len(before))
    plugins = catalog.changes(start, ADDRESSES - len(first))
    return _list("urlset", "url", [*first, *((f"{base}{page_path(name)}", moment) for name, moment in plugins)])


def _list(root: str, each: str, places: Iterable[tuple[str, datetime | None]]) -> Document:
    """Written as text: a tree of so many elements would take ten times the memory."""
    lines = [f'{_HEAD}<{root} xmlns="{_SITEMAP}">']
    for place, moment in places:
        changed = f"<lastmod>{iso(moment)}</lastmod>" if moment else ""
        lines.append(f"<{each}><loc>{escape(place)}</loc>{changed}</{each}>")
    return Document.file("\n".join([*lines, f"</{root}>\n"]), "application/xml")
