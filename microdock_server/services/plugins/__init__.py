"""Plugins: finding them, their status, and actions of administrators and owners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, Row, bindparam, select, update
from sqlalchemy import delete as sql_delete

from ...bundle.versions import best
from ...clock import utcnow
from ...database.prepared import Prepared
from ...database.session import db, table_of
from ...database.unit_of_work import current_unit, read_autocommit
from ...errors import NotTheOwner, PluginNotFound
from ...models import AuditEntry, Plugin, PluginImage, PluginTombstone, PluginVersion, VersionTombstone
from ...storage import Storages
from ...vocabulary import Event, PluginStatus, permits
from .. import audit, catalog, notifications
from ..accounts.tokens import Actor
from ..audit import Who
from ..catalog import search
from ..files import place_of
from ..releases import decision, lines
from . import texts
from .lifecycle import Act, after

# Built once: building a query costs as much as running it.
_BY_NAME: Final = select(Plugin).where(Plugin.name_key == bindparam("key"))
_PLUGIN: Final = table_of(Plugin)
# Pages look this up for every request.
_PUBLIC_NAME: Final = Prepared(
    select(_PLUGIN.c.name).where(
        _PLUGIN.c.name_key == bindparam("key"), _PLUGIN.c.status == PluginStatus.PUBLISHED.value
    )
)
_BY_ID: Final = select(Plugin).where(Plugin.id == bindparam("id"))
_NAMED: Final = select(Plugin).where(Plugin.name.in_(bindparam("names", expanding=True)))
_KEYED: Final = select(Plugin).where(Plugin.name_key.in_(bindparam("keys", expanding=True)))
_COLUMNS: Final = table_of(PluginVersion).c
_VERSIONS: Final = (
    select(*_COLUMNS["version", "status", "is_blocked"], *(_COLUMNS[name] for name in lines.OUTLINE))
    .where(_COLUMNS.plugin_name == bindparam("name"))
    .order_by(_COLUMNS.precedence.desc())
)
_BLOCKED: Final = (
    update(PluginVersion)
    .where(PluginVersion.plugin_name == bindparam("plugin"), PluginVersion.version == bindparam("number"))
    .values(is_blocked=bindparam("refused"))
)
_DUE: Final = select(Plugin).where(Plugin.next_change_at <= bindparam("now")).order_by(Plugin.next_change_at).limit(100)
_IS_DUE: Final = select(Plugin.number).where(Plugin.next_change_at <= bindparam("now")).limit(1)

# Actions in the audit log, in which appeals find who decided.
SUSPENDED: Final = "plugin.suspended"
# Also how it is known what was deleted before everybody's eyes: see tombstones.py.
DELETED: Final = "plugin.deleted"
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


def named(names: Iterable[str]) -> dict[str, Plugin]:
    """Plugins by their exact names, of those that exist, in one query."""
    wanted = set(names)
    found = db.session.scalars(_NAMED, {"names": list(wanted)}) if wanted else ()
    return {plugin.name: plugin for plugin in found}


def display_names(names: Iterable[str | None]) -> dict[str, str]:
    """Display names by the plugins' exact names, of those that exist, in one query."""
    return {name: plugin.display_name for name, plugin in named(name for name in names if name).items()}


def public_display_name(name: str | None) -> str | None:
    """The display name of the plugin of this name, ignoring case, if everybody may see it."""
    found = None if name is None else find(name)
    return found.display_name if found is not None and found.is_public else None


def with_names(names: Iterable[str]) -> Sequence[Plugin]:
    """Plugins of these names, ignoring case, of those that exist, in one query."""
    keys = {name.lower() for name in names}
    return db.session.scalars(_KEYED, {"keys": list(keys)}).all() if keys else ()


def get_public(name: str) -> Plugin:
    """The published plugin of this name, ignoring case. Raises PluginNotFound."""
    plugin = get(name)
    if not plugin.is_public:
        raise PluginNotFound()
    return plugin


