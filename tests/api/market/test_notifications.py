"""Notifications: own and global ones, read marks, languages; none for changes that were rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from microdock_server import create_app
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Notification
from microdock_server.services import accounts, audit, notifications
from microdock_server.vocabulary import Event, Role

from ...conftest import release
from ...market import (
    MOMENT,
    PLUGINS,
    V1,
    People,
    account_id,
    answered,
    appealed,
    audited,
    data,
    decide,
    details,
    invalid,
    notices,
    published,
    refused,
    restored,
    review_of,
    suspended,
)
from ...rows import raw
from ...support import Api, add_user, settings_for

NOTIFICATIONS = f"{V1}/notifications"
READ = f"{NOTIFICATIONS}/read"
MAINTENANCE = f"{V1}/admin/system/maintenance"
NAME = "com.example.myplugin"
NOTICE = {"message": "今晚升级", "starts_at": "2030-01-01T08:00:00+08:00", "ends_at": "2030-01-01T01:00:00Z"}
TIMES = {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}


def tell(app: Flask, api: Api | None, *words: str) -> list[int]:
    """Notify somebody (None: everybody) of maintenance, once for each word; the ids."""
    user_id = account_id(api) if api else None
    with app.app_context():
        with unit_of_work():
            for word in words:
                notifications.notify(user_id, Event.MAINTENANCE, text=word)
        with unit_of_work(writing=False):
            newest = db.session.query(Notification.id).order_by(Notification.id.desc()).limit(len(words))
            return [number for (number,) in newest][::-1]


def texts(api: Api, query: str = "") -> list[str]:
    """What the caller's notifications say, in their order."""
    return [row["data"]["text"] for row in data(api.get(f"{NOTIFICATIONS}?{query}"))["notifications"]]


def unread(api: Api) -> int:
    return int(data(api.get(NOTIFICATIONS))["unread_count"])


def mark(api: Api, *ids: int) -> int:
    return int(data(api.post(READ, {"ids": list(ids)}))["marked"])


def mark_all(api: Api) -> int:
    return int(data(api.post(READ, {"all": True}))["marked"])


def announce(api: Api, **changes: Any) -> Any:
    return api.post(MAINTENANCE, {**NOTICE, **changes})


def told(api: Api, language: str | None = None) -> list[str]:
    """The notifications in words."""
    headers = {"Accept-Language": language} if language else {}
    return [row["message"] for row in data(api.get(NOTIFICATIONS, headers=headers))["notifications"]]


# Whose they are


def test_whoever_was_told_nothing_has_no_notifications(who: People) -> None:
    assert answered(who.user.get(NOTIFICATIONS)) == {
        "notifications": [],
        "pagination": {"page": 1, "limit": 20, "total": 0, "pages": 0},
        "unread_count": 0,
    }


