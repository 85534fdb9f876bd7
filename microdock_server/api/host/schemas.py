"""Request and answer schemas of the host surface, in its document's spelling."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields as plain

from ...messages import Message
from ...schemas import blocks, fields, form_fields, packages
from ...schemas.base import Paging, Schema
from ...vocabulary import DESCRIPTION_MAX, FULL_ROLLOUT, REASON_MAX, BackupType, Channel


class Credentials(Schema):
    username = fields.Text(min=1, max=254, required=True)
    password = fields.Text(min=1, max=128, lines=True, required=True)


class Login(Schema):
    token = plain.String(required=True)
    token_type = plain.String(required=True)
    expires_in = plain.Integer(required=True, metadata={"description": "seconds"})


class AuthStatus(Schema):
    is_logged_in = plain.Boolean(required=True)
    username = plain.String(required=True, allow_none=True)
    is_admin = plain.Boolean(required=True)
    role = plain.String(required=True, allow_none=True)


class PluginQuery(Paging):
    search = fields.Text(max=200, load_default=None)


class PluginRef(Schema):
    name = fields.PluginName(required=True)


class VersionRef(PluginRef):
    version = fields.Version(required=True)


class Yanking(VersionRef):
    """`reason` is needed unless it is undone."""

    reason = fields.Prose(min=1, max=REASON_MAX, load_default=None)
    undo = fields.Flag(load_default=False)
    plugin_key = fields.PluginKey(load_default=None)

    @ma.validates_schema(skip_on_field_errors=True)
    def _ensure_reason(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["reason"] is None and not data["undo"]:
            raise ma.ValidationError([Message("field.required")], "reason")


class Recommending(PluginRef):
    version = fields.Version(required=True, allow_none=True)
    reason = fields.Prose(min=1, max=REASON_MAX, required=True)
    plugin_key = fields.PluginKey(load_default=None)


class Deprecating(PluginRef):
    reason = fields.Prose(max=REASON_MAX, allow_none=True)
    replacement = fields.PluginName(allow_none=True)
    sunset = fields.Time(allow_none=True)
    undo = fields.Flag(allow_none=True)
    plugin_key = fields.PluginKey(allow_none=True)

    @ma.post_load
    def drop_nulls(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Null is not given, but where it means none."""
        return {name: value for name, value in data.items() if value is not None or name in ("replacement", "sunset")}


class PluginUpload(Schema):
    file = form_fields.File(required=True)
    plugin_key = fields.PluginKey(required=True)
    upload_secret = fields.Text(max=1024, load_default=None)
    rollout = fields.Number(min=0, max=FULL_ROLLOUT, from_text=True, load_default=FULL_ROLLOUT)


class PackageOnly(Schema):
    file = form_fields.File(required=True)


class Plugin(Schema):
    name = plain.String(required=True)
    display_name = plain.String(required=True)
    description = plain.String(required=True)
    author = plain.String(required=True)
    license = plain.String(required=True)
    homepage = plain.String(required=True)
    main_dll = plain.String(required=True)
    entry_class = plain.String(required=True)
    current_version = plain.String(required=True)
    is_enabled = plain.Boolean(required=True)
    is_deprecated = plain.Boolean(required=True)
    deprecated_at = fields.Moment(required=True, allow_none=True)
    replacement = plain.String(required=True, allow_none=True)
    recommended_version = plain.String(required=True, allow_none=True)
    created_at = fields.Moment(required=True)
    updated_at = fields.Moment(required=True)
    total_download_count = plain.Integer(required=True)


class Warning(packages.PackageWarning):
    """Something about an accepted package that its developer should know: an `entry` of the archive, a `field` of
    plugin.json, or another plugin's `name`.

    The two that do not apply are empty.
    """


class UploadedPlugin(Plugin):
    warnings = plain.List(plain.Nested(Warning))


class Version(Schema):
    plugin_name = plain.String(required=True)
    version = plain.String(required=True)
    file_name = plain.String(required=True)
    file_path = plain.Function(
        lambda version: f"uploads/{version.plugin_name}/{version.file_name}",
        required=True,
        metadata={"type": "string"},
    )
    file_size = plain.Integer(required=True, metadata={"description": "bytes"})
    file_hash = plain.String(required=True, metadata={"description": "SHA-256, hex"})
    changelog = plain.String(required=True)
    dependencies = fields.StringMap(required=True)
    engines = fields.StringMap(required=True)
    permissions = plain.List(plain.String(), required=True, allow_none=True)
    replaces = plain.List(plain.String(), required=True)
    is_deprecated = plain.Boolean(required=True)
    channel = plain.String(required=True, metadata={"enum": list(Channel)})
    available_at = fields.Moment(required=True, allow_none=True, attribute="offered_from")
    rollout = plain.Integer(required=True, metadata={"minimum": 0, "maximum": FULL_ROLLOUT})
    is_yanked = plain.Boolean(required=True)
    yank_reason = plain.String(required=True)
    download_count = plain.Integer(required=True)
    created_at = fields.Moment(required=True)


