"""The audit log: one entry for every action, which cannot be changed, and a chain that reveals changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from microdock_server import create_app
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import AuditEntry
from microdock_server.services import audit
from microdock_server.services.audit import COMMAND_LINE, GENESIS, Operator
from microdock_server.vocabulary import Role

from ...conftest import release
from ...live import at_once
from ...market import (
    MOMENT,
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    answered,
    appealed,
    audited,
    category,
    created,
    data,
    invalid,
    people,
    rate,
    rated,
    refused,
    restored,
    review_of,
    shown,
    suspended,
)
from ...rows import raw
from ...support import Api, add_user, package, settings_for
from ...test_cli import run

AUDIT = f"{V1}/admin/audit"
NAME = "com.example.myplugin"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
MAINTENANCE = {"message": "升级", "starts_at": "2030-01-01T08:00:00+08:00", "ends_at": "2030-01-01T01:00:00Z"}


def left_by(root: Api, act: Callable[[], Any]) -> tuple[str, str, str, str, dict[str, Any]]:
    """Actor, action, target's type and id, and details of the one entry that an act leaves."""
    before = audited(root)
    answer = act()
    assert answer is None or isinstance(answer, dict) or answer.status_code < 300, answer.get_data(as_text=True)
    after = audited(root)
    assert after[1:] == before
    found = after[0]
    target = found["target"]
    return found["actor"]["username"], found["action"], target["type"], target["id"], found["details"]


def nothing_left_by(root: Api, act: Callable[[], Any]) -> None:
    before = audited(root)
    act()
    assert audited(root) == before


def record(app: Flask, number: int, by: audit.Who = COMMAND_LINE) -> None:
    """So many entries, whatever they say."""
    with app.app_context(), unit_of_work():
        for place in range(number):
            audit.record(by, "test.act", "thing", str(place), place=place)


def tamper(app: Flask, *statements: str) -> None:
    """What somebody does who can write the database's file."""
    with raw(app) as connection:
        for act in ("insert", "update", "delete"):
            connection.drop_trigger(f"audit_log_{act}", "audit_log")
        for statement in statements:
            connection.execute(statement)


def verified(app: Flask) -> tuple[int, str]:
    found = run(app, "audit", "verify")
    return found.exit_code, found.stdout


def rows(app: Flask) -> list[AuditEntry]:
    with app.app_context(), unit_of_work(writing=False):
        found = list(db.session.query(AuditEntry).order_by(AuditEntry.id))
        db.session.expunge_all()
        return found


# Every act leaves one entry


def test_an_entry_says_who_did_what_to_what_and_when(who: People) -> None:
    earliest = utcnow()
    top = category(who.admin)
    found = answered(who.admin.get(AUDIT))
    assert set(found) == {"entries", "pagination"}
    [entry] = found["entries"]
    assert set(entry) == {"id", "at", "actor", "action", "target", "details", "names", "previous_hash", "hash"}
    assert entry["id"] == 1
    assert MOMENT.fullmatch(entry["at"])
    assert f"{earliest:%Y-%m-%dT%H:%M:%SZ}" <= entry["at"] <= f"{utcnow():%Y-%m-%dT%H:%M:%SZ}"
    assert entry["actor"] == {"id": account_id(who.admin), "username": "admin"}
    assert entry["target"] == {"type": "category", "id": top["id"], "name": "工具类", "exists": True}
    assert entry["previous_hash"] == GENESIS


def test_a_new_role(who: People) -> None:
    number = account_id(who.user)
    act = partial(who.admin.put, f"{V1}/admin/users/{number}", {"role": "reviewer"})
    assert left_by(who.admin, act) == (
        "admin",
        "user.role_changed",
        "user",
        number,
        {"before": "user", "after": "reviewer"},
    )
    nothing_left_by(who.admin, act)


@pytest.mark.parametrize("by_command", [False, True])
def test_who_is_disabled_and_enabled(app: Flask, who: People, by_command: bool) -> None:
    number = account_id(who.user)
    for is_active, word in ((False, "disable"), (True, "enable")):
        act: Callable[[], Any] = partial(who.admin.put, f"{V1}/admin/users/{number}", {"is_active": is_active})
        if by_command:
            act = partial(_commanded, app, "users", word, "user")
        actor = "(command line)" if by_command else "admin"
        assert left_by(who.admin, act) == (actor, f"user.{word}d", "user", number, {})
        nothing_left_by(who.admin, act)


