"""The caller's own installed set; no request can name anybody else's."""

from __future__ import annotations

from typing import Any, Final

from ... import errors
from ...context import settings
from ...messages import CATALOGUE, text
from ...services import installs as service
from ...services.accounts.tokens import Actor
from ..core import parsing
from ..core.request import language
from ..core.surface import Access
from . import installs, listing, schemas

NAMES: Final = {"type": "array", "items": {"type": "string"}}
WIDENED: Final = {
    "type": ["object", "null"],
    "properties": {"permissions_widened": {**NAMES, "description": "declared by the version, and not granted"}},
    "required": ["permissions_widened"],
}
_COLUMNS: Final = tuple(field.attribute or name for name, field in schemas.Install().fields.items())
PATH: Final = {"plugin_id": {"type": "string", **schemas.PathId().fields["pluginId"].metadata}}


@installs.operation("GET", "/installed", access=Access.LOGGED_IN, answer=schemas.Install, many=True, transaction="own")
def listed(actor: Actor) -> Any:
    """What I have installed, newest first."""
    return listing.installed(actor)


@installs.operation("GET", "/enabled", access=Access.LOGGED_IN, plain_answer=NAMES)
def enabled(actor: Actor) -> Any:
    """Ids of what I have enabled, newest first."""
    return list(service.enabled_ids(actor.id))


@installs.operation("GET", "/permissions", access=Access.LOGGED_IN, answer=schemas.Permission, many=True)
def allowed(actor: Actor) -> Any:
    """The permissions that plugins may be granted, and the risk of each."""
    return [
        {"permission": name, "risk": risk.value, "description": _description(name)}
        for name, risk in settings().install_permissions.items()
    ]


@installs.operation(
    "POST",
    "/install",
    access=Access.LOGGED_IN,
    body=schemas.NewInstall,
    answer=schemas.NewlyInstalled,
    message="installs.installed",
    transaction="caller",
    errors=(
        errors.PluginNotFound,
        errors.VersionNotFound,
        errors.InstallExists,
        errors.InstallUnavailable,
    ),
    act="install",
)
def install(actor: Actor, body: dict[str, Any]) -> Any:
    """Add a plugin to my set. If the catalogue knows which permissions it declares, the answer says which of them were
    not granted.
    """
    new, widened = service.install(
        actor.id,
        body["pluginId"],
        body["pluginName"],
        body["pluginVersion"],
        body["grantedPermissions"],
        allowed=settings().install_permissions,
        require_catalog=settings().installs_require_catalog,
    )
    return {name: getattr(new, name) for name in _COLUMNS} | _told(widened)


@installs.operation(
    "DELETE",
    "/<plugin_id>",
    access=Access.LOGGED_IN,
    path=PATH,
    message="installs.removed",
    transaction="caller",
    errors=(
        errors.Invalid,
        errors.InstallNotFound,
    ),
)
def uninstall(actor: Actor, plugin_id: str) -> None:
    """Take a plugin out of my set."""
    service.remove(actor.id, _checked(plugin_id))


@installs.operation(
    "PUT",
    "/<plugin_id>/status",
    access=Access.LOGGED_IN,
    path=PATH,
    body=schemas.Status,
    message="installs.status_changed",
    transaction="caller",
    errors=(errors.InstallNotFound,),
)
def set_status(actor: Actor, plugin_id: str, body: dict[str, Any]) -> None:
    """Turn an installed plugin on or off."""
    service.set_enabled(actor.id, _checked(plugin_id), body["enabled"])


@installs.operation(
    "GET",
    "/<plugin_id>/permissions",
    access=Access.LOGGED_IN,
    path=PATH,
    plain_answer=NAMES,
    errors=(
        errors.Invalid,
        errors.InstallNotFound,
    ),
)
def granted(actor: Actor, plugin_id: str) -> Any:
    """What an installed plugin may do."""
    return service.get(actor.id, _checked(plugin_id)).granted_permissions


@installs.operation(
    "PUT",
    "/<plugin_id>/permissions",
    access=Access.LOGGED_IN,
    path=PATH,
    body=schemas.Permissions,
    plain_answer=WIDENED,
    message="installs.permissions_changed",
    transaction="caller",
    errors=(errors.InstallNotFound,),
)
def grant(actor: Actor, plugin_id: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """Replace what an installed plugin may do. If the catalogue knows which permissions it declares, the answer says
    which of them were not granted; otherwise its data is null.
    """
    allowed = settings().install_permissions
    return _told(service.set_permissions(actor.id, _checked(plugin_id), body["permissions"], allowed)) or None


def _told(widened: list[str] | None) -> dict[str, list[str]]:
    """The field that says what was not granted; left out where nothing is declared, so that those answers stay as
    they are.
    """
    return {} if widened is None else {"permissions_widened": widened}


def _checked(plugin_id: str) -> str:
    return str(parsing.load(schemas.PathId(), {"pluginId": plugin_id})["pluginId"])


def _description(permission: str) -> str:
    key = f"permission.{permission}"
    return text(key, language()) if key in CATALOGUE else permission
