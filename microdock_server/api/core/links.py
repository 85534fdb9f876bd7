"""Addresses in answers: absolute where the server knows its own, else they begin with `/`."""

from __future__ import annotations

from typing import Final

from ...context import settings

# Where clients of every surface find a plugin, by its name or id.
PLUGINS: Final = "/api/v1/marketplace/plugins"


def absolute(path: str) -> str:
    """The address of a path of this server, as clients outside see it."""
    return f"{settings().public_url or ''}{path}"