def _commanded(app: Flask, *words: str) -> None:
    answer = run(app, *words)
    assert answer.exit_code == 0, answer.output


def test_categories(who: People) -> None:
    path = f"{V1}/admin/categories"
    top = category(who.admin)["id"]
    actor, action, kind, number, said = left_by(
        who.admin, partial(who.admin.post, path, {"name": "新", "parent_id": top})
    )
    assert (actor, action, kind, said) == ("admin", "category.created", "category", {"name": "新", "parent_id": top})
    *changed, changes = left_by(who.admin, partial(who.admin.put, f"{path}/{number}", {"name": "旧"}))
    assert changed == ["admin", "category.updated", "category", number]
    assert changes == {"changes": {"name": {"from": "新", "to": "旧"}}}
    gone = left_by(who.admin, partial(who.admin.delete, f"{path}/{number}"))
    assert gone == ("admin", "category.deleted", "category", number, {"name": "旧"})


def test_the_configuration(who: People) -> None:
    act = partial(who.admin.put, f"{V1}/admin/system/config", {"review_settings": {"max_review_time": 7}})
    changes = {"review_settings.max_review_time": {"from": 5, "to": 7}}
    assert left_by(who.admin, act) == ("admin", "system.config_changed", "system", "config", {"changes": changes})


def test_a_line_in_the_ledger(who: People, published_plugin: dict[str, Any]) -> None:
    number = account_id(who.developer)
    body = {"amount": 12.34, "currency": "EUR", "plugin_id": published_plugin["id"], "note": "一月"}
    *what, said = left_by(who.admin, partial(who.admin.post, f"{V1}/admin/developers/{number}/revenue", body))
    assert what == ["admin", "developer.revenue_recorded", "developer", number]
    assert said == {"entry": 1, "amount": 1234, "currency": "EUR", "plugin": NAME}


@pytest.mark.parametrize("is_verified", [True, False])
def test_a_badge(who: People, is_verified: bool) -> None:
    number = account_id(who.developer)
    body = {"verified": is_verified, "notes": "查过"}
    found = left_by(who.admin, partial(who.admin.post, f"{V1}/admin/developers/{number}/verify", body))
    assert found == ("admin", "developer.verified", "developer", number, body)


def test_a_profile_that_an_administrator_changed(who: People) -> None:
    number = account_id(who.developer)
    path = f"{V1}/developers/{number}"
    nothing_left_by(who.admin, partial(who.developer.put, path, {"bio": "自己"}))
    found = left_by(who.admin, partial(who.admin.put, path, {"website": "https://example.com", "bio": "改"}))
    changes = {"bio": {"from": "自己", "to": "改"}, "website": {"from": "", "to": "https://example.com"}}
    assert found == (
        "admin",
        "developer.updated",
        "developer",
        number,
        {"fields": ["bio", "website"], "changes": changes},
    )


