"""The transition table of releases: what a published version may go through, which every act asks.

A release has a phase, which follows from its row and the time. What was offered to all hosts is not taken back but by
yanking it, by recommending a lower version, or by a block: these are possible in every phase of a published version.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from ...errors import DomainError, ReleaseComplete, RolloutOnlyGrows, VersionNotPublished
from ...models import PluginVersion
from ...vocabulary import FULL_ROLLOUT
from . import lines

# Actions in the audit log, in which feeds find when a version was yanked last, or offered again.
YANKED: Final = "version.yanked"
UNYANKED: Final = "version.unyanked"


class Phase(StrEnum):
    """How far the release of a version is."""

    UNPUBLISHED = "unpublished"
    # Offered to nobody yet: its cooldown is running, or it is held for a finding.
    WAITING = "waiting"
    # For some hosts.
    ROLLING = "rolling"
    # For all hosts, though it may be paused.
    COMPLETE = "complete"


class ReleaseAct(StrEnum):
    """What may be done with the release of a version."""

    YANK = "yank"
    UNYANK = "unyank"
    RECOMMEND = "recommend"
    # Ends the cooldown, and the hold for a finding.
    RELEASE = "release"
    GROW = "grow"
    SHRINK = "shrink"
    PAUSE = "pause"
    RESUME = "resume"
    TO_PREVIEW = "to_preview"
    TO_STABLE = "to_stable"


# What is refused, and how. Everything else is possible.
REFUSED: Final[dict[tuple[Phase, ReleaseAct], type[DomainError]]] = {
    (Phase.UNPUBLISHED, ReleaseAct.YANK): VersionNotPublished,
    (Phase.UNPUBLISHED, ReleaseAct.UNYANK): VersionNotPublished,
    (Phase.UNPUBLISHED, ReleaseAct.RECOMMEND): VersionNotPublished,
    (Phase.UNPUBLISHED, ReleaseAct.RELEASE): VersionNotPublished,
    (Phase.ROLLING, ReleaseAct.SHRINK): RolloutOnlyGrows,
    (Phase.COMPLETE, ReleaseAct.SHRINK): ReleaseComplete,
    (Phase.COMPLETE, ReleaseAct.PAUSE): ReleaseComplete,
    (Phase.COMPLETE, ReleaseAct.TO_PREVIEW): ReleaseComplete,
}


def phase_of(version: PluginVersion, now: datetime) -> Phase:
    """The phase of the version's release."""
    if not version.is_public:
        return Phase.UNPUBLISHED
    release = lines.outline_of(version)
    if release.is_cooling(now) or release.is_held:
        return Phase.WAITING
    return Phase.COMPLETE if release.rollout >= FULL_ROLLOUT else Phase.ROLLING


def ensure(version: PluginVersion, act: ReleaseAct, now: datetime) -> None:
    """Raise VersionNotPublished, RolloutOnlyGrows or ReleaseComplete if the table refuses `act`."""
    refused = REFUSED.get((phase_of(version, now), act))
    if refused is not None:
        raise refused(version=version.version, rollout=version.rollout, full=FULL_ROLLOUT)