def public_name(name: str, autocommit: Engine) -> str:
    """The name, as it is written, of the published plugin of this name; outside of any unit of work. Raises
    PluginNotFound.
    """
    found = read_autocommit(autocommit, _PUBLIC_NAME, {"key": name.lower()})
    if not found:
        raise PluginNotFound()
    return str(found[0].name)


def get_seen(reference: str, viewer: Actor | None) -> Plugin:
    """The plugin with this id or name, if the viewer may see it: published ones, their own, and any for reviewers.

    Raises PluginNotFound, also for a plugin that the viewer may not see.
    """
    plugin = db.session.scalar(_BY_ID, {"id": reference}) or find(reference)
    if plugin is None or not (plugin.is_public or sees_hidden(plugin, viewer)):
        raise PluginNotFound()
    return plugin


def get_owned(reference: str, by: Actor) -> Plugin:
    """The plugin with this id or name, if the user owns it. Raises PluginNotFound or NotTheOwner."""
    plugin = get_seen(reference, by)
    if not is_owner(plugin, by) and not permits(by.role, "plugin.manage"):
        raise NotTheOwner()
    return plugin


def is_owner(plugin: Plugin, viewer: Actor | None) -> bool:
    """Does the user own it?"""
    return viewer is not None and plugin.owner_id == viewer.id


def sees_hidden(plugin: Plugin, viewer: Actor | None) -> bool:
    """May the viewer see unpublished parts of this plugin?"""
    return viewer is not None and (is_owner(plugin, viewer) or permits(viewer.role, "plugin.view_all"))


def enable(name: str, by: Who) -> Plugin:
    """Let hosts download the plugin again."""
    return _set(name, by, "plugin.enabled", is_enabled=True)


def disable(name: str, by: Who) -> Plugin:
    """Keep the plugin in lists, but refuse its downloads."""
    return _set(name, by, "plugin.disabled", is_enabled=False)


def move(plugin: Plugin, act: Act, *, reason: str = "") -> None:
    """Change the plugin's status, and notify its owner with the reason. Raises TransitionNotAllowed."""
    before, plugin.status = plugin.status, after(plugin.status, act)
    if plugin.status == PluginStatus.PUBLISHED and plugin.published_at is None:
        plugin.published_at = utcnow()
    db.session.flush()
    show_current(plugin)
    catalog.touch(plugin)
    if plugin.owner_id is not None:
        notifications.notify(
            plugin.owner_id,
            Event.STATUS_CHANGED,
            **notifications.about(plugin),
            version=plugin.current_version,
            old_status=before,
            new_status=plugin.status,
            reason=reason,
        )


def suspend(plugin: Plugin, by: Who, reason: str) -> None:
    """Hide a published plugin on every surface. Raises TransitionNotAllowed."""
    move(plugin, Act.SUSPEND, reason=reason)
    audit.record(by, SUSPENDED, "plugin", plugin.name, reason=reason)


def last_suspension(plugin: Plugin) -> AuditEntry | None:
    """The audit entry of the plugin's last suspension; None if the log has none."""
    return audit.find_last(SUSPENDED, "plugin", plugin.name)


def suspension(plugin: Plugin) -> AuditEntry | None:
    """The audit entry of the current suspension, with its reason; None unless the plugin is suspended and the log
    has it.
    """
    return last_suspension(plugin) if plugin.status == PluginStatus.SUSPENDED else None


def restore(plugin: Plugin, by: Who, reason: str, **details: Any) -> None:
    """Restore a suspended plugin; `details` go into the audit log. Raises TransitionNotAllowed."""
    move(plugin, Act.RESTORE, reason=reason)
    audit.record(by, "plugin.restored", "plugin", plugin.name, reason=reason, **details)


