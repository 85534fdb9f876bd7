"""Which permissions a version wants beyond those that a user agreed to: one rule for updates and installs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

# Stands for all permissions to store data, in manifests and in grants.
WILDCARD: Final = "storage:*"
COVERED: Final = frozenset(("storage:local", "storage:session"))


def added(wanted: Collection[str] | None, granted: Collection[str] | None) -> list[str] | None:
    """What is wanted beyond what is granted, as the manifest spells it, sorted and without duplicates.

    None where either is not declared, which says nothing: an empty list says that nothing is added. `storage:*` and
    its two permissions cover each other.
    """
    if wanted is None or granted is None:
        return None
    allowed = set(granted)
    if WILDCARD in allowed:
        allowed |= COVERED
    elif allowed >= COVERED:
        allowed.add(WILDCARD)
    return sorted(set(wanted) - allowed)