def test_a_notification_says_what_happened_when(app: Flask, who: People) -> None:
    earliest = utcnow()
    [number] = tell(app, who.user, "升级")
    found = answered(who.user.get(NOTIFICATIONS))
    [row] = found["notifications"]
    moment = row.pop("created_at")
    assert MOMENT.fullmatch(moment)
    assert f"{earliest:%Y-%m-%dT%H:%M:%SZ}" <= moment <= f"{utcnow():%Y-%m-%dT%H:%M:%SZ}"
    assert row == {
        "id": number,
        "event": "system_maintenance",
        "data": {"text": "升级"},
        "message": "系统维护通知：升级",
        "read": False,
    }
    assert found["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}
    assert found["unread_count"] == 1


def test_everybody_sees_their_own_and_what_is_for_all(app: Flask, who: People) -> None:
    tell(app, who.user, "user")
    tell(app, None, "all")
    tell(app, who.other, "other")
    assert texts(who.user) == ["all", "user"]
    assert texts(who.other) == ["other", "all"]
    for api in (who.developer, who.reviewer, who.admin):
        assert texts(api) == ["all"]


def test_who_came_later_is_not_told_what_everybody_was_told_before(app: Flask, who: People) -> None:
    with app.app_context(), unit_of_work():
        earlier = utcnow() - timedelta(seconds=5)
        said = {"text": "before"}
        db.session.add(Notification(user_id=None, event=Event.MAINTENANCE, data=said, created_at=earlier))
    late = add_user(app, "late")
    tell(app, None, "after")
    assert texts(late) == ["after"]
    assert unread(late) == 1
    assert mark_all(late) == 1


def test_nobody_has_notifications_without_an_account(who: People) -> None:
    refused(who.nobody.get(NOTIFICATIONS), 401, "AuthenticationError")
    refused(who.nobody.post(READ, {"all": True}), 401, "AuthenticationError")


def test_notifications_go_with_their_account(app: Flask, who: People) -> None:
    numbers = tell(app, who.user, "a", "b")
    assert mark(who.user, numbers[0]) == 1
    with raw(app) as connection:
        connection.execute("DELETE FROM users WHERE username = 'user'")
        assert connection.execute("SELECT count(*) FROM notifications").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM notification_reads").fetchone() == (0,)


# Order, pages, filters


def test_the_unread_come_first_and_then_the_newest(app: Flask, who: People) -> None:
    first, second, _, fourth = tell(app, who.user, "a", "b", "c", "d")
    assert texts(who.user) == ["d", "c", "b", "a"]
    assert mark(who.user, fourth, second) == 2
    assert texts(who.user) == ["c", "a", "d", "b"]
    assert mark(who.user, first) == 1
    assert texts(who.user) == ["c", "d", "b", "a"]


def test_notifications_come_in_pages(app: Flask, who: People) -> None:
    tell(app, who.user, *"abcde")
    pages = [data(who.user.get(f"{NOTIFICATIONS}?limit=2&page={page}")) for page in (1, 2, 3, 4)]
    assert [[row["data"]["text"] for row in page["notifications"]] for page in pages] == [
        ["e", "d"],
        ["c", "b"],
        ["a"],
        [],
    ]
    assert pages[2]["pagination"] == {"page": 3, "limit": 2, "total": 5, "pages": 3}
    assert {page["unread_count"] for page in pages} == {5}


def test_the_read_and_the_unread_can_be_asked_for(app: Flask, who: People) -> None:
    first, second, _ = tell(app, who.user, "a", "b", "c")
    tell(app, None, "all")
    assert mark(who.user, first, second) == 2
    assert texts(who.user, "unread=true") == ["all", "c"]
    assert texts(who.user, "unread=false") == ["b", "a"]
    found = data(who.user.get(f"{NOTIFICATIONS}?unread=false&limit=1"))
    assert found["pagination"] == {"page": 1, "limit": 1, "total": 2, "pages": 2}
    assert found["unread_count"] == 2
    assert [row["read"] for row in data(who.user.get(NOTIFICATIONS))["notifications"]] == [False, False, True, True]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("unread=1", "unread"),
        ("unread=True", "unread"),
        ("unread=", "unread"),
        ("page=0", "page"),
        ("page=1.5", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=all", "limit"),
    ],
)
def test_a_query_that_cannot_be_understood_is_refused(root: Api, query: str, field: str) -> None:
    assert invalid(root.get(f"{NOTIFICATIONS}?{query}")) == {field}


# Reading


def test_one_is_read_once(app: Flask, who: People) -> None:
    first, second = tell(app, who.user, "a", "b")
    assert answered(who.user.post(READ, {"ids": [first]})) == {"marked": 1}
    assert {row["id"]: row["read"] for row in notices(who.user)} == {first: True, second: False}
    assert unread(who.user) == 1
    assert mark(who.user, first) == 0
    assert mark(who.user, first, second, second) == 1
    assert unread(who.user) == 0


def test_all_are_read_at_once(app: Flask, who: People) -> None:
    tell(app, who.user, *"abc")
    tell(app, None, "all")
    tell(app, who.other, "other")
    assert mark_all(who.user) == 4
    assert unread(who.user) == 0
    assert texts(who.user, "unread=true") == []
    assert mark_all(who.user) == 0
    assert unread(who.other) == 2


def test_what_comes_after_all_were_read_is_unread(app: Flask, who: People) -> None:
    tell(app, who.user, "a")
    mark_all(who.user)
    tell(app, who.user, "b")
    assert texts(who.user, "unread=true") == ["b"]


def test_those_of_others_are_passed_over(app: Flask, who: People) -> None:
    [theirs] = tell(app, who.other, "other")
    [mine] = tell(app, who.user, "user")
    assert mark(who.user, theirs) == 0
    assert mark(who.user, theirs, mine, 10_000) == 1
    assert unread(who.other) == 1
    # Nor does an administrator read them in their stead.
    assert mark(who.admin, theirs) == 0
    with raw(app) as connection:
        [row] = connection.execute("SELECT user_id, notification_id FROM notification_reads").fetchall()
    assert row == (account_id(who.user), mine)


