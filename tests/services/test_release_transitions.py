"""The table of what a release may go through, written out once more as the specification tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from microdock_server.errors import ReleaseComplete, RolloutOnlyGrows, VersionNotPublished
from microdock_server.models import PluginVersion
from microdock_server.services.releases import transitions
from microdock_server.services.releases.transitions import Phase, ReleaseAct

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REFUSED = {
    **dict.fromkeys(product(["unpublished"], ["yank", "unyank", "recommend", "release"]), VersionNotPublished),
    ("rolling", "shrink"): RolloutOnlyGrows,
    **dict.fromkeys(product(["complete"], ["shrink", "pause", "to_preview"]), ReleaseComplete),
}
IN_PHASE: dict[str, dict[str, Any]] = {
    "unpublished": {"status": "pending"},
    "waiting": {"available_at": NOW + timedelta(seconds=1)},
    "rolling": {"rollout": 99},
    "complete": {},
}


def version(**changes: Any) -> PluginVersion:
    made = {
        "version": "1.0.0",
        "status": "published",
        "chosen_channel": "stable",
        "rollout": 100,
        "is_paused": False,
        "is_held": False,
        "is_yanked": False,
        "yank_reason": "",
        "is_deprecated": False,
        "file_hash": "0" * 64,
        "file_size": 1,
        "published_at": NOW,
        **changes,
    }
    return PluginVersion(**made)


@pytest.mark.parametrize(("phase", "act"), list(product(Phase, ReleaseAct)))
def test_every_act_in_every_phase_is_possible_or_refused(phase: Phase, act: ReleaseAct) -> None:
    found = version(**IN_PHASE[phase])
    assert transitions.phase_of(found, NOW) is phase
    refusal = REFUSED.get((phase.value, act.value))
    if refusal is None:
        transitions.ensure(found, act, NOW)
    else:
        with pytest.raises(refusal):
            transitions.ensure(found, act, NOW)


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({"available_at": NOW}, Phase.COMPLETE),
        ({"is_held": True}, Phase.WAITING),
        ({"is_held": True, "rollout": 5}, Phase.WAITING),
        ({"is_paused": True}, Phase.COMPLETE),
        ({"is_paused": True, "rollout": 5}, Phase.ROLLING),
        ({"rollout": 0}, Phase.ROLLING),
        ({"is_yanked": True}, Phase.COMPLETE),
        ({"is_yanked": True, "rollout": 5}, Phase.ROLLING),
        ({"status": "rejected", "rollout": 5}, Phase.UNPUBLISHED),
    ],
)
def test_a_phase_follows_from_the_row_and_the_time(changes: dict[str, Any], phase: Phase) -> None:
    assert transitions.phase_of(version(**changes), NOW) is phase
