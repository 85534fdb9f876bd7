"""Plugins on the marketplace surface: list, detail, create, change, delete, submit, claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from flask import request

from ... import errors
from ...context import context, settings
from ...database.unit_of_work import unit_of_work
from ...errors import Invalid
from ...observability import metrics
from ...services import ownership, plugins, publishing
from ...services.accounts.tokens import Actor
from ...services.plugins import images, texts
from ...services.plugins.images import MAX_BYTES, MAX_SCREENSHOTS, NewImages
from ...services.publishing import Submission
from ...services.revisions import Expected
from ...vocabulary import PACKAGE_FIELD, PluginStatus
from ..core import login_throttle, packages, parsing
from ..core.forms import Part, Slot, receive
from ..core.surface import Access
from . import listing, market, serializers
from .schemas import plugins as schemas
from .schemas.base import override_of

REFERENCE: Final = {"plugin_id": {"type": "string", "maxLength": 100, "description": "id or package name"}}
_PICTURES: Final = {"icon": Slot(MAX_BYTES), "screenshots": Slot(MAX_BYTES, MAX_SCREENSHOTS)}


@market.operation(
    "GET",
    "/marketplace/plugins",
    access=Access.GUEST,
    query=schemas.PluginQuery,
    answer=schemas.PluginPage,
    transaction="own",
)
def listed(query: dict[str, Any], actor: Actor | None = None) -> orjson.Fragment:
    """Plugins that the caller may see: published ones, their own, and all for reviewers. With `search`, by
    relevance.
    """
    return listing.page(query, actor)


@market.operation(
    "POST",
    "/marketplace/plugins",
    access="plugin.create",
    form=schemas.NewPlugin,
    answer=schemas.CreatedPlugin,
    status=201,
    message="market.plugin_created",
    transaction="own",
    errors=(
        errors.BadPackage,
        errors.UnsupportedFileType,
        errors.NameReserved,
        errors.PluginExists,
        errors.VersionRetired,
        errors.AccountBytesExceeded,
        errors.AddressBytesExceeded,
    ),
)
def create(actor: Actor) -> dict[str, Any]:
    """Submit a new plugin. Nobody else sees it before it is reviewed; a draft waits until its owner submits it."""
    with packages.received(PACKAGE_FIELD, actor.id, _PICTURES) as form:
        values = parsing.load(schemas.NewPlugin(), form.values())
        report = packages.inspected(values[PACKAGE_FIELD])
        manifest = publishing.accepted(report)
        metadata = values["metadata"]
        _ensure_derived(metadata, serializers.span_of(manifest.engines))
        submission = Submission(
            version=values["version"],
            changelog=values["changelog"],
            values=_columns(values),
            images=_images(values, beside=manifest.changelog),
            is_draft=values["draft"],
            rollout=values["rollout"],
        )
        package = values[PACKAGE_FIELD].content
        plugin = publishing.create(package, report, actor, submission, context().storage, room=packages.room())
        metrics.received("plugin", package.size)
        _count_images(values)
    return _shown(plugin.id, actor) | packages.told(report)


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>",
    access=Access.GUEST,
    path=REFERENCE,
    answer=schemas.PluginDetail,
    conditional=True,
    errors=(errors.PluginNotFound,),
)
def detail(plugin_id: str, actor: Actor | None = None) -> dict[str, Any]:
    """Everything about one plugin; for its owner and reviewers also its place in the review queue."""
    return serializers.plugin_detail(plugins.get_seen(plugin_id, actor), actor)


@market.operation(
    "PUT",
    "/marketplace/plugins/<plugin_id>",
    access="plugin.update",
    path=REFERENCE,
    body=schemas.PluginChange,
    form=schemas.PluginForm,
    answer=schemas.PluginDetail,
    message="market.plugin_updated",
    transaction="own",
    conditional=True,
    errors=(
        errors.NotTheOwner,
        errors.PluginNotFound,
        errors.AccountBytesExceeded,
        errors.AddressBytesExceeded,
    ),
)
def update(plugin_id: str, actor: Actor, expected: Expected) -> dict[str, Any]:
    """Change a plugin's metadata, by JSON, or as a form with images. It takes precedence over the manifests."""
    if request.mimetype == "multipart/form-data":
        packages.ensure_room()
        with receive(settings().temp_dir, _PICTURES) as form:
            values = parsing.load(schemas.PluginForm(), form.values())
            return _updated(plugin_id, actor, values, expected)
    return _updated(plugin_id, actor, parsing.json_body(schemas.PluginChange()), expected)


