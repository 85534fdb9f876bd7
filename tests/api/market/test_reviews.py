"""The review queue: its order, who may act on it, and the effects of decisions on every surface."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from microdock_server.api.core.packages import limits
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Review, User
from microdock_server.services import jobs, reviews
from microdock_server.services.autoreview.facts import Tools
from microdock_server.services.reviews import automatic
from microdock_server.vocabulary import Role

from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    appealed,
    audited,
    create,
    created,
    data,
    decide,
    details,
    file,
    notices,
    published,
    published_version,
    restored,
    review_of,
    shown,
    slug,
    suspended,
)
from ...support import Api, add_user, package, signed_in

QUEUE = f"{V1}/admin/reviews/queue"
REVIEWS = f"{V1}/admin/reviews"
NAME = "com.example.myplugin"


@pytest.fixture
def second(app: Flask, who: People) -> Api:
    """Another reviewer."""
    return add_user(app, "second", Role.REVIEWER)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens to reviews happens a second apart: times are kept in whole seconds."""
    ticks = count(1)
    monkeypatch.setattr(reviews, "utcnow", lambda: utcnow() + timedelta(seconds=next(ticks)))


def queue(api: Api, query: str = "") -> list[dict[str, Any]]:
    return list(data(api.get(f"{QUEUE}?{query}"))["reviews"])


def queued(api: Api, query: str = "") -> list[str]:
    """The names of what the queue shows, in its order."""
    return [row["plugin"]["plugin_name"] for row in queue(api, query)]


def stats(api: Api) -> tuple[int, int, int, int]:
    found = data(api.get(QUEUE))["stats"]
    return tuple(found[name] for name in ("total_pending", "high_priority", "medium_priority", "low_priority"))  # type: ignore[return-value]


def review(api: Api, review_id: str) -> dict[str, Any]:
    return dict(data(api.get(f"{REVIEWS}/{review_id}")))


def start(api: Api, review_id: str) -> Any:
    return api.post(f"{REVIEWS}/{review_id}/start")


def submit(api: Api, review_id: str, result: str = "approved", **fields: Any) -> Any:
    return api.post(f"{REVIEWS}/{review_id}/submit", {"result": result, **fields})


def assign(api: Api, review_id: str, reviewer_id: str, **fields: Any) -> Any:
    return api.post(f"{REVIEWS}/{review_id}/assign", {"reviewer_id": reviewer_id, **fields})


def batch(api: Api, ids: list[str], action: str = "approve", **fields: Any) -> dict[str, Any]:
    return dict(data(api.post(f"{REVIEWS}/batch", {"review_ids": ids, "action": action, **fields})))


def resubmit(api: Api, plugin_id: str) -> Any:
    return api.post(f"{PLUGINS}/{plugin_id}/submit")


def report(api: Api, plugin_id: str, reason: str = "抄袭") -> None:
    data(api.post(f"{PLUGINS}/{plugin_id}/report", {"reason": reason}))


def configure(admin: Api, **review_settings: Any) -> None:
    data(admin.put(f"{V1}/admin/system/config", {"review_settings": review_settings}))


def run_auto_reviews(app: Flask) -> None:
    """Everything that waits in the background is done now."""
    context = app.extensions["microdock"]
    with app.app_context():
        while (job_id := jobs.next_due(context.autocommit)) is not None:
            leased = jobs.lease(job_id, "tests")
            assert leased is not None
            automatic.run(leased, Tools(context.storage, limits(), None))


def set_back(app: Flask, review_id: str, **times: Any) -> None:
    """Let a review have happened at other times."""
    with app.app_context(), unit_of_work():
        db.session.execute(update(Review).where(Review.id == review_id).values(**times))


def with_role(app: Flask, username: str, role: Role) -> Api:
    """The same account with another role, freshly logged in."""
    with app.app_context(), unit_of_work():
        user = db.session.scalars(select(User).where(User.username == username)).one()
        user.role = role
    return signed_in(app, username)


def owned_by_reviewer(app: Flask, who: People) -> tuple[Api, dict[str, Any]]:
    """A developer who submitted a plugin and was made a reviewer since."""
    plugin = created(who.other)
    return with_role(app, "other", Role.REVIEWER), plugin


# The queue


def test_an_empty_queue_is_empty(who: People) -> None:
    found = data(who.reviewer.get(QUEUE))
    assert found["reviews"] == []
    assert found["stats"] == {"total_pending": 0, "high_priority": 0, "medium_priority": 0, "low_priority": 0}


@pytest.mark.parametrize("kind", ["nobody", "user", "developer"])
def test_the_queue_is_for_reviewers(who: People, kind: str) -> None:
    assert getattr(who, kind).get(QUEUE).status_code == (401 if kind == "nobody" else 403)


def test_a_review_tells_all_that_the_document_shows(who: People) -> None:
    content = package(displayName="计算器")
    plugin = created(who.developer, {"plugin_file": file(content, "p.zip")})
    [row] = queue(who.reviewer)
    assert row["plugin"] == {
        "id": plugin["id"],
        "plugin_name": NAME,
        "name": "计算器",
        "version": "1.0.0",
        "developer": "developer",
    }
    assert (row["status"], row["priority"], row["reasons"]) == ("pending", "medium", ["new"])
    assert row["assigned_reviewer"] is row["started_at"] is row["decided_at"] is row["result"] is None
    assert row["auto_review_result"] == {"status": "pending", "score": None, "issues": []}
    assert row["estimated_time"] == "not_measured"
    assert row["file_hash"] == hashlib.sha256(content).hexdigest()


@pytest.mark.usefixtures("clock")
def test_the_most_urgent_comes_first_then_the_oldest(who: People) -> None:
    ids = {}
    for name in ("a", "b", "c", "d"):
        plugin = created(who.developer, name=f"com.example.{name}")
        ids[name] = review_of(who.reviewer, plugin["id"])["id"]
    reviewer_id = account_id(who.reviewer)
    data(assign(who.admin, ids["c"], reviewer_id, priority="high"))
    data(assign(who.admin, ids["a"], reviewer_id, priority="low"))
    assert queued(who.reviewer) == [f"com.example.{name}" for name in ("c", "b", "d", "a")]
    assert stats(who.reviewer) == (4, 1, 2, 1)
    # The place in the queue that owners are told is the same.
    assert [shown(who.developer, f"com.example.{name}")["review"]["position"] for name in "cbda"] == [1, 2, 3, 4]
    assert [review(who.reviewer, ids[name])["position"] for name in "cbda"] == [1, 2, 3, 4]


