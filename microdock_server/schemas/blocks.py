"""Blocks as every surface shows them."""

from __future__ import annotations

from marshmallow import fields as plain

from ..vocabulary import BlockSeverity
from .base import Schema


class LocalText(Schema):
    """A text in both languages."""

    zh = plain.String(required=True)
    en = plain.String(required=True)


class PublicBlock(Schema):
    """A block in force, as hosts are told of it. `severity` is what is to be done now."""

    plugin = plain.String(required=True)
    versions = plain.String(required=True, allow_none=True)
    sha256 = plain.List(plain.String(), required=True)
    severity = plain.String(required=True, metadata={"enum": [member.value for member in BlockSeverity]})
    reason = plain.Nested(LocalText, required=True)
    advisory_url = plain.String(required=True)
    since = plain.String(required=True, metadata={"format": "date-time"})
    expires_at = plain.String(required=True, allow_none=True, metadata={"format": "date-time"})


class BlockList(Schema):
    """All blocks in force. A host must not trust a list after its `expires_at`."""

    serial = plain.Integer(required=True)
    generated_at = plain.String(required=True, metadata={"format": "date-time"})
    expires_at = plain.String(required=True, metadata={"format": "date-time"})
    blocks = plain.List(plain.Nested(PublicBlock), required=True)
