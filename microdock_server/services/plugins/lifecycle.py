"""The transition table of plugins and versions, which every change of a status goes through."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ...errors import TransitionNotAllowed
from ...vocabulary import PluginStatus, ReviewStatus, Verdict


class Act(StrEnum):
    """Actions that may change the status of a plugin or a version."""

    SUBMIT = "submit"
    START = "start"
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"
    SUSPEND = "suspend"
    RESTORE = "restore"
    GRANT_APPEAL = "grant_appeal"
    REOPEN = "reopen"


_S = PluginStatus
TRANSITIONS: Final[dict[tuple[PluginStatus, Act], PluginStatus]] = {
    (_S.DRAFT, Act.SUBMIT): _S.PENDING,
    (_S.REJECTED, Act.SUBMIT): _S.PENDING,
    (_S.NEEDS_CHANGES, Act.SUBMIT): _S.PENDING,
    (_S.PENDING, Act.START): _S.IN_REVIEW,
    (_S.IN_REVIEW, Act.APPROVE): _S.PUBLISHED,
    (_S.IN_REVIEW, Act.REJECT): _S.REJECTED,
    (_S.IN_REVIEW, Act.REQUEST_CHANGES): _S.NEEDS_CHANGES,
    (_S.PUBLISHED, Act.SUSPEND): _S.SUSPENDED,
    (_S.SUSPENDED, Act.RESTORE): _S.PUBLISHED,
    # An appeal granted with `update_plugin_status: approved`, and one granted without actions.
    (_S.REJECTED, Act.GRANT_APPEAL): _S.PUBLISHED,
    (_S.REJECTED, Act.REOPEN): _S.PENDING,
}

# Plugins in these states are unaffected by reviews of their further versions.
SETTLED: Final = (_S.PUBLISHED, _S.SUSPENDED)

ACT_OF: Final = {
    Verdict.APPROVED: Act.APPROVE,
    Verdict.REJECTED: Act.REJECT,
    Verdict.NEEDS_CHANGES: Act.REQUEST_CHANGES,
}
REVIEW_STATUS_OF: Final = {
    Verdict.APPROVED: ReviewStatus.APPROVED,
    Verdict.REJECTED: ReviewStatus.REJECTED,
    Verdict.NEEDS_CHANGES: ReviewStatus.NEEDS_CHANGES,
}


def after(status: str, act: Act) -> PluginStatus:
    """The status after `act`. Raises TransitionNotAllowed if the table has no such transition."""
    found = TRANSITIONS.get((PluginStatus(status), act))
    if found is None:
        raise TransitionNotAllowed(status=status, act=act.value)
    return found


def is_allowed(status: str, act: Act) -> bool:
    """Does the table have this transition?"""
    return (PluginStatus(status), act) in TRANSITIONS