@pytest.mark.usefixtures("clock")
def test_the_queue_is_filtered_by_status_priority_reviewer_and_reason(who: People) -> None:
    names = [f"com.example.{name}" for name in ("a", "b", "c")]
    a, b, c = (review_of(who.reviewer, created(who.developer, name=name)["id"])["id"] for name in names)
    data(start(who.reviewer, a))
    data(assign(who.admin, b, account_id(who.reviewer), priority="high"))
    assert queued(who.reviewer, "status=in_review") == names[:1]
    assert queued(who.reviewer, "status=pending") == [names[1], names[2]]
    assert queued(who.reviewer, "priority=high") == [names[1]]
    assert queued(who.reviewer, f"reviewer={account_id(who.reviewer)}") == [names[1], names[0]]
    assert queued(who.reviewer, "reason=new&priority=medium&status=pending") == [names[2]]
    assert queued(who.reviewer, "reason=new_version") == []
    assert queued(who.reviewer, f"reviewer={account_id(who.admin)}") == []
    data(submit(who.reviewer, a))
    assert queued(who.reviewer) == [names[1], names[2]]
    assert queued(who.reviewer, "status=approved") == [names[0]]
    data(start(who.reviewer, c))
    data(submit(who.reviewer, c))
    # What was decided is listed the newest first.
    assert queued(who.reviewer, "status=approved") == [names[2], names[0]]


@pytest.mark.parametrize("query", ["status=published", "priority=urgent", "reviewer=me", "reason=boredom", "page=0"])
def test_a_filter_that_means_nothing_is_refused(who: People, query: str) -> None:
    assert list(details(who.reviewer.get(f"{QUEUE}?{query}"))) == [query.split("=")[0]]


@pytest.mark.usefixtures("clock")
def test_the_queue_comes_in_pages(who: People) -> None:
    for number in range(5):
        created(who.developer, name=f"com.example.p{number}")
    found = data(who.reviewer.get(f"{QUEUE}?limit=2&page=3"))
    assert [row["plugin"]["plugin_name"] for row in found["reviews"]] == ["com.example.p4"]
    assert found["pagination"] == {"page": 3, "limit": 2, "total": 5, "pages": 3}
    # The numbers above the list are about the whole of it.
    assert found["stats"]["total_pending"] == 5


@pytest.mark.usefixtures("waiting_plugin")
def test_what_waits_too_long_is_overdue(app: Flask, who: People) -> None:
    [row] = queue(who.reviewer)
    assert row["is_overdue"] is False
    set_back(app, row["id"], submitted_at=utcnow() - timedelta(days=6))
    [row] = queue(who.reviewer)
    assert row["is_overdue"] is True
    assert row["age"] == 6 * 24 * 60
    configure(who.admin, max_review_time=7)
    assert queue(who.reviewer)[0]["is_overdue"] is False


def test_the_estimate_is_the_median_of_what_people_decided(app: Flask, who: People) -> None:
    now = utcnow()
    for number, minutes in enumerate((10, 240, 5000)):
        plugin = created(who.developer, name=f"com.example.p{number}")
        decided = decide(who.reviewer, plugin["id"])
        set_back(app, decided["id"], submitted_at=now - timedelta(minutes=minutes), decided_at=now)
    plugin = created(who.developer, name="com.example.waiting")
    assert queue(who.reviewer)[0]["estimated_time"] == 240
    assert shown(who.developer, plugin["id"])["review"]["estimated_time"] == 240


# Why something is in the queue


def test_a_new_version_of_a_published_plugin_says_so(who: People, published_plugin: dict[str, Any]) -> None:
    data(add_version(who.developer, published_plugin["id"], "1.1.0"), 201)
    [row] = queue(who.reviewer, "reason=new_version")
    assert (row["plugin"]["version"], row["reasons"], row["priority"]) == ("1.1.0", ["new_version"], "medium")
    assert queue(who.reviewer, "reason=new") == []


def test_key_uploads_wait_where_the_configuration_wants_it(who: People) -> None:
    assert who.nobody.upload(package(name="com.example.early")).status_code == 200
    configure(who.admin, review_key_uploads=True)
    assert who.nobody.upload(package()).status_code == 200
    [row] = queue(who.reviewer)
    assert (row["reasons"], row["priority"], row["plugin"]["developer"]) == (["key_upload"], "low", None)
    assert who.nobody.post("/api/plugins/detail", {"name": NAME}).status_code == 404
    assert who.nobody.get(f"{PLUGINS}/{NAME}").status_code == 404
    listed = who.nobody.get("/api/plugins/list").get_json()["data"]
    assert [plugin["name"] for plugin in listed] == ["com.example.early"]
    decide(who.reviewer, NAME)
    assert who.nobody.post("/api/plugins/detail", {"name": NAME}).status_code == 200
    # A later one waits as well, and the first stays.
    assert who.nobody.upload(package(version="1.1.0")).status_code == 200
    assert shown(who.nobody, NAME)["version"] == "1.0.0"
    assert queue(who.reviewer)[0]["reasons"] == ["key_upload"]


def test_an_appeal_that_is_granted_without_actions_is_the_most_urgent(who: People) -> None:
    created(who.other, name="com.example.first")
    plugin = created(who.developer)
    decide(who.reviewer, plugin["id"], "rejected")
    found = appealed(who.developer, plugin["id"])
    data(who.admin.post(f"{V1}/admin/appeals/{found['id']}/process", {"decision": "approved", "response": "再看"}))
    [row, _] = queue(who.reviewer)
    assert (row["plugin"]["plugin_name"], row["reasons"], row["priority"]) == (NAME, ["appeal"], "high")


def test_what_automatic_review_flags_is_the_most_urgent(app: Flask, who: People) -> None:
    created(who.other, name="com.example.first")
    created(who.developer)
    configure(who.admin, auto_review_enabled=False)
    run_auto_reviews(app)
    created(who.developer, name="com.example.last")
    # Their DLL is none: nobody can approve that without a look.
    flagged = queue(who.reviewer, "reason=auto_review_flagged")
    assert [row["reasons"] for row in flagged] == [["new", "auto_review_flagged"]] * 2
    assert {row["priority"] for row in flagged} == {"high"}
    assert flagged[0]["auto_review_result"]["status"] == "flagged"
    assert queued(who.reviewer)[-1] == "com.example.last"
    assert stats(who.reviewer) == (3, 2, 1, 0)