def test_what_everybody_was_told_is_read_by_each_for_themselves(app: Flask, who: People) -> None:
    [number] = tell(app, None, "all")
    assert mark(who.user, number) == 1
    assert (unread(who.user), unread(who.other), unread(who.admin)) == (0, 1, 1)
    assert [row["read"] for row in notices(who.user)] == [True]
    assert [row["read"] for row in notices(who.other)] == [False]
    assert mark_all(who.other) == 1
    assert unread(who.admin) == 1


def test_what_was_read_is_read_in_every_worker(app: Flask, who: People) -> None:
    made = create_app(settings_for(app.extensions["microdock"].settings.data_dir))
    try:
        there = Api(made, who.user.token)
        [number] = tell(app, who.user, "a")
        assert unread(there) == 1
        assert mark(who.user, number) == 1
        assert unread(there) == 0
        assert mark(there, number) == 0
    finally:
        release(made)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"all": False}, "ids"),
        ({"ids": None}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": 5}, "ids"),
        ({"ids": [0]}, "ids.0"),
        ({"ids": [1, "2"]}, "ids.1"),
        ({"ids": [True]}, "ids.0"),
        ({"ids": [1.0]}, "ids.0"),
        ({"ids": [2**63]}, "ids.0"),
        ({"ids": [1] * 1001}, "ids"),
        ({"all": "true"}, "all"),
        ({"all": 1}, "all"),
        ({"all": True, "since": 1}, "since"),
    ],
)
def test_a_reading_that_cannot_be_understood_reads_nothing(app: Flask, who: People, body: Any, field: str) -> None:
    tell(app, who.user, "a")
    assert invalid(who.user.post(READ, body)) == {field}
    assert unread(who.user) == 1


def test_with_both_all_are_read(app: Flask, who: People) -> None:
    first, _ = tell(app, who.user, "a", "b")
    assert data(who.user.post(READ, {"ids": [first], "all": True})) == {"marked": 2}


# What everybody is told of maintenance


def test_maintenance_is_announced_to_everybody(who: People) -> None:
    found = answered(announce(who.admin))
    assert found == {"message": "今晚升级", **TIMES}
    for api in (who.user, who.developer, who.reviewer, who.admin):
        [row] = notices(api)
        assert (row["event"], row["data"]) == ("system_maintenance", {"text": "今晚升级", "link": "/admin/", **TIMES})
        when = f"{TIMES['starts_at']} 至 {TIMES['ends_at']}"
        assert (row["message"], row["read"]) == (f"系统维护通知（{when}）：今晚升级", False)


@pytest.mark.parametrize("message", ["x", "x" * 2000, "一\n二\t三", "<b>升级</b> {text} %s", "🔧"])
def test_the_message_is_kept_as_it_was_given(root: Api, message: str) -> None:
    data(announce(root, message=message))
    [row] = notices(root)
    assert row["data"]["text"] == message
    assert row["message"].endswith(f"）：{message}")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"message": ""}, "message"),
        ({"message": " \n"}, "message"),
        ({"message": "\u200b"}, "message"),
        ({"message": "x" * 2001}, "message"),
        ({"message": 5}, "message"),
        ({"message": None}, "message"),
        ({"message": "a\x00b"}, "message"),
        *(
            ({name: value}, name)
            for name in ("starts_at", "ends_at")
            for value in (
                None,
                1_900_000_000,
                "",
                "tomorrow",
                "2030-01-01",
                "2030-01-01T00:30:00",
                "2030-02-30T00:00:00Z",
            )
        ),
        ({"starts_at": "2030-01-01T01:00:00Z"}, "ends_at"),
        ({"starts_at": "2030-01-01T09:00:00+08:00"}, "ends_at"),
        ({"ends_at": "2029-12-31T23:59:59Z"}, "ends_at"),
        ({"ends_at": "2030-01-01T00:00:00.900000Z"}, "ends_at"),
        ({"severity": "high"}, "severity"),
    ],
)
def test_an_announcement_that_cannot_be_understood_tells_nobody(
    who: People, changes: dict[str, Any], field: str
) -> None:
    assert invalid(announce(who.admin, **changes)) == {field}
    assert notices(who.user) == notices(who.admin) == []
    assert audited(who.admin) == []


