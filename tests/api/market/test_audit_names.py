"""The audit log by name: what entries are about, and what is found by the names of people and things."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import audit, audit_targets
from microdock_server.services.audit import COMMAND_LINE
from microdock_server.services.audit_acts import ACTS, TARGETS

from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    category,
    data,
    failed_job,
    invalid,
    published,
    rated,
    review_of,
    suspended,
)
from ...support import Api

AUDIT = f"{V1}/admin/audit"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
NAME = "com.example.weather"
REVIEWED = ("review.approved", "review.started", "version.uploaded")


@pytest.fixture
def told(app: Flask, who: People) -> People:
    """A plugin that was suspended, one that is gone, a category that is gone, a rating, a role, and a job."""
    plugin = published(who.developer, who.reviewer, name=NAME, displayName="天气 Pro")
    gone = published(who.developer, who.reviewer, name="com.example.gone", displayName="旧的")
    rating = rated(who.user, plugin["id"])
    data(who.reviewer.post(f"{V1}/admin/ratings/{rating['id']}/hide", {"hidden": True, "reason": "广告"}))
    suspended(who.admin, plugin["id"], "违规")
    data(who.admin.delete(f"{PLUGINS}/{gone['id']}"))
    old = category(who.admin, "旧分类")
    data(who.admin.delete(f"{V1}/admin/categories/{old['id']}"))
    category(who.admin, "新分类", parent_id=category(who.admin, "上层")["id"])
    data(who.admin.put(f"{V1}/admin/users/{account_id(who.other)}", {"role": "user"}))
    data(who.admin.post(f"{V1}/admin/system/jobs/{failed_job(app)}/retry"))
    return who


def entries(root: Api, query: str = "") -> list[dict[str, Any]]:
    return list(data(root.get(f"{AUDIT}?limit=100&{query}"))["entries"])


def entry(root: Api, action: str, number: int = 0) -> dict[str, Any]:
    return entries(root, f"action={action}")[number]


def named(entry: dict[str, Any]) -> tuple[Any, Any]:
    return entry["target"]["name"], entry["target"]["exists"]


def acts(root: Api, query: str) -> list[str]:
    return [entry["action"] for entry in entries(root, query)]


@contextmanager
def asked(app: Flask) -> Iterator[list[str]]:
    """The statements that the context sends."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    with app.app_context(), unit_of_work(writing=False):
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(db.engine, "before_cursor_execute", note)


def test_targets_have_names_and_what_is_gone_keeps_its_own(told: People) -> None:
    root = told.admin
    assert named(entry(root, "plugin.suspended")) == ("天气 Pro", True)
    assert named(entry(root, "plugin.deleted")) == (None, False)
    assert entry(root, "plugin.deleted")["target"]["id"] == "com.example.gone"
    assert named(entry(root, "category.deleted")) == ("旧分类", False)
    # The entry of its making says the same name.
    assert [named(one) for one in entries(root, "action=category.created")] == [
        ("新分类", True),
        ("上层", True),
        ("旧分类", False),
    ]
    assert named(entry(root, "user.role_changed")) == ("other", True)
    assert named(entry(root, "rating.hidden")) == ("天气 Pro", True)
    assert [named(one) for one in entries(root, "action=review.approved")] == [
        ("com.example.gone 1.0.0", False),
        ("天气 Pro 1.0.0", True),
    ]
    assert named(entry(root, "job.retried")) == (None, True)


def test_what_details_name_by_id_has_a_name_too(told: People) -> None:
    below, above, _ = entries(told.admin, "action=category.created")
    assert below["names"] == {above["target"]["id"]: "上层"}
    assert entry(told.admin, "rating.hidden")["names"] == {NAME: "天气 Pro"}
    assert entry(told.admin, "plugin.suspended")["names"] == {}