@market.operation(
    "DELETE",
    "/marketplace/plugins/<plugin_id>",
    access="plugin.delete",
    path=REFERENCE,
    message="plugins.deleted",
    transaction="write",
    conditional=True,
    errors=(
        errors.NotTheOwner,
        errors.PluginNotFound,
    ),
)
def delete(plugin_id: str, actor: Actor, expected: Expected) -> None:
    """Delete a plugin with all versions and files. Its name stays its owner's, and its version numbers stay bound to
    their bytes.
    """
    found = plugins.get_owned(plugin_id, actor)
    expected.ensure(ownership.revision(found, images.of(found)))
    plugins.delete(found, actor, context().storage, keep_tombstone=True)


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/submit",
    access="plugin.update",
    path=REFERENCE,
    query=schemas.Resubmission,
    answer=schemas.PluginDetail,
    message="market.plugin_submitted",
    transaction="write",
    errors=(
        errors.NotTheOwner,
        errors.PluginNotFound,
        errors.VersionNotFound,
        errors.NothingToSubmit,
        errors.TransitionNotAllowed,
    ),
)
def submit(plugin_id: str, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """Submit a draft, or a version that was rejected or needed changes, for review: the highest such version, or the
    one named.
    """
    return serializers.plugin_detail(ownership.submit(plugin_id, actor, query["version"]), actor)


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/claim",
    access="plugin.update",
    path=REFERENCE,
    body=schemas.Claim,
    answer=schemas.PluginDetail,
    message="market.plugin_claimed",
    transaction="own",
    errors=(
        errors.NameReserved,
        errors.WrongPluginKey,
        errors.PluginNotFound,
        errors.PluginOwned,
    ),
    act="login",
)
def claim(plugin_id: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Become the owner of a plugin that was uploaded with a key, by showing the key."""
    with login_throttle.proving("plugin_key", plugin_id.lower(), request.remote_addr or ""):
        claimed = ownership.claim(plugin_id, body["plugin_key"], actor)
    return _shown(claimed.id, actor)


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/upload-key",
    access="plugin.update",
    path=REFERENCE,
    answer=schemas.UploadKey,
    message="market.upload_key",
    transaction="own",
    errors=(
        errors.NotTheOwner,
        errors.PluginNotFound,
        errors.Conflict,
    ),
    act="upload_key",
)
def upload_key(plugin_id: str, actor: Actor) -> dict[str, Any]:
    """A new key for uploads through the host API. It replaces the previous one and is shown only this once."""
    return {"upload_key": ownership.renew_upload_key(plugin_id, actor)}


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/report",
    access="rating.create",
    path=REFERENCE,
    body=schemas.NewReport,
    message="market.reported",
    transaction="write",
    errors=(errors.PluginNotFound,),
    act="report",
)
def report(plugin_id: str, actor: Actor, body: dict[str, Any]) -> None:
    """Report a published plugin to the reviewers."""
    ownership.report(plugin_id, actor, body["reason"])


@market.operation(
    "POST",
    "/admin/plugins/<plugin_id>/status",
    access="plugin.suspend",
    path=REFERENCE,
    body=schemas.StatusChange,
    answer=schemas.PluginDetail,
    message="market.status_changed",
    transaction="write",
    errors=(
        errors.OwnPlugin,
        errors.PluginNotFound,
        errors.OverrideRefused,
        errors.TransitionNotAllowed,
    ),
)
def set_status(plugin_id: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Suspend a published plugin (`suspended`), or restore it (`published`); owners may restore only what they
    suspended themselves.
    """
    if body["status"] not in (PluginStatus.SUSPENDED, PluginStatus.PUBLISHED):
        raise Invalid.field("status", "field.status")
    plugin, reason = plugins.get_seen(plugin_id, actor), body["reason"]
    if body["status"] == PluginStatus.SUSPENDED:
        plugins.suspend(plugin, actor, reason)
    else:
        ownership.restore(plugin, actor, reason, override=override_of(body) is not None)
    return serializers.plugin_detail(plugin, actor)


def _updated(plugin_id: str, actor: Actor, values: dict[str, Any], expected: Expected) -> dict[str, Any]:
    with unit_of_work(writing=False):
        plugin = plugins.get_owned(plugin_id, actor)
        # An early check, before images are converted for nothing; the check that counts is made again inside the write.
        expected.ensure(ownership.revision(plugin, images.of(plugin)))
        _ensure_derived(values.get("metadata", {}), serializers.span_of(ownership.current_version(plugin).engines))
    columns, shown = _columns(values), _images(values)
    room, storage = packages.room(), context().storage
    changed = ownership.update(plugin_id, actor, columns, shown, storage, room=room, expected=expected)
    _count_images(values)
    return _shown(changed.id, actor)


def _shown(plugin_id: str, actor: Actor) -> dict[str, Any]:
    with unit_of_work(writing=False):
        return serializers.plugin_detail(plugins.get_seen(plugin_id, actor), actor)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values by the plugin's columns."""
    names = {"name": "display_name", "description": "description", "long_description": "long_description"}
    names["category_id"] = "category_id"
    found = {column: values[name] for name, column in names.items() if name in values}
    metadata = values.get("metadata", {})
    return found | {name: metadata[name] for name in ("tags", "homepage", "repository", "license") if name in metadata}


def _ensure_derived(metadata: Mapping[str, Any], span: tuple[str | None, str | None]) -> None:
    """Values that are derived from the package may be sent back unchanged; a different value is refused."""
    for name, derived in zip(("min_version", "max_version"), span, strict=True):
        if name in metadata and metadata[name] != derived:
            raise Invalid.field(f"metadata.{name}", "field.from_package")


def _images(values: Mapping[str, Any], beside: str = "") -> NewImages:
    """The form's images; together with its texts and one file `beside` them they must fit the size limit of a
    request.
    """
    icon: Part | None = values.get("icon")
    screenshots: Sequence[Part] | None = values.get("screenshots")
    if icon is None and screenshots is None:
        return NewImages()
    written = {name: values.get(name) or "" for name in ("changelog", "long_description")}
    spent = texts.ensure_render(written, beside)
    with packages.in_turn():
        return images.prepare(
            None if icon is None else _bytes(icon),
            None if screenshots is None else [_bytes(part) for part in screenshots],
            spent=spent,
        )


def _count_images(values: Mapping[str, Any]) -> None:
    for part in (values.get("icon"), *(values.get("screenshots") or ())):
        if part:
            metrics.received("picture", part.content.size)


def _bytes(part: Part) -> bytes:
    return bytes(part.content.reader().read())