def delete(plugin: Plugin, by: Who, storage: Storages, *, keep_tombstone: bool) -> None:
    """Delete the plugin, its versions and images and, once that is committed, their files.

    With `keep_tombstone` the name stays bound to its upload key and owner, and every version number to its bytes. This
    is always so for a plugin that has, or had, an owner.
    """
    keep_tombstone = keep_tombstone or plugin.is_owned
    told = {"plugin_id": plugin.id, "tombstone": keep_tombstone, "published": plugin.is_public}
    audit.record(by, DELETED, "plugin", plugin.name, **told)
    search.forget(plugin)
    images = db.session.scalars(select(PluginImage).where(PluginImage.plugin_name == plugin.name)).all()
    versions = list(db.session.scalars(select(PluginVersion).where(PluginVersion.plugin_name == plugin.name)))
    if keep_tombstone:
        _bury(plugin, versions)
    for place in [*map(place_of, images), *map(place_of, versions)]:
        current_unit().on_commit(partial(storage.delete, *place))
    # Bulk statements, not the ORM's cascade: a plugin can have thousands of versions.
    db.session.execute(sql_delete(PluginVersion).where(PluginVersion.plugin_name == plugin.name))
    db.session.execute(sql_delete(Plugin).where(Plugin.name == plugin.name))
    catalog.next_revision()


def show_current(plugin: Plugin) -> None:
    """Choose the plugin's current version (see releases/decision.py) and show its manifest, overridden by what the
    owner set; of an unpublished plugin the highest one, stable before prerelease.

    Called by whatever changes a version, a block, or what may be offered. Also notes which downloads are refused, and
    when time alone will change the choice.
    """
    rows = db.session.execute(_VERSIONS, {"name": plugin.name}).all()
    public = [row for row in rows if row.status == PluginStatus.PUBLISHED]
    if public:
        current = _current_of(plugin, public)
    else:
        current, plugin.next_change_at = str(best(row.version for row in rows)), None
    shown = db.session.get_one(PluginVersion, (plugin.name, current))
    plugin.current_version = current
    for field in MANIFEST_FIELDS:
        setattr(plugin, field, plugin.overrides.get(field, getattr(shown, field)))


def show_due(now: datetime) -> int:
    """Choose the current version anew of plugins for which time alone has changed it; returns how many these were."""
    due = db.session.scalars(_DUE, {"now": now}).all()
    for plugin in due:
        show_current(plugin)
        catalog.touch(plugin)
    return len(due)


def is_any_due(now: datetime) -> bool:
    """Does show_due have something to do?"""
    return db.session.scalar(_IS_DUE, {"now": now}) is not None


def _current_of(plugin: Plugin, public: Sequence[Row[Any]]) -> str:
    """The number of the current version, of a plugin with published versions."""
    now = utcnow()
    blocks = lines.blocks_of([plugin.name_key]).get(plugin.name_key, ())
    line = lines.line_of(plugin, [lines.outline_of(row) for row in public], blocks)
    plugin.next_change_at = decision.next_change(line, now)
    refused = {str(release.version): decision.is_refused(release, line, now) for release in line.releases}
    for row in public:
        if row.is_blocked != refused[row.version]:
            db.session.execute(
                _BLOCKED, {"plugin": plugin.name, "number": row.version, "refused": refused[row.version]}
            )
    return str(decision.current(line, now).version)


def assign(plugin: Plugin, values: Mapping[str, Any]) -> None:
    """Set an owner's values. From now on they take precedence over the manifest's."""
    overrides = {field: value for field, value in values.items() if field in MANIFEST_FIELDS}
    plugin.overrides = {**plugin.overrides, **overrides}
    for field, value in values.items():
        if field == "long_description":
            texts.set_long_description(plugin, value)
        else:
            setattr(plugin, field, value)


def _set(name: str, by: Who, action: str, **changes: bool) -> Plugin:
    plugin = get(name)
    for field, value in changes.items():
        setattr(plugin, field, value)
    catalog.touch(plugin)
    audit.record(by, action, "plugin", plugin.name)
    return plugin


def _bury(plugin: Plugin, versions: list[PluginVersion]) -> None:
    stone = db.session.get(PluginTombstone, plugin.name_key)
    if stone is None:
        stone = PluginTombstone(name_key=plugin.name_key)
        db.session.add(stone)
    stone.upload_key_hash = plugin.upload_key_hash
    stone.upload_key_by = plugin.upload_key_by
    stone.owner_id = plugin.owner_id
    stone.had_owner = plugin.is_owned
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
