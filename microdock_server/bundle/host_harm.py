"""What a good package says that the host takes otherwise: accepted, and told to whoever uploads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from microdock_server.bundle.manifest import Manifest
from microdock_server.bundle.problems import Problems
from microdock_server.bundle.versions import is_version

DATA: Final = "data"
# Longest first: the first that fits is the operator. None is the full version itself.
_OPERATORS: Final = (">=", "<=", ">", "<", "=", "^", "~", "")
_ANY: Final = frozenset({"", "*"})


def warn_of_data(paths: Iterable[str], warnings: Problems) -> None:
    """Note a `data` at the archive's root: the host keeps the user's data there.

    Windows knows no case.
    """
    found = next((path for path in paths if path.partition("/")[0].casefold() == DATA), None)
    if found is not None:
        warnings.add("data-folder", found)


def warn_of_ranges(manifest: Manifest, warnings: Problems) -> None:
    """Note the ranges of dependencies that the host does not read."""
    for name, text in manifest.dependencies.items():
        if not is_read_by_hosts(text):
            warnings.add("dependency-range", field=f"dependencies.{name}", value=text)


def is_read_by_hosts(text: str) -> bool:
    """Is the range one that the host reads: one operator before one full version, or any version?"""
    operator = next(sign for sign in _OPERATORS if text.startswith(sign))
    return text in _ANY or is_version(text.removeprefix(operator))
