"""Publication: versions of owned plugins are always reviewed, never by their submitters."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Plugin, PluginTombstone, User
from microdock_server.services.accounts import passwords
from microdock_server.services.plugins import submitters
from microdock_server.vocabulary import Role

from ...conftest import AppFactory
from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    appeal,
    appealed,
    audited,
    create,
    created,
    data,
    decide,
    details,
    file,
    published,
    rejected,
    review_of,
    run_jobs,
    shown,
    slug,
    suspended,
)
from ...rows import raw
from ...support import Api, add_user, package, signed_in

NAME = "com.example.myplugin"
OTHER_CASE = "Com.Example.MyPlugin"
KEY = "key-of-the-name"


def new_key(api: Api, plugin: str = NAME) -> str:
    return str(data(api.post(f"{PLUGINS}/{plugin}/upload-key"))["upload_key"])


def upload(api: Api, version: str, key: str = KEY, **changes: Any) -> None:
    answer = api.upload(package(version=version, **changes), key=key)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def said(api: Api, version: str, key: str, language: str) -> str:
    """The message of an upload."""
    form = {"file": (io.BytesIO(package(version=version)), "p.zip"), "plugin_key": key}
    answer = api.post("/api/plugins/upload", data=form, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["message"])


def statuses(api: Api, plugin: str = NAME) -> dict[str, str]:
    return {row["version"]: row["status"] for row in data(api.get(f"{PLUGINS}/{plugin}/versions"))}


def hosts_get(api: Api) -> list[str]:
    """The versions that host programs are given."""
    answer = api.post("/api/plugins/versions", {"name": NAME})
    return [row["version"] for row in answer.get_json()["data"]] if answer.status_code == 200 else []


def start(api: Api, version: str, reviewer: Api) -> Any:
    return api.post(f"{V1}/admin/reviews/{review_of(reviewer, NAME, version)['id']}/start")


def submit(api: Api, review: str, **fields: Any) -> Any:
    return api.post(f"{V1}/admin/reviews/{review}/submit", {"result": "approved", **fields})


def batch(api: Api, review: str, **fields: Any) -> dict[str, Any]:
    body = {"review_ids": [review], "action": "approve", **fields}
    return dict(data(api.post(f"{V1}/admin/reviews/batch", body))["results"][0])


def ensure_refused(api: Api, version: str, reviewer: Api, reason: str = "own_submission") -> None:
    """No way through the queue lets this account decide on the version."""
    review = review_of(reviewer, NAME, version)["id"]
    before = statuses(reviewer)
    assert slug(start(api, version, reviewer), 403) == reason
    assert slug(submit(api, review), 403) == reason
    assert batch(api, review)["error"]["slug"] == reason
    assert slug(submit(api, review, override=True, reason="x")) == "override_refused"
    assert batch(api, review, override=True, reason="x")["error"]["slug"] == "override_refused"
    to_them = {"reviewer_id": account_id(api)}
    assert slug(reviewer.post(f"{V1}/admin/reviews/{review}/assign", to_them), 403) == reason
    assert statuses(reviewer) == before


def with_role(app: Flask, username: str, role: Role) -> Api:
    """The same account in another role, freshly logged in."""
    with app.app_context(), unit_of_work():
        db.session.execute(update(User).where(User.username == username).values(role=role))
    return signed_in(app, username)


def disabled(app: Flask, *usernames: str) -> None:
    with app.app_context(), unit_of_work():
        db.session.execute(update(User).where(User.username.in_(usernames)).values(is_active=False))


def configure(admin: Api, **review_settings: Any) -> None:
    data(admin.put(f"{V1}/admin/system/config", {"review_settings": review_settings}))


# Every way in leads to the queue


@pytest.mark.usefixtures("published_plugin")
def test_a_key_upload_of_an_owned_plugin_waits_and_hosts_keep_what_was_reviewed(who: People) -> None:
    upload(who.nobody, "2.0.0", new_key(who.developer))
    assert statuses(who.developer) == {"2.0.0": "pending", "1.0.0": "published"}
    assert hosts_get(who.nobody) == ["1.0.0"]
    assert shown(who.nobody, NAME)["version"] == "1.0.0"
    assert review_of(who.reviewer, NAME)["reasons"] == ["key_upload"]
    decide(who.reviewer, NAME)
    assert hosts_get(who.nobody) == ["2.0.0", "1.0.0"]


@pytest.mark.usefixtures("published_plugin")
def test_an_upload_says_that_it_waits_in_the_callers_language(who: People) -> None:
    key = new_key(who.developer)
    assert said(who.nobody, "2.0.0", key, "zh-CN") == "上传成功，等待审核"
    assert said(who.nobody, "2.1.0", key, "en") == "Uploaded; it waits for review"


def test_an_upload_that_is_published_at_once_does_not_say_that_it_waits(who: People) -> None:
    assert said(who.nobody, "1.0.0", KEY, "zh-CN") == "插件上传成功"
    # Queued, and approved on its way: nobody has to look at it.
    configure(who.admin, review_key_uploads=True, auto_review_enabled=False, manual_review_required=False)
    assert said(who.nobody, "1.1.0", KEY, "en") == "Plugin uploaded"
    assert hosts_get(who.nobody) == ["1.1.0", "1.0.0"]


def test_an_upload_to_a_draft_does_not_say_that_reviewers_have_it(who: People) -> None:
    created(who.developer, {"draft": "true"})
    assert said(who.nobody, "1.1.0", new_key(who.developer), "en") == "Plugin uploaded"


def test_a_claimed_plugin_is_an_owned_one(who: People) -> None:
    upload(who.nobody, "1.0.0")
    upload(who.nobody, "1.1.0")
    assert hosts_get(who.nobody) == ["1.1.0", "1.0.0"]
    data(who.developer.post(f"{PLUGINS}/{NAME}/claim", {"plugin_key": KEY}))
    upload(who.nobody, "1.2.0")
    assert hosts_get(who.nobody) == ["1.1.0", "1.0.0"]
    assert statuses(who.developer)["1.2.0"] == "pending"


def test_what_waits_when_it_is_claimed_goes_on_waiting(who: People) -> None:
    configure(who.admin, review_key_uploads=True)
    upload(who.nobody, "1.0.0")
    data(who.admin.post(f"{PLUGINS}/{NAME}/claim", {"plugin_key": KEY}))
    configure(who.admin, review_key_uploads=False)
    assert hosts_get(who.nobody) == []
    ensure_refused(who.admin, "1.0.0", who.reviewer, "own_plugin")
    decide(who.reviewer, NAME)
    assert hosts_get(who.nobody) == ["1.0.0"]


@pytest.mark.parametrize("result", ["rejected", "needs_changes"])
@pytest.mark.usefixtures("waiting_plugin")
def test_a_key_does_not_publish_what_was_refused(who: People, result: str) -> None:
    decide(who.reviewer, NAME, result)
    upload(who.nobody, "1.0.1", new_key(who.developer))
    assert statuses(who.developer) == {"1.0.1": "pending", "1.0.0": result}
    assert hosts_get(who.nobody) == []


@pytest.mark.usefixtures("published_plugin")
def test_a_key_upload_does_not_end_a_suspension(who: People) -> None:
    key = new_key(who.developer)
    suspended(who.admin, NAME)
    upload(who.nobody, "2.0.0", key)
    assert shown(who.developer, NAME)["status"] == "suspended"
    assert statuses(who.developer)["2.0.0"] == "pending"


@pytest.mark.usefixtures("published_plugin")
def test_where_nobody_is_asked_key_uploads_of_owned_plugins_are_published(who: People) -> None:
    configure(who.admin, manual_review_required=False, auto_review_enabled=False)
    upload(who.nobody, "1.1.0", new_key(who.developer))
    assert hosts_get(who.nobody) == ["1.1.0", "1.0.0"]
    assert statuses(who.developer)["1.1.0"] == "published"


@pytest.mark.usefixtures("published_plugin")
def test_the_rules_publish_nothing_where_a_person_is_asked(app: Flask, who: People) -> None:
    configure(who.admin, manual_review_required=True, auto_review_enabled=True, auto_approve_threshold=0)
    upload(who.nobody, "1.1.0", new_key(who.developer))
    run_jobs(app)
    assert statuses(who.developer)["1.1.0"] == "pending"


@pytest.mark.usefixtures("published_plugin")
def test_a_plugin_whose_owners_account_is_gone_is_neither_free_nor_published_by_key(app: Flask, who: People) -> None:
    key = new_key(who.developer)
    with raw(app) as connection:
        connection.execute("UPDATE plugins SET owner_id = NULL")
    upload(who.nobody, "2.0.0", key)
    assert hosts_get(who.nobody) == ["1.0.0"]
    assert slug(who.other.post(f"{PLUGINS}/{NAME}/claim", {"plugin_key": key})) == "plugin_owned"
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert slug(create(who.other, version="3.0.0")) == "plugin_exists"
    assert who.nobody.upload(package(version="3.0.0"), key="another-key").status_code == 403
    upload(who.nobody, "3.0.0", key)
    assert hosts_get(who.nobody) == []


# Nobody decides on what they submitted


@pytest.mark.usefixtures("published_plugin")
def test_an_administrator_does_not_approve_their_own_upload_into_somebodys_plugin(who: People) -> None:
    data(add_version(who.admin, NAME, "2.0.0"), 201)
    ensure_refused(who.admin, "2.0.0", who.reviewer)
    decide(who.reviewer, NAME)
    assert hosts_get(who.nobody) == ["2.0.0", "1.0.0"]


@pytest.mark.usefixtures("published_plugin")
def test_a_resubmission_by_the_owner_does_not_wash_an_upload(who: People) -> None:
    data(add_version(who.admin, NAME, "2.0.0"), 201)
    decide(who.reviewer, NAME, "rejected")
    data(who.developer.post(f"{PLUGINS}/{NAME}/submit"))
    ensure_refused(who.admin, "2.0.0", who.reviewer)


@pytest.mark.usefixtures("waiting_plugin")
def test_who_sends_somebodys_version_to_review_again_does_not_decide_on_it(who: People) -> None:
    decide(who.reviewer, NAME, "needs_changes")
    data(who.admin.post(f"{PLUGINS}/{NAME}/submit"))
    ensure_refused(who.admin, "1.0.0", who.reviewer)


@pytest.mark.usefixtures("published_plugin")
def test_who_made_the_key_does_not_decide_on_what_came_by_it(who: People) -> None:
    upload(who.nobody, "2.0.0", new_key(who.admin))
    ensure_refused(who.admin, "2.0.0", who.reviewer)
    # Nor after the key is another's.
    new_key(who.developer)
    ensure_refused(who.admin, "2.0.0", who.reviewer)


@pytest.mark.usefixtures("published_plugin")
def test_who_made_the_key_is_remembered_beyond_a_deletion(who: People) -> None:
    key = new_key(who.admin)
    data(who.admin.delete(f"{PLUGINS}/{NAME}"))
    upload(who.nobody, "2.0.0", key, name=OTHER_CASE)
    review = review_of(who.reviewer, OTHER_CASE, "2.0.0")["id"]
    assert slug(submit(who.admin, review), 403) == "own_submission"
    assert shown(who.developer, OTHER_CASE)["developer"]["username"] == "developer"


@pytest.mark.usefixtures("published_plugin")
def test_who_is_logged_in_while_they_upload_by_key_does_not_decide(who: People) -> None:
    upload(who.admin, "2.0.0", new_key(who.developer))
    ensure_refused(who.admin, "2.0.0", who.reviewer)
    [entry] = [row for row in audited(who.admin, "version.uploaded") if row["details"]["way"] == "key"]
    assert entry["actor"]["username"] == "admin"


def test_an_invalid_token_does_not_hold_up_an_upload(app: Flask) -> None:
    assert Api(app, "not.a.token").upload().status_code == 200


@pytest.mark.usefixtures("published_plugin")
def test_a_submitter_who_becomes_a_reviewer_does_not_decide(app: Flask, who: People) -> None:
    helper = with_role(app, "other", Role.ADMIN)
    data(add_version(helper, NAME, "2.0.0"), 201)
    ensure_refused(with_role(app, "other", Role.REVIEWER), "2.0.0", who.reviewer)


@pytest.mark.usefixtures("published_plugin")
def test_who_uploaded_does_not_grant_the_appeal(app: Flask, who: People) -> None:
    data(add_version(who.admin, NAME, "2.0.0"), 201)
    decide(who.reviewer, NAME, "rejected")
    found = appealed(who.developer, NAME)
    path = f"{V1}/admin/appeals/{found['id']}/process"
    action = {"type": "update_plugin_status", "plugin_id": NAME, "new_status": "approved"}
    granted = {"decision": "approved", "response": "ok"}
    for body in ({**granted, "actions": [action]}, granted):
        assert slug(who.admin.post(path, body), 403) == "own_submission"
    second = add_user(app, "second", Role.REVIEWER)
    assert slug(who.admin.post(path, {**granted, "override": True, "reason": "x"})) == "override_refused"
    assert hosts_get(who.nobody) == ["1.0.0"]
    data(second.post(path, {**granted, "actions": [action]}))
    assert hosts_get(who.nobody) == ["2.0.0", "1.0.0"]


def test_an_administrator_does_not_lift_the_suspension_of_their_own_plugin(app: Flask, who: People) -> None:
    second = add_user(app, "second", Role.ADMIN)
    published(who.admin, who.reviewer)
    path = f"{V1}/admin/plugins/{NAME}/status"
    lift = {"status": "published", "reason": "fine"}
    suspended(second, NAME)
    assert slug(who.admin.post(path, lift), 403) == "own_plugin"
    assert slug(who.admin.post(path, {**lift, "override": True})) == "override_refused"
    data(second.post(path, lift))
    # One's own suspension is one's own to take back.
    suspended(who.admin, NAME)
    data(who.admin.post(path, lift))
    suspended(second, NAME)
    disabled(app, "second")
    answer = who.admin.post(path, lift)
    assert "override" in details(answer, 403)
    data(who.admin.post(path, {**lift, "override": True}))
    [entry] = [row for row in audited(who.admin, "plugin.restored") if "override" in row["details"]]
    assert entry["details"]["override_reason"] == "fine"


@pytest.mark.usefixtures("published_plugin")
def test_what_the_previous_program_recorded_counts_too(app: Flask, who: People) -> None:
    """A version without a submitter of its own: its places in the queue know who sent it."""
    data(add_version(who.admin, NAME, "2.0.0"), 201)
    with raw(app) as connection:
        connection.execute("UPDATE plugin_versions SET submitted_by = NULL")
    ensure_refused(who.admin, "2.0.0", who.reviewer)


@pytest.mark.usefixtures("published_plugin")
def test_who_reports_a_plugin_may_look_at_the_report(who: People) -> None:
    data(who.admin.post(f"{PLUGINS}/{NAME}/report", {"reason": "harm"}))
    assert decide(who.admin, NAME, "rejected")["status"] == "rejected"
    assert shown(who.developer, NAME)["status"] == "suspended"


# Where nobody else could decide


@pytest.fixture
def alone(app: Flask, who: People) -> str:
    """A version by an administrator who is the only reviewer; its review's id."""
    created(who.admin)
    review = str(review_of(who.reviewer, NAME)["id"])
    disabled(app, "reviewer")
    return review


