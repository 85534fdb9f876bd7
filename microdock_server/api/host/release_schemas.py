"""Request and answer schemas of update checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import marshmallow as ma
from marshmallow import fields as plain

from ...bundle.versions import EngineVersion, InvalidRange, InvalidVersion, Range
from ...messages import Message
from ...schemas import fields
from ...schemas.base import Schema
from ...schemas.blocks import PublicBlock
from ...schemas.reasons import ReleaseReason
from ...services.releases.asked import asked_range
from ...vocabulary import RANGE_MAX, Channel, HostAction
from ..core.update_answers import Asked

MOST_INSTALLED: Final = 500
MOST_ENGINES: Final = 50
MOST_PERMISSIONS: Final = 200
PERMISSION_MAX: Final = 200
# What is installed may be called anything: what nobody knows is `unknown` by itself.
NAME_TEXT_MAX: Final = 1000
VERSION_TEXT_MAX: Final = 1000


class RangeText(fields.Text):
    """A range of versions."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max=RANGE_MAX, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return asked_range(text)
        except InvalidRange as reason:
            raise fields.refusal("field.version_range") from reason

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return str(value) if isinstance(value, Range) else value


class EngineNumber(fields.Text):
    """A version of an engine: one to four numbers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min=1, max=64, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return EngineVersion.parse(text)
        except InvalidVersion as reason:
            raise fields.refusal("field.engine_version") from reason


class Engines(fields.Items):
    """`{engine: version}`; names ignore case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.Text(min=1, max=100), values=EngineNumber(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, dict) and len(value) > MOST_ENGINES:
            raise fields.refusal("field.too_many", max=MOST_ENGINES)
        found = super()._deserialize(value, attr, data, **kwargs)
        by_key = {name.lower(): version for name, version in found.items()}
        if len(by_key) < len(found):
            raise fields.refusal("field.twice")
        return by_key


class ClientId(fields.Text):
    """Any text that a host makes up; an empty one is none."""

    def __init__(self) -> None:
        super().__init__(max=128, load_default=None, allow_none=True)

    def _is_allowed(self, char: str) -> bool:
        return True

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs) or None


class InstalledPlugin(Schema):
    name = fields.Text(max=NAME_TEXT_MAX, required=True)
    version = fields.Text(max=VERSION_TEXT_MAX, required=True)
    sha256 = fields.Hash(load_default=None, allow_none=True)
    channel = fields.Choice(Channel, load_default=None, allow_none=True)
    pin = RangeText(load_default=None, allow_none=True)
    granted_permissions = fields.Many(
        fields.Text(min=1, max=PERMISSION_MAX), max=MOST_PERMISSIONS, load_default=None, allow_none=True
    )


class InstalledPlugins(fields.Many):
    """A host's plugins, each as Asked.

    Ordinary items are checked here: for fifty of them marshmallow takes longer than all the rest of an update check.
    Anything else is left to the schema, which refuses it, and says why, or finds it good after all.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(plain.Nested(InstalledPlugin), max=MOST_INSTALLED, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) <= MOST_INSTALLED:
            found = [_ordinary(item) for item in value]
            if None not in found:
                return found
        return [_asked(one) for one in super()._deserialize(value, attr, data, **kwargs)]


def _asked(one: Mapping[str, Any]) -> Asked:
    granted, pin = one["granted_permissions"], one["pin"]
    return Asked(
        one["name"],
        one["version"],
        one["sha256"],
        one["channel"],
        None if pin is None else str(pin),
        None if granted is None else tuple(granted),
    )


def _ordinary(item: Any) -> Asked | None:
    """The item if all of it is of the most ordinary form; None says nothing about it."""
    if type(item) is not dict:
        return None
    asked = Asked._make(map(item.get, _ITEM))
    if asked[2:] != _NOT_SAID:
        asked = _with_more(asked)
    return asked if _is_plain(asked.name, NAME_TEXT_MAX) and _is_plain(asked.version, VERSION_TEXT_MAX) else None


def _with_more(given: Asked) -> Asked:
    """The same with its channel and permissions as they are kept; without a name where something is wrong."""
    hashed, channel, pin, granted = given[2:]
    is_good = (
        (hashed is None or (_is_plain(hashed, 64) and _HASH.fullmatch(hashed)))
        and (channel is None or (type(channel) is str and channel in _CHANNELS))
        and (pin is None or (_is_plain(pin, RANGE_MAX) and _is_range(pin)))
        and (granted is None or _are_permissions(granted))
    )
    if not is_good:
        return given._replace(name="")
    return given._replace(
        channel=None if channel is None else _CHANNELS[channel], granted=None if granted is None else tuple(granted)
    )


def _is_plain(text: Any, longest: int) -> bool:
    return type(text) is str and 0 < len(text) <= longest and text.isprintable()


def _are_permissions(granted: Any) -> bool:
    if type(granted) is not list or len(granted) > MOST_PERMISSIONS:
        return False
    return all(_is_plain(permission, PERMISSION_MAX) for permission in granted)


def _is_range(text: str) -> bool:
    try:
        asked_range(text)
    except InvalidRange:
        return False
    return True


_ITEM: Final = ("name", "version", "sha256", "channel", "pin", "granted_permissions")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_CHANNELS: Final[Mapping[str, Channel]] = {channel.value: channel for channel in Channel}
_NOT_SAID: Final = (None, None, None, None)


class UpdateCheck(Schema):
    engines = Engines(required=True)
    channel = fields.Choice(Channel, load_default=None, allow_none=True)
    client_id = ClientId()
    installed = InstalledPlugins(required=True)

    @ma.validates_schema(skip_on_field_errors=True)
    def _ensure_once(self, data: dict[str, Any], **_: Any) -> None:
        ensure_once("installed", [one.name for one in data["installed"]])


def ensure_once(field: str, names: list[str]) -> None:
    """Refuse a list in which the same name, ignoring case, stands twice."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        key = name.lower()
        if key in seen:
            raise ma.ValidationError({field: {place: {"name": [Message("field.twice")]}}})
        seen.add(key)


class Target(Schema):
    version = plain.String(required=True)
    file_name = plain.String(required=True)
    file_size = plain.Integer(required=True, metadata={"description": "bytes"})
    file_hash = plain.String(required=True, metadata={"description": "SHA-256, hex"})
    download_url = plain.String(required=True)
    published_at = fields.Moment(required=True)
    permissions = plain.List(plain.String(), required=True, allow_none=True)
    dependencies = fields.StringMap(required=True)
    engines = fields.StringMap(required=True)


class PassedVersion(Schema):
    version = plain.String(required=True)
    published_at = fields.Moment(required=True)
    changelog = plain.String(required=True)


class PluginUpdate(Schema):
    name = plain.String(required=True)
    installed = plain.String(required=True)
    action = plain.String(required=True, metadata={"enum": [action.value for action in HostAction]})
    target = plain.Nested(Target, required=True, allow_none=True)
    newest = plain.String(required=True, allow_none=True)
    reasons = plain.List(plain.Nested(ReleaseReason), required=True)
    permissions_added = plain.List(plain.String(), required=True, allow_none=True)
    changelog = plain.List(plain.Nested(PassedVersion), required=True)
    block = plain.Nested(PublicBlock, required=True, allow_none=True)
    replacement = plain.String(required=True, allow_none=True)


class Updates(Schema):
    checked_at = fields.Moment(required=True)
    serial = plain.Integer(required=True)
    updates = plain.List(plain.Nested(PluginUpdate), required=True)
