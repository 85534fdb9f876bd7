"""Base classes of all schemas."""

from __future__ import annotations

import marshmallow as ma

from ..messages import Message
from . import fields


class Schema(ma.Schema):
    """A schema that ignores unknown fields (old clients send extra ones) and has error messages in both languages."""

    class Meta:
        unknown = ma.EXCLUDE

    error_messages = {
        "type": [Message("field.object")],  # type: ignore[dict-item]
        "unknown": [Message("field.unknown")],  # type: ignore[dict-item]
    }


class StrictSchema(Schema):
    """A schema that refuses unknown fields."""

    class Meta:
        unknown = ma.RAISE


class Paging(Schema):
    """Optional paging of a list. Without `limit` the whole list is returned."""

    page = fields.Number(min=1, max=1_000_000, from_text=True, load_default=None)
    limit = fields.Number(min=1, max=1000, from_text=True, load_default=None)