def test_what_was_decided_before_automatic_review_ended_does_not_come_back_undecidable(
    app: Flask, who: People, waiting_plugin: dict[str, Any]
) -> None:
    """A manual decision does not wait for auto-review; whatever is in the queue can be begun."""
    decide(who.reviewer, waiting_plugin["id"], "rejected")
    run_auto_reviews(app)
    for row in queue(who.reviewer):
        assert start(who.reviewer, row["id"]).status_code == 200


def test_reviewing_a_draft_automatically_does_not_put_it_into_the_queue(app: Flask, who: People) -> None:
    plugin = created(who.developer, {"draft": "true"})
    data(who.reviewer.post(f"{V1}/admin/plugins/{plugin['id']}/auto-review"))
    run_auto_reviews(app)
    assert shown(who.developer, plugin["id"])["status"] == "draft"
    assert queue(who.reviewer) == []


def test_a_published_version_that_is_flagged_stays_published_and_is_looked_at_again(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    run_auto_reviews(app)
    [row] = queue(who.reviewer)
    assert (row["reasons"], row["priority"]) == (["auto_review_flagged"], "high")
    data(start(who.reviewer, row["id"]))
    assert shown(who.nobody, published_plugin["id"])["status"] == "published"
    data(submit(who.reviewer, row["id"], "approved"))
    assert shown(who.nobody, published_plugin["id"])["status"] == "published"
    assert queue(who.reviewer) == []


def test_a_report_is_one_more_reason_and_makes_it_urgent(who: People, published_plugin: dict[str, Any]) -> None:
    report(who.user, published_plugin["id"])
    report(who.other, published_plugin["id"])
    [row] = queue(who.reviewer)
    assert (row["reasons"], row["priority"], row["plugin"]["version"]) == (["reported"], "high", "1.0.0")
    assert [entry["details"]["reason"] for entry in audited(who.admin, "plugin.reported")] == ["抄袭", "抄袭"]


def test_reviewers_see_why_a_plugin_was_reported_and_by_how_many_but_not_by_whom(
    who: People, published_plugin: dict[str, Any]
) -> None:
    path = f"{V1}/marketplace/plugins/{published_plugin['id']}/report"
    for api, reason in ((who.user, "抄袭 {x}"), (who.other, "偷密码"), (who.user, "又来了")):
        data(api.post(path, {"reason": reason}))
    other = published(who.developer, who.reviewer, name="com.example.other")
    data(who.user.post(f"{V1}/marketplace/plugins/{other['id']}/report", {"reason": "别的"}))
    rows = {row["plugin"]["plugin_name"]: row for row in queue(who.reviewer)}
    said = rows[NAME]["reports"]
    assert [(report["reporter"], report["reason"]) for report in said] == [
        (1, "又来了"),
        (2, "偷密码"),
        (1, "抄袭 {x}"),
    ]
    assert all(
        report["created_at"].endswith("Z") and set(report) == {"reporter", "reason", "created_at"} for report in said
    )
    assert [report["reason"] for report in rows["com.example.other"]["reports"]] == ["别的"]
    assert data(who.reviewer.get(f"{V1}/admin/reviews/{rows[NAME]['id']}"))["reports"] == said
    # Once it is decided, the next review is about the next reports alone.
    data(start(who.reviewer, rows[NAME]["id"]))
    data(submit(who.reviewer, rows[NAME]["id"], "approved"))
    data(who.other.post(path, {"reason": "还在"}))
    [again] = [row for row in queue(who.reviewer) if row["plugin"]["plugin_name"] == NAME]
    assert [report["reason"] for report in again["reports"]] == ["还在"]


# Assigning


def test_an_assigned_review_names_its_reviewer_and_tells_them(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    reviewer = {"id": account_id(who.reviewer), "username": "reviewer"}
    found = data(assign(who.admin, row["id"], reviewer["id"], priority="high", notes="需要重点关注安全性"))
    assert found["assigned_reviewer"] == reviewer
    assert (found["priority"], found["assignment_notes"], found["status"]) == ("high", "需要重点关注安全性", "pending")
    [notice] = notices(who.reviewer)
    assert notice["event"] == "new_review_assigned"
    assert {name: notice["data"][name] for name in ("review_id", "plugin_id", "version", "priority")} == {
        "review_id": row["id"],
        "plugin_id": waiting_plugin["id"],
        "version": "1.0.0",
        "priority": "high",
    }
    [entry] = audited(who.admin, "review.assigned")
    assert (entry["target"], entry["details"]["reviewer_id"]) == ({"type": "review", "id": row["id"]}, reviewer["id"])


@pytest.mark.parametrize("kind", ["user", "developer"])
def test_only_reviewers_and_administrators_are_given_reviews(who: People, kind: str) -> None:
    row = review_of(who.reviewer, created(who.other)["id"])
    assert list(details(assign(who.admin, row["id"], account_id(getattr(who, kind))))) == ["reviewer_id"]
    assert data(assign(who.admin, row["id"], account_id(who.admin)))["assigned_reviewer"]["username"] == "admin"


def test_nobody_who_is_disabled_or_unknown_is_given_a_review(
    app: Flask, who: People, waiting_plugin: dict[str, Any]
) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    reviewer_id = account_id(who.reviewer)
    data(who.admin.put(f"{V1}/admin/users/{reviewer_id}", {"is_active": False}))
    for reviewer in (reviewer_id, "00000000-0000-4000-8000-000000000000"):
        assert list(details(assign(who.admin, row["id"], reviewer))) == ["reviewer_id"]
    assert queue(who.admin)[0]["assigned_reviewer"] is None
    assert audited(who.admin, "review.assigned") == []


def test_no_owner_is_given_their_own_plugin(app: Flask, who: People) -> None:
    owner, plugin = owned_by_reviewer(app, who)
    row = review_of(who.reviewer, plugin["id"])
    assert slug(assign(who.admin, row["id"], account_id(owner)), 403) == "own_plugin"


def test_a_reviewer_cannot_give_away_what_another_has_but_an_administrator_can(
    who: People, waiting_plugin: dict[str, Any], second: Api
) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    data(assign(who.reviewer, row["id"], account_id(who.reviewer)))
    assert slug(assign(second, row["id"], account_id(second)), 403) == "assigned_to_another"
    assert data(assign(who.admin, row["id"], account_id(second)))["assigned_reviewer"]["username"] == "second"
    assert slug(start(who.reviewer, row["id"]), 403) == "assigned_to_another"
    assert start(second, row["id"]).status_code == 200


def test_a_reviewer_has_no_more_open_reviews_than_the_configuration_allows(who: People, second: Api) -> None:
    configure(who.admin, max_open_reviews=2)
    ids = [review_of(who.reviewer, created(who.developer, name=f"com.example.p{n}")["id"])["id"] for n in range(4)]
    data(assign(who.admin, ids[0], account_id(who.reviewer)))
    data(start(who.reviewer, ids[1]))
    assert slug(start(who.reviewer, ids[2])) == "reviewer_busy"
    assert slug(assign(who.admin, ids[2], account_id(who.reviewer))) == "reviewer_busy"
    assert review(who.reviewer, ids[2])["assigned_reviewer"] is None
    # What they have can be given to them again, and what is decided makes room.
    data(assign(who.admin, ids[0], account_id(who.reviewer), notes="快一点"))
    data(submit(who.reviewer, ids[1]))
    data(start(who.reviewer, ids[2]))
    data(start(second, ids[3]))


def test_a_decided_review_is_not_assigned_started_or_decided_again(
    who: People, waiting_plugin: dict[str, Any], second: Api
) -> None:
    row = decide(who.reviewer, waiting_plugin["id"])
    assert slug(assign(who.admin, row["id"], account_id(second))) == "review_decided"
    assert slug(start(who.reviewer, row["id"])) == "review_decided"
    for api in (who.reviewer, second, who.admin):
        assert slug(submit(api, row["id"], "rejected")) == "review_decided"
    assert shown(who.nobody, waiting_plugin["id"])["status"] == "published"


@pytest.mark.parametrize("act", ["", "/start", "/submit", "/assign"])
def test_a_review_that_does_not_exist_is_not_found(who: People, act: str) -> None:
    path = f"{REVIEWS}/00000000-0000-4000-8000-000000000000{act}"
    bodies = {"/submit": {"result": "approved"}, "/assign": {"reviewer_id": account_id(who.reviewer)}}
    answer = who.reviewer.get(path) if not act else who.reviewer.post(path, bodies.get(act))
    assert slug(answer, 404) == "review_not_found"


# Starting and deciding


def test_starting_an_unassigned_review_claims_it(who: People, waiting_plugin: dict[str, Any], second: Api) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    found = data(start(who.reviewer, row["id"]))
    assert (found["status"], found["assigned_reviewer"]["username"]) == ("in_review", "reviewer")
    assert found["started_at"] is not None
    assert shown(who.developer, waiting_plugin["id"])["status"] == "in_review"
    [version] = data(who.developer.get(f"{PLUGINS}/{waiting_plugin['id']}/versions"))
    assert version["status"] == "in_review"
    assert slug(start(who.reviewer, row["id"])) == "transition_not_allowed"
    assert slug(start(second, row["id"]), 403) == "assigned_to_another"
    assert slug(submit(second, row["id"]), 403) == "assigned_to_another"


def test_a_review_is_started_before_it_is_decided(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    for result in ("approved", "rejected", "needs_changes"):
        assert slug(submit(who.reviewer, row["id"], result)) == "transition_not_allowed"
    data(assign(who.admin, row["id"], account_id(who.reviewer)))
    assert slug(submit(who.reviewer, row["id"])) == "transition_not_allowed"
    assert shown(who.developer, waiting_plugin["id"])["status"] == "pending"


def test_an_administrator_may_act_on_what_another_has(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    data(assign(who.admin, row["id"], account_id(who.reviewer)))
    data(start(who.admin, row["id"]))
    found = data(submit(who.admin, row["id"]))
    assert found["decided_by"]["username"] == "admin"
    assert shown(who.nobody, waiting_plugin["id"])["status"] == "published"


def test_nobody_reviews_their_own_plugin(app: Flask, who: People) -> None:
    owner, plugin = owned_by_reviewer(app, who)
    row = review_of(who.reviewer, plugin["id"])
    assert slug(start(owner, row["id"]), 403) == "own_plugin"
    found = batch(owner, [row["id"]])
    assert [item["error"]["slug"] for item in found["results"]] == ["own_plugin"]
    data(start(who.reviewer, row["id"]))
    assert slug(submit(owner, row["id"]), 403) == "own_plugin"


def test_not_even_an_administrator_reviews_their_own_plugin(who: People) -> None:
    plugin = created(who.admin)
    row = review_of(who.reviewer, plugin["id"])
    assert slug(start(who.admin, row["id"]), 403) == "own_plugin"
    data(start(who.reviewer, row["id"]))
    assert slug(submit(who.admin, row["id"]), 403) == "own_plugin"


def test_a_decision_is_about_the_bytes_that_were_reviewed(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    data(start(who.reviewer, row["id"]))
    assert slug(submit(who.reviewer, row["id"], file_hash="0" * 64)) == "review_outdated"
    assert shown(who.developer, waiting_plugin["id"])["status"] == "in_review"
    assert data(submit(who.reviewer, row["id"], file_hash=row["file_hash"]))["status"] == "approved"


def test_a_decision_keeps_its_checklist_notes_and_recommendations(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    data(start(who.reviewer, row["id"]))
    checklist = {"security": {"malware_scan": "pass"}, "quality": {"documentation": "warning"}}
    advice = ["建议优化启动性能", "建议完善错误处理"]
    data(submit(who.reviewer, row["id"], notes="质量\n良好", checklist=checklist, recommendations=advice))
    found = review(who.reviewer, row["id"])
    assert (found["notes"], found["checklist"], found["recommendations"]) == ("质量\n良好", checklist, advice)
    assert (found["result"], found["position"], found["is_automatic"]) == ("approved", None, False)
    owners = shown(who.developer, waiting_plugin["id"])["review"]
    assert (owners["notes"], owners["recommendations"]) == ("质量\n良好", advice)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"result": "published"}, "result"),
        ({"result": "approved", "checklist": {"security": {"x": "maybe"}}}, "checklist.security.x"),
        ({"result": "approved", "recommendations": [""]}, "recommendations.0"),
        ({"result": "approved", "file_hash": "short"}, "file_hash"),
        ({"result": "approved", "extra": 1}, "extra"),
    ],
)
def test_a_decision_that_cannot_be_understood_decides_nothing(
    who: People, waiting_plugin: dict[str, Any], fields: Any, field: str
) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    data(start(who.reviewer, row["id"]))
    assert list(details(who.reviewer.post(f"{REVIEWS}/{row['id']}/submit", fields))) == [field]
    assert review(who.reviewer, row["id"])["status"] == "in_review"


@pytest.mark.parametrize("result", ["needs_changes", "rejected"])
@pytest.mark.usefixtures("clock")
def test_what_was_turned_down_is_sent_again_and_waits_anew(
    who: People, waiting_plugin: dict[str, Any], result: str
) -> None:
    first = decide(who.reviewer, waiting_plugin["id"], result)
    found = shown(who.developer, waiting_plugin["id"])
    assert (found["status"], found["review"]["status"], found["review"]["position"]) == (result, result, None)
    assert who.nobody.get(f"{PLUGINS}/{waiting_plugin['id']}").status_code == 404
    assert queue(who.reviewer) == []
    again = data(resubmit(who.developer, waiting_plugin["id"]))
    assert (again["status"], again["review"]["status"], again["review"]["position"]) == ("pending", "pending", 1)
    row = review_of(who.reviewer, waiting_plugin["id"])
    assert row["id"] != first["id"]
    assert row["assigned_reviewer"] is None
    assert slug(resubmit(who.developer, waiting_plugin["id"])) == "transition_not_allowed"
    decide(who.reviewer, waiting_plugin["id"])
    assert shown(who.nobody, waiting_plugin["id"])["status"] == "published"
    # What was decided before is still told.
    assert review(who.reviewer, first["id"])["status"] == result


def test_owners_are_told_of_the_last_review_however_quickly_one_follows_another(
    who: People, waiting_plugin: dict[str, Any]
) -> None:
    """Two within one second have the same time of submission."""
    for _ in range(12):
        decide(who.reviewer, waiting_plugin["id"], "rejected")
        assert data(resubmit(who.developer, waiting_plugin["id"]))["review"]["status"] == "pending"


def test_a_plugin_that_needs_changes_can_be_sent_again_as_another_version(
    who: People, waiting_plugin: dict[str, Any]
) -> None:
    decide(who.reviewer, waiting_plugin["id"], "needs_changes")
    data(add_version(who.developer, waiting_plugin["id"], "1.0.1"), 201)
    assert shown(who.developer, waiting_plugin["id"])["status"] == "pending"
    decide(who.reviewer, waiting_plugin["id"], version="1.0.1")
    assert shown(who.nobody, waiting_plugin["id"])["version"] == "1.0.1"
    assert [row["version"] for row in data(who.nobody.get(f"{PLUGINS}/{waiting_plugin['id']}/versions"))] == ["1.0.1"]
    statuses = {
        row["version"]: row["status"] for row in data(who.developer.get(f"{PLUGINS}/{waiting_plugin['id']}/versions"))
    }
    assert statuses == {"1.0.1": "published", "1.0.0": "needs_changes"}


def test_only_its_owner_sends_a_plugin_again(who: People, waiting_plugin: dict[str, Any]) -> None:
    decide(who.reviewer, waiting_plugin["id"], "rejected")
    assert resubmit(who.other, waiting_plugin["id"]).status_code == 404
    assert resubmit(who.reviewer, waiting_plugin["id"]).status_code == 403
    assert shown(who.developer, waiting_plugin["id"])["status"] == "rejected"


def test_a_draft_waits_for_nobody_until_it_is_submitted(who: People) -> None:
    plugin = created(who.developer, {"draft": "true"})
    assert plugin["status"] == "draft"
    assert queue(who.reviewer) == []
    assert data(resubmit(who.developer, plugin["id"]))["status"] == "pending"
    assert queued(who.reviewer) == [NAME]


def test_a_published_plugin_has_nothing_to_submit(who: People, published_plugin: dict[str, Any]) -> None:
    assert slug(resubmit(who.developer, published_plugin["id"])) == "nothing_to_submit"


# A published plugin while a new version waits


def downloaded(api: Api, version: str | None = None) -> Any:
    path = "/api/plugins/download" if version is None else "/api/plugins/version/download"
    return api.post(path, {"name": NAME} if version is None else {"name": NAME, "version": version})


def version_in(answer: Any) -> str:
    """What the plugin.json of a downloaded package says."""
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return str(json.loads(archive.read("plugin.json"))["version"])


def assert_only_public(api: Api, *versions: str) -> None:
    """What everybody is shown of the plugin, on every path of both surfaces, highest version first."""
    [listed] = api.get("/api/plugins/list").get_json()["data"]
    assert listed["current_version"] == versions[0]
    detail = api.post("/api/plugins/detail", {"name": NAME}).get_json()["data"]
    assert detail["plugin"]["current_version"] == versions[0]
    assert [row["version"] for row in detail["versions"]] == list(versions)
    rows = api.post("/api/plugins/versions", {"name": NAME}).get_json()["data"]
    assert [row["version"] for row in rows] == list(versions)
    market = shown(api, NAME)
    assert (market["status"], market["version"], market["review"]) == ("published", versions[0], None)
    assert [row["version"] for row in data(api.get(f"{PLUGINS}/{NAME}/versions"))] == list(versions)
    [row] = data(api.get(PLUGINS))["plugins"]
    assert row["version"] == versions[0]
    assert version_in(downloaded(api)) == version_in(api.get(f"{PLUGINS}/{NAME}/download")) == versions[0]
    for version in versions:
        assert version_in(downloaded(api, version)) == version
        assert version_in(api.get(f"{PLUGINS}/{NAME}/versions/{version}/download")) == version


def assert_hidden_version(api: Api, version: str) -> None:
    assert downloaded(api, version).status_code == 404
    assert api.post("/api/plugins/version/detail", {"name": NAME, "version": version}).status_code == 404
    rows = api.post("/api/plugins/versions", {"name": NAME}).get_json()["data"]
    assert version not in [row["version"] for row in rows]
    assert api.get(f"{PLUGINS}/{NAME}/versions/{version}").status_code == 404
    assert api.get(f"{PLUGINS}/{NAME}/versions/{version}/download").status_code == 404


def test_a_new_version_is_hidden_everywhere_until_it_is_published(
    who: People, published_plugin: dict[str, Any]
) -> None:
    data(add_version(who.developer, published_plugin["id"], "2.0.0"), 201)
    row = review_of(who.reviewer, published_plugin["id"])
    for act in (None, start):
        if act is not None:
            data(act(who.reviewer, row["id"]))
        assert_only_public(who.nobody, "1.0.0")
        assert_only_public(who.user, "1.0.0")
        assert_hidden_version(who.nobody, "2.0.0")
        assert_hidden_version(who.other, "2.0.0")
    data(submit(who.reviewer, row["id"]))
    assert_only_public(who.nobody, "2.0.0", "1.0.0")


@pytest.mark.parametrize("result", ["rejected", "needs_changes"])
@pytest.mark.usefixtures("clock")
def test_a_new_version_that_is_turned_down_leaves_the_plugin_as_it_was(
    who: People, published_plugin: dict[str, Any], result: str
) -> None:
    data(add_version(who.developer, published_plugin["id"], "2.0.0"), 201)
    decide(who.reviewer, published_plugin["id"], result, version="2.0.0")
    assert_only_public(who.nobody, "1.0.0")
    assert_hidden_version(who.nobody, "2.0.0")
    found = shown(who.developer, published_plugin["id"])
    assert (found["status"], found["version"]) == ("published", "1.0.0")
    assert (found["review"]["version"], found["review"]["status"]) == ("2.0.0", result)
    # And it can be sent again.
    assert data(resubmit(who.developer, published_plugin["id"]))["status"] == "published"
    decide(who.reviewer, published_plugin["id"], version="2.0.0")
    assert_only_public(who.nobody, "2.0.0", "1.0.0")


def test_the_owner_and_reviewers_can_fetch_what_waits(who: People, published_plugin: dict[str, Any]) -> None:
    data(add_version(who.developer, published_plugin["id"], "2.0.0"), 201)
    row = review_of(who.reviewer, published_plugin["id"])
    path = review(who.reviewer, row["id"])["download_url"]
    for api in (who.developer, who.reviewer, who.admin):
        assert version_in(api.get(path)) == "2.0.0"
    # Looking at it is no download.
    versions = data(who.developer.get(f"{PLUGINS}/{published_plugin['id']}/versions"))
    assert {version["version"]: version["downloads"] for version in versions} == {"2.0.0": 0, "1.0.0": 0}
    assert shown(who.developer, published_plugin["id"])["stats"]["downloads"] == 0


def test_an_older_version_that_is_published_later_does_not_become_the_current_one(who: People) -> None:
    plugin = published(who.developer, who.reviewer, version="1.5.0")
    published_version(who.developer, who.reviewer, plugin["id"], "1.4.9")
    assert shown(who.nobody, plugin["id"])["version"] == "1.5.0"


def test_two_versions_of_a_new_plugin_are_decided_each_for_itself(who: People, waiting_plugin: dict[str, Any]) -> None:
    data(add_version(who.developer, waiting_plugin["id"], "1.1.0"), 201)
    assert len(queue(who.reviewer)) == 2
    decide(who.reviewer, waiting_plugin["id"], "rejected", version="1.0.0")
    assert shown(who.developer, waiting_plugin["id"])["status"] == "pending"
    decide(who.reviewer, waiting_plugin["id"], "approved", version="1.1.0")
    assert_only_public(who.nobody, "1.1.0")


def test_a_plugin_stays_in_review_while_one_of_its_versions_is(who: People, waiting_plugin: dict[str, Any]) -> None:
    data(add_version(who.developer, waiting_plugin["id"], "1.1.0"), 201)
    data(start(who.reviewer, review_of(who.reviewer, waiting_plugin["id"], "1.1.0")["id"]))
    decide(who.reviewer, waiting_plugin["id"], "rejected", version="1.0.0")
    assert shown(who.developer, waiting_plugin["id"])["status"] == "in_review"
    decide(who.reviewer, waiting_plugin["id"], "rejected", version="1.1.0")
    assert shown(who.developer, waiting_plugin["id"])["status"] == "rejected"


# Batches


def test_a_batch_decides_what_it_can_and_says_what_it_cannot(app: Flask, who: People, second: Api) -> None:
    owner, own = owned_by_reviewer(app, who)
    names = ["pending", "started", "others", "decided"]
    ids = {name: review_of(second, created(who.developer, name=f"com.example.{name}")["id"])["id"] for name in names}
    data(start(owner, ids["started"]))
    data(start(second, ids["others"]))
    data(start(second, ids["decided"]))
    data(submit(second, ids["decided"]))
    unknown = "00000000-0000-4000-8000-000000000000"
    own_review = review_of(second, own["id"])["id"]
    asked = [ids["pending"], ids["others"], own_review, unknown, ids["decided"], ids["started"], ids["pending"]]
    found = batch(owner, asked, "approve", notes="批量审核通过")
    outcome = {
        item["review_id"]: item["error"] and (item["error"]["code"], item["error"]["slug"]) for item in found["results"]
    }
    assert outcome == {
        ids["pending"]: None,
        ids["others"]: (403, "assigned_to_another"),
        own_review: (403, "own_plugin"),
        unknown: (404, "review_not_found"),
        ids["decided"]: (409, "review_decided"),
        ids["started"]: None,
    }
    assert (found["succeeded"], found["failed"]) == (2, 4)
    assert [item["success"] for item in found["results"]] == [True, False, False, False, False, True]
    for name, status in (("pending", 200), ("started", 200), ("others", 404), ("decided", 200)):
        assert who.nobody.get(f"{PLUGINS}/com.example.{name}").status_code == status
    claimed = review(second, ids["pending"])
    assert claimed["assigned_reviewer"]["username"] == claimed["decided_by"]["username"] == "other"
    assert claimed["notes"] == "批量审核通过"
    assert claimed["started_at"] is not None


@pytest.mark.parametrize(("action", "status"), [("reject", "rejected"), ("needs_changes", "needs_changes")])
def test_a_batch_can_turn_down_as_well(who: People, action: str, status: str) -> None:
    plugins = [created(who.developer, name=f"com.example.p{number}") for number in range(3)]
    ids = [review_of(who.reviewer, plugin["id"])["id"] for plugin in plugins]
    found = batch(who.reviewer, ids, action)
    assert [item["status"] for item in found["results"]] == [status] * 3
    assert {shown(who.developer, plugin["id"])["status"] for plugin in plugins} == {status}
    assert len(audited(who.admin, f"review.{status}")) == 3


def test_an_administrators_batch_works_on_what_others_have(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    data(start(who.reviewer, row["id"]))
    assert batch(who.admin, [row["id"]])["succeeded"] == 1


@pytest.mark.parametrize("body", [{"review_ids": []}, {"action": "publish"}, {"review_ids": ["x"]}])
def test_a_batch_that_means_nothing_is_refused(who: People, body: dict[str, Any]) -> None:
    whole = {"review_ids": ["00000000-0000-4000-8000-000000000000"], "action": "approve", **body}
    assert who.reviewer.post(f"{REVIEWS}/batch", whole).status_code == 422


# What a reviewer is shown


def packed(plugin_json: bytes, **files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("plugin.json", plugin_json)
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def manifest_bytes(**changes: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package(**changes))) as archive:
        return archive.read("plugin.json")


def test_a_reviewer_sees_what_a_version_changes_beside_the_published_one(who: People) -> None:
    first = packed(
        manifest_bytes(permissions=["storage:local", "tabs"]), MyPlugin__dll=b"MZ 1", old__txt=b"old", same__txt=b"same"
    )
    plugin = data(create(who.developer, {"plugin_file": file(first, "p.zip")}), 201)
    alone = review(who.reviewer, review_of(who.reviewer, plugin["id"])["id"])["diff"]
    assert alone["against"] is None
    assert alone["files"]["added"] == ["MyPlugin.dll", "old.txt", "plugin.json", "same.txt"]
    assert alone["permissions"] == {
        "added": ["storage:local", "tabs"], "removed": [], "unknown": ["tabs"], "declared": True, "was_declared": None,
    }  # fmt: skip
    decide(who.reviewer, plugin["id"])

    later = manifest_bytes(
        version="1.1.0",
        permissions=["storage:*", "http:external", "cookies"],
        replaces=["com.example.old"],
        dependencies={"com.new.one": "^1.0.0"},
        license="GPL",
    )
    second = packed(later, MyPlugin__dll=b"MZ 2", new__txt=b"new", same__txt=b"same")
    form = {"plugin_file": file(second, "p.zip"), "version": "1.1.0", "changelog": "更新"}
    data(who.developer._call("POST", f"{PLUGINS}/{plugin['id']}/versions", data=form), 201)
    found = review(who.reviewer, review_of(who.reviewer, plugin["id"])["id"])
    diff = found["diff"]
    assert diff["against"] == "1.0.0"
    assert diff["files"] == {"added": ["new.txt"], "removed": ["old.txt"], "changed": ["MyPlugin.dll", "plugin.json"]}
    changed = {item["field"]: (item["old"], item["new"]) for item in diff["manifest"]}
    assert changed["version"] == ("1.0.0", "1.1.0")
    assert changed["license"] == ("MIT", "GPL")
    assert changed["dependencies"] == ({"com.other.plugin": ">=1.0.0"}, {"com.new.one": "^1.0.0"})
    assert changed["replaces"] == ([], ["com.example.old"])
    assert "permissions" not in changed
    assert diff["permissions"] == {
        "added": ["cookies", "http:external", "storage:*"],
        "removed": ["storage:local", "tabs"],
        "unknown": ["cookies"],
        "declared": True,
        "was_declared": True,
    }
    assert diff["references"] == {"added": [], "removed": []}
    assert found["changelog"] == "更新"
    assert found["manifest"]["version"] == "1.1.0"
    assert found["manifest"]["permissions"] == ["storage:*", "http:external", "cookies"]
    assert found["manifest"]["replaces"] == ["com.example.old"]


def test_a_reviewer_sees_which_assemblies_and_apis_a_version_begins_to_use(
    who: People, published_plugin: dict[str, Any]
) -> None:
    from ...bundle.packages import real_dll

    real = packed(manifest_bytes(version="1.1.0", entryClass="Python.Runtime.PythonEngine"), MyPlugin__dll=real_dll())
    form = {"plugin_file": file(real, "p.zip"), "version": "1.1.0"}
    data(who.developer._call("POST", f"{PLUGINS}/{published_plugin['id']}/versions", data=form), 201)
    diff = review(who.reviewer, review_of(who.reviewer, published_plugin["id"])["id"])["diff"]
    assert diff["references"]["added"]
    assert diff["references"]["removed"] == []
    assert {use["capability"] for use in diff["capabilities"]["added"]}


def test_a_review_shows_what_automatic_review_found(app: Flask, who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    assert review(who.reviewer, row["id"])["auto_review"]["status"] == "pending"
    run_auto_reviews(app)
    found = review(who.reviewer, row["id"])["auto_review"]
    assert found["status"] == "completed"
    assert "assembly_unreadable" in {issue["rule"] for issue in found["issues"]}
    assert all(issue["message"] for issue in found["issues"])


def test_owners_see_neither_the_reviewer_nor_the_checklist(who: People, waiting_plugin: dict[str, Any]) -> None:
    decide(who.reviewer, waiting_plugin["id"], "needs_changes")
    found = shown(who.developer, waiting_plugin["id"])["review"]
    assert set(found) == {
        "id", "version", "status", "submitted_at", "decided_at", "notes", "recommendations", "position",
        "estimated_time",
    }  # fmt: skip
    assert found["notes"] == "needs_changes, that is"
    assert shown(who.reviewer, waiting_plugin["id"])["review"]["status"] == "needs_changes"


# Reports and suspension


def test_a_reviewer_cannot_suspend_by_finding_a_report_true(who: People, published_plugin: dict[str, Any]) -> None:
    report(who.user, published_plugin["id"])
    row = review_of(who.reviewer, published_plugin["id"])
    data(start(who.reviewer, row["id"]))
    assert_only_public(who.nobody, "1.0.0")
    assert submit(who.reviewer, row["id"], "rejected").status_code == 403
    assert review(who.reviewer, row["id"])["status"] == "in_review"
    assert_only_public(who.nobody, "1.0.0")
    assert notices(who.developer)[0]["data"].get("review_result") != "rejected"


def test_an_administrator_suspends_by_finding_a_report_true(who: People, published_plugin: dict[str, Any]) -> None:
    report(who.user, published_plugin["id"])
    row = review_of(who.reviewer, published_plugin["id"])
    data(start(who.admin, row["id"]))
    data(submit(who.admin, row["id"], "rejected", notes="属实"))
    assert shown(who.developer, published_plugin["id"])["status"] == "suspended"
    assert_gone(who.nobody, published_plugin["id"])
    # The version itself is not turned down: restored, it is there again.
    restored(who.admin, published_plugin["id"])
    assert_only_public(who.nobody, "1.0.0")


@pytest.mark.parametrize("result", ["approved", "needs_changes"])
def test_a_report_that_is_not_found_true_changes_nothing(
    who: People, published_plugin: dict[str, Any], result: str
) -> None:
    report(who.user, published_plugin["id"])
    decide(who.reviewer, published_plugin["id"], result)
    assert_only_public(who.nobody, "1.0.0")
    assert queue(who.reviewer) == []
    # And it can be reported again.
    report(who.user, published_plugin["id"])
    assert len(queue(who.reviewer)) == 1


def test_what_is_not_published_cannot_be_reported(who: People, waiting_plugin: dict[str, Any]) -> None:
    for api in (who.user, who.developer, who.reviewer):
        assert api.post(f"{PLUGINS}/{waiting_plugin['id']}/report", {"reason": "x"}).status_code == 404
    assert len(queue(who.reviewer)) == 1


def assert_gone(api: Api, plugin_id: str) -> None:
    """There is nothing of the plugin on any path."""
    assert api.get("/api/plugins/list").get_json()["data"] == []
    for path in ("detail", "versions", "download"):
        assert api.post(f"/api/plugins/{path}", {"name": NAME}).status_code == 404
    for path in ("detail", "download"):
        assert api.post(f"/api/plugins/version/{path}", {"name": NAME, "version": "1.0.0"}).status_code == 404
    assert data(api.get(PLUGINS))["plugins"] == []
    assert data(api.get(f"{PLUGINS}?search=插件"))["plugins"] == []
    for reference in (plugin_id, NAME):
        for path in ("", "/versions", "/versions/1.0.0", "/versions/1.0.0/download", "/download", "/reviews"):
            assert api.get(f"{PLUGINS}/{reference}{path}").status_code == 404


def test_a_suspended_plugin_is_invisible_on_every_path(who: People, published_plugin: dict[str, Any]) -> None:
    assert_only_public(who.nobody, "1.0.0")
    suspended(who.admin, published_plugin["id"])
    for api in (who.nobody, who.user, who.other):
        assert_gone(api, published_plugin["id"])
    assert {shown(api, published_plugin["id"])["status"] for api in (who.developer, who.reviewer, who.admin)} == {
        "suspended"
    }
    restored(who.admin, published_plugin["id"])
    assert_only_public(who.nobody, "1.0.0")
    assert [entry["action"] for entry in audited(who.admin, "plugin.")] == ["plugin.restored", "plugin.suspended"]


def test_suspending_twice_or_restoring_what_is_published_is_refused(
    who: People, published_plugin: dict[str, Any]
) -> None:
    path = f"{V1}/admin/plugins/{published_plugin['id']}/status"
    assert slug(who.admin.post(path, {"status": "published", "reason": "x"})) == "transition_not_allowed"
    suspended(who.admin, published_plugin["id"])
    assert slug(who.admin.post(path, {"status": "suspended", "reason": "x"})) == "transition_not_allowed"
    assert who.reviewer.post(path, {"status": "published", "reason": "x"}).status_code == 403
    assert list(details(who.admin.post(path, {"status": "rejected", "reason": "x"}))) == ["status"]


@pytest.mark.parametrize("result", ["rejected", "needs_changes"])
def test_what_was_turned_down_cannot_be_published_past_the_queue(
    who: People, waiting_plugin: dict[str, Any], result: str
) -> None:
    decide(who.reviewer, waiting_plugin["id"], result)
    answer = who.admin.post(f"{V1}/admin/plugins/{waiting_plugin['id']}/status", {"status": "published", "reason": "x"})
    assert slug(answer) == "transition_not_allowed"


def test_a_version_that_is_approved_while_its_plugin_is_suspended_stays_out_of_sight(
    who: People, published_plugin: dict[str, Any]
) -> None:
    data(add_version(who.developer, published_plugin["id"], "1.1.0"), 201)
    suspended(who.admin, published_plugin["id"])
    decide(who.reviewer, published_plugin["id"], version="1.1.0")
    assert shown(who.developer, published_plugin["id"])["status"] == "suspended"
    assert_gone(who.nobody, published_plugin["id"])
    restored(who.admin, published_plugin["id"])
    assert_only_public(who.nobody, "1.1.0", "1.0.0")


def test_a_report_on_what_was_suspended_meanwhile_can_still_be_found_true(
    who: People, published_plugin: dict[str, Any]
) -> None:
    report(who.user, published_plugin["id"])
    row = review_of(who.reviewer, published_plugin["id"])
    data(start(who.admin, row["id"]))
    suspended(who.admin, published_plugin["id"])
    assert submit(who.admin, row["id"], "rejected").status_code == 200
    assert shown(who.developer, published_plugin["id"])["status"] == "suspended"


# Notifications and the audit log


@pytest.mark.usefixtures("clock")
def test_owners_are_told_of_every_step(who: People, waiting_plugin: dict[str, Any]) -> None:
    decide(who.reviewer, waiting_plugin["id"], "needs_changes")
    data(resubmit(who.developer, waiting_plugin["id"]))
    decide(who.reviewer, waiting_plugin["id"])
    suspended(who.admin, waiting_plugin["id"])
    restored(who.admin, waiting_plugin["id"])
    told = [
        (row["event"], row["data"].get("new_status") or row["data"]["review_result"])
        for row in reversed(notices(who.developer))
    ]
    changed, completed = "plugin_status_changed", "plugin_review_completed"
    assert told == [
        (changed, "in_review"),
        (changed, "needs_changes"),
        (completed, "needs_changes"),
        (changed, "pending"),
        (changed, "in_review"),
        (changed, "published"),
        (completed, "approved"),
        (changed, "suspended"),
        (changed, "published"),
    ]
    assert {row["data"]["plugin_id"] for row in notices(who.developer)} == {waiting_plugin["id"]}
    assert notices(who.other) == notices(who.user) == []


def test_every_act_of_review_is_in_the_audit_log(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    data(assign(who.admin, row["id"], account_id(who.reviewer)))
    data(start(who.reviewer, row["id"]))
    data(submit(who.reviewer, row["id"]))
    entries = audited(who.admin, "review.")
    assert [(entry["action"], entry["actor"]["username"]) for entry in entries] == [
        ("review.approved", "reviewer"),
        ("review.started", "reviewer"),
        ("review.assigned", "admin"),
    ]
    assert {entry["target"]["id"] for entry in entries} == {row["id"]}
    assert entries[0]["details"]["file_hash"] == row["file_hash"]
    # What is refused leaves no trace of having happened.
    assert slug(submit(who.reviewer, row["id"])) == "review_decided"
    assert len(audited(who.admin, "review.")) == 3