def test_the_only_reviewer_decides_with_an_override_that_the_log_shows(who: People, alone: str) -> None:
    assert "override" in details(submit(who.admin, alone), 403)
    assert slug(submit(who.admin, alone), 403) == "own_plugin"
    assert hosts_get(who.nobody) == []
    found = data(submit(who.admin, alone, override=True, reason="nobody else is here"))
    assert (found["status"], found["decided_by"]["username"]) == ("approved", "admin")
    assert hosts_get(who.nobody) == ["1.0.0"]
    [entry] = audited(who.admin, "review.approved")
    assert entry["details"]["override"] is True
    assert entry["details"]["override_reason"] == "nobody else is here"


def test_the_only_reviewer_starts_but_does_not_decide_without_an_override(who: People, alone: str) -> None:
    data(who.admin.post(f"{V1}/admin/reviews/{alone}/start"))
    assert slug(submit(who.admin, alone), 403) == "own_plugin"
    assert data(submit(who.admin, alone, override=True, reason="alone"))["status"] == "approved"


def test_the_only_reviewer_decides_in_a_batch_with_an_override(who: People, alone: str) -> None:
    assert batch(who.admin, alone)["error"]["slug"] == "own_plugin"
    assert batch(who.admin, alone, override=True, reason="alone")["success"] is True
    assert hosts_get(who.nobody) == ["1.0.0"]


