"""Replies that reviewers keep."""

from __future__ import annotations

from marshmallow import fields as plain

from ....schemas import fields
from ....schemas.base import Schema, StrictSchema
from ....vocabulary import REPLY_TITLE_MAX
from .base import revision_field
from .reviews import Person

# As long as the notes of a decision.
TEXT_MAX = 10_000


class NewReviewReply(StrictSchema):
    title = fields.Name(min=1, max=REPLY_TITLE_MAX, required=True)
    text = fields.Prose(min=1, max=TEXT_MAX, required=True)
    is_shared = fields.Flag(load_default=False)


class ReviewReplyChange(StrictSchema):
    title = fields.Name(min=1, max=REPLY_TITLE_MAX)
    text = fields.Prose(min=1, max=TEXT_MAX)
    is_shared = fields.Flag()


class ReviewReply(Schema):
    """A text for the notes of decisions."""

    id = plain.String(required=True)
    title = plain.String(required=True)
    text = plain.String(required=True)
    is_shared = plain.Boolean(required=True)
    owner = plain.Nested(Person, required=True)
    may_change = plain.Boolean(required=True)
    created_at = fields.Moment(required=True)
    updated_at = fields.Moment(required=True)
    revision = revision_field()
