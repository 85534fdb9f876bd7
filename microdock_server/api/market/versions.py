"""Versions on the marketplace surface, packages and images by GET."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response

from ... import errors
from ...context import context
from ...database.unit_of_work import unit_of_work
from ...errors import VersionNotFound
from ...models import Plugin, PluginVersion
from ...observability import metrics
from ...schemas.fields import version_meant
from ...services import plugins, publishing
from ...services.accounts.tokens import Actor
from ...services.plugins import downloads, images, texts, versions
from ...services.plugins.downloads import Package
from ...services.publishing import Submission
from ...services.releasing import blocks
from ...storage import Outgoing, Suits
from ...vocabulary import PACKAGE_FIELD
from ..core import packages, parsing
from ..core.files import answers_alike, fetched, image_response, is_whole, whole
from ..core.rate_limits import PICTURE
from ..core.surface import Access
from . import market, serializers
from .plugins import REFERENCE
from .schemas import plugins as schemas

VERSION: Final = {**REFERENCE, "version": {"type": "string", "maxLength": 64}}
IMAGE: Final = {**REFERENCE, "image_id": {"type": "string", "maxLength": 36}}
# Refusals of a package, and of any file's download.
REFUSED: Final = (errors.PluginDisabled, errors.VersionBlocked, errors.PluginNotFound, errors.VersionNotFound)
FILE: Final = (errors.FileMissing, errors.PreconditionFailed, errors.RangeNotSatisfiable)


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/versions",
    access="plugin.update",
    path=REFERENCE,
    form=schemas.NewVersion,
    answer=schemas.CreatedVersion,
    status=201,
    message="market.version_created",
    transaction="own",
    errors=(
        errors.BadPackage,
        errors.UnsupportedFileType,
        errors.NotTheOwner,
        errors.PluginNotFound,
        errors.VersionExists,
        errors.VersionRetired,
        errors.AccountBytesExceeded,
        errors.AddressBytesExceeded,
    ),
)
def publish(plugin_id: str, actor: Actor) -> dict[str, Any]:
    """Submit a further version. The published one stays published while the new one waits for review."""
    with unit_of_work(writing=False):
        owner_id = plugins.get_owned(plugin_id, actor).owner_id
    with packages.received(PACKAGE_FIELD, owner_id) as form:
        values = parsing.load(schemas.NewVersion(), form.values())
        report = packages.inspected(values[PACKAGE_FIELD])
        package = values[PACKAGE_FIELD].content
        submission = Submission(version=values["version"], changelog=values["changelog"], rollout=values["rollout"])
        added = publishing.add(
            plugin_id, package, report, actor, submission, storage=context().storage, room=packages.room()
        )
        metrics.received("plugin", package.size)
    with unit_of_work(writing=False):
        plugin = plugins.get_seen(plugin_id, actor)
        return _rows(plugin, [_seen(plugin, added.version, actor)], actor)[0] | packages.told(report)


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/versions",
    access=Access.GUEST,
    path=REFERENCE,
    answer=schemas.Version,
    many=True,
    errors=(errors.PluginNotFound,),
)
def listed(plugin_id: str, actor: Actor | None = None) -> list[dict[str, Any]]:
    """The plugin's versions, highest first; unpublished ones for its owner and reviewers only."""
    plugin = plugins.get_seen(plugin_id, actor)
    rows = versions.of(plugin) if plugins.sees_hidden(plugin, actor) else versions.public_of(plugin)
    return _rows(plugin, rows, actor)


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/versions/<version>",
    access=Access.GUEST,
    path=VERSION,
    answer=schemas.VersionDetail,
    errors=(
        errors.PluginNotFound,
        errors.VersionNotFound,
    ),
)
def detail(plugin_id: str, version: str, actor: Actor | None = None) -> dict[str, Any]:
    """One version."""
    plugin = plugins.get_seen(plugin_id, actor)
    return shown(plugin, _seen(plugin, version, actor), actor)


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/download",
    access=Access.GUEST,
    path=REFERENCE,
    file_type="application/zip",
    transaction="own",
    errors=(*REFUSED, errors.VersionYanked, *FILE),
)
def download(plugin_id: str, actor: Actor | None = None) -> Response:
    """The current version's package. Counted where the answer begins with its first byte."""
    return _fetched(plugin_id, None, actor)


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/versions/<version>/download",
    access=Access.GUEST,
    path=VERSION,
    file_type="application/zip",
    transaction="own",
    errors=(*REFUSED, *FILE),
)
def download_version(plugin_id: str, version: str, actor: Actor | None = None) -> Response:
    """One version's package. Downloads of unpublished versions by their owner or reviewers are not counted."""
    return _fetched(plugin_id, version, actor)


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/images/<image_id>",
    access=Access.GUEST,
    path=IMAGE,
    file_type="image/*",
    act=PICTURE,
    transaction="own",
    errors=(errors.PluginNotFound, *FILE),
)
def image(plugin_id: str, image_id: str, actor: Actor | None = None) -> Response:
    """An icon or a screenshot, PNG or WebP."""
    with unit_of_work(writing=False):
        found = images.get(plugins.get_seen(plugin_id, actor), image_id)
    name = images.file_name(found)
    return image_response(found, lambda: images.open_file(found, context().storage), name)


def _rows(plugin: Plugin, rows: Sequence[PluginVersion], viewer: Actor | None) -> list[dict[str, Any]]:
    found = blocks.shown_with_versions(plugin, rows)
    active = serializers.active_hosts(plugin, viewer)
    return [{**serializers.version_row(plugin, row, active), "block": found.get(row.version)} for row in rows]


def shown(plugin: Plugin, row: PluginVersion, viewer: Actor | None) -> dict[str, Any]:
    """One version, with its changelog as HTML."""
    html = texts.changelog_html(row, context().autocommit)
    return {**_rows(plugin, [row], viewer)[0], "changelog_html": html}


def _seen(plugin: Plugin, version: str, actor: Actor | None) -> PluginVersion:
    found = versions.find(plugin, version_meant(version))
    if found is None or not (found.is_public or plugins.sees_hidden(plugin, actor)):
        raise VersionNotFound()
    return found


def package_of(plugin_id: str, version: str | None, actor: Actor | None) -> tuple[Package, bool]:
    """A version's package (None: the current version's), and may everybody have it? Raises what a download does."""
    with unit_of_work(writing=False):
        plugin = plugins.get_seen(plugin_id, actor)
        row = _seen(plugin, version or plugin.current_version, actor)
        is_public = plugin.is_public and row.is_public
        package = downloads.find(plugin.name, version and row.version) if is_public else downloads.preview(row)
        return package, is_public


def _fetched(plugin_id: str, version: str | None, actor: Actor | None) -> Response:
    if is_whole():
        # Most requests: a published package, which nothing but its count need be asked for.
        meant = None if version is None else version_meant(version)
        download = downloads.begin_published(plugin_id, meant, context().storage, context().autocommit, answers_alike)
        if download is not None:
            return whole(download)
    package, counted = package_of(plugin_id, version, actor)

    def begin(is_download: bool, suits: Suits) -> Outgoing:
        opened = downloads.open_package(package, context().storage, suits)
        if counted and is_download:
            downloads.count(opened, context().autocommit)
        return opened.outgoing

    return fetched(package, begin)
