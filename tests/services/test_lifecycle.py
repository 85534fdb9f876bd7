"""The transition table, compared pair by pair with the contract."""

from __future__ import annotations

from itertools import product

import pytest

from microdock_server.errors import TransitionNotAllowed
from microdock_server.services.plugins.lifecycle import (
    ACT_OF,
    REVIEW_STATUS_OF,
    SETTLED,
    TRANSITIONS,
    Act,
    after,
    is_allowed,
)
from microdock_server.vocabulary import OPEN_REVIEWS, PluginStatus, Verdict

# As the contract tells it, in its order; written out here once more so that the table cannot vouch for itself.
ALLOWED = {
    ("draft", "submit"): "pending",
    ("pending", "start"): "in_review",
    ("in_review", "approve"): "published",
    ("in_review", "reject"): "rejected",
    ("in_review", "request_changes"): "needs_changes",
    ("needs_changes", "submit"): "pending",
    ("rejected", "submit"): "pending",
    ("published", "suspend"): "suspended",
    ("suspended", "restore"): "published",
    ("rejected", "grant_appeal"): "published",
    ("rejected", "reopen"): "pending",
}
PAIRS = [(status.value, act.value) for status, act in product(PluginStatus, Act)]
FORBIDDEN = [pair for pair in PAIRS if pair not in ALLOWED]


def test_the_table_holds_exactly_what_the_contract_lists() -> None:
    assert {(status.value, act.value): to.value for (status, act), to in TRANSITIONS.items()} == ALLOWED


@pytest.mark.parametrize(("status", "act"), ALLOWED)
def test_a_listed_step_leads_where_the_contract_says(status: str, act: str) -> None:
    assert is_allowed(status, Act(act))
    assert after(status, Act(act)) == ALLOWED[status, act]


@pytest.mark.parametrize(("status", "act"), FORBIDDEN)
def test_any_other_step_is_refused_and_named(status: str, act: str) -> None:
    assert not is_allowed(status, Act(act))
    with pytest.raises(TransitionNotAllowed) as refusal:
        after(status, Act(act))
    assert refusal.value.params == {"status": status, "act": act}


def test_every_pair_of_status_and_act_is_one_or_the_other() -> None:
    assert len(PAIRS) == 7 * 9
    assert len(ALLOWED) + len(FORBIDDEN) == len(PAIRS)


@pytest.mark.parametrize("status", ["", "approved", "PENDING", "withdrawn"])
def test_a_word_that_is_no_status_is_no_state_to_leave(status: str) -> None:
    with pytest.raises(ValueError, match="is not a valid PluginStatus"):
        after(status, Act.SUBMIT)


def test_no_act_leads_back_to_a_draft() -> None:
    assert PluginStatus.DRAFT not in TRANSITIONS.values()


def test_every_status_can_be_left() -> None:
    assert {status for status, _ in TRANSITIONS} == set(PluginStatus)


def test_every_verdict_has_an_act_that_is_only_possible_once_the_review_began() -> None:
    assert set(ACT_OF) == set(REVIEW_STATUS_OF) == set(Verdict)
    for act in ACT_OF.values():
        assert [status for status in PluginStatus if is_allowed(status, act)] == [PluginStatus.IN_REVIEW]


def test_no_verdict_leaves_a_review_open() -> None:
    assert not set(REVIEW_STATUS_OF.values()) & set(OPEN_REVIEWS)


def test_what_is_settled_takes_no_part_in_the_reviews_of_further_versions() -> None:
    for status in SETTLED:
        assert not any(is_allowed(status, act) for act in (Act.SUBMIT, Act.START, *ACT_OF.values()))