@pytest.mark.parametrize("name", NOTICE)
def test_an_announcement_is_whole(root: Api, name: str) -> None:
    body = {key: value for key, value in NOTICE.items() if key != name}
    assert invalid(root.post(MAINTENANCE, body)) == {name}


def test_an_end_before_the_beginning_is_refused_in_words(root: Api) -> None:
    english = {"Accept-Language": "en"}
    body = {**NOTICE, "ends_at": NOTICE["starts_at"]}
    assert details(root.post(MAINTENANCE, body)) == {"ends_at": "结束时间须晚于开始时间"}
    assert details(root.post(MAINTENANCE, body, headers=english)) == {"ends_at": "The end must be after the beginning"}


def test_only_administrators_announce(who: People) -> None:
    for api in (who.user, who.developer, who.reviewer):
        refused(announce(api), 403, "PermissionError")
    refused(announce(who.nobody), 401, "AuthenticationError")
    assert notices(who.admin) == []


# What causes one


def test_owners_are_told_what_becomes_of_their_plugins(who: People) -> None:
    plugin = published(who.developer, who.reviewer)
    suspended(who.admin, plugin["id"])
    restored(who.admin, plugin["id"])
    said = [(row["event"], row["data"].get("new_status")) for row in notices(who.developer)]
    assert said == [
        ("plugin_status_changed", "published"),
        ("plugin_status_changed", "suspended"),
        ("plugin_review_completed", None),
        ("plugin_status_changed", "published"),
        ("plugin_status_changed", "in_review"),
    ]
    assert {row["data"]["plugin_id"] for row in notices(who.developer)} == {plugin["id"]}
    for api in (who.user, who.other, who.reviewer, who.admin):
        assert notices(api) == []


@pytest.mark.parametrize("result", ["approved", "rejected", "needs_changes"])
def test_a_decision_says_what_was_decided(who: People, waiting_plugin: dict[str, Any], result: str) -> None:
    row = decide(who.reviewer, waiting_plugin["id"], result)
    [found] = [row for row in notices(who.developer) if row["event"] == "plugin_review_completed"]
    assert found["data"] == {
        "plugin_id": waiting_plugin["id"],
        "plugin_name": NAME,
        "display_name": waiting_plugin["name"],
        "link": f"/admin/plugins/{NAME}",
        "version": "1.0.0",
        "review_id": row["id"],
        "review_result": result,
        "notes": f"{result}, that is",
    }