def test_every_step_of_a_review(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    number, path = row["id"], f"{V1}/admin/reviews/{row['id']}"
    reviewer = account_id(who.reviewer)
    given = left_by(who.admin, partial(who.admin.post, f"{path}/assign", {"reviewer_id": reviewer, "priority": "high"}))
    assert given == ("admin", "review.assigned", "review", number, {"reviewer_id": reviewer, "priority": "high"})
    begun = left_by(who.admin, partial(who.reviewer.post, f"{path}/start"))
    assert begun == ("reviewer", "review.started", "review", number, {"plugin": NAME, "version": "1.0.0"})
    done = left_by(who.admin, partial(who.reviewer.post, f"{path}/submit", {"result": "approved", "notes": "好"}))
    said = {"plugin": NAME, "version": "1.0.0", "file_hash": row["file_hash"], "automatic": False}
    assert done == ("reviewer", "review.approved", "review", number, said)


@pytest.mark.parametrize("result", ["rejected", "needs_changes"])
def test_a_review_that_turns_down(who: People, waiting_plugin: dict[str, Any], result: str) -> None:
    number = review_of(who.reviewer, waiting_plugin["id"])["id"]
    path = f"{V1}/admin/reviews/{number}"
    data(who.reviewer.post(f"{path}/start"))
    actor, action, kind, target, said = left_by(
        who.admin, partial(who.reviewer.post, f"{path}/submit", {"result": result})
    )
    assert (actor, action, kind, target) == ("reviewer", f"review.{result}", "review", number)
    assert (said["plugin"], said["version"]) == (NAME, "1.0.0")


def test_each_review_of_a_batch(who: People) -> None:
    plugins = [created(who.developer, name=f"com.example.p{place}") for place in range(3)]
    ids = [review_of(who.reviewer, plugin["id"])["id"] for plugin in plugins]
    body = {"review_ids": [*ids, UNKNOWN], "action": "approve"}
    assert data(who.reviewer.post(f"{V1}/admin/reviews/batch", body))["succeeded"] == 3
    entries = [(row["action"], row["target"]["id"], row["details"]["plugin"]) for row in audited(who.admin, "review.")]
    names = [f"com.example.p{place}" for place in range(3)]
    assert entries == [("review.approved", number, name) for number, name in zip(ids[::-1], names[::-1], strict=True)]


def test_what_the_server_publishes_by_itself(who: People) -> None:
    settings = {"auto_review_enabled": False, "manual_review_required": False}
    data(who.admin.put(f"{V1}/admin/system/config", {"review_settings": settings}))
    created(who.developer)
    found, sent = audited(who.admin)[:2]
    assert (sent["actor"]["username"], sent["action"]) == ("developer", "version.uploaded")
    assert found["actor"] == {"id": None, "username": "(server)"}
    assert (found["action"], found["target"]["type"], found["details"]["automatic"]) == (
        "review.approved",
        "review",
        True,
    )


def test_a_suspension_and_its_end(who: People, published_plugin: dict[str, Any]) -> None:
    act = partial(suspended, who.admin, published_plugin["id"], "违规")
    assert left_by(who.admin, act) == ("admin", "plugin.suspended", "plugin", NAME, {"reason": "违规"})
    nothing_left_by(who.admin, partial(_status, who.admin, published_plugin["id"], "suspended"))
    act = partial(restored, who.admin, published_plugin["id"], "已改")
    assert left_by(who.admin, act) == ("admin", "plugin.restored", "plugin", NAME, {"reason": "已改"})


def _status(api: Api, plugin_id: str, status: str) -> Any:
    return api.post(f"{V1}/admin/plugins/{plugin_id}/status", {"status": status, "reason": "x"})


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_an_appeal_that_was_heard(app: Flask, who: People, rejected_plugin: dict[str, Any], decision: str) -> None:
    second = add_user(app, "second", Role.REVIEWER)
    nothing_left_by(who.admin, lambda: appealed(who.developer, rejected_plugin["id"]))
    [appeal] = data(who.reviewer.get(f"{V1}/admin/appeals"))
    body = {"decision": decision, "response": "好"}
    found = left_by(who.admin, partial(second.post, f"{V1}/admin/appeals/{appeal['id']}/process", body))
    assert found == ("second", f"appeal.{decision}", "appeal", appeal["id"], {"plugin": NAME, "actions": []})


def test_an_appeal_whose_action_publishes(app: Flask, who: People, rejected_plugin: dict[str, Any]) -> None:
    second = add_user(app, "second", Role.REVIEWER)
    appeal = appealed(who.developer, rejected_plugin["id"])
    plugin_id = appeal["plugin"]["id"]
    action = {"type": "update_plugin_status", "plugin_id": plugin_id, "new_status": "approved"}
    body = {"decision": "approved", "actions": [action]}
    *what, said = left_by(who.admin, partial(second.post, f"{V1}/admin/appeals/{appeal['id']}/process", body))
    assert what == ["second", "appeal.approved", "appeal", appeal["id"]]
    assert [(row["type"], row["plugin_id"]) for row in said["actions"]] == [("update_plugin_status", plugin_id)]
    assert shown(who.nobody, plugin_id)["status"] == "published"


@pytest.mark.parametrize(("hidden", "action"), [(True, "rating.hidden"), (False, "rating.shown")])
def test_a_rating_that_is_hidden_or_shown(
    who: People, published_plugin: dict[str, Any], hidden: bool, action: str
) -> None:
    rating = rated(who.user, published_plugin["id"])
    path = f"{V1}/admin/ratings/{rating['id']}/hide"
    if not hidden:
        data(who.admin.post(path, {"hidden": True}))
    found = left_by(who.admin, partial(who.reviewer.post, path, {"hidden": hidden, "reason": "广告"}))
    assert found == ("reviewer", action, "rating", rating["id"], {"plugin": NAME, "reason": "广告"})


def test_a_reply_in_the_owners_stead(who: People, published_plugin: dict[str, Any]) -> None:
    rating = rated(who.user, published_plugin["id"])
    path = f"{PLUGINS}/{published_plugin['id']}/reviews/{rating['id']}/reply"
    nothing_left_by(who.admin, partial(who.developer.post, path, {"content": "谢谢"}))
    found = left_by(who.admin, partial(who.admin.post, path, {"content": "谢谢"}))
    assert found == ("admin", "rating.replied", "rating", rating["id"], {"plugin": NAME})


def test_a_plugin_that_was_reported(who: People, published_plugin: dict[str, Any]) -> None:
    *what, said = left_by(
        who.admin, partial(who.user.post, f"{PLUGINS}/{published_plugin['id']}/report", {"reason": "恶意"})
    )
    assert what == ["user", "plugin.reported", "plugin", NAME]
    assert said == {"review": review_of(who.reviewer, published_plugin["id"])["id"], "reason": "恶意"}


@pytest.mark.parametrize("kind", ["developer", "admin"])
def test_a_plugin_that_is_deleted_through_the_marketplace(
    who: People, published_plugin: dict[str, Any], kind: str
) -> None:
    found = left_by(who.admin, partial(getattr(who, kind).delete, f"{PLUGINS}/{published_plugin['id']}"))
    said = {"plugin_id": published_plugin["id"], "tombstone": True, "published": True}
    assert found == (kind, "plugin.deleted", "plugin", NAME, said)


def test_a_plugin_that_an_administrator_deletes_through_the_host_surface(
    who: People, published_plugin: dict[str, Any]
) -> None:
    found = left_by(who.admin, partial(who.admin.post, "/api/plugins/delete", {"name": NAME}))
    assert found == (
        "admin",
        "plugin.deleted",
        "plugin",
        NAME,
        {"plugin_id": published_plugin["id"], "tombstone": True, "published": True},
    )


@pytest.mark.parametrize(
    ("act", "action"), [("disable", "disabled"), ("enable", "enabled"), ("deprecate", "deprecated")]
)
@pytest.mark.usefixtures("published_plugin")
def test_what_administrators_do_through_the_host_surface(who: People, act: str, action: str) -> None:
    found = left_by(who.admin, partial(who.admin.post, f"/api/plugins/{act}", {"name": NAME}))
    assert found == ("admin", f"plugin.{action}", "plugin", NAME, {})


@pytest.mark.usefixtures("published_plugin")
def test_a_version_that_is_deprecated(who: People) -> None:
    body = {"name": NAME, "version": "1.0.0"}
    found = left_by(who.admin, partial(who.admin.post, "/api/plugins/version/deprecate", body))
    assert found == ("admin", "version.deprecated", "plugin", NAME, {"version": "1.0.0"})


def test_a_plugin_that_an_administrator_changed(who: People, published_plugin: dict[str, Any]) -> None:
    path = f"{PLUGINS}/{published_plugin['id']}"
    nothing_left_by(who.admin, partial(who.developer.put, path, {"description": "自己"}))
    long = "新" * 501
    found = left_by(who.admin, partial(who.admin.put, path, {"description": long, "name": "名"}))
    assert found[:4] == ("admin", "plugin.updated", "plugin", NAME)
    assert found[4]["fields"] == ["description", "display_name"]
    assert found[4]["changes"]["description"] == {"from": "自己", "to": "新" * 500 + "…"}
    assert found[4]["changes"]["display_name"]["to"] == "名"


def test_maintenance(who: People) -> None:
    found = left_by(who.admin, partial(who.admin.post, f"{V1}/admin/system/maintenance", MAINTENANCE))
    times = {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}
    said = {"text": "升级", **times}
    assert found == ("admin", "system.maintenance_announced", "system", "maintenance", said)


def test_a_new_key_and_a_claim(who: People, published_plugin: dict[str, Any]) -> None:
    found = left_by(who.admin, partial(who.developer.post, f"{PLUGINS}/{published_plugin['id']}/upload-key"))
    assert found == ("developer", "plugin.upload_key_renewed", "plugin", NAME, {})
    assert who.nobody.upload(package(name="com.example.keyed"), "their-key").status_code == 200
    claim = partial(who.other.post, f"{PLUGINS}/com.example.keyed/claim", {"plugin_key": "their-key"})
    assert left_by(who.admin, claim) == ("other", "plugin.claimed", "plugin", "com.example.keyed", {})
    nothing_left_by(who.admin, claim)


def test_of_what_users_and_developers_do_with_their_own_only_uploads_are_in_the_log(who: People) -> None:
    plugin = created(who.developer)
    data(who.developer.put(f"{PLUGINS}/{plugin['id']}", {"description": "新"}))
    assert who.nobody.upload(package(name="com.example.keyed"), "their-key").status_code == 200
    rated(who.user, "com.example.keyed")
    data(add_version(who.developer, plugin["id"], "1.1.0"), 201)
    assert [entry["action"] for entry in audited(who.admin)] == ["version.uploaded"] * 3


def test_what_is_refused_leaves_nothing(who: People, waiting_plugin: dict[str, Any]) -> None:
    number = review_of(who.reviewer, waiting_plugin["id"])["id"]
    before = audited(who.admin)
    assert _status(who.admin, waiting_plugin["id"], "suspended").status_code == 409
    assert _status(who.reviewer, waiting_plugin["id"], "suspended").status_code == 403
    assert who.reviewer.post(f"{V1}/admin/reviews/{number}/submit", {"result": "approved"}).status_code == 409
    assert who.developer.post(f"{V1}/admin/reviews/{number}/start").status_code == 403
    assert who.admin.post(f"{V1}/admin/categories", {"name": ""}).status_code == 422
    assert who.admin.put(f"{V1}/admin/users/{account_id(who.admin)}", {"role": "user"}).status_code == 409
    assert who.admin.post(f"{V1}/admin/system/maintenance", {**MAINTENANCE, "message": ""}).status_code == 422
    assert rate(who.user, waiting_plugin["id"]).status_code == 404
    assert who.other.delete(f"{PLUGINS}/{waiting_plugin['id']}").status_code == 404
    assert audited(who.admin) == before


def test_an_entry_outlives_what_it_speaks_of(who: People, published_plugin: dict[str, Any]) -> None:
    suspended(who.admin, published_plugin["id"])
    entries = audited(who.admin)
    data(who.admin.delete(f"{PLUGINS}/{published_plugin['id']}"))
    assert audited(who.admin)[1:] == entries


def test_no_secret_is_in_the_log(app: Flask, who: People) -> None:
    account = {"username": "dora", "email": "dora@example.com", "password": "swordfish-password"}
    data(who.nobody.post(f"{V1}/developers/register", account), 201)
    login = {"username": "dora", "password": "swordfish-password"}
    session = data(who.nobody.post(f"{V1}/auth/login", login))
    dora = Api(app, session["access_token"])
    assert who.nobody.upload(package(name="com.example.keyed"), "swordfish-key").status_code == 200
    claim = f"{PLUGINS}/com.example.keyed/claim"
    assert dora.post(claim, {"plugin_key": "swordfish-wrong"}).status_code == 403
    data(dora.post(claim, {"plugin_key": "swordfish-key"}))
    key = data(dora.post(f"{PLUGINS}/com.example.keyed/upload-key"))["upload_key"]
    data(dora.post(f"{V1}/auth/password", {"old_password": "swordfish-password", "new_password": "swordfish-new"}))
    _commanded(app, "users", "set-password", "dora", "--password", "swordfish-set")
    data(who.admin.put(f"{V1}/admin/users/{session['user']['id']}", {"role": "admin", "is_active": False}))
    with raw(app) as connection:
        said = str(connection.execute("SELECT * FROM audit_log").fetchall())
        hashes = connection.execute("SELECT password_hash FROM users UNION SELECT upload_key_hash FROM plugins")
        secrets = [found for (found,) in hashes.fetchall() if len(found) > 1]
    assert "plugin.claimed" in said
    assert "plugin.upload_key_renewed" in said
    assert "user.role_changed" in said
    assert len(secrets) >= 3
    tokens = [session["access_token"], session["refresh_token"], str(who.admin.token)]
    for secret in ("swordfish", "eyJ", key, *tokens, *secrets):
        assert secret not in said


# Reading it


@pytest.fixture
def past(app: Flask, who: People, monkeypatch: pytest.MonkeyPatch) -> People:
    """Six entries of the first of January, an hour apart; the last was made at 05:00."""
    admin, reviewer = (Operator(name, account_id(getattr(who, name))) for name in ("admin", "reviewer"))
    acts = (
        (admin, "user.disabled", "user", "a"),
        (admin, "user.enabled", "user", "a"),
        (reviewer, "review.started", "review", "b"),
        (reviewer, "review.approved", "review", "b"),
        (admin, "review.approved", "review", "c"),
        (admin, "userful.act", "user", "b"),
    )
    beginning = datetime(2026, 1, 1, tzinfo=UTC)
    with app.app_context(), unit_of_work():
        for hour, (by, action, kind, number) in enumerate(acts):
            monkeypatch.setattr(audit, "utcnow", partial(beginning.__add__, timedelta(hours=hour)))
            audit.record(by, action, kind, number)
    monkeypatch.undo()
    return who


def hours(root: Api, query: str) -> list[int]:
    """The hours of the entries that fit, in the order that they come."""
    found = data(root.get(f"{AUDIT}?{query}"))
    assert found["pagination"]["total"] == len(found["entries"])
    return [int(entry["at"][11:13]) for entry in found["entries"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [5, 4, 3, 2, 1, 0]),
        ("action=review.approved", [4, 3]),
        ("action=review.", [4, 3, 2]),
        ("action=user.", [1, 0]),
        ("action=user", []),
        ("action=review.app", []),
        ("action=%25.", []),
        ("action=user_", []),
        ("target_type=user", [5, 1, 0]),
        ("target_type=use", []),
        ("target_id=b", [5, 3, 2]),
        ("target_type=review&target_id=b", [3, 2]),
        ("since=2026-01-01T03:00:00Z", [5, 4, 3]),
        ("since=2026-01-01T11:00:00%2B08:00", [5, 4, 3]),
        ("until=2026-01-01T01:00:00Z", [1, 0]),
        ("since=2026-01-01T01:00:00Z&until=2026-01-01T03:00:00Z", [3, 2, 1]),
        ("since=2026-01-01T03:00:00Z&until=2026-01-01T01:00:00Z", []),
        ("since=2026-01-01T03:00:01Z&action=review.", [4]),
        (f"actor={UNKNOWN}", []),
    ],
)
def test_the_log_is_filtered(past: People, query: str, expected: list[int]) -> None:
    assert hours(past.admin, query) == expected