def test_a_review_is_named_where_its_entry_does_not(who: People, waiting_plugin: dict[str, Any]) -> None:
    number = review_of(who.reviewer, waiting_plugin["id"])["id"]
    body = {"reviewer_id": account_id(who.reviewer), "priority": "high"}
    data(who.admin.post(f"{V1}/admin/reviews/{number}/assign", body))
    found = entry(who.admin, "review.assigned")
    assert named(found) == (f"{waiting_plugin['name']} 1.0.0", True)
    assert found["names"] == {account_id(who.reviewer): "reviewer"}
    assert acts(who.admin, "target=myplugin&action=review.") == ["review.assigned"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=天气", ["plugin.suspended", "rating.hidden", *REVIEWED]),
        ("search=WEATHER", ["plugin.suspended", "rating.hidden", *REVIEWED]),
        ("target=天气 pro&target_type=plugin", ["plugin.suspended", "version.uploaded"]),
        ("search=分类&action=category.deleted", ["category.deleted"]),
        ("search=旧分类", ["category.deleted", "category.created"]),
        ("target=com.example.gone", ["plugin.deleted", *REVIEWED]),
        ("target=other", ["user.role_changed"]),
        # Who acted is no target.
        ("search=reviewer", ["rating.hidden", *REVIEWED[:2], *REVIEWED[:2]]),
        ("target=reviewer", []),
        ("search=天气&actor_name=admin", ["plugin.suspended"]),
        ("actor_name=adm", []),
        ("search=%25", []),
        ("search=nothing at all", []),
    ],
)
def test_the_log_is_searched_by_name(told: People, query: str, expected: list[str]) -> None:
    assert acts(told.admin, query) == expected


def test_a_search_looks_at_so_many_entries_and_tells_since_when(told: People, monkeypatch: pytest.MonkeyPatch) -> None:
    newest_first = entries(told.admin)
    count = len(newest_first)
    last, oldest = newest_first[4], newest_first[-1]

    def searched(most: int, query: str) -> tuple[int, str | None]:
        monkeypatch.setattr(audit_targets, "MOST_SEARCHED", most)
        found = data(told.admin.get(f"{AUDIT}?limit=100&{query}"))
        return found["pagination"]["total"], found.get("searched_since")

    by_name = "search=reviewer"
    total, since = searched(count, by_name)
    assert (total, since) == (5, None)
    assert searched(5, by_name) == (sum("reviewer" in one["actor"]["username"] for one in newest_first[:5]), last["at"])
    # Nothing is searched, or nothing older was asked for.
    assert searched(5, "") == (count, None)
    assert searched(1, f"{by_name}&since=2100-01-01T00:00:00Z") == (0, None)
    assert searched(1, f"{by_name}&until={oldest['at']}")[0] <= 1
    assert searched(count - 1, by_name)[1] is not None
    monkeypatch.setattr(audit_targets, "MOST_SEARCHED", 1)
    assert data(told.admin.get(f"{AUDIT}/targets?search=weather")) == []


def test_who_has_no_id_is_found_by_name(app: Flask, who: People) -> None:
    with app.app_context(), unit_of_work():
        audit.record(COMMAND_LINE, "user.enabled", "user", UNKNOWN)
    assert acts(who.admin, "actor_name=(command line)") == ["user.enabled"]
    assert named(entry(who.admin, "user.enabled")) == (None, False)


def test_every_act_and_kind_of_target_is_told(who: People) -> None:
    assert data(who.admin.get(f"{AUDIT}/acts")) == {"actions": list(ACTS), "target_types": list(TARGETS)}
    assert list(ACTS) == sorted(ACTS) and list(TARGETS) == sorted(TARGETS)


def test_targets_are_found_by_name_the_newest_first(told: People) -> None:
    def found(query: str) -> list[tuple[str, Any, bool]]:
        rows = data(told.admin.get(f"{AUDIT}/targets?{query}"))
        return [(row["type"], row["name"] or row["id"], row["exists"]) for row in rows]

    assert found("search=天气") == [
        ("plugin", "天气 Pro", True),
        ("rating", "天气 Pro", True),
        ("review", "天气 Pro 1.0.0", True),
    ]
    assert found("search=gone&target_type=plugin") == [("plugin", "com.example.gone", False)]
    assert found("target_type=category") == [
        ("category", "新分类", True),
        ("category", "上层", True),
        ("category", "旧分类", False),
    ]
    assert len(found("limit=2")) == 2
    assert found("search=nothing at all") == []


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("", "search=", "search"),
        ("", f"target={'x' * 201}", "target"),
        ("", "actor_name=", "actor_name"),
        ("/targets", "limit=101", "limit"),
        ("/targets", "search=", "search"),
    ],
)
def test_a_search_that_cannot_be_understood_is_refused(root: Api, path: str, query: str, field: str) -> None:
    assert invalid(root.get(f"{AUDIT}{path}?{query}")) == {field}


def test_names_take_the_same_few_statements_whatever_the_number_of_entries(app: Flask, told: People) -> None:
    counts = []
    for limit in (12, 100):
        if limit == 100:
            for number in range(60):
                category(told.admin, f"分类 {number}")
        with asked(app) as statements:
            total, rows = audit.page(page_number=1, limit=limit)
            seen = len(audit_targets.named(rows))
        assert seen == min(total, limit)
        counts.append(len(statements))
    few, many = counts
    assert many <= few <= 11