def test_a_batch_says_which_of_its_items_an_override_would_decide(app: Flask, who: People, alone: str) -> None:
    data(create(who.developer, name="com.example.others"), 201)
    others = review_of(who.admin, "com.example.others")["id"]
    body = {"review_ids": [alone, others], "action": "approve"}
    found = data(who.admin.post(f"{V1}/admin/reviews/batch", body))
    assert (found["succeeded"], found["failed"]) == (1, 1)
    own, other = found["results"]
    assert (other["success"], other["error"]) == (True, None)
    by_itself = submit(who.admin, alone).get_json()
    assert own["error"] == {
        "code": 403,
        "slug": "own_plugin",
        "message": by_itself["message"],
        "details": by_itself["error"]["details"],
    }
    assert [(told["field"], told["rule"]) for told in own["error"]["details"]] == [("override", "override_possible")]

    data(who.admin.post(f"{V1}/admin/reviews/batch", {**body, "override": True, "reason": "nobody else is here"}))
    logged = {entry["details"]["plugin"]: entry["details"] for entry in audited(who.admin, "review.approved")}
    assert (logged[NAME]["override"], logged[NAME]["override_reason"]) == (True, "nobody else is here")
    # What was not the administrator's own needed none.
    assert "override" not in logged["com.example.others"]


