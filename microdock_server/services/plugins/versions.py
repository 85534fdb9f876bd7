"""Versions: finding and deprecating them. publishing.py creates them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import undefer

from ...bundle.versions import is_version, sort_key
from ...clock import utcnow
from ...database.pairs import is_any_of
from ...database.session import db
from ...errors import VersionNotFound
from ...models import Plugin, PluginVersion
from ...vocabulary import PluginStatus
from .. import audit, catalog, plugins
from ..audit import Who

_OF: Final = (
    select(PluginVersion)
    .where(PluginVersion.plugin_name == bindparam("name"))
    .order_by(PluginVersion.precedence.desc())
)
_ONE: Final = select(PluginVersion).where(
    PluginVersion.plugin_name == bindparam("name"), PluginVersion.precedence == bindparam("precedence")
)
_HIGHEST: Final = (
    _OF.where(PluginVersion.status == PluginStatus.PUBLISHED.value)
    .options(undefer(PluginVersion.changelog_html))
    .limit(bindparam("count"))
)
_NUMBERS: Final = (
    select(PluginVersion.version)
    .where(PluginVersion.plugin_name == bindparam("name"), PluginVersion.status == PluginStatus.PUBLISHED.value)
    .order_by(PluginVersion.precedence.desc())
)


def of(plugin: Plugin) -> Sequence[PluginVersion]:
    """All versions of a plugin, highest first."""
    return db.session.scalars(_OF, {"name": plugin.name}).all()


def public_of(plugin: Plugin) -> Sequence[PluginVersion]:
    """The published versions of a plugin, highest first."""
    return [version for version in of(plugin) if version.is_public]


def highest_public(plugin: Plugin, count: int) -> Sequence[PluginVersion]:
    """At most so many of its published versions, highest first, with the HTML of their changelogs."""
    return db.session.scalars(_HIGHEST, {"name": plugin.name, "count": count}).all()


def public_numbers(plugin: Plugin) -> Sequence[str]:
    """The numbers of its published versions, highest first."""
    return db.session.scalars(_NUMBERS, {"name": plugin.name}).all()


def find(plugin: Plugin, version: str) -> PluginVersion | None:
    """The plugin's version with this number, ignoring build metadata; None for an invalid version."""
    if not is_version(version):
        return None
    return db.session.scalar(_ONE, {"name": plugin.name, "precedence": sort_key(version)})


def current(plugin: Plugin) -> PluginVersion:
    """The version that the plugin shows."""
    return db.session.get_one(PluginVersion, (plugin.name, plugin.current_version))


def exactly(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PluginVersion]:
    """Versions by plugin name and exact number, of those that exist, in one query."""
    wanted = set(keys)
    is_wanted = is_any_of((PluginVersion.plugin_name, PluginVersion.version), wanted)
    found = db.session.scalars(select(PluginVersion).where(is_wanted)) if wanted else ()
    return {(row.plugin_name, row.version): row for row in found}


def get_public(name: str, version: str) -> PluginVersion:
    """The published version of a published plugin. Raises PluginNotFound or VersionNotFound."""
    found = get(plugins.get_public(name), version)
    if not found.is_public:
        raise VersionNotFound()
    return found


def get(plugin: Plugin, version: str) -> PluginVersion:
    """The plugin's version with this number. Raises VersionNotFound."""
    found = find(plugin, version)
    if found is None:
        raise VersionNotFound()
    return found


def deprecate(name: str, version: str, by: Who) -> PluginVersion:
    """Mark one version as deprecated. It is offered and downloaded as before."""
    plugin = plugins.get(name)
    found = get(plugin, version)
    if not found.is_deprecated:
        found.is_deprecated, found.deprecated_at = True, utcnow()
        db.session.flush()
        plugins.show_current(plugin)
        catalog.touch(plugin)
        audit.record(by, "version.deprecated", "plugin", plugin.name, version=found.version)
    return found


def latest_unpublished(plugin: Plugin) -> PluginVersion | None:
    """The highest unpublished version: the subject of a submission."""
    waiting = (version for version in of(plugin) if version.status != PluginStatus.PUBLISHED)
    return next(waiting, None)
