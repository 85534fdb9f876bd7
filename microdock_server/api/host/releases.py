"""Releases on the host surface: what the holder of a plugin's key, its owner and administrators do with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson
from flask import request

from ... import errors
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...errors import AdminRequired, Forbidden, Unauthenticated
from ...models import Plugin, PluginVersion
from ...services import plugins
from ...services.accounts.tokens import Actor
from ...services.plugins import versions
from ...services.plugins.submitters import Sender
from ...services.releasing import acts, holders
from ..core import auth, login_throttle
from ..core.rendering import Dump, dumper
from ..core.surface import Access, Answer
from . import host, schemas

_plugin: Final = dumper(schemas.Plugin())
_version: Final = dumper(schemas.Version())
# Refusals of those who may not act, and of what is not there.
REFUSALS: Final = (
    *(errors.WrongPluginKey, errors.NotTheOwner, errors.Forbidden, errors.PluginNotFound, errors.Conflict),
    *(errors.DatabaseBusy, errors.StorageFull),
)
_PERMISSION: Final = "plugin.update"

Act = Callable[[Plugin, Sender], orjson.Fragment]


@host.operation(
    "POST",
    "/plugins/version/yank",
    access=Access.GUEST,
    body=schemas.Yanking,
    answer=schemas.Version,
    message="versions.yanked",
    transaction="own",
    errors=(*REFUSALS, errors.VersionNotFound, errors.VersionNotPublished),
)
def yank(body: dict[str, Any], actor: Actor | None = None) -> Answer:
    """Offer a version to no host any more, by key or token; it can still be downloaded by its number. `undo` offers it
    again.
    """

    def act(plugin: Plugin, by: Sender) -> orjson.Fragment:
        version = versions.get(plugin, body["version"])
        if body["undo"]:
            acts.unyank(plugin, version, by, body["reason"] or "")
        else:
            acts.yank(plugin, version, by, body["reason"])
        return _rendered(_version, version)

    return Answer(_done(act, body, actor), message="versions.unyanked" if body["undo"] else None)


@host.operation(
    "POST",
    "/plugins/recommend",
    access=Access.GUEST,
    body=schemas.Recommending,
    answer=schemas.Plugin,
    message="plugins.recommended",
    transaction="own",
    errors=(*REFUSALS, errors.VersionNotFound, errors.VersionNotPublished, errors.NotRecommendable),
)
def recommend(body: dict[str, Any], actor: Actor | None = None) -> Answer:
    """Roll back, by key or token: no version above this one is offered. `null` offers all again."""

    def act(plugin: Plugin, by: Sender) -> orjson.Fragment:
        chosen = None if body["version"] is None else versions.get(plugin, body["version"])
        acts.recommend(plugin, chosen, by, body["reason"])
        return _rendered(_plugin, plugin)

    return Answer(_done(act, body, actor), message="plugins.recommended_none" if body["version"] is None else None)


@host.operation(
    "POST",
    "/plugins/deprecate",
    access=Access.GUEST,
    body=schemas.Deprecating,
    answer=schemas.Plugin,
    message="plugins.deprecated",
    transaction="own",
    errors=(*REFUSALS, errors.Unauthenticated, errors.AdminRequired, errors.ReplacementNotFound, errors.ReplacesItself),
)
def deprecate(body: dict[str, Any], actor: Actor | None = None) -> Answer:
    """Mark the plugin as deprecated, by key or token: why, what replaces it, and until when it will be there. `undo`
    takes all of that back.
    """
    is_undone = body.get("undo", False)

    def act(plugin: Plugin, by: Sender) -> orjson.Fragment:
        if is_undone:
            acts.undeprecate(plugin, by, body.get("reason"))
        else:
            acts.deprecate(plugin, by, body)
        return _rendered(_plugin, plugin)

    try:
        return Answer(_done(act, body, actor), message="plugins.undeprecated" if is_undone else None)
    except Forbidden:
        if set(body) != {"name"}:
            raise
        # All that clients of earlier versions send: they are refused as before.
        raise AdminRequired() if actor else Unauthenticated() from None


def _done(act: Act, body: dict[str, Any], actor: Actor | None) -> orjson.Fragment:
    """What the act answers, if the body's key or the token allows it. It runs in the unit that writes."""
    name, key = body["name"], body.get("plugin_key")
    if key is not None:
        by = Sender(actor, is_by_key=True)
        with login_throttle.proving("plugin_key", name.lower(), request.remote_addr or ""):
            return holders.with_key(name, key, lambda plugin: act(plugin, by))
    if actor is None:
        raise Forbidden()
    auth.ensure_permitted(actor, _PERMISSION)
    with unit_of_work():
        return act(plugins.get_owned(name, actor), Sender(actor))


def _rendered(dump: Dump, row: Plugin | PluginVersion) -> orjson.Fragment:
    """The row as JSON, with its new values and counts: it cannot be read after the unit."""
    db.session.flush()
    return orjson.Fragment(orjson.dumps(dump(row)))
