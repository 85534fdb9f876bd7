"""Versions: finding and retiring them. How one comes to be is in publishing.py."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from ..bundle.versions import sort_key
from ..errors import VersionNotFound
from ..extensions import db
from ..models import Plugin, PluginVersion
from . import catalog, plugins


def of(plugin: Plugin) -> Sequence[PluginVersion]:
    """All versions of a plugin, highest first."""
    return db.session.scalars(
        select(PluginVersion)
        .where(PluginVersion.plugin_name == plugin.name)
        .order_by(PluginVersion.precedence.desc())
    ).all()


def find(plugin: Plugin, version: str) -> PluginVersion | None:
    """The plugin's version with this number; build metadata does not count."""
    return db.session.scalar(
        select(PluginVersion).where(
            PluginVersion.plugin_name == plugin.name, PluginVersion.precedence == sort_key(version)
        )
    )


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