def test_the_log_is_filtered_by_who_acted(past: People) -> None:
    admin, reviewer = account_id(past.admin), account_id(past.reviewer)
    assert hours(past.admin, f"actor={reviewer}") == [3, 2]
    assert hours(past.admin, f"actor={admin.upper()}") == [5, 4, 1, 0]
    together = f"actor={admin}&action=review.&target_type=review&target_id=c&since=2026-01-01T04:00:00Z"
    assert hours(past.admin, f"{together}&until=2026-01-01T04:00:00Z") == [4]
    assert hours(past.admin, f"{together}&until=2026-01-01T03:59:59Z") == []


def test_the_log_comes_in_pages(past: People) -> None:
    found = [data(past.admin.get(f"{AUDIT}?limit=4&page={page}")) for page in (1, 2, 3)]
    assert [[entry["id"] for entry in page["entries"]] for page in found] == [[6, 5, 4, 3], [2, 1], []]
    assert found[1]["pagination"] == {"page": 2, "limit": 4, "total": 6, "pages": 2}
    filtered = data(past.admin.get(f"{AUDIT}?limit=1&page=2&action=review."))
    assert [entry["id"] for entry in filtered["entries"]] == [4]
    assert filtered["pagination"] == {"page": 2, "limit": 1, "total": 3, "pages": 3}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("actor=admin", "actor"),
        ("actor=", "actor"),
        ("action=", "action"),
        (f"action={'x' * 65}", "action"),
        ("action=%00", "action"),
        ("target_type=", "target_type"),
        (f"target_type={'x' * 33}", "target_type"),
        ("target_id=", "target_id"),
        (f"target_id={'x' * 101}", "target_id"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("since=2026-01-01", "since"),
        ("until=2026-13-01T00:00:00Z", "until"),
        ("until=", "until"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
    ],
)
def test_a_filter_that_cannot_be_understood_is_refused(root: Api, query: str, field: str) -> None:
    assert invalid(root.get(f"{AUDIT}?{query}")) == {field}


