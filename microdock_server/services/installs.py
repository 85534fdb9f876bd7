"""Users' installed plugins, and the permissions granted to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update

from ..clock import utcnow
from ..database.session import db, table_of
from ..errors import (
    InstallExists,
    InstallNotFound,
    InstallUnavailable,
    Invalid,
    PluginNotFound,
    VersionNotFound,
)
from ..models import Install, PluginVersion, User
from ..vocabulary import STORAGE_WILDCARD, PluginStatus, Risk
from . import plugins
from .plugins import versions
from .releases.permissions import added


def listed(user_id: str) -> Sequence[Row[Any]]:
    """Rows of the user's installs, newest first; attributes are named as the columns are."""
    return db.session.execute(_LISTED, {"user_id": user_id}).all()


def enabled_ids(user_id: str) -> Sequence[str]:
    """Plugin ids of the user's enabled installs, newest first."""
    return db.session.scalars(
        select(Install.plugin_id)
        .where(Install.user_id == user_id, Install.enabled)
        .order_by(Install.installed_at.desc(), Install.id.desc())
    ).all()


def install(
    user_id: str,
    plugin_id: str,
    plugin_name: str,
    plugin_version: str,
    granted: Sequence[str],
    *,
    allowed: Mapping[str, Risk],
    require_catalog: bool,
) -> tuple[Install, list[str] | None]:
    """Add a plugin to the user's set; returns also what its version declares beyond the grants (see `widened`).

    Raises InstallExists, InstallUnavailable, PluginNotFound or VersionNotFound.
    """
    permissions = expanded(granted, allowed, "grantedPermissions")
    if _find(user_id, plugin_id) is not None:
        raise InstallExists()
    version = _available(plugin_id, plugin_version, require_catalog)
    new = Install(
        user_id=user_id,
        plugin_id=plugin_id,
        plugin_key=plugin_id.lower(),
        plugin_name=plugin_name,
        plugin_version=plugin_version,
        granted_permissions=permissions,
    )
    db.session.add(new)
    db.session.flush()
    _changed(user_id)
    return new, widened(version, permissions)


def remove(user_id: str, plugin_id: str) -> None:
    """Remove a plugin from the user's set."""
    db.session.delete(get(user_id, plugin_id))
    _changed(user_id)


def set_enabled(user_id: str, plugin_id: str, enabled: bool) -> None:
    """Turn an installed plugin on or off."""
    found = get(user_id, plugin_id)
    found.enabled = enabled
    found.updated_at = utcnow()
    _changed(user_id)


def set_permissions(
    user_id: str, plugin_id: str, granted: Sequence[str], allowed: Mapping[str, Risk]
) -> list[str] | None:
    """Replace the permissions granted to an installed plugin; returns what its version declares beyond them (see
    `widened`).
    """
    permissions = expanded(granted, allowed, "permissions")
    found = get(user_id, plugin_id)
    found.granted_permissions = permissions
    found.updated_at = utcnow()
    _changed(user_id)
    plugin = plugins.find(found.plugin_id)
    version = versions.find(plugin, found.plugin_version) if plugin is not None and plugin.is_public else None
    return widened(version, permissions)


def widened(version: PluginVersion | None, granted: Sequence[str]) -> list[str] | None:
    """What the version's manifest declares beyond the grants; None if it declares nothing, or nobody can see it."""
    return added(version.permissions, granted) if version is not None and version.is_public else None


def get(user_id: str, plugin_id: str) -> Install:
    """The user's install of this plugin. Raises InstallNotFound."""
    found = _find(user_id, plugin_id)
    if found is None:
        raise InstallNotFound()
    return found


def expanded(granted: Sequence[str], allowed: Mapping[str, Risk], field: str) -> list[str]:
    """`granted` with `storage:*` expanded, without duplicates, in the given order. Raises Invalid for an unknown
    permission.
    """
    result: dict[str, None] = {}
    for index, permission in enumerate(granted):
        if permission == STORAGE_WILDCARD:
            result.update(dict.fromkeys(name for name in allowed if name.startswith("storage:")))
        elif permission in allowed:
            result[permission] = None
        else:
            raise Invalid.field(f"{field}.{index}", "field.permission", permission=permission[:100])
    return list(result)


def _find(user_id: str, plugin_id: str) -> Install | None:
    return db.session.scalar(_ONE, {"user_id": user_id, "plugin_key": plugin_id.lower()})


def _changed(user_id: str) -> None:
    """Invalidate renderings of the user's set."""
    db.session.execute(_CHANGED, {"id_": user_id})


def _available(plugin_id: str, version: str, require_catalog: bool) -> PluginVersion | None:
    """The version of a plugin that can be installed; None of one that the catalogue does not know."""
    plugin = plugins.find(plugin_id)
    if plugin is not None and (not plugin.is_enabled or plugin.status == PluginStatus.SUSPENDED):
        raise InstallUnavailable(name=plugin.name)
    # An unpublished plugin counts as unknown to the catalogue.
    if plugin is None or not plugin.is_public:
        if require_catalog:
            raise PluginNotFound()
        return None
    found = versions.find(plugin, version)
    if found is None or not found.is_public:
        raise VersionNotFound()
    return found


# Built once: hosts ask for them at every start, or many users at once. On the tables where no mapped object is needed.
_ONE: Final = select(Install).where(
    Install.user_id == bindparam("user_id"), Install.plugin_key == bindparam("plugin_key")
)
_USERS: Final = table_of(User)
_CHANGED: Final = (
    update(_USERS).where(_USERS.c.id == bindparam("id_")).values(installs_revision=_USERS.c.installs_revision + 1)
)
_TABLE: Final = Install.__table__
_LISTED: Final = (
    select(_TABLE)
    .where(_TABLE.c.user_id == bindparam("user_id"))
    .order_by(_TABLE.c.installed_at.desc(), _TABLE.c.id.desc())
)