def test_a_reviewer_is_told_of_what_they_were_given(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    body = {"reviewer_id": account_id(who.reviewer), "priority": "high"}
    data(who.admin.post(f"{V1}/admin/reviews/{row['id']}/assign", body))
    [found] = notices(who.reviewer)
    assert found["event"] == "new_review_assigned"
    assert (found["data"]["review_id"], found["data"]["priority"]) == (row["id"], "high")


def test_the_appellant_is_told_how_it_ended(app: Flask, who: People, rejected_plugin: dict[str, Any]) -> None:
    second = add_user(app, "second", Role.REVIEWER)
    appeal = appealed(who.developer, rejected_plugin["id"])
    mark_all(who.developer)
    body = {"decision": "rejected", "response": "不"}
    data(second.post(f"{V1}/admin/appeals/{appeal['id']}/process", body))
    [found] = data(who.developer.get(f"{NOTIFICATIONS}?unread=true"))["notifications"]
    assert (found["event"], found["data"]["decision"], found["data"]["response"]) == (
        "appeal_processed",
        "rejected",
        "不",
    )


def newest_told(api: Api) -> tuple[dict[str, Any], str, str]:
    """The newest notification: its data, and what it says in Chinese and in English."""
    english = data(api.get(NOTIFICATIONS, headers={"Accept-Language": "en"}))["notifications"]
    newest = max(english, key=lambda row: int(row["id"]))
    [chinese] = [row for row in notices(api) if row["id"] == newest["id"]]
    return newest["data"], chinese["message"], newest["message"]


def test_the_reason_of_a_suspension_reaches_the_developer_everywhere(
    who: People, published_plugin: dict[str, Any]
) -> None:
    path = f"{V1}/marketplace/plugins/{published_plugin['id']}"
    assert data(who.developer.get(path))["suspension"] is None
    data(
        who.admin.post(
            f"{V1}/admin/plugins/{published_plugin['id']}/status", {"status": "suspended", "reason": "挖矿 {x}"}
        )
    )
    said, chinese, english = newest_told(who.developer)
    assert (said["reason"], said["new_status"], said["version"]) == ("挖矿 {x}", "suspended", "1.0.0")
    assert said["link"] == f"/admin/plugins/{NAME}"
    assert chinese == f"插件 {NAME} 的状态变为 已下架：挖矿 {{x}}"
    assert english == f"Plugin {NAME} is now suspended: 挖矿 {{x}}"
    found = data(who.developer.get(path))["suspension"]
    assert found["reason"] == "挖矿 {x}"
    assert found["suspended_at"].endswith("Z")
    assert who.user.get(path).status_code == 404
    appeal = appealed(who.developer, published_plugin["id"], "suspension")
    assert appeal["against"] == {"reason": "挖矿 {x}", "decided_at": found["suspended_at"]}
    restored(who.admin, published_plugin["id"])
    assert data(who.developer.get(path))["suspension"] is None
    [still] = data(who.developer.get(f"{V1}/developers/appeals"))
    assert still["against"]["reason"] == "挖矿 {x}"


def test_an_appeal_says_why_its_version_was_rejected(who: People, rejected_plugin: dict[str, Any]) -> None:
    [notes] = [row["data"]["notes"] for row in notices(who.developer) if row["event"] == "plugin_review_completed"]
    assert notes
    appeal = appealed(who.developer, rejected_plugin["id"])
    assert appeal["against"]["reason"] == notes
    assert appeal["against"]["decided_at"]


def test_what_somebody_wrote_is_in_the_words_too(app: Flask, who: People, waiting_plugin: dict[str, Any]) -> None:
    decide(who.reviewer, waiting_plugin["id"], "needs_changes")
    texts_said = [row["message"] for row in notices(who.developer)]
    assert f"您的插件 {NAME} 1.0.0 需要修改：needs_changes, that is" in texts_said


# What did not happen


@pytest.fixture
def broken_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No act can be written down: each fails at its end."""

    def record(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(audit, "record", record)
    yield


@pytest.mark.usefixtures("broken_log")
def test_an_announcement_that_failed_tells_nobody(app: Flask, who: People) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert announce(who.admin).status_code == 500
    assert notices(who.user) == notices(who.admin) == []


def test_a_decision_that_failed_tells_nobody(
    app: Flask, who: People, waiting_plugin: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    path = f"{V1}/admin/reviews/{review_of(who.reviewer, waiting_plugin['id'])['id']}"
    data(who.reviewer.post(f"{path}/start"))
    before = notices(who.developer)
    with monkeypatch.context() as broken:
        broken.setattr(audit, "digest", lambda entry: 1 // 0)
        assert who.reviewer.post(f"{path}/submit", {"result": "approved"}).status_code == 500
    assert notices(who.developer) == before
    assert data(who.developer.get(f"{PLUGINS}/{waiting_plugin['id']}"))["status"] == "in_review"
    data(who.reviewer.post(f"{path}/submit", {"result": "approved"}))
    assert len(notices(who.developer)) == len(before) + 2


def test_what_is_refused_tells_nobody(who: People, waiting_plugin: dict[str, Any]) -> None:
    row = review_of(who.reviewer, waiting_plugin["id"])
    assert who.reviewer.post(f"{V1}/admin/reviews/{row['id']}/submit", {"result": "approved"}).status_code == 409
    body = {"status": "suspended", "reason": "x"}
    assert who.admin.post(f"{V1}/admin/plugins/{waiting_plugin['id']}/status", body).status_code == 409
    body = {"reviewer_id": account_id(who.user)}
    assert who.admin.post(f"{V1}/admin/reviews/{row['id']}/assign", body).status_code == 422
    for api in (who.developer, who.reviewer, who.user):
        assert notices(api) == []


def test_a_unit_that_is_rolled_back_leaves_no_notification(app: Flask, who: People) -> None:
    user_id = account_id(who.user)
    with app.app_context(), pytest.raises(ZeroDivisionError), unit_of_work():
        notifications.notify(user_id, Event.MAINTENANCE, text="no")
        db.session.flush()
        raise ZeroDivisionError
    assert notices(who.user) == []


# In words


@pytest.mark.parametrize(
    ("result", "chinese", "english"),
    [
        ("approved", f"您的插件 {NAME} 1.0.0 已通过审核", f"Your plugin {NAME} 1.0.0 was approved"),
        ("rejected", f"您的插件 {NAME} 1.0.0 未通过审核", f"Your plugin {NAME} 1.0.0 was rejected"),
        ("needs_changes", f"您的插件 {NAME} 1.0.0 需要修改", f"Your plugin {NAME} 1.0.0 needs changes"),
    ],
)
def test_a_decision_in_both_languages(
    who: People, waiting_plugin: dict[str, Any], result: str, chinese: str, english: str
) -> None:
    decide(who.reviewer, waiting_plugin["id"], result)
    # With the words of who decided.
    chinese, english = f"{chinese}：{result}, that is", f"{english}: {result}, that is"
    assert chinese in told(who.developer)
    assert chinese in told(who.developer, "zh-CN,zh;q=0.9")
    assert english in told(who.developer, "en")
    assert english in told(who.developer, "en-US,en;q=0.9,zh;q=0.1")
    assert len(told(who.developer, "en")) == len(told(who.developer)) == 3


@pytest.mark.parametrize(
    ("event", "said", "chinese", "english"),
    [
        (
            Event.STATUS_CHANGED,
            {"plugin_name": "a.b", "new_status": "suspended"},
            "插件 a.b 的状态变为 已下架",
            "Plugin a.b is now suspended",
        ),
        (
            Event.REVIEW_ASSIGNED,
            {"plugin_name": "a.b", "version": "1.0.0"},
            "您有新的审核任务：a.b 1.0.0",
            "A review was assigned to you: a.b 1.0.0",
        ),
        (
            Event.APPEAL_PROCESSED,
            {"plugin_name": "a.b", "decision": "approved"},
            "您对插件 a.b 的申诉已通过",
            "Your appeal for plugin a.b was granted",
        ),
        (
            Event.APPEAL_PROCESSED,
            {"plugin_name": "a.b", "decision": "rejected"},
            "您对插件 a.b 的申诉未通过",
            "Your appeal for plugin a.b was rejected",
        ),
        (Event.MAINTENANCE, {"text": "升级"}, "系统维护通知：升级", "Maintenance: 升级"),
        # Of a time when less was said.
        (Event.STATUS_CHANGED, {"plugin_name": "a.b"}, "插件 a.b 的状态变为 ", "Plugin a.b is now "),
    ],
)
def test_every_event_in_both_languages(
    app: Flask, who: People, event: Event, said: dict[str, Any], chinese: str, english: str
) -> None:
    with app.app_context(), unit_of_work():
        user = accounts.find("user")
        assert user is not None
        notifications.notify(user.id, event, **said)
    assert told(who.user) == [chinese]
    assert told(who.user, "en") == [english]


def test_an_event_of_another_version_of_the_server_is_no_failure(app: Flask, who: People) -> None:
    tell(app, who.user, "a")
    with app.app_context(), unit_of_work():
        db.session.execute(text("UPDATE notifications SET event = 'plugin_starred'"))
    [row] = notices(who.user)
    assert row["event"] == "plugin_starred"
    assert "plugin_starred" in row["message"]


def test_the_endpoints_answer_in_both_languages(root: Api) -> None:
    english = {"Accept-Language": "en"}
    assert announce(root).get_json()["message"] == "维护通知已发送"
    assert root.post(MAINTENANCE, NOTICE, headers=english).get_json()["message"] == "Maintenance announced"
    assert root.post(READ, {"all": True}).get_json()["message"] == "已标记为已读"
    assert root.post(READ, {"all": True}, headers=english).get_json()["message"] == "Marked as read"


# Those that were missed, as /ws sends them


def test_what_was_missed_since_an_id_is_ones_own_and_everybodys_oldest_first(app: Flask, who: People) -> None:
    first, second = tell(app, who.user, "a", "b")
    tell(app, who.other, "other")
    [broadcast] = tell(app, None, "all")
    user_id = account_id(who.user)
    with app.app_context():
        missed = [row.id for row in notifications.missed(user_id, first, db.engine)]
        every = [row.data["text"] for row in notifications.after(first, db.engine)]
        assert notifications.latest_id(db.engine) == broadcast
        assert notifications.missed(user_id, broadcast, db.engine) == []
    assert missed == [second, broadcast]
    assert every == ["b", "other", "all"]


def test_no_id_is_used_twice(app: Flask, who: People) -> None:
    numbers = tell(app, who.user, "a", "b")
    with raw(app) as connection:
        connection.execute("DELETE FROM notifications")
    assert tell(app, who.user, "c")[0] > numbers[-1]