class ShownPlugin(Plugin):
    block = plain.Nested(blocks.PublicBlock, metadata={"description": "what hosts are told to do; absent for none"})


class PluginDetail(Schema):
    plugin = plain.Nested(ShownPlugin, required=True)
    versions = plain.List(plain.Nested(Version), required=True)


class Manifest(Schema):
    """plugin.json as the server understood it. Missing fields are empty; `display_name` defaults to `name`."""

    name = plain.String(required=True)
    version = plain.String(required=True)
    main = plain.String(required=True)
    entry_class = plain.String(required=True)
    display_name = plain.String(required=True)
    description = plain.String(required=True)
    author = plain.String(required=True)
    license = plain.String(required=True)
    homepage = plain.String(required=True)
    changelog = plain.String(required=True)
    dependencies = fields.StringMap(required=True)
    engines = fields.StringMap(required=True)
    permissions = plain.List(plain.String(), required=True, allow_none=True)
    replaces = plain.List(plain.String(), required=True)


class Assembly(Schema):
    """What the main assembly declares about itself; unknown values are empty."""

    status = plain.String(required=True, metadata={"enum": ["ok", "not_managed", "entry_class_missing", "unreadable"]})
    assembly_name = plain.String(required=True)
    entry_class = plain.String(required=True)
    detail = plain.String(required=True)
    architecture = plain.String(required=True)
    target_framework = plain.String(required=True)
    is_mixed = plain.Boolean(required=True)


class PackageReport(Schema):
    name = plain.String(required=True)
    version = plain.String(required=True)
    file_size = plain.Integer(required=True)
    file_hash = plain.String(required=True)
    entries = plain.Integer(required=True)
    unpacked_size = plain.Integer(required=True)
    manifest = plain.Nested(Manifest, required=True)
    assembly = plain.Nested(Assembly, required=True, allow_none=True)
    warnings = plain.List(plain.Nested(Warning), required=True)


class BackupUpload(Schema):
    file = form_fields.File(required=True)
    user_key = fields.UserKey(required=True)
    backup_type = fields.Choice(BackupType, required=True)
    description = fields.Text(max=DESCRIPTION_MAX, lines=True, load_default=None)
    plugin_name = fields.Name(max=200, load_default="")


class OwnBackups(Schema):
    user_key = fields.UserKey(required=True)
    page = fields.Number(min=1, max=1_000_000, load_default=None)
    limit = fields.Number(min=1, max=1000, load_default=None)


class BackupSearch(Schema):
    key_part = fields.Text(max=256, load_default=None)
    page = fields.Number(min=1, max=1_000_000, load_default=1)
    limit = fields.Number(min=1, max=100, load_default=20)


class BackupRef(Schema):
    user_key = fields.UserKey(required=True)
    id = fields.Number(min=1, required=True)


class Backup(Schema):
    id = plain.Integer(required=True)
    user_key = plain.String(required=True)
    backup_type = plain.String(required=True)
    plugin_name = plain.String(required=True)
    file_name = plain.String(required=True)
    file_path = plain.Method("render_path", required=True, metadata={"type": "string"})
    file_size = plain.Integer(required=True, metadata={"description": "bytes"})
    file_hash = plain.String(required=True, metadata={"description": "SHA-256, hex"})
    description = plain.String(required=True, allow_none=True)
    created_at = fields.Moment(required=True)

    def render_path(self, backup: Any) -> str:
        """The path in the document's form; the real storage key holds neither the user key nor the client's file
        name.
        """
        moment = int(backup.created_at.timestamp())
        return f"backups/{backup.user_key}/{backup.backup_type}/{moment}_{backup.file_name}"


class BackupList(Schema):
    total = plain.Integer(required=True)
    backups = plain.List(plain.Nested(Backup), required=True)


class BackupQuota(Schema):
    """What one user key may keep."""

    count = plain.Integer(required=True)
    bytes = plain.Integer(required=True)


class BackupsOfKey(Schema):
    """What is kept under one user key."""

    user_key = plain.String(required=True)
    count = plain.Integer(required=True)
    bytes = plain.Integer(required=True)
    newest_at = fields.Moment(required=True)


class BackupTotals(Schema):
    """Of all user keys that were asked for; `keys` is one page of them."""

    total = plain.Integer(required=True)
    count = plain.Integer(required=True)
    bytes = plain.Integer(required=True)
    quota = plain.Nested(BackupQuota, required=True)
    keys = plain.List(plain.Nested(BackupsOfKey), required=True)
