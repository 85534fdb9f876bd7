"""The program's version."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed_version() -> str:
    """The version of the installed package; `unknown` if it runs without being installed."""
    try:
        return version("microdock-server")
    except PackageNotFoundError:
        return "unknown"
