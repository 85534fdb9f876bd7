"""Warnings about valid packages that the host would read differently: accepted, and reported to the uploader."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from microdock_server.bundle.manifest import MANIFEST, Manifest
from microdock_server.bundle.problems import Problems
from microdock_server.bundle.versions import is_version
from microdock_server.vocabulary import STORAGE_PERMISSIONS, STORAGE_WILDCARD

DATA: Final = "data"
# Longest first: the first match is the operator. None: the full version alone.
_OPERATORS: Final = (">=", "<=", ">", "<", "=", "^", "~", "")
_ANY: Final = frozenset({"", "*"})


def warn_of_data(paths: Iterable[str], warnings: Problems) -> None:
    """Warn about `data` at the archive's root: the host keeps the user's data there.

    Windows ignores case.
    """
    found = next((path for path in paths if path.partition("/")[0].casefold() == DATA), None)
    if found is not None:
        warnings.add("data-folder", found)


def warn_of_ranges(manifest: Manifest, warnings: Problems) -> None:
    """Warn about dependency ranges that the host cannot read."""
    for name, text in manifest.dependencies.items():
        if not is_read_by_hosts(text):
            warnings.add("dependency-range", field=f"dependencies.{name}", value=text)


def warn_of_permissions(manifest: Manifest, known: Collection[str], warnings: Problems) -> None:
    """Warn about declared permissions that cannot be granted to any plugin, because they are not in `known`."""
    for place, name in enumerate(manifest.permissions or ()):
        if not is_known_permission(name, known):
            warnings.add("permission-unknown", MANIFEST, field=f"permissions.{place}", value=name)


def is_known_permission(name: str, known: Collection[str]) -> bool:
    """Is it in `known`, or does it stand for permissions that are?"""
    return name in known or (name == STORAGE_WILDCARD and not STORAGE_PERMISSIONS.isdisjoint(known))


def is_read_by_hosts(text: str) -> bool:
    """Can the host read the range: one operator before one full version, or any version?"""
    operator = next(sign for sign in _OPERATORS if text.startswith(sign))
    return text in _ANY or is_version(text.removeprefix(operator))
