"""Replies that reviewers keep: their own, and those that are shared."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.services.reviews import replies
from microdock_server.vocabulary import Role

from ...conftest import WallClock
from ...market import V1, People, audited, data, details, slug
from ...support import Api, add_user

REPLIES = f"{V1}/admin/review-replies"


@pytest.fixture
def second(app: Flask, who: People) -> Api:
    """Another reviewer."""
    return add_user(app, "second-reviewer", Role.REVIEWER)


def kept(caller: Api, title: str = "Permissions", **fields: Any) -> dict[str, Any]:
    body = {"title": title, "text": "Say what {plugin} needs them for.", **fields}
    found: dict[str, Any] = data(caller.post(REPLIES, body), 201)
    return found


def titles(caller: Api) -> list[str]:
    return [row["title"] for row in data(caller.get(REPLIES))]


def test_what_somebody_keeps_is_seen_by_nobody_else(who: People, second: Api) -> None:
    mine = kept(who.reviewer)
    assert (mine["is_shared"], mine["may_change"], mine["owner"]["username"]) == (False, True, "reviewer")
    assert titles(who.reviewer) == ["Permissions"]
    for other in (second, who.admin):
        assert titles(other) == []
        assert slug(other.put(f"{REPLIES}/{mine['id']}", {"title": "x"}), 404) == "reply_not_found"
        assert slug(other.delete(f"{REPLIES}/{mine['id']}"), 404) == "reply_not_found"
    assert audited(who.admin, "review_reply.") == []


def test_shared_ones_are_seen_by_all_and_changed_by_their_owner_and_administrators(who: People, second: Api) -> None:
    shared = kept(who.reviewer, is_shared=True)
    [seen] = data(second.get(REPLIES))
    assert (seen["may_change"], seen["owner"]["username"]) == (False, "reviewer")
    assert slug(second.put(f"{REPLIES}/{shared['id']}", {"title": "x"}), 403) == "not_your_reply"
    assert slug(second.delete(f"{REPLIES}/{shared['id']}"), 403) == "not_your_reply"
    assert data(who.admin.get(REPLIES))[0]["may_change"] is True
    assert data(who.admin.put(f"{REPLIES}/{shared['id']}", {"text": "Better."}))["text"] == "Better."
    data(who.reviewer.put(f"{REPLIES}/{shared['id']}", {"is_shared": False}))
    assert titles(second) == []
    data(who.reviewer.put(f"{REPLIES}/{shared['id']}", {"is_shared": True}))
    data(who.admin.delete(f"{REPLIES}/{shared['id']}"))
    assert titles(who.reviewer) == []
    acts = [entry["action"].removeprefix("review_reply.") for entry in audited(who.admin, "review_reply.")]
    assert sorted(acts) == ["changed", "deleted", "shared", "shared", "unshared"]


def test_ones_own_come_first_each_by_title(who: People, second: Api) -> None:
    kept(second, "a shared", is_shared=True)
    kept(who.reviewer, "Zebra")
    kept(who.reviewer, "apple")
    assert titles(who.reviewer) == ["apple", "Zebra", "a shared"]


def test_of_what_others_share_the_last_are_listed(
    who: People, second: Api, monkeypatch: pytest.MonkeyPatch, wall_clock: WallClock
) -> None:
    monkeypatch.setattr(replies, "MOST_SHARED", 2)
    for title in ("c", "b", "a"):
        kept(second, title, is_shared=True)
        wall_clock.turn(1)
    for title in ("z", "y", "x"):
        kept(who.reviewer, title)
    assert titles(who.reviewer) == ["x", "y", "z", "a", "b"]
    assert titles(second) == ["a", "b", "c"]


def test_so_many_are_kept_and_no_more(who: People, second: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST", 2)
    first = kept(who.reviewer)
    kept(who.reviewer)
    refusal = who.reviewer.post(REPLIES, {"title": "x", "text": "y"})
    assert slug(refusal) == "too_many_replies"
    assert "2" in refusal.get_json()["message"]
    # Others keep theirs, and one that is thrown away makes room.
    kept(second)
    data(who.reviewer.delete(f"{REPLIES}/{first['id']}"))
    kept(who.reviewer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "y"}, "title"),
        ({"title": "x"}, "text"),
        ({"title": "", "text": "y"}, "title"),
        ({"title": "x" * 101, "text": "y"}, "title"),
        ({"title": "x", "text": ""}, "text"),
        ({"title": "x", "text": " \n"}, "text"),
        ({"title": "x", "text": "y" * 10_001}, "text"),
        ({"title": "x", "text": "y", "owner": "z"}, "owner"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(who: People, body: dict[str, Any], field: str) -> None:
    assert field in details(who.reviewer.post(REPLIES, body))


def test_nobody_overwrites_what_they_have_not_seen(who: People) -> None:
    reply = kept(who.reviewer)
    path = f"{REPLIES}/{reply['id']}"
    seen = {"headers": {"If-Match": f'"{reply["revision"]}"'}}
    changed = data(who.reviewer.put(path, {"title": "Other"}, **seen))
    assert changed["revision"] != reply["revision"]
    for answer in (who.reviewer.put(path, {"title": "Third"}, **seen), who.reviewer.delete(path, **seen)):
        assert answer.status_code == 412
    assert titles(who.reviewer) == ["Other"]


def test_those_who_do_not_review_have_none(who: People) -> None:
    for caller, status in ((who.developer, 403), (who.user, 403), (who.nobody, 401)):
        assert caller.get(REPLIES).status_code == status
        assert caller.post(REPLIES, {"title": "x", "text": "y"}).status_code == status
