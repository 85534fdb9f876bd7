"""The files of a version's package, and where they are packed: clients can fetch those that changed."""

from __future__ import annotations

from typing import Final

import orjson
from flask import Response, request

from ... import errors
from ...bundle import Limits
from ...caching import LoadingCache
from ...context import context
from ...database.unit_of_work import unit_of_work
from ...services.accounts.tokens import Actor
from ...services.plugins import inventories
from ...services.plugins.downloads import Package
from ..core import packages, preconditions
from ..core.links import download_url
from ..core.surface import Access, Answer
from . import market
from .schemas import plugins as schemas
from .versions import REFUSED, VERSION, package_of

# A version's bytes never change.
IMMUTABLE: Final = "public, max-age=31536000, immutable"
# Also without an Origin: a cache would give that answer, which no page may read, to those that send one.
_VARY: Final = {"Vary": "Origin"}
# Not everybody may see it, or it is not known.
OWN: Final = "private, no-cache"
# The rows of a package that the limits of today do not let the server read.
NONE: Final = b'"files":[],"headers":[]}'
# How many lists are cached, and how long one may be in bytes: 16 MiB in all at most.
LARGEST: Final = 64 * 1024
_rendered: Final[LoadingCache[tuple[str, str, str, Limits], bytes]] = LoadingCache(
    256, lambda rows: len(rows) <= LARGEST
)


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/versions/<version>/files",
    access=Access.GUEST,
    path=VERSION,
    answer=schemas.VersionFiles,
    transaction="own",
    errors=(
        *REFUSED,
        errors.FileMissing,
        errors.PreconditionFailed,
        errors.ServerBusy,
    ),
)
def listed(plugin_id: str, version: str, actor: Actor | None = None) -> Answer | Response:
    """What the version's package consists of: each entry, where its data begin, and what they are.

    Refused where the download is. Published versions may be cached for good.
    """
    package, is_public = package_of(plugin_id, version, actor)
    etag = f'"{package.sha256}"'
    if preconditions.is_known(request.environ, etag):
        caching = IMMUTABLE if is_public else OWN
        return Response(status=304, headers={"ETag": etag, "Cache-Control": caching, **_VARY})
    rows = _rendered.load(_key(package), lambda: _render(package))
    facts = {
        "version": package.version,
        "size": package.size,
        "file_hash": package.sha256,
        "download_url": download_url(plugin_id, package.version),
    }
    headers = {"ETag": etag, "Cache-Control": IMMUTABLE if is_public and rows != NONE else OWN, **_VARY}
    return Answer(orjson.Fragment(orjson.dumps(facts)[:-1] + b"," + rows), headers)


def _key(package: Package) -> tuple[str, str, str, Limits]:
    """What is beyond the limits is so until these are others."""
    return package.plugin_name, package.version, package.sha256, packages.limits()


def _render(package: Package) -> bytes:
    """The rows and headers, as the end of the answer's data. Making the inventory unpacks the whole package, so each
    client waits for its turn.
    """
    name = (package.plugin_name, package.version)
    with unit_of_work(writing=False):
        known = inventories.known_entries(*name)
    if known is None:
        with packages.in_turn():
            known = inventories.entries(*name, package.place, context().storage, packages.limits())
    rows = [entry._asdict() for entry in known]
    headers = [row.pop("header") for row in rows]
    return orjson.dumps({"files": rows, "headers": headers})[1:]
