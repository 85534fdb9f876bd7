"""What a version asks to do, and what could go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..context import settings
from ..messages import CATALOGUE
from ..models import PluginVersion
from ..services.releases.permissions import unknown
from ..vocabulary import STORAGE_WILDCARD, Risk

_UNKNOWN: Final = "unknown"
# The gravest first, and before them what nobody knows.
_ORDER: Final = (_UNKNOWN, Risk.HIGH.value, Risk.MEDIUM.value, Risk.LOW.value)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a version asks to do. `risk`: low, medium or high, or unknown; `text` is the key of a sentence about it."""

    name: str
    risk: str
    text: str


def of(version: PluginVersion) -> Sequence[Permission] | None:
    """The permissions that a version declares, the gravest first; None where it declares nothing."""
    if version.permissions is None:
        return None
    unfamiliar = set(unknown(version.permissions, settings().install_permissions))
    found = [_permission(name, is_known=name not in unfamiliar) for name in dict.fromkeys(version.permissions)]
    return sorted(found, key=lambda one: (_ORDER.index(one.risk), one.name))


def _permission(name: str, *, is_known: bool) -> Permission:
    risks = settings().install_permissions
    if not is_known:
        return Permission(name, _UNKNOWN, "page.permission.unknown")
    # The wildcard stands for permissions of low risk, and is in no list of its own.
    risk = risks.get(name, Risk.LOW if name == STORAGE_WILDCARD else Risk.HIGH)
    key = f"page.permission.{name}"
    return Permission(name, risk.value, key if key in CATALOGUE else "page.permission.other")
