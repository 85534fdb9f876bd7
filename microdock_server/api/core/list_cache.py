"""The host's plugin list as ready bytes, plain and gzipped, rendered and compressed once per change.

The list is by far the most common request and has the largest answer, so it is kept ready: each plugin as a fragment of
JSON, fragments grouped in chunks whose borders depend on the names alone, each chunk with its own deflate blocks. A
write renders the plugins that changed and compresses their chunks; the rest is reused. The concatenated blocks are one
valid gzip stream.
"""

from __future__ import annotations

import hashlib
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Engine
from werkzeug.http import parse_accept_header

from ...database.unit_of_work import unit_of_work
from ...messages import Language, language_of, text
from ...schemas.base import Schema
from ...services import catalog
from ...services.catalog import revision_cache
from . import preconditions
from .rendering import head_renderer

# Download totals in the list may lag by five seconds; they are looked up a little sooner.
TOTALS_AGE: Final = 4.0
# About how many plugins share a chunk.
CHUNK_PLUGINS: Final = 64
TOTAL: Final = "total_download_count"
InContext = Callable[[], AbstractContextManager[Any]]
_GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK: Final = b"\x03\x00"


@dataclass(frozen=True, slots=True)
class _Body:
    """A ready answer. Its ETag is strong: it identifies exactly these bytes."""

    data: bytes
    etag: str
    headers: list[tuple[str, str]]


@dataclass(slots=True)
class _Chunk:
    """Some plugins' JSON, starting with a comma, and the same as deflate blocks that end on a byte boundary."""

    names: Sequence[str]
    plain: bytes
    deflated: bytes = field(init=False)
    digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.deflated = _deflate(self.plain)
        self.digest = hashlib.sha256(self.plain).digest()


class CatalogCache:
    """The list of all plugins, as the host surface answers it. One per process; threads share it."""

    def __init__(self, schema: type[Schema], engine: Engine, message: str) -> None:
        self._render = head_renderer(schema, TOTAL)
        self._engine = engine
        self._message = message
        self._lock = threading.Lock()
        self._names: Sequence[str] = []
        self._heads: dict[str, bytes] = {}
        self._totals: dict[str, int] = {}
        self._chunks: dict[str, _Chunk] = {}
        self._bodies: dict[tuple[Language, bool], _Body] = {}
        self._revision = -1
        self._totals_at = -TOTALS_AGE

    def answer(self, environ: Mapping[str, Any], in_context: InContext) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body for a GET of the whole list; 304 where the client has it already.

        `in_context` opens a database session where there is none yet. Raises PreconditionFailed.
        """
        language = language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        body = self._body(language, wants_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")), in_context)
        if preconditions.is_known(environ, body.etag):
            return "304 Not Modified", body.headers[:3], b""
        return "200 OK", body.headers, body.data

    def _body(self, language: Language, gzip: bool, in_context: InContext) -> _Body:
        if self._is_stale():
            with self._lock:
                if self._is_stale():
                    with in_context():
                        self._refresh()
        found = self._bodies.get((language, gzip))
        if found is None:
            with self._lock:
                found = self._bodies.get((language, gzip))
                if found is None:
                    found = self._bodies[(language, gzip)] = self._assemble(language, gzip)
        return found

    def _is_stale(self) -> bool:
        return time.monotonic() - self._totals_at > TOTALS_AGE or self._revision != self._current_revision()

    def _current_revision(self) -> int:
        return catalog.committed_revision(self._engine)

    def _refresh(self) -> None:
        """Read what changed since the last refresh; download totals of what changed, and all of them when they are
        old.
        """
        now = time.monotonic()
        with unit_of_work(writing=False):
            revision = revision_cache.current()
            rows = catalog.changed_since(self._revision) if revision != self._revision else ()
            changed = {row.name: self._render(row) for row in rows}
            heads = self._heads | changed
            names = self._names if revision == self._revision else self._listed(heads)
            totals, totals_at = self._totals, self._totals_at
            if now - totals_at > TOTALS_AGE:
                totals, totals_at = catalog.download_totals(), now
            elif changed:
                totals = totals | dict.fromkeys(changed, 0) | catalog.download_totals(list(changed))
        dirty = changed.keys() | {name for name, _ in totals.items() ^ self._totals.items()}
        if dirty or names is not self._names:
            self._chunks = {run[0]: self._chunk(run, heads, totals, dirty) for run in _split(names)}
            self._names, self._heads, self._totals = names, {name: heads[name] for name in names}, totals
            self._bodies = {}
        self._revision, self._totals_at = revision, totals_at

    def _listed(self, heads: Mapping[str, bytes]) -> Sequence[str]:
        """The names in list order. They are queried only if some are gone: new ones are among `heads`."""
        if catalog.count() != len(heads):
            return catalog.names()
        return self._names if len(heads) == len(self._names) else sorted(heads, key=str.lower)

    def _chunk(
        self, run: Sequence[str], heads: Mapping[str, bytes], totals: Mapping[str, int], dirty: set[str]
    ) -> _Chunk:
        known = self._chunks.get(run[0])
        if known is not None and known.names == run and dirty.isdisjoint(run):
            return known
        return _Chunk(run, b"".join(b",%b%d}" % (heads[name], totals.get(name, 0)) for name in run))

    def _assemble(self, language: Language, gzip: bool) -> _Body:
        head = orjson.dumps({"success": True, "message": text(self._message, language)})[:-1] + b',"data":['
        chunks = list(self._chunks.values())
        parts = [head, *(chunk.plain for chunk in chunks), b"]}"]
        if chunks:
            # The first plugin has no comma before it.
            parts[1] = parts[1][1:]
        digest = hashlib.sha256(head + b"".join(chunk.digest for chunk in chunks)).hexdigest()[:32]
        if not gzip:
            return _ready(b"".join(parts), f'"{digest}"', [])
        blocks = [_deflate(head), *(chunk.deflated for chunk in chunks), _deflate(b"]}")]
        if chunks:
            blocks[1] = _deflate(parts[1])
        return _ready(_gzip(parts, blocks), f'"{digest}-gz"', [("Content-Encoding", "gzip")])


def _ready(data: bytes, etag: str, encoding: list[tuple[str, str]]) -> _Body:
    caching = [
        ("ETag", etag),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept-Encoding, Accept-Language, Origin"),
    ]
    content = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    return _Body(data, etag, [*caching, *content, *encoding])


@lru_cache(maxsize=256)
def wants_gzip(accept_encoding: str) -> bool:
    """Does an `Accept-Encoding` header allow gzip?"""
    return bool(accept_encoding) and parse_accept_header(accept_encoding[:256]).quality("gzip") > 0


def _split(names: Sequence[str]) -> Iterator[list[str]]:
    """Split names into runs. A border depends on the name before it alone, so an insertion moves no other border."""
    run: list[str] = []
    for name in names:
        run.append(name)
        if zlib.crc32(name.encode()) % CHUNK_PLUGINS == 0:
            yield run
            run = []
    if run:
        yield run


def _deflate(data: bytes) -> bytes:
    """Deflate blocks that can be concatenated: they end on a byte boundary, and nothing after them refers back into
    them.
    """
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)


def _gzip(parts: Sequence[bytes], blocks: Sequence[bytes]) -> bytes:
    """One gzip stream made of separately compressed blocks (RFC 1952)."""
    checksum = size = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
        size += len(part)
    return b"".join((_GZIP_HEAD, *blocks, _LAST_BLOCK, struct.pack("<II", checksum, size & 0xFFFFFFFF)))