def test_a_batch_offers_no_override_where_somebody_else_can_decide(who: People) -> None:
    created(who.admin)
    review = review_of(who.reviewer, NAME)["id"]
    assert batch(who.admin, review)["error"]["details"] == []


@pytest.mark.parametrize("reason", [None, "", " \n", "\u200b"])
def test_an_override_needs_a_reason(who: People, alone: str, reason: str | None) -> None:
    fields = {} if reason is None else {"reason": reason}
    assert list(details(submit(who.admin, alone, override=True, **fields))) == ["reason"]
    body = {"review_ids": [alone], "action": "approve", "override": True, **fields}
    assert list(details(who.admin.post(f"{V1}/admin/reviews/batch", body))) == ["reason"]
    assert list(details(submit(who.admin, alone, override="yes", reason="x"))) == ["override"]
    assert hosts_get(who.nobody) == []


def test_an_override_ends_where_somebody_else_can_decide(app: Flask, who: People, alone: str) -> None:
    data(who.admin.post(f"{V1}/admin/reviews/{alone}/start"))
    add_user(app, "second", Role.REVIEWER)
    assert slug(submit(who.admin, alone, override=True, reason="alone")) == "override_refused"


@pytest.mark.usefixtures("waiting_plugin")
def test_reviewers_who_submitted_it_too_are_nobody_else(app: Flask, who: People) -> None:
    """The owner is a reviewer by now, and the administrator uploaded: neither could decide without an override."""
    decide(who.reviewer, NAME)
    data(add_version(who.admin, NAME, "2.0.0"), 201)
    review = review_of(who.reviewer, NAME)["id"]
    disabled(app, "reviewer")
    with_role(app, "developer", Role.REVIEWER)
    assert slug(submit(who.admin, review), 403) == "own_submission"
    data(submit(who.admin, review, override=True, reason="both of us wrote it"))


