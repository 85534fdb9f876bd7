"""Plugins: finding them, and an administrator's acts on them."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy import delete as sql_delete

from ..bundle.versions import best
from ..errors import PluginNotFound
from ..extensions import db
from ..models import Plugin, PluginTombstone, PluginVersion, VersionTombstone
from ..storage import Storage
from ..uow import current_unit
from . import catalog

# Made once: building a query costs as much as running it.
_BY_NAME: Final = select(Plugin).where(Plugin.name_key == bindparam("key"))

MANIFEST_FIELDS = ("display_name", "description", "author", "license", "homepage", "main_dll", "entry_class")


def find(name: str) -> Plugin | None:
    """The plugin of this name, ignoring case."""
    return db.session.scalar(_BY_NAME, {"key": name.lower()})


def get(name: str) -> Plugin:
    """The plugin of this name, ignoring case. Raises PluginNotFound."""
    plugin = find(name)
    if plugin is None:
        raise PluginNotFound()
    return plugin


def enable(name: str) -> Plugin:
    """Let hosts download the plugin again."""
    return _set(name, is_enabled=True)


def disable(name: str) -> Plugin:
    """Keep the plugin in lists, but refuse its downloads."""
    return _set(name, is_enabled=False)


def deprecate(name: str) -> Plugin:
    """Mark the plugin as out of date. It can still be downloaded."""
    return _set(name, is_deprecated=True)


def delete(name: str, storage: Storage, *, keep_tombstone: bool) -> None:
    """Remove the plugin, its versions and, once that is committed, their files.

    With `keep_tombstone` the name stays bound to its upload key and every version number to its bytes.
    """
    plugin = get(name)
    versions = list(db.session.scalars(select(PluginVersion).where(PluginVersion.plugin_name == plugin.name)))
    if keep_tombstone:
        _bury(plugin, versions)
    for version in versions:
        current_unit().on_commit(partial(storage.delete, version.storage_key))
    # In two statements, not by the ORM's cascade: a plugin can have thousands of versions.
    db.session.execute(sql_delete(PluginVersion).where(PluginVersion.plugin_name == plugin.name))
    db.session.execute(sql_delete(Plugin).where(Plugin.name == plugin.name))
    catalog.next_revision()


def show_current(plugin: Plugin) -> None:
    """Make the plugin show its current version: the highest that is not deprecated, stable before prerelease."""
    rows = db.session.execute(
        select(PluginVersion.version, PluginVersion.is_deprecated).where(PluginVersion.plugin_name == plugin.name)
    ).all()
    alive = [version for version, is_deprecated in rows if not is_deprecated]
    current = str(best(alive or [version for version, _ in rows]))
    shown = db.session.get_one(PluginVersion, (plugin.name, current))
    plugin.current_version = current
    for field in MANIFEST_FIELDS:
        setattr(plugin, field, getattr(shown, field))


def _set(name: str, **changes: bool) -> Plugin:
    plugin = get(name)
    for field, value in changes.items():
        setattr(plugin, field, value)
    catalog.touch(plugin)
    return plugin


def _bury(plugin: Plugin, versions: list[PluginVersion]) -> None:
    stone = db.session.get(PluginTombstone, plugin.name_key)
    if stone is None:
        stone = PluginTombstone(name_key=plugin.name_key)
        db.session.add(stone)
    stone.upload_key_hash = plugin.upload_key_hash
    db.session.flush()
    for version in versions:
        db.session.merge(
            VersionTombstone(
                name_key=plugin.name_key,
                precedence=version.precedence,
                version=version.version,
                file_hash=version.file_hash,
            )
        )
