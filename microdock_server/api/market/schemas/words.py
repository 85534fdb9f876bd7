"""Enumerations that only the marketplace's requests use."""

from __future__ import annotations

from enum import StrEnum


class ItemVerdict(StrEnum):
    """A reviewer's result for one item of the checklist."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARNING = "warning"
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKED = "not_checked"


class Action(StrEnum):
    """What is done with a batch of reviews."""

    APPROVE = "approve"
    REJECT = "reject"
    NEEDS_CHANGES = "needs_changes"


class AppealDecision(StrEnum):
    """What a granted appeal can do."""

    UPDATE_PLUGIN_STATUS = "update_plugin_status"