@pytest.mark.usefixtures("waiting_plugin")
def test_an_override_that_is_not_needed_is_no_override(who: People) -> None:
    review = review_of(who.reviewer, NAME)["id"]
    data(who.admin.post(f"{V1}/admin/reviews/{review}/start"))
    data(submit(who.admin, review, override=True, reason="to be sure"))
    assert "override" not in audited(who.admin, "review.approved")[0]["details"]


def test_the_only_reviewer_hears_an_appeal_with_an_override(app: Flask, who: People) -> None:
    rejected(who.developer, who.admin)
    found = data(appeal(who.developer, NAME), 201)
    disabled(app, "reviewer")
    path = f"{V1}/admin/appeals/{found['id']}/process"
    assert slug(who.admin.post(path, {"decision": "approved"}), 403) == "own_decision"
    data(who.admin.post(path, {"decision": "approved", "override": True, "reason": "alone"}))
    [entry] = audited(who.admin, "appeal.approved")
    assert entry["details"]["override_reason"] == "alone"
    assert shown(who.developer, NAME)["status"] == "pending"


# Every upload is in the audit log


def test_every_way_of_uploading_is_in_the_log(app: Flask, who: People) -> None:
    published(who.developer, who.reviewer)
    key = new_key(who.developer)
    data(add_version(who.developer, NAME, "1.1.0"), 201)
    data(add_version(who.admin, NAME, "1.2.0"), 201)
    upload(who.nobody, "1.3.0", key)
    upload(who.nobody, "1.0.0", "first-key-of-a-name", name="com.example.keyed")
    created(who.other, {"draft": "true"}, name="com.example.draft")
    found = [
        (
            entry["target"]["id"],
            entry["details"]["version"],
            entry["actor"]["username"],
            entry["details"]["way"],
            entry["details"]["status"],
        )
        for entry in reversed(audited(who.admin, "version.uploaded"))
    ]
    assert found == [
        (NAME, "1.0.0", "developer", "account", "pending"),
        (NAME, "1.1.0", "developer", "account", "pending"),
        (NAME, "1.2.0", "admin", "account", "pending"),
        (NAME, "1.3.0", "(upload key)", "key", "pending"),
        ("com.example.keyed", "1.0.0", "(upload key)", "key", "published"),
        ("com.example.draft", "1.0.0", "other", "account", "draft"),
    ]
    by_key = audited(who.admin, "version.uploaded")[2]["details"]
    assert by_key["key_made_by"] == account_id(who.developer)
    with app.app_context(), unit_of_work(writing=False):
        assert by_key["key"] == submitters.fingerprint(db.session.get_one(Plugin, NAME).upload_key_hash)


