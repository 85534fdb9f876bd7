"""Replies that reviewers keep, on the marketplace surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ... import errors
from ...models import ReviewReply
from ...services import accounts
from ...services.accounts.tokens import Actor
from ...services.reviews import replies
from ...services.revisions import Expected
from . import market
from .schemas import replies as schemas

REPLY: Final = {"reply_id": {"type": "string", "maxLength": 36}}
_ACCESS: Final = "review.update"
_REFUSED: Final = (errors.ReplyNotFound, errors.NotYourReply)


@market.operation("GET", "/admin/review-replies", access=_ACCESS, answer=schemas.ReviewReply, many=True)
def listed(actor: Actor) -> list[dict[str, Any]]:
    """The caller's own replies, then those that others share, each by title; of the latter the 500 changed last."""
    return _rows(replies.seen_by(actor), actor)


@market.operation(
    "POST",
    "/admin/review-replies",
    access=_ACCESS,
    body=schemas.NewReviewReply,
    answer=schemas.ReviewReply,
    status=201,
    message="market.reply_kept",
    transaction="write",
    errors=(errors.TooManyReplies,),
)
def create(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a reply for the notes of later decisions; for oneself, or for everybody who decides reviews."""
    return _rows([replies.create(actor, body)], actor)[0]


@market.operation(
    "PUT",
    "/admin/review-replies/<reply_id>",
    access=_ACCESS,
    path=REPLY,
    body=schemas.ReviewReplyChange,
    answer=schemas.ReviewReply,
    message="market.reply_changed",
    transaction="write",
    conditional=True,
    errors=_REFUSED,
)
def update(reply_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Change what is given. Replies that others share are changed by administrators alone."""
    return _rows([replies.update(actor, reply_id, body, expected)], actor)[0]


@market.operation(
    "DELETE",
    "/admin/review-replies/<reply_id>",
    access=_ACCESS,
    path=REPLY,
    message="market.reply_deleted",
    transaction="write",
    conditional=True,
    errors=_REFUSED,
)
def delete(reply_id: str, actor: Actor, expected: Expected) -> None:
    """Throw a reply away. Replies that others share are thrown away by administrators alone."""
    replies.delete(actor, reply_id, expected)


def _rows(found: Sequence[ReviewReply], viewer: Actor) -> list[dict[str, Any]]:
    people = accounts.usernames({row.owner_id for row in found})
    names = ("id", "title", "text", "is_shared", "created_at", "updated_at")
    return [
        {
            **{name: getattr(row, name) for name in names},
            "owner": {"id": row.owner_id, "username": people[row.owner_id]},
            "may_change": replies.may_change(row, viewer),
            "revision": replies.revision(row),
        }
        for row in found
    ]
