"""Atom feeds (RFC 4287) as bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID
from xml.etree import ElementTree as ET

from ...clock import iso
from ...messages import Language
from ..core import packing

MEDIA_TYPE: Final = "application/atom+xml"
NAMESPACE: Final = "http://www.w3.org/2005/Atom"
# Whatever XML 1.0 has no way to write, not even escaped.
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Link:
    """`rel`, `href`, and the media type of what is there, where it is known."""

    rel: str
    href: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of news. All texts are plain, never HTML; categories are terms and what people call them."""

    id: UUID
    title: str
    published: datetime
    updated: datetime
    author: str
    content: str
    summary: str = ""
    categories: Sequence[tuple[str, str]] = ()
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in one language; `modified` is when anything of it changed last."""

    id: UUID
    title: str
    updated: datetime
    author: str
    links: Sequence[Link]
    entries: Sequence[Entry]
    language: Language
    modified: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it is sent, plain and gzipped, with the values that a client may ask by whether it has it already."""

    data: bytes
    language: Language
    modified: datetime
    packed: bytes = field(init=False)
    etag: str = field(init=False)
    packed_etag: str = field(init=False)

    def __post_init__(self) -> None:
        for name, value in zip(("packed", "etag", "packed_etag"), packing.packed(self.data), strict=True):
            object.__setattr__(self, name, value)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data) + len(self.packed)


def rendered(feed: Feed) -> Document:
    """The feed as UTF-8. Characters that XML forbids are replaced by U+FFFD: changelogs hold anything."""
    # Written as an attribute: ElementTree's own way puts a prefix before every name.
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": feed.language})
    _text(root, "id", feed.id.urn)
    _text(root, "title", feed.title)
    _text(root, "updated", iso(feed.updated))
    _person(root, feed.author)
    _links(root, feed.links)
    for entry in feed.entries:
        _entry(root, entry)
    ET.indent(root, " ")
    data: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    return Document(data, feed.language, feed.modified)


def _entry(root: ET.Element, entry: Entry) -> None:
    item = ET.SubElement(root, "entry")
    _text(item, "id", entry.id.urn)
    _text(item, "title", entry.title)
    _text(item, "published", iso(entry.published))
    _text(item, "updated", iso(entry.updated))
    _person(item, entry.author)
    for term, label in entry.categories:
        ET.SubElement(item, "category", {"term": term, "label": label})
    _links(item, entry.links)
    if entry.summary:
        _text(item, "summary", entry.summary, type="text")
    _text(item, "content", entry.content, type="text")


def _links(parent: ET.Element, links: Sequence[Link]) -> None:
    for link in links:
        kind = {"type": link.type} if link.type else {}
        ET.SubElement(parent, "link", {"rel": link.rel, **kind, "href": _IMPOSSIBLE.sub("", link.href)})


def _person(parent: ET.Element, name: str) -> None:
    _text(ET.SubElement(parent, "author"), "name", name)


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = _IMPOSSIBLE.sub("\ufffd", text)
