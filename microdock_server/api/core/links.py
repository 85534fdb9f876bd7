"""Addresses in answers: absolute where the server knows its own, else they begin with `/`."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from ...context import settings

# Where clients of every surface find a plugin, by its name or id.
PLUGINS: Final = "/api/v1/marketplace/plugins"


def absolute(path: str) -> str:
    """The address of a path of this server, as clients outside see it."""
    return f"{settings().public_url or ''}{path}"


def version_path(plugin: str, version: str) -> str:
    """Where this version of a plugin, by its name or id, is on this server. The `+` of build metadata is quoted."""
    return f"{PLUGINS}/{plugin}/versions/{quote(version, safe='')}"


def download_path(plugin: str, version: str) -> str:
    """Where its package is, by GET."""
    return f"{version_path(plugin, version)}/download"


def download_url(plugin: str, version: str) -> str:
    """The address of its package."""
    return absolute(download_path(plugin, version))
