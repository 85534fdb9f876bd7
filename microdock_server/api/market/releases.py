"""Releases on the marketplace surface: what owners, reviewers and administrators do with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from marshmallow import Schema

from ... import errors
from ...errors import DomainError
from ...models import Plugin, PluginVersion
from ...schemas.fields import version_meant
from ...services import ownership, plugins
from ...services.accounts.tokens import Actor
from ...services.plugins import images, versions
from ...services.plugins.submitters import Sender
from ...services.releasing import acts
from ...services.revisions import Expected
from ..core.surface import Answer, View
from . import market, serializers
from .plugins import REFERENCE
from .schemas import plugins as schemas
from .versions import VERSION, shown

OWNERS: Final = "plugin.update"


def _on_version(
    method: str, act: str, body: type[Schema], message: str, *refusals: type[DomainError]
) -> Callable[[View], View]:
    """Declares an act of owners on one version."""
    return market.operation(
        method,
        f"/marketplace/plugins/<plugin_id>/versions/<version>/{act}",
        access=OWNERS,
        path=VERSION,
        body=body,
        answer=schemas.VersionDetail,
        message=message,
        transaction="write",
        errors=(errors.NotTheOwner, errors.PluginNotFound, errors.VersionNotFound, *refusals),
    )


def _on_plugin(act: str, body: type[Schema], message: str, *refusals: type[DomainError]) -> Callable[[View], View]:
    """Declares what owners set on the whole plugin."""
    return market.operation(
        "PUT",
        f"/marketplace/plugins/<plugin_id>/{act}",
        access=OWNERS,
        path=REFERENCE,
        body=body,
        answer=schemas.PluginDetail,
        message=message,
        transaction="write",
        conditional=True,
        errors=(errors.NotTheOwner, errors.PluginNotFound, *refusals),
    )


@_on_version("POST", "yank", schemas.Yanking, "versions.yanked", errors.VersionNotPublished)
def yank(plugin_id: str, version: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Offer a version to no host any more; it can still be downloaded by its number."""
    plugin, row = _owned(plugin_id, version, actor)
    acts.yank(plugin, row, Sender(actor), body["reason"])
    return shown(plugin, row, actor)


@_on_version("POST", "unyank", schemas.Unyanking, "versions.unyanked", errors.VersionNotPublished)
def unyank(plugin_id: str, version: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Offer a yanked version again."""
    plugin, row = _owned(plugin_id, version, actor)
    acts.unyank(plugin, row, Sender(actor), body["reason"])
    return shown(plugin, row, actor)


@_on_plugin(
    "recommended",
    schemas.Recommending,
    "plugins.recommended",
    *(errors.VersionNotFound, errors.VersionNotPublished, errors.NotRecommendable),
)
def recommend(plugin_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> Answer:
    """Roll back: no version above this one is offered. `null` offers all again."""
    plugin = _expected(plugin_id, actor, expected)
    chosen = None if body["version"] is None else versions.get(plugin, body["version"])
    acts.recommend(plugin, chosen, Sender(actor), body["reason"])
    message = "plugins.recommended_none" if chosen is None else None
    return Answer(serializers.plugin_detail(plugin, actor), message=message)


@_on_version(
    "PUT",
    "release",
    schemas.ReleaseChange,
    "versions.release_changed",
    *(errors.RolloutOnlyGrows, errors.ReleaseComplete, errors.AlwaysPreview),
)
def set_release(plugin_id: str, version: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Change a version's rollout, pause it, or choose its channel. Once hosts are offered it, the rollout only grows;
    once all are, nothing of this changes.
    """
    plugin, row = _owned(plugin_id, version, actor)
    acts.set_release(plugin, row, Sender(actor), body)
    return shown(plugin, row, actor)


@market.operation(
    "POST",
    "/admin/plugins/<plugin_id>/versions/<version>/release-now",
    access="review.update",
    path=VERSION,
    body=schemas.ReleaseNow,
    answer=schemas.VersionDetail,
    message="versions.released",
    transaction="write",
    errors=(
        *(errors.OwnPlugin, errors.OwnSubmission, errors.PluginNotFound, errors.VersionNotFound),
        *(errors.OverrideRefused, errors.VersionNotPublished),
    ),
)
def release_now(plugin_id: str, version: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """End a version's cooldown, and its hold for a finding. One's own submission only with an override, where nobody
    else could.
    """
    plugin = plugins.get_seen(plugin_id, actor)
    row = versions.get(plugin, version_meant(version))
    acts.release_now(plugin, row, actor, body["reason"], override=body["override"])
    return shown(plugin, row, actor)


@_on_plugin(
    "deprecation",
    schemas.Deprecation,
    "plugins.deprecation_changed",
    *(errors.ReplacementNotFound, errors.ReplacesItself),
)
def deprecate(plugin_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Mark the plugin as deprecated: why, what replaces it, and until when it will be there; or take all of that
    back.
    """
    plugin = _expected(plugin_id, actor, expected)
    if body["deprecated"]:
        acts.deprecate(plugin, Sender(actor), body)
    else:
        acts.undeprecate(plugin, Sender(actor), body.get("reason"))
    return serializers.plugin_detail(plugin, actor)


def _owned(plugin_id: str, version: str, actor: Actor) -> tuple[Plugin, PluginVersion]:
    plugin = plugins.get_owned(plugin_id, actor)
    return plugin, versions.get(plugin, version_meant(version))


def _expected(plugin_id: str, actor: Actor, expected: Expected) -> Plugin:
    """One's own plugin, at the revision that the client has seen."""
    plugin = plugins.get_owned(plugin_id, actor)
    expected.ensure(ownership.revision(plugin, images.of(plugin)))
    return plugin
