"""Versions: finding and retiring them. How one comes to be is in publishing.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from ..bundle.versions import sort_key
from ..errors import VersionNotFound
from ..extensions import db
from ..models import Plugin, PluginVersion
from . import catalog, plugins

_OF: Final = (
    select(PluginVersion)
    .where(PluginVersion.plugin_name == bindparam("name"))
    .order_by(PluginVersion.precedence.desc())
)
_ONE: Final = select(PluginVersion).where(
    PluginVersion.plugin_name == bindparam("name"), PluginVersion.precedence == bindparam("precedence")
)


def of(plugin: Plugin) -> Sequence[PluginVersion]:
    """All versions of a plugin, highest first."""
    return db.session.scalars(_OF, {"name": plugin.name}).all()


def find(plugin: Plugin, version: str) -> PluginVersion | None:
    """The plugin's version with this number; build metadata does not count."""
    return db.session.scalar(_ONE, {"name": plugin.name, "precedence": sort_key(version)})


def get(name: str, version: str) -> PluginVersion:
    """The version. Raises PluginNotFound or VersionNotFound."""
    found = find(plugins.get(name), version)
    if found is None:
        raise VersionNotFound()
    return found


def deprecate(name: str, version: str) -> PluginVersion:
    """Mark one version as out of date. Another may become the current one."""
    found = get(name, version)
    plugin = plugins.get(name)
    found.is_deprecated = True
    db.session.flush()
    plugins.show_current(plugin)
    catalog.touch(plugin)
    return found
