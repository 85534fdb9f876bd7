"""Blocks of installed plugins: administrators make, approve and revoke them here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from ... import errors
from ...services.accounts.tokens import Actor
from ...services.releasing import blocks
from ...services.revisions import Expected
from ...vocabulary import NOT_MEASURED
from ..core.surface import Answer
from . import market, serializers
from .schemas import blocks as schemas
from .schemas.base import pagination

BLOCK: Final = {"block_id": {"type": "string", "maxLength": 36}}
_ACCESS: Final = blocks.PERMISSION


@market.operation("GET", "/admin/blocks", access=_ACCESS, query=schemas.BlockQuery, answer=schemas.BlockPage)
def listed(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Blocks, newest first, revoked and expired ones too."""
    total, rows = blocks.page(
        status=query["status"], plugin=query["plugin"], page_number=query["page"], limit=query["limit"]
    )
    return {"blocks": serializers.block_rows(rows, actor), "pagination": pagination(query, total)}


@market.operation(
    "POST",
    "/admin/blocks",
    access=_ACCESS,
    body=schemas.NewBlock,
    answer=schemas.Block,
    status=201,
    message="market.block_created",
    transaction="write",
    errors=(200,),
)
def create(actor: Actor, body: dict[str, Any]) -> Any:
    """Block versions of a plugin, or packages by their hash. The plugin need not be in the catalogue.

    `remove` may wait for a second administrator, and counts as `disable` until then. Where a block says exactly this
    already, that one is answered with 200.
    """
    block, is_new = blocks.create(actor, body)
    row = serializers.block_rows([block], actor)[0]
    return row if is_new else Answer(row, status=200, message="success")


@market.operation("POST", "/admin/blocks/preview", access=_ACCESS, body=schemas.NewBlock, answer=schemas.BlockPreview)
def preview(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Which published versions a block would match, and which version would be the current one. Nothing is stored."""
    found = blocks.preview(body)
    return {
        "plugin_id": None if found.plugin is None else found.plugin.id,
        "matches": [asdict(match) for match in found.matches],
        "current_version": found.current,
        "current_after": found.current_after,
        "active_hosts": NOT_MEASURED if found.active_hosts is None else found.active_hosts,
    }


@market.operation(
    "GET",
    "/admin/blocks/<block_id>",
    access=_ACCESS,
    path=BLOCK,
    answer=schemas.Block,
    conditional=True,
    errors=(errors.BlockNotFound,),
)
def block(block_id: str, actor: Actor) -> dict[str, Any]:
    """One block."""
    return serializers.block_rows([blocks.get(block_id)], actor)[0]


@market.operation(
    "PUT",
    "/admin/blocks/<block_id>",
    access=_ACCESS,
    path=BLOCK,
    body=schemas.BlockChange,
    answer=schemas.Block,
    message="market.block_updated",
    transaction="write",
    conditional=True,
    errors=(errors.BlockNotFound, errors.TransitionNotAllowed),
)
def change(block_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Change some values; the others stay. A change of more than the reason may need approval again."""
    return serializers.block_rows([blocks.change(actor, block_id, body, expected)], actor)[0]


@market.operation(
    "POST",
    "/admin/blocks/<block_id>/approve",
    access=_ACCESS,
    path=BLOCK,
    body=schemas.Approval,
    answer=schemas.Block,
    message="market.block_approved",
    transaction="write",
    conditional=True,
    errors=(errors.BlockNotFound, errors.OwnBlock, errors.TransitionNotAllowed),
)
def approve(block_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Put a waiting block into force. Whoever made or last changed it cannot."""
    return serializers.block_rows([blocks.approve(actor, block_id, expected)], actor)[0]


@market.operation(
    "POST",
    "/admin/blocks/<block_id>/revoke",
    access=_ACCESS,
    path=BLOCK,
    body=schemas.Revocation,
    answer=schemas.Block,
    message="market.block_revoked",
    transaction="write",
    conditional=True,
    errors=(errors.BlockNotFound,),
)
def revoke(block_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Take a block back."""
    return serializers.block_rows([blocks.revoke(actor, block_id, body["reason"], expected)], actor)[0]
