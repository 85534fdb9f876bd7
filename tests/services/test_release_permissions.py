"""Which permissions a version wants beyond those granted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdock_server.services.releases.permissions import added
from microdock_server.vocabulary import STORAGE_PERMISSIONS, STORAGE_WILDCARD

KNOWN = [STORAGE_WILDCARD, *sorted(STORAGE_PERMISSIONS), "http:api"]
NAMES = st.lists(st.sampled_from([*KNOWN, "storage:other", "unknown"]))


@pytest.mark.parametrize(
    ("wanted", "granted", "more"),
    [
        ([], [], []),
        (["http:api", "router:guard"], ["http:api"], ["router:guard"]),
        (["b", "a", "b"], [], ["a", "b"]),
        (["storage:local", "storage:session"], ["storage:*"], []),
        (["storage:*"], ["storage:local", "storage:session"], []),
        (["storage:*"], ["storage:local"], ["storage:*"]),
        (["storage:other"], ["storage:*"], ["storage:other"]),
        (["storage:*"], ["storage:*"], []),
        (None, [], None),
        ([], None, None),
        (None, None, None),
    ],
)
def test_what_is_added(wanted: list[str] | None, granted: list[str] | None, more: list[str] | None) -> None:
    assert added(wanted, granted) == more


@given(NAMES, NAMES)
def test_consent_to_what_is_added_leaves_nothing_to_ask(wanted: list[str], granted: list[str]) -> None:
    more = added(wanted, granted)
    assert more is not None
    assert more == sorted(set(more))
    assert set(more) <= set(wanted) - set(granted)
    assert added(wanted, [*granted, *more]) == []


@given(NAMES, NAMES, NAMES)
def test_more_grants_never_ask_for_more(wanted: list[str], granted: list[str], further: list[str]) -> None:
    before, after = added(wanted, granted), added(wanted, [*granted, *further])
    assert before is not None and after is not None
    assert set(after) <= set(before)
