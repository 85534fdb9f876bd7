"""Words that the marketplace's document uses in requests and that the domain has no other use for."""

from __future__ import annotations

from enum import StrEnum


class ItemVerdict(StrEnum):
    """What a reviewer says of one item of the checklist."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARNING = "warning"
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKED = "not_checked"


class Action(StrEnum):
    """What is done to a batch of reviews."""

    APPROVE = "approve"
    REJECT = "reject"
    NEEDS_CHANGES = "needs_changes"


class AppealDecision(StrEnum):
    """What a granted appeal can do."""

    UPDATE_PLUGIN_STATUS = "update_plugin_status"
