"""The public list of blocks on the host surface."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

import orjson
from flask import Response, request

from ...context import context
from ...messages import Language, text
from ...observability import metrics
from ...schemas import blocks as schemas
from ...services.releases import block_list
from ...services.releases.block_list import BlockList
from ..core import preconditions
from ..core.request import language
from . import host

_MESSAGE: Final = "blocks.listed"
_CACHING: Final = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language, Origin"}


@host.operation("GET", "/plugins/blocks", answer=schemas.BlockList, message=_MESSAGE, transaction="own")
def listed() -> Response:
    """What administrators say about plugins that are already installed: all blocks in force.

    `serial` only grows. A list is made anew at least hourly, and must not be trusted after its `expires_at`.
    """
    body, etag = _rendered(block_list.current(context().autocommit), language())
    is_known = preconditions.is_known(request.environ, etag)
    metrics.block_list(is_sent=not is_known)
    response = Response(status=304) if is_known else Response(body, mimetype="application/json")
    response.headers.update({"ETag": etag, **_CACHING})
    return response


@lru_cache(maxsize=8)
def _rendered(found: BlockList, language: Language) -> tuple[bytes, str]:
    """The answer, and its strong entity tag."""
    head = orjson.dumps({"success": True, "message": text(_MESSAGE, language)})[:-1]
    body = b'%b,"data":%b}' % (head, found.json)
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
