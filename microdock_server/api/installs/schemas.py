"""Request and answer schemas of the installs surface, in its document's spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields as plain

from ...schemas import fields
from ...schemas.base import Schema

PLUGIN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# These ids would clash with the surface's own paths.
RESERVED: Final = frozenset(("installed", "enabled", "install", "permissions"))


class PluginId(fields.Matching):
    """A plugin's id in an installed set."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(PLUGIN_ID, "field.plugin_id", max=100, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text.lower() in RESERVED:
            raise fields.refusal(self.message)
        return text


def _permissions(**kwargs: Any) -> fields.Many:
    return fields.Many(fields.Text(min=1, max=100), max=100, **kwargs)


class PathId(Schema):
    pluginId = PluginId(required=True)


class NewInstall(Schema):
    pluginId = PluginId(required=True)
    pluginName = fields.Name(min=1, max=200, required=True)
    pluginVersion = fields.Version(max=50, required=True)
    grantedPermissions = _permissions(load_default=list)


class Status(Schema):
    enabled = fields.Flag(required=True)


class Permissions(Schema):
    permissions = _permissions(required=True)


class Install(Schema):
    id = plain.Integer(required=True)
    pluginId = plain.String(required=True, attribute="plugin_id")
    pluginName = plain.String(required=True, attribute="plugin_name")
    pluginVersion = plain.String(required=True, attribute="plugin_version")
    enabled = plain.Boolean(required=True)
    grantedPermissions = plain.List(plain.String(), required=True, attribute="granted_permissions")
    installedAt = fields.Moment(required=True, attribute="installed_at")
    updatedAt = fields.Moment(required=True, attribute="updated_at")


class NewlyInstalled(Install):
    permissions_widened = plain.List(plain.String())


class Permission(Schema):
    permission = plain.String(required=True)
    risk = plain.String(required=True, metadata={"enum": ["low", "medium", "high"]})
    description = plain.String(required=True)