@pytest.mark.usefixtures("published_plugin")
def test_uploads_by_different_keys_are_told_apart(who: People) -> None:
    for version in ("1.1.0", "1.2.0"):
        upload(who.nobody, version, new_key(who.developer))
    keys = [row["details"]["key"] for row in audited(who.admin, "version.uploaded") if row["details"]["way"] == "key"]
    assert len(set(keys)) == len(keys) == 2


@pytest.mark.usefixtures("published_plugin")
def test_an_upload_that_is_refused_is_not_in_the_log(who: People) -> None:
    before = audited(who.admin)
    assert who.nobody.upload(package(version="2.0.0"), key="wrong-key").status_code == 403
    assert slug(add_version(who.developer, NAME, "1.0.0")) == "version_exists"
    assert audited(who.admin) == before


# Deleting leaves the name to its owner


@pytest.mark.parametrize("surface", ["host", "market"])
@pytest.mark.parametrize("deleter", ["admin", "developer"])
@pytest.mark.usefixtures("published_plugin")
def test_deleting_an_owned_plugin_frees_neither_name_nor_numbers(who: People, surface: str, deleter: str) -> None:
    by = getattr(who, deleter)
    if surface == "host" and deleter == "developer":
        assert by.post("/api/plugins/delete", {"name": NAME}).status_code == 403
        return
    if surface == "host":
        assert by.post("/api/plugins/delete", {"name": OTHER_CASE}).status_code == 200
    else:
        data(by.delete(f"{PLUGINS}/{NAME}"))
    for name in (NAME, OTHER_CASE):
        assert slug(create(who.other, name=name, version="2.0.0")) == "plugin_exists"
        assert slug(create(who.admin, name=name, version="2.0.0")) == "plugin_exists"
        assert who.nobody.upload(package(name=name, version="2.0.0"), key="another-key").status_code == 403
    assert slug(create(who.developer, description="other bytes")) == "version_retired"
    assert audited(who.admin, "plugin.deleted")[0]["details"]["tombstone"] is True


