"""Versions on the host surface."""

from __future__ import annotations

from typing import Any

from flask import Response

from ... import errors
from ...context import context
from ...services.accounts.tokens import Actor
from ...services.plugins import downloads, versions
from ..core.files import answers_alike, package_response
from . import details, host, schemas
from .plugins import ADMIN


@host.operation(
    "POST",
    "/plugins/versions",
    body=schemas.PluginRef,
    answer=schemas.Version,
    many=True,
    message="versions.listed",
    transaction="own",
    errors=(errors.PluginNotFound,),
)
def listed(body: dict[str, Any]) -> Any:
    """All versions of a plugin, highest first."""
    return details.version_list(body["name"])


@host.operation(
    "POST",
    "/plugins/version/detail",
    body=schemas.VersionRef,
    answer=schemas.Version,
    message="versions.detailed",
    errors=(
        errors.PluginNotFound,
        errors.VersionNotFound,
    ),
)
def detail(body: dict[str, Any]) -> Any:
    """One version."""
    return versions.get_public(body["name"], body["version"])


@host.operation(
    "POST",
    "/plugins/version/deprecate",
    access=ADMIN,
    body=schemas.VersionRef,
    answer=schemas.Version,
    message="versions.deprecated",
    transaction="write",
    errors=(
        errors.PluginNotFound,
        errors.VersionNotFound,
    ),
)
def deprecate(actor: Actor, body: dict[str, Any]) -> Any:
    """Mark one version as deprecated. It is offered as before."""
    return versions.deprecate(body["name"], body["version"], actor)


@host.operation(
    "POST",
    "/plugins/version/download",
    body=schemas.VersionRef,
    file_type="application/zip",
    transaction="own",
    errors=(
        errors.PluginDisabled,
        errors.VersionBlocked,
        errors.PluginNotFound,
        errors.VersionNotFound,
        errors.FileMissing,
    ),
)
def download(body: dict[str, Any]) -> Response:
    """One version's package; counted before its first byte is sent."""
    found = downloads.begin(body["name"], body["version"], context().storage, context().autocommit, answers_alike)
    return package_response(found)
