"""Rendered pages as ready bytes: kept by what they show and by the catalogue's revision, compressed once, and answered
with their entity tag.

A page that was rendered for one visitor is answered to the next one before the framework, like the host's plugin list.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Engine

from ...caching import LoadingCache
from ...messages import LANGUAGES, Language, language_of, tag_of
from ...services import catalog
from ...text import forbidden
from . import packing, preconditions
from .list_cache import wants_gzip
from .request import wants_page
from .wsgi import Environ

# Bytes of pages that one process keeps, with their compressed forms; how large one of them may be; and what one takes
# besides.
KEPT: Final = 32 << 20
LARGEST: Final = 512 << 10
_BESIDES: Final = 4 << 10
# Addresses of which it is known what they show.
_ADDRESSES: Final = 2048
# Counts of downloads on a page are at most so old, in seconds.
COUNTS_AGE: Final = 60.0
# An address that names its language, and nothing else: what visitors type is not kept.
_CHOSEN: Final[dict[str, Language | None]] = {"": None, **{f"lang={one}": one for one in LANGUAGES}}

Key = tuple[object, ...]
Headers = list[tuple[str, str]]
_OF_BODIES: Final = ("Content-Type", "Content-Length", "Content-Encoding")


class Answer(NamedTuple):
    """A response: status line, headers and body."""

    status: str
    headers: Headers
    data: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A page as it is sent: plain, and gzipped. Each form has a tag and headers of its own."""

    data: bytes
    packed: bytes
    plain_headers: Headers
    packed_headers: Headers

    @classmethod
    def of(cls, html: str, language: Language) -> Document:
        """The document of a page."""
        fixed = [("Content-Language", tag_of(language)), ("Vary", "Accept, Accept-Encoding, Accept-Language")]
        return cls._of(html, "text/html", fixed)

    @classmethod
    def file(cls, text: str, media_type: str) -> Document:
        """The document of a file in no language."""
        return cls._of(text, media_type, [("Vary", "Accept-Encoding")])

    @classmethod
    def _of(cls, text: str, media_type: str, fixed: Headers) -> Document:
        # Whatever people wrote: HTML cannot hold such characters, however they are escaped.
        data = forbidden.replaced(text).encode()
        packed, plain_etag, etag = packing.packed(data)
        kind = ("Content-Type", f"{media_type}; charset=utf-8")
        return cls(
            data,
            packed,
            [*_always(plain_etag, fixed), kind, ("Content-Length", str(len(data)))],
            [*_always(etag, fixed), kind, ("Content-Length", str(len(packed))), ("Content-Encoding", "gzip")],
        )

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data) + len(self.packed)

    def answer(self, environ: Environ) -> Answer:
        """The response to a GET; 304 where the client has the page already. Raises PreconditionFailed."""
        whole = self.whole(environ)
        if preconditions.is_known(environ, whole.headers[0][1]):
            return Answer("304 Not Modified", [one for one in whole.headers if not one[0].startswith(_OF_BODIES)], b"")
        return whole

    def whole(self, environ: Environ) -> Answer:
        """The response whatever the client has, compressed if it may be."""
        if wants_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            return Answer("200 OK", self.packed_headers, self.packed)
        return Answer("200 OK", self.plain_headers, self.data)


def _always(etag: str, fixed: Headers) -> Headers:
    return [("ETag", etag), ("Cache-Control", "no-cache"), *fixed]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document until a moment of the monotonic clock."""

    document: Document
    route: str
    until: float


class Documents:
    """Pages by what they show. One per process; threads share it.

    A page is true for one revision of the catalogue, and for COUNTS_AGE at most.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: LoadingCache[Key, _Kept] = LoadingCache(
            KEPT, lambda kept: kept.document.size <= LARGEST, lambda kept: kept.document.size + _BESIDES
        )
        # What a plain request's address showed when it was last rendered.
        self._shown: LoadingCache[Key, Key] = LoadingCache(_ADDRESSES)

    def load(
        self, environ: Environ, route: str, make: Callable[[], Document], what: Key, lasts: Callable[[], float | None]
    ) -> Document:
        """The page that `what` identifies; `make` renders it once for all who ask meanwhile.

        `what` comes from few values or from the catalogue. `lasts` says in how many seconds time alone changes the
        page, None for never; it is asked before the page is rendered.
        """
        key = (catalog.committed_revision(self._engine), *what)
        known = self._kept.get(key)
        if known is not None and known.until <= time.monotonic():
            self._kept.invalidate(key)

        def render() -> _Kept:
            began, longest = time.monotonic(), lasts()
            age = COUNTS_AGE if longest is None else min(longest, COUNTS_AGE)
            return _Kept(make(), route, began + age)

        found = self._kept.load(key, render)
        address = _address(environ)
        if address is not None:
            self._shown.put(address, key)
        return found.document

    def ready(self, environ: Environ) -> tuple[Answer, str] | None:
        """The answer to a plain request for a page that is kept, and the route that it counts as; None where the
        application has to answer.

        Raises PreconditionFailed, and what the database raises.
        """
        address = _address(environ)
        key = None if address is None else self._shown.get(address)
        if key is None:
            return None
        kept = self._kept.get(key)
        if kept is None or kept.until <= time.monotonic() or key[0] != catalog.committed_revision(self._engine):
            return None
        return kept.document.answer(environ), kept.route


def _address(environ: Environ) -> Key | None:
    """All of a request that a page may depend on, if there is nothing in it but that."""
    query = environ.get("QUERY_STRING", "")
    if query not in _CHOSEN or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return None
    path, chosen = environ["PATH_INFO"], _CHOSEN[query]
    if path == "/" and not wants_page(environ.get("HTTP_ACCEPT", "")):
        return None
    language = chosen or language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    return path, language, chosen is not None, environ.get("HTTP_HOST"), environ["wsgi.url_scheme"]