def test_a_claimed_plugin_leaves_all_its_numbers(who: People) -> None:
    upload(who.nobody, "1.0.0")
    upload(who.nobody, "1.1.0")
    data(who.developer.post(f"{PLUGINS}/{NAME}/claim", {"plugin_key": KEY}))
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    for version in ("1.0.0", "1.1.0", "1.1.0+build.1"):
        assert slug(create(who.developer, version=version, author="x")) == "version_retired"
        assert who.nobody.upload(package(version=version, author="x"), key=KEY).status_code == 409
    assert slug(create(who.other, version="2.0.0")) == "plugin_exists"


def test_the_numbers_of_every_generation_stay(who: People) -> None:
    first = package(version="1.0.0")
    for content in (first, package(version="2.0.0")):
        form = {"plugin_file": file(content, "p.zip"), "version": "1.0.0" if content is first else "2.0.0"}
        created(who.developer, form)
        assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    for version in ("1.0.0", "2.0.0"):
        assert slug(create(who.developer, version=version, author="x")) == "version_retired"
    created(who.developer, {"plugin_file": file(first, "p.zip")})


def test_a_key_opens_a_deleted_owned_name_for_review_only(who: People) -> None:
    content = package()
    published(who.developer, who.reviewer, {"plugin_file": file(content, "p.zip")})
    key = new_key(who.developer)
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert who.nobody.upload(content, key=key).status_code == 200
    assert hosts_get(who.nobody) == []
    found = shown(who.developer, NAME)
    assert (found["status"], found["developer"]["username"]) == ("pending", "developer")
    assert who.other.post(f"{PLUGINS}/{NAME}/claim", {"plugin_key": key}).status_code == 404
    decide(who.reviewer, NAME)
    assert hosts_get(who.nobody) == ["1.0.0"]


@pytest.mark.usefixtures("published_plugin")
def test_a_deleted_name_whose_owners_account_is_gone_is_nobodys(app: Flask, who: People) -> None:
    key = new_key(who.developer)
    data(who.developer.delete(f"{PLUGINS}/{NAME}"))
    with raw(app) as connection:
        connection.execute("UPDATE plugin_tombstones SET owner_id = NULL")
    for api in (who.other, who.admin):
        assert slug(create(api, version="2.0.0")) == "plugin_exists"
    upload(who.nobody, "2.0.0", key)
    assert hosts_get(who.nobody) == []
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert slug(create(who.other, version="3.0.0")) == "plugin_exists"


def test_a_plugin_without_an_owner_is_freed_as_before(app: Flask, who: People) -> None:
    upload(who.nobody, "1.0.0")
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert audited(who.admin, "plugin.deleted")[0]["details"]["tombstone"] is False
    upload(who.nobody, "1.0.0", "another-key", author="somebody else")
    assert hosts_get(who.nobody) == ["1.0.0"]


def test_immutable_versions_keep_names_without_owners_too(make_app: AppFactory) -> None:
    app = make_app(IMMUTABLE_VERSIONS="true")
    upload(Api(app), "1.0.0")
    assert signed_in(app).post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert Api(app).upload(package(version="1.0.0", author="x"), key=KEY).status_code == 409
    # Without an owner, its key publishes at once.
    upload(Api(app), "1.1.0")
    assert hosts_get(Api(app)) == ["1.1.0"]


def test_a_name_that_becomes_somebodys_while_it_is_uploaded_takes_their_key_alone(
    app: Flask, who: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check of the key and the write, the name is made and deleted: its tombstone has another key."""
    original = passwords.hash_key

    def meanwhile(key: str) -> str:
        found = original(key)
        with unit_of_work():
            owner = db.session.query(User).filter_by(username="developer").one()
            stone = PluginTombstone(name_key=NAME, upload_key_hash="", owner_id=owner.id, deleted_at=utcnow())
            db.session.add(stone)
        return found

    monkeypatch.setattr(passwords, "hash_key", meanwhile)
    answer = who.nobody.upload(package(), key="attackers-key")
    assert (answer.status_code, answer.get_json()["error"]) == (403, "wrong_plugin_key")
