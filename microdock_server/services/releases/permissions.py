"""Which permissions a version wants beyond those that a user agreed to: one rule for updates and installs."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...bundle.host_warnings import is_known_permission
from ...vocabulary import STORAGE_PERMISSIONS, STORAGE_WILDCARD


def added(wanted: Collection[str] | None, granted: Collection[str] | None) -> list[str] | None:
    """What is wanted beyond what is granted, as the manifest spells it, sorted and without duplicates.

    None where either is not declared, which says nothing: an empty list says that nothing is added. `storage:*` and
    its two permissions cover each other.
    """
    if wanted is None or granted is None:
        return None
    allowed = set(granted)
    if STORAGE_WILDCARD in allowed:
        allowed |= STORAGE_PERMISSIONS
    elif allowed >= STORAGE_PERMISSIONS:
        allowed.add(STORAGE_WILDCARD)
    return sorted(set(wanted) - allowed)


def unknown(wanted: Iterable[str] | None, known: Collection[str]) -> list[str]:
    """Those of them that this server lets nobody grant: `known` are those that it does."""
    return [name for name in wanted or () if not is_known_permission(name, known)]
