"""Blocks of installed plugins, as administrators make and see them."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields as plain

from ....schemas import answer_fields, blocks, fields, release_fields
from ....schemas.base import Schema, StrictSchema
from ....vocabulary import PLUGIN_NAME_MAX, BlockSeverity, BlockStatus
from .base import Page, paged, revision_field
from .reviews import Person

_REASON_MAX: Final = 2000


class BlockQuery(Page):
    status = fields.Choice(BlockStatus, load_default=None)
    plugin = fields.Text(min=1, max=PLUGIN_NAME_MAX, load_default=None)


class NewReason(StrictSchema):
    """What users read: needed in both languages."""

    zh = fields.Prose(min=1, max=_REASON_MAX, required=True)
    en = fields.Prose(min=1, max=_REASON_MAX, required=True)


def _packages(**kwargs: Any) -> fields.Many:
    return fields.Many(fields.Hash(), max=100, **kwargs)


class NewBlock(StrictSchema):
    plugin = fields.PluginName(required=True)
    versions = release_fields.VersionRange(allow_none=True, load_default=None)
    sha256 = _packages(load_default=list)
    severity = fields.Choice(BlockSeverity, required=True)
    reason = fields.Nested(NewReason, required=True)
    advisory_url = fields.Url(load_default="", allow_none=True)
    expires_at = fields.Time(allow_none=True, load_default=None)


class BlockChange(StrictSchema):
    plugin = fields.PluginName()
    versions = release_fields.VersionRange(allow_none=True)
    sha256 = _packages()
    severity = fields.Choice(BlockSeverity)
    reason = fields.Nested(NewReason)
    advisory_url = fields.Url(allow_none=True)
    expires_at = fields.Time(allow_none=True)


class Approval(StrictSchema):
    """An empty object."""


class Revocation(StrictSchema):
    reason = fields.Prose(min=1, max=_REASON_MAX, required=True)


class Block(Schema):
    """A block. `severity` is the one that was asked for: while it is pending, `remove` counts as `disable`."""

    id = plain.String(required=True)
    plugin = plain.String(required=True)
    plugin_display_name = plain.String(required=True, allow_none=True)
    versions = plain.String(required=True, allow_none=True)
    sha256 = plain.List(plain.String(), required=True)
    severity = plain.String(required=True, metadata={"enum": [member.value for member in BlockSeverity]})
    status = plain.String(required=True, metadata={"enum": [member.value for member in BlockStatus]})
    reason = plain.Nested(blocks.LocalText, required=True)
    advisory_url = plain.String(required=True)
    created_at = fields.Moment(required=True)
    created_by = plain.Nested(Person, required=True, allow_none=True)
    expires_at = fields.Moment(required=True, allow_none=True)
    proposed_at = fields.Moment(required=True)
    proposed_by = plain.Nested(Person, required=True, allow_none=True)
    approved_at = fields.Moment(required=True, allow_none=True)
    approved_by = plain.Nested(Person, required=True, allow_none=True)
    revoked_at = fields.Moment(required=True, allow_none=True)
    revoked_by = plain.Nested(Person, required=True, allow_none=True)
    revoke_reason = plain.String(required=True)
    # For the caller.
    may_approve = plain.Boolean(required=True)
    revision = revision_field()


BlockPage = paged("blocks", Block)


class BlockMatch(Schema):
    """A published version that the block would match."""

    version = plain.String(required=True)
    file_hash = plain.String(required=True)
    published_at = fields.Moment(required=True)
    is_current = plain.Boolean(required=True)


class BlockPreview(Schema):
    """What a block would do."""

    plugin_id = plain.String(required=True, allow_none=True)
    matches = plain.List(plain.Nested(BlockMatch), required=True)
    current_version = plain.String(required=True, allow_none=True)
    current_after = plain.String(required=True, allow_none=True)
    active_hosts = answer_fields.Measured("integer", required=True)