def test_only_administrators_read_the_log(who: People) -> None:
    for api in (who.user, who.developer, who.reviewer):
        refused(api.get(AUDIT), 403, "PermissionError")
    refused(who.nobody.get(AUDIT), 401, "AuthenticationError")


# Nobody changes it


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET details = '{}' WHERE id = 2",
        "UPDATE audit_log SET hash = hash",
        pytest.param("UPDATE OR IGNORE audit_log SET id = 9 WHERE id = 2", marks=pytest.mark.sqlite),
        "DELETE FROM audit_log WHERE id = 2",
        "DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)",
        "DELETE FROM audit_log",
        pytest.param(
            "REPLACE INTO audit_log SELECT id, at, actor_id, 'nobody', action, target_type, target_id, details, "
            "previous_hash, hash FROM audit_log WHERE id = 2",
            marks=pytest.mark.sqlite,
        ),
        pytest.param("TRUNCATE audit_log", marks=pytest.mark.postgresql),
        "INSERT INTO audit_log SELECT * FROM audit_log WHERE id = 2 ON CONFLICT (id) DO UPDATE SET actor_name = 'x'",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(app: Flask, statement: str) -> None:
    record(app, 3)
    with raw(app) as connection:
        before = connection.execute("SELECT * FROM audit_log").fetchall()
        with pytest.raises(IntegrityError, match="append-only"):
            connection.execute(statement)
        assert connection.execute("SELECT * FROM audit_log").fetchall() == before
    assert verified(app)[0] == 0


