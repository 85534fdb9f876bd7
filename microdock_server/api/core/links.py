"""Addresses in answers: absolute where the server knows its own, else they begin with `/`."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from ...context import settings
from ...messages.rule_help import HELP

# Where clients of every surface find a plugin, by its name or id.
PLUGINS: Final = "/api/v1/marketplace/plugins"


def absolute(path: str) -> str:
    """The address of a path of this server, as clients outside see it."""
    return f"{settings().public_url or ''}{path}"


def web_address(written: str) -> str | None:
    """An address of the web that somebody gave; None for none, and for one of another kind."""
    return written if written.lower().startswith(("https://", "http://")) else None


def version_path(plugin: str, version: str) -> str:
    """Where this version of a plugin, by its name or id, is on this server. The `+` of build metadata is quoted."""
    return f"{PLUGINS}/{plugin}/versions/{quote(version, safe='')}"


def download_path(plugin: str, version: str) -> str:
    """Where its package is, by GET."""
    return f"{version_path(plugin, version)}/download"


def download_url(plugin: str, version: str) -> str:
    """The address of its package."""
    return absolute(download_path(plugin, version))


def category_path(address: str) -> str:
    """Where the gallery's page of a category is, by its slug or id."""
    return f"/categories/{quote(address)}"


def page_path(plugin: str, version: str = "") -> str:
    """Where the gallery's page of a plugin is, or of one of its versions; by name."""
    return f"/plugins/{quote(plugin)}" + (f"/{quote(version)}" if version else "")


def help_url(rule: str | None) -> str | None:
    """The address of the page that explains a rule; None without a rule, and for one that no longer exists."""
    return absolute(f"/help/rules/{rule}") if rule in HELP else None
