"""What a host may have of a plugin, and what is needed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from ...bundle.versions import Range, Version
from .decision import Release

# Ranges of which is kept what satisfies them, for one plugin and kind of hosts.
_MASKS: Final = 64


class Kind(StrEnum):
    """Where a need comes from."""

    INSTALL = "install"
    INSTALLED = "installed"
    PIN = "pin"
    REMOVE = "remove"
    DEPENDENCY = "dependency"


@dataclass(frozen=True, slots=True)
class Need:
    """Some versions of a plugin are needed: any where there is no range, none at all where it is to be removed."""

    kind: Kind
    # Names are keys: in lower case.
    name: str
    range: str = ""
    # The plugin whose dependency it is; empty for what the request itself asks.
    by: str = ""
    parsed: Range | None = field(default=None, compare=False, repr=False)


# Not frozen: that would make one take thrice as long to create, and a plan creates hundreds.
@dataclass(slots=True, eq=False)
class Candidate:
    """A version that the host may have, or has; for `remove`, the absence of all versions."""

    name: str
    # A power of two, unique among the candidates of the plugin.
    bit: int
    # None: not a version that can be compared.
    version: Version | None = None
    # None: no catalogue has the package.
    release: Release | None = None
    needs: tuple[Need, ...] = ()
    is_installed: bool = False
    is_absence: bool = False


class Offered(tuple[Candidate, ...]):
    """What hosts of a kind are offered of a plugin, the highest first; and which of it satisfies the dependencies that
    were looked at, by range and whether previews are wanted.
    """

    masks: dict[tuple[str, bool], int]

    def __new__(cls, candidates: Iterable[Candidate]) -> Self:
        made = super().__new__(cls, candidates)
        made.masks = {}
        return made

    def mask(self, needed: str, wants_preview: bool, make: Callable[[], int]) -> int:
        """The bits of those that satisfy a range, which `make` finds out at the first time."""
        found = self.masks.get((needed, wants_preview))
        if found is None:
            if len(self.masks) >= _MASKS:
                self.masks.clear()
            found = self.masks[needed, wants_preview] = make()
        return found
