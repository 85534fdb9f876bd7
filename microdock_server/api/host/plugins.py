"""Plugins on the host surface: list, detail, upload, administration, download."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

from flask import Response, request

from ... import errors
from ...context import context, settings
from ...errors import WrongUploadSecret
from ...observability import metrics
from ...services import catalog, plugins, publishing
from ...services.accounts.tokens import Actor
from ...services.plugins import downloads
from ..core import login_throttle, packages, parsing
from ..core.files import answers_alike, package_response
from ..core.state import api_state
from ..core.surface import Access, Answer, View
from . import details, host, schemas

ADMIN = "system.plugins"


@host.operation(
    "GET",
    "/plugins/list",
    query=schemas.PluginQuery,
    answer=schemas.Plugin,
    many=True,
    message="plugins.listed",
)
def listed(query: dict[str, Any]) -> Any:
    """All plugins by name, disabled ones too. With `page` and `limit` a part; `X-Total-Count` is the total."""
    if not any(query.values()):
        return cached_list()
    total, page = catalog.page(query["search"], query["page"], query["limit"])
    return Answer(page, {"X-Total-Count": str(total)})


def cached_list() -> Response:
    """The whole list from the cache. The middleware answers most of these requests before they get here."""
    status, headers, chunk = api_state().catalog.answer(request.environ, nullcontext)
    return Response(chunk, status=status, headers=headers)


@host.operation(
    "POST",
    "/plugins/detail",
    body=schemas.PluginRef,
    answer=schemas.PluginDetail,
    message="plugins.detailed",
    transaction="own",
    errors=(errors.PluginNotFound,),
)
def detail(body: dict[str, Any]) -> Any:
    """A plugin and all its versions, highest first."""
    return details.detail(body["name"])


@host.operation(
    "POST",
    "/plugins/upload",
    access=Access.OPTIONAL,
    form=schemas.PluginUpload,
    answer=schemas.UploadedPlugin,
    message="plugins.uploaded",
    transaction="own",
    errors=(
        errors.BadPackage,
        errors.UnsupportedFileType,
        errors.NameReserved,
        errors.WrongPluginKey,
        errors.WrongUploadSecret,
        errors.VersionExists,
        errors.VersionRetired,
        errors.Conflict,
        errors.AccountBytesExceeded,
        errors.AddressBytesExceeded,
    ),
)
def upload(actor: Actor | None = None) -> Any:
    """Publish a package. The first upload of a name fixes its key; another key later is refused.

    A version of a plugin that has an owner waits for review, and the message says so. If the uploader is logged in,
    that is recorded beside the key.
    """
    with packages.received(may_be_called_json=True) as form:
        fields = parsing.load(schemas.PluginUpload(), form.values())
        _ensure_secret(fields["upload_secret"])
        package = form.file()
        report = packages.inspected(package)
        with login_throttle.proving("plugin_key", publishing.accepted(report).name.lower(), request.remote_addr or ""):
            uploaded = publishing.publish(
                package.content,
                report,
                fields["plugin_key"],
                context().storage,
                account=actor,
                room=packages.room(),
                rollout=fields["rollout"],
            )
        metrics.received("plugin", package.content.size)
        message = "plugins.upload_waits" if uploaded.is_waiting else "plugins.uploaded"
        return Answer(details.uploaded(uploaded.plugin, packages.warnings(report)), message=message)


@host.operation(
    "POST",
    "/plugins/validate",
    form=schemas.PackageOnly,
    answer=schemas.PackageReport,
    message="plugins.validated",
    transaction="own",
    act="validate",
    errors=(
        errors.BadPackage,
        errors.UnsupportedFileType,
    ),
)
def validate() -> Any:
    """Inspect a package as an upload would, and store nothing."""
    with packages.received() as form:
        parsing.load(schemas.PackageOnly(), form.values())
        report = packages.inspected(form.file())
        manifest = publishing.accepted(report)
        received = form.file().content.received()
        return {
            "name": manifest.name,
            "version": manifest.version,
            "file_size": received.size,
            "file_hash": received.sha256,
            "entries": len(report.entries),
            "unpacked_size": report.unpacked_size,
            "manifest": asdict(manifest),
            "assembly": report.assembly.as_json() if report.assembly else None,
            "warnings": packages.warnings(report),
        }


def _admin_act(path: str, message: str) -> Callable[[View], View]:
    return host.operation(
        "POST",
        path,
        access=ADMIN,
        body=schemas.PluginRef,
        answer=schemas.Plugin,
        message=message,
        transaction="write",
        errors=(errors.PluginNotFound,),
    )


@_admin_act("/plugins/enable", "plugins.enabled")
def enable(actor: Actor, body: dict[str, Any]) -> Any:
    """Let hosts download the plugin again."""
    return plugins.enable(body["name"], actor)


@_admin_act("/plugins/disable", "plugins.disabled")
def disable(actor: Actor, body: dict[str, Any]) -> Any:
    """Keep the plugin in lists, but refuse its downloads."""
    return plugins.disable(body["name"], actor)


@host.operation(
    "POST",
    "/plugins/delete",
    access=ADMIN,
    body=schemas.PluginRef,
    message="plugins.deleted",
    transaction="write",
    errors=(errors.PluginNotFound,),
)
def delete(actor: Actor, body: dict[str, Any]) -> None:
    """Delete the plugin with all versions, files and counts. If it has an owner, its name stays reserved for them."""
    found = plugins.get(body["name"])
    plugins.delete(found, actor, context().storage, keep_tombstone=settings().immutable_versions)


@host.operation(
    "POST",
    "/plugins/download",
    body=schemas.PluginRef,
    file_type="application/zip",
    transaction="own",
    errors=(
        errors.PluginDisabled,
        errors.VersionBlocked,
        errors.VersionYanked,
        errors.PluginNotFound,
        errors.VersionNotFound,
        errors.FileMissing,
    ),
)
def download(body: dict[str, Any]) -> Response:
    """The current version's package; counted before its first byte is sent."""
    found = downloads.begin(body["name"], None, context().storage, context().autocommit, answers_alike)
    return package_response(found)


def _ensure_secret(given: str | None) -> None:
    """Check the form's upload secret, where the server has one."""
    expected = settings().upload_secret_key
    if expected is None:
        return
    with login_throttle.proving("upload_secret", "", request.remote_addr or ""):
        if not hmac.compare_digest((given or "").encode(), expected.encode()):
            raise WrongUploadSecret()
