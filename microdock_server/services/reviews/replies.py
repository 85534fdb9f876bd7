"""Replies that reviewers keep, for the notes of their decisions: their own, and those that somebody shares with all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select

from ...clock import utcnow
from ...database.session import db
from ...errors import NotYourReply, ReplyNotFound, TooManyReplies
from ...models import ReviewReply
from ...vocabulary import Role
from .. import audit, revisions
from ..accounts.tokens import Actor
from ..revisions import WHATEVER, Expected

# How many one person may keep.
MOST: Final = 100
# How many of others are listed: there may be any number of people who share theirs.
MOST_SHARED: Final = 500


def seen_by(viewer: Actor) -> Sequence[ReviewReply]:
    """The viewer's own replies, then those that others share, each by title; of the latter the 500 changed last."""
    own = select(ReviewReply).where(ReviewReply.owner_id == viewer.id)
    shared = select(ReviewReply).where(ReviewReply.is_shared, ReviewReply.owner_id != viewer.id)
    shared = shared.order_by(ReviewReply.updated_at.desc(), ReviewReply.id).limit(MOST_SHARED)
    lists = (db.session.scalars(query).all() for query in (own, shared))
    return [row for rows in lists for row in sorted(rows, key=lambda row: (row.title.casefold(), row.id))]


def revision(reply: ReviewReply) -> str:
    """The revision of the reply."""
    return revisions.of_columns("review_reply", reply, ("id", "title", "text", "is_shared"))


def may_change(reply: ReviewReply, by: Actor) -> bool:
    """Owners change their replies; administrators those that are shared, too."""
    return reply.owner_id == by.id or (reply.is_shared and by.role == Role.ADMIN)


def create(by: Actor, values: dict[str, Any]) -> ReviewReply:
    """Keep a reply. Raises TooManyReplies."""
    kept = db.session.execute(
        select(func.count()).select_from(ReviewReply).where(ReviewReply.owner_id == by.id)
    ).scalar_one()
    if kept >= MOST:
        raise TooManyReplies(limit=MOST)
    reply = ReviewReply(owner_id=by.id, **values)
    db.session.add(reply)
    db.session.flush()
    if reply.is_shared:
        audit.record(by, "review_reply.shared", "review_reply", reply.id, title=reply.title)
    return reply


def update(by: Actor, reply_id: str, values: dict[str, Any], expected: Expected = WHATEVER) -> ReviewReply:
    """Change a reply, or share it. Raises ReplyNotFound, NotYourReply, ChangedMeanwhile."""
    reply = _get_to_change(by, reply_id)
    expected.ensure(revision(reply))
    was_shared = reply.is_shared
    names = [name for name, value in values.items() if getattr(reply, name) != value]
    for name in names:
        setattr(reply, name, values[name])
    if not names:
        return reply
    reply.updated_at = utcnow()
    # What everybody uses is everybody's concern; what somebody keeps for themselves is not.
    if was_shared and reply.is_shared:
        audit.record(by, "review_reply.changed", "review_reply", reply.id, title=reply.title, fields=sorted(names))
    elif was_shared or reply.is_shared:
        action = "review_reply.unshared" if was_shared else "review_reply.shared"
        audit.record(by, action, "review_reply", reply.id, title=reply.title)
    return reply


def delete(by: Actor, reply_id: str, expected: Expected = WHATEVER) -> None:
    """Throw a reply away. Raises ReplyNotFound, NotYourReply, ChangedMeanwhile."""
    reply = _get_to_change(by, reply_id)
    expected.ensure(revision(reply))
    db.session.delete(reply)
    if reply.is_shared:
        audit.record(by, "review_reply.deleted", "review_reply", reply.id, title=reply.title)


def _get_to_change(by: Actor, reply_id: str) -> ReviewReply:
    reply = db.session.get(ReviewReply, reply_id)
    # Of what others keep for themselves nobody learns that it is there.
    if reply is None or not (reply.is_shared or reply.owner_id == by.id):
        raise ReplyNotFound()
    if not may_change(reply, by):
        raise NotYourReply()
    return reply
