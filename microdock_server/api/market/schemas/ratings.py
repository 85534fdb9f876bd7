"""Ratings."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as plain

from ....schemas import fields
from ....schemas.base import Schema, StrictSchema
from ....services.ratings import Order as RatingOrder
from ....vocabulary import (
    Order,
)
from .base import Page, paged, revision_field, stars


class RatingQuery(Page):
    sort = fields.Choice(RatingOrder, load_default=RatingOrder.CREATED_AT)
    order = fields.Choice(Order, load_default=Order.DESC)


def _points(**kwargs: Any) -> fields.Many:
    return fields.Many(fields.Text(min=1, max=200), max=10, **kwargs)


class NewRating(StrictSchema):
    rating = fields.Number(min=1, max=5, required=True)
    title = fields.Name(max=200, load_default="")
    content = fields.Prose(max=5000, load_default="")
    pros = _points(load_default=list)
    cons = _points(load_default=list)


class RatingChange(StrictSchema):
    rating = fields.Number(min=1, max=5)
    title = fields.Name(max=200)
    content = fields.Prose(max=5000)
    pros = _points()
    cons = _points()


class Rater(Schema):
    id = plain.String(required=True)
    username = plain.String(required=True)


class Reply(Schema):
    content = plain.String(required=True)
    created_at = fields.Moment(required=True)


class Rating(Schema):
    id = plain.String(required=True)
    rating = plain.Integer(required=True)
    title = plain.String(required=True)
    content = plain.String(required=True)
    pros = plain.List(plain.String(), required=True)
    cons = plain.List(plain.String(), required=True)
    version = plain.String(required=True)
    user = plain.Nested(Rater, required=True, allow_none=True)
    reply = plain.Nested(Reply, required=True, allow_none=True)
    edited = plain.Boolean(required=True)
    is_hidden = plain.Boolean(required=True)
    created_at = fields.Moment(required=True)
    updated_at = fields.Moment(required=True)
    revision = revision_field()


class Summary(Schema):
    average = plain.Float(required=True, allow_none=True)
    total = plain.Integer(required=True)
    distribution = stars()


class RatingPage(paged("reviews", Rating)):  # type: ignore[misc]
    summary = plain.Nested(Summary, required=True)


class ModeratedRating(Rating):
    plugin_name = plain.String(required=True)
    plugin_display_name = plain.String(required=True, allow_none=True)
    report_count = plain.Integer(required=True)
    reports = plain.List(plain.String(), required=True)
    hidden_reason = plain.String(required=True)


ModeratedRatingPage = paged("ratings", ModeratedRating)


class ModerationQuery(Page):
    reported = fields.TextFlag(load_default=None)
    hidden = fields.TextFlag(load_default=None)


class NewReply(StrictSchema):
    content = fields.Prose(min=1, max=5000, required=True)


class Hiding(StrictSchema):
    hidden = fields.Flag(required=True)
    reason = fields.Prose(max=2000, load_default="")
