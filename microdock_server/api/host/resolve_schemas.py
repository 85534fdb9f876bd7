"""Schemas of plans and lockfiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import marshmallow as ma
from marshmallow import fields as plain

from ...schemas import fields
from ...schemas.base import Schema
from ...services.releases.locks import LOCKFILE_VERSION
from ...vocabulary import PLUGIN_NAME_MAX, Channel, LockProblem, PlanAction
from .release_schemas import MOST_INSTALLED, ClientId, Engines, InstalledPlugins, RangeText, ensure_once

MOST_WANTED: Final = 100
MOST_LOCKED: Final = 2_000
MOST_DEPENDENCIES: Final = 1_000
SIZE_MAX: Final = 2**53 - 1


class _AnyName(fields.Text):
    """A plugin's name as a host knows it, of any form: what no catalogue has is said in the answer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min=1, max=PLUGIN_NAME_MAX, **kwargs)


class _EngineTexts(Engines):
    """`{engine: version}`, loaded as it was written: a lockfile repeats it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        super()._deserialize(value, attr, data, **kwargs)
        return dict(value)


class _Ranges(fields.Items):
    """Ranges by plugin, loaded as they were written."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=_AnyName(), values=RangeText(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, dict) and len(value) > MOST_DEPENDENCIES:
            raise fields.refusal("field.too_many", max=MOST_DEPENDENCIES)
        found = super()._deserialize(value, attr, data, **kwargs)
        return {name: str(needed) for name, needed in found.items()}


class Wanted(Schema):
    name = _AnyName(required=True)
    range = RangeText(load_default=None)


class LockedPackage(Schema):
    dependencies = _Ranges(required=True)
    sha256 = fields.Hash(required=True)
    size = fields.Number(min=0, max=SIZE_MAX, required=True)
    version = fields.Version(required=True)


class _Packages(fields.Items):
    """Packages by the plugins' names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=_AnyName(), values=fields.Nested(LockedPackage), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, dict) and len(value) > MOST_LOCKED:
            raise fields.refusal("field.too_many", max=MOST_LOCKED)
        if isinstance(value, dict) and _has_twice(value):
            raise fields.refusal("field.twice")
        return super()._deserialize(value, attr, data, **kwargs)


class Lock(Schema):
    """A lockfile: the exact packages of a plan. Its keys are sorted: the same set is the same bytes."""

    engines = _EngineTexts(required=True)
    lockfile_version = fields.Number(min=LOCKFILE_VERSION, max=LOCKFILE_VERSION, required=True)
    plugins = _Packages(required=True)


class Resolve(Schema):
    """With `lock`, `engines`, `install` and `installed` may be left out."""

    engines = _EngineTexts(required=True)
    channel = fields.Choice(Channel, load_default=None, allow_none=True)
    client_id = ClientId()
    install = fields.Many(fields.Nested(Wanted), max=MOST_WANTED, required=True)
    remove = fields.Many(_AnyName(), max=MOST_INSTALLED, load_default=None, allow_none=True)
    installed = InstalledPlugins(required=True)
    lock = fields.Nested(Lock, load_default=None, allow_none=True)

    @ma.pre_load
    def fill(self, data: Any, **_: Any) -> Any:
        """What a lockfile makes needless is empty."""
        if isinstance(data, dict) and data.get("lock") is not None:
            return {"engines": {}, "install": [], "installed": [], **data}
        return data

    @ma.validates_schema(skip_on_field_errors=True)
    def refuse_twice(self, data: Mapping[str, Any], **_: Any) -> None:
        """Each plugin is to be installed or removed, and is installed once; names ignore case."""
        wanted = [one["name"] for one in data["install"]]
        ensure_once("install", wanted)
        ensure_once("installed", [one.name for one in data["installed"]])
        if _has_twice([*wanted, *(data["remove"] or ())]):
            raise ma.ValidationError({"remove": fields.refusal("field.twice").messages})


def _has_twice(names: Iterable[str]) -> bool:
    keys = [str(name).lower() for name in names]
    return len(set(keys)) < len(keys)


class PlannedPlugin(Schema):
    """What is to happen with one plugin. Of a removed one, and one that no catalogue has, there is no package."""

    name = plain.String(required=True)
    version = plain.String(required=True)
    action = fields.Choice(PlanAction, required=True)
    file_hash = plain.String(required=True, allow_none=True, metadata={"description": "SHA-256, hex"})
    file_size = plain.Integer(required=True, allow_none=True, metadata={"description": "bytes"})
    download_url = plain.String(required=True, allow_none=True)
    required_by = plain.List(plain.String(), required=True)


class LockFault(Schema):
    name = plain.String(required=True)
    code = fields.Choice(LockProblem, required=True)
    message = plain.String(required=True)


class Plan(Schema):
    plan = plain.List(plain.Nested(PlannedPlugin), required=True)
    lock = plain.Nested(Lock, required=True)
    problems = plain.List(plain.Nested(LockFault), required=True)