def test_no_endpoint_changes_an_entry(root: Api) -> None:
    category(root)
    for method in ("PUT", "POST", "DELETE"):
        assert root._call(method, AUDIT, json={}).status_code == 405
        assert root._call(method, f"{AUDIT}/1", json={}).status_code == 404
    assert len(audited(root)) == 1


# The chain


def test_an_empty_log_is_whole(app: Flask) -> None:
    assert verified(app) == (0, f"0 entries, head {GENESIS}\n")


def test_each_entry_is_chained_to_the_one_before(app: Flask, root: Api) -> None:
    for name in ("a", "b", "c"):
        category(root, name)
    entries = audited(root)[::-1]
    assert [entry["id"] for entry in entries] == [1, 2, 3]
    assert [entry["previous_hash"] for entry in entries] == [GENESIS, entries[0]["hash"], entries[1]["hash"]]
    assert len({entry["hash"] for entry in entries}) == 3
    assert verified(app) == (0, f"3 entries, head {entries[2]['hash']}\n")


def test_a_long_chain_is_walked_to_its_end(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BATCH", 4)
    record(app, 11)
    assert verified(app) == (0, f"11 entries, head {rows(app)[-1].hash}\n")
    tamper(app, "UPDATE audit_log SET actor_name = 'x' WHERE id = 9")
    assert verified(app) == (1, f"8 entries, head {rows(app)[7].hash}\nbroken at entry 9: the entry was changed\n")


@pytest.mark.parametrize(
    "change",
    [
        "at = '2020-01-01 00:00:00.000000'",
        "actor_id = 'somebody'",
        "actor_name = 'nobody'",
        "action = 'test.other'",
        "target_type = 'other'",
        "target_id = '9'",
        "details = '{\"place\": 7}'",
        "details = '{}'",
        "hash = '" + "0" * 64 + "'",
    ],
)
def test_a_changed_entry_is_found(app: Flask, change: str) -> None:
    record(app, 3)
    head = rows(app)[0].hash
    tamper(app, f"UPDATE audit_log SET {change} WHERE id = 2")
    expected = f"1 entries, head {head}\nbroken at entry 2: the entry was changed\n"
    assert verified(app) == (1, expected)


# PostgreSQL refuses to store it.
@pytest.mark.sqlite
@pytest.mark.parametrize("change", ["details = '{'", "details = 'null'", "at = 'then'", "details = x'ff'"])
def test_an_entry_that_cannot_be_read_is_found_as_well(app: Flask, change: str) -> None:
    record(app, 3)
    tamper(app, f"UPDATE audit_log SET {change} WHERE id = 2")
    status, said = verified(app)
    assert status == 1
    assert "broken at entry 2: " in said


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_entry_is_found(app: Flask, number: int) -> None:
    record(app, 3)
    head = [GENESIS, *(row.hash for row in rows(app))][number - 1]
    tamper(app, f"DELETE FROM audit_log WHERE id = {number}")
    expected = f"{number - 1} entries, head {head}\nbroken at entry {number}: an entry is missing\n"
    assert verified(app) == (1, expected)


def test_entries_that_were_numbered_anew_over_a_gap_are_found(app: Flask) -> None:
    record(app, 4)
    tamper(app, "DELETE FROM audit_log WHERE id = 2", "UPDATE audit_log SET id = 2 WHERE id = 3")
    status, said = verified(app)
    assert status == 1
    assert said.endswith("broken at entry 2: the chain is broken\n")


def test_a_link_to_another_entry_is_found(app: Flask) -> None:
    record(app, 3)
    tamper(app, f"UPDATE audit_log SET previous_hash = '{'f' * 64}' WHERE id = 2")
    assert verified(app) == (1, f"1 entries, head {rows(app)[0].hash}\nbroken at entry 2: the chain is broken\n")


def test_an_entry_whose_hash_was_made_to_fit_breaks_the_next_link(app: Flask) -> None:
    record(app, 3)
    forged = rows(app)[1]
    forged.actor_name = "nobody"
    fitting = audit.digest(forged)
    tamper(app, f"UPDATE audit_log SET actor_name = 'nobody', hash = '{fitting}' WHERE id = 2")
    assert verified(app) == (1, f"2 entries, head {fitting}\nbroken at entry 3: the chain is broken\n")


# A copy of the first entry under another number.
COPIED = (
    "INSERT INTO audit_log SELECT {}, at, actor_id, actor_name, action, target_type, target_id, details, "
    "previous_hash, hash FROM audit_log WHERE id = 1"
)


@pytest.mark.parametrize("number", [-1, 0, 1, 3, 5])
def test_the_database_refuses_an_entry_out_of_turn(app: Flask, number: int) -> None:
    record(app, 3)
    with raw(app) as connection:
        with pytest.raises(IntegrityError, match="append-only"):
            connection.execute(COPIED.format(number))
        assert connection.execute("SELECT count(*) FROM audit_log").fetchone() == (3,)


@pytest.mark.parametrize(("number", "place"), [(-1, -1), (0, 0), (4, 4), (9, 4)])
def test_an_entry_that_was_put_in_by_hand_is_found(app: Flask, number: int, place: int) -> None:
    record(app, 3)
    tamper(app, COPIED.format(number))
    status, said = verified(app)
    assert status == 1, said
    assert f"broken at entry {place}: " in said


def test_a_cut_end_shows_beside_the_head_that_was_written_down(app: Flask) -> None:
    record(app, 3)
    _, before = verified(app)
    tamper(app, "DELETE FROM audit_log WHERE id = 3")
    status, after = verified(app)
    assert (status, after) == (0, f"2 entries, head {rows(app)[1].hash}\n")
    assert after != before


def test_many_at_once_make_a_chain_without_a_gap(app: Flask, root: Api) -> None:
    second = create_app(settings_for(app.extensions["microdock"].settings.data_dir))
    try:
        callers = [root, Api(second, root.token)]
        acts = [
            partial(callers[place % 2].post, f"{V1}/admin/categories", {"name": f"分类 {place}"}) for place in range(20)
        ]
        answers = at_once(acts)
    finally:
        release(second)
    assert {answer.status_code for answer in answers} == {201}
    entries = audited(root)[::-1]
    assert [entry["id"] for entry in entries] == list(range(1, 21))
    assert {entry["target"]["id"] for entry in entries} == {data(answer, 201)["id"] for answer in answers}
    links = [GENESIS, *(entry["hash"] for entry in entries)]
    assert [entry["previous_hash"] for entry in entries] == links[:-1]
    assert verified(app) == (0, f"20 entries, head {links[-1]}\n")


def test_what_the_command_line_does_to_accounts_is_written_down(app: Flask) -> None:
    assert run(app, "users", "create", "grace", "--role", "admin", "--password", "correct horse").exit_code == 0
    assert run(app, "users", "set-password", "grace", "--password", "battery staple").exit_code == 0
    found = rows(app)
    assert [(row.actor_name, row.action, row.target_type, row.details) for row in found] == [
        ("(command line)", "user.created", "user", {"role": "admin"}),
        ("(command line)", "user.password_set", "user", {}),
    ]
    assert len({row.target_id for row in found}) == 1


def test_a_backup_that_an_administrator_deletes_is_written_down_without_its_key(app: Flask) -> None:
    who = people(app)
    kept = who.nobody.back_up(b"bytes").get_json()["data"]
    sent = {"user_key": kept["user_key"], "id": kept["id"]}
    assert who.admin.post("/api/backups/delete", sent).status_code == 200
    [entry] = rows(app)
    assert (entry.actor_name, entry.action, entry.target_id) == ("admin", "backup.deleted", str(kept["id"]))
    assert kept["user_key"] not in str(entry.details)
