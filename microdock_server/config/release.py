"""Which release of the program this is."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed_version() -> str:
    """The version of the package as it was installed; `unknown` where it runs without having been."""
    try:
        return version("microdock-server")
    except PackageNotFoundError:
        return "unknown"
