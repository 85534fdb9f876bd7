"""Blocks of installed plugins: who may say what, what needs a second person, and what they do."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from microdock_server.clock import iso, utcnow
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services.plugins import show_due
from microdock_server.vocabulary import Role

from ...conftest import WallClock
from ...market import (
    PLUGINS,
    V1,
    People,
    appeal,
    appealed,
    audited,
    data,
    details,
    notices,
    published_version,
    shown,
    slug,
)
from ...support import Api, add_user, package

BLOCKS = f"{V1}/admin/blocks"
PUBLIC = "/api/plugins/blocks"
NAME = "com.example.myplugin"
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}
HASH = "ab" * 32
ENGLISH = {"headers": {"Accept-Language": "en"}}


@pytest.fixture
def second(app: Flask, who: People) -> Api:
    """Another administrator."""
    return add_user(app, "second-admin", Role.ADMIN)


def saying(**changes: Any) -> dict[str, Any]:
    """What an administrator says of a plugin's versions."""
    return {"plugin": NAME, "versions": "<2.0.0", "severity": "disable", "reason": REASON, **changes}


def block(api: Api, status: int = 201, **changes: Any) -> dict[str, Any]:
    """A new block."""
    found: dict[str, Any] = data(api.post(BLOCKS, saying(**changes)), status)
    return found


def change(api: Api, block_id: str, **changes: Any) -> Any:
    return api.put(f"{BLOCKS}/{block_id}", changes)


def approve(api: Api, block_id: str) -> Any:
    return api.post(f"{BLOCKS}/{block_id}/approve", {})


def revoke(api: Api, block_id: str, reason: str = "误判") -> Any:
    return api.post(f"{BLOCKS}/{block_id}/revoke", {"reason": reason})


def public(api: Api) -> list[dict[str, Any]]:
    """What hosts are told."""
    found: list[dict[str, Any]] = data(api.get(PUBLIC))["blocks"]
    return found


def acts(who: People, block_id: str) -> list[str]:
    """What the audit log says was done to a block, oldest first."""
    found = [entry for entry in audited(who.admin, "block.") if entry["target"] == {"type": "block", "id": block_id}]
    return [entry["action"] for entry in reversed(found)]


# Making


def test_a_block_says_what_it_was_told(who: People) -> None:
    made = block(who.admin, sha256=[HASH.upper()], advisory_url="https://example.com/advisory")
    assert {name: made[name] for name in ("plugin", "versions", "sha256", "severity", "status", "reason")} == {
        "plugin": NAME,
        "versions": "<2.0.0",
        "sha256": [HASH],
        "severity": "disable",
        "status": "active",
        "reason": REASON,
    }
    assert (made["advisory_url"], made["expires_at"]) == ("https://example.com/advisory", None)
    assert made["created_by"]["username"] == made["proposed_by"]["username"] == "admin"
    assert data(who.admin.get(f"{BLOCKS}/{made['id']}")) == made
    assert acts(who, made["id"]) == ["block.created"]
    [entry] = audited(who.admin, "block.created")
    assert entry["details"]["reason"] == REASON


@pytest.mark.parametrize("severity", ["warn", "disable"])
def test_only_removing_needs_two_people(who: People, severity: str) -> None:
    made = block(who.admin, severity=severity)
    assert (made["status"], made["may_approve"]) == ("active", False)
    assert [row["severity"] for row in public(who.nobody)] == [severity]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plugin": "not a name"}, "plugin"),
        ({"plugin": None}, "plugin"),
        ({"versions": ">=1.0.0 nonsense"}, "versions"),
        ({"versions": ""}, "versions"),
        ({"versions": "  "}, "versions"),
        ({"versions": "1" * 257}, "versions"),
        ({"versions": None}, "versions"),
        ({"versions": None, "sha256": []}, "versions"),
        ({"sha256": ["ab" * 31]}, "sha256.0"),
        ({"sha256": ["xy" * 32]}, "sha256.0"),
        ({"sha256": [HASH] * 101}, "sha256"),
        ({"sha256": HASH}, "sha256"),
        ({"severity": "kill"}, "severity"),
        ({"severity": None}, "severity"),
        ({"reason": {"zh": "原因"}}, "reason.en"),
        ({"reason": {"en": "why"}}, "reason.zh"),
        ({"reason": {"zh": " ", "en": "why"}}, "reason.zh"),
        ({"reason": {"zh": "长" * 2001, "en": "why"}}, "reason.zh"),
        ({"reason": {"zh": "原因", "en": "why", "fr": "pourquoi"}}, "reason.fr"),
        ({"reason": "why"}, "reason"),
        ({"advisory_url": "javascript:alert(1)"}, "advisory_url"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"status": "active"}, "status"),
    ],
)
def test_a_block_that_cannot_be_understood_is_refused(who: People, changes: dict[str, Any], field: str) -> None:
    for path in (BLOCKS, f"{BLOCKS}/preview"):
        assert list(details(who.admin.post(path, saying(**changes)))) == [field]
    assert data(who.admin.get(BLOCKS))["pagination"]["total"] == 0


@pytest.mark.parametrize("field", ["plugin", "severity", "reason"])
def test_what_is_missing_is_refused(who: People, field: str) -> None:
    body = saying()
    del body[field]
    assert list(details(who.admin.post(BLOCKS, body))) == [field]


def test_a_plugin_that_is_not_in_the_catalogue_can_be_blocked(who: People) -> None:
    made = block(who.admin, plugin="com.example.Deleted", versions=None, sha256=[HASH])
    assert (made["versions"], made["sha256"]) == (None, [HASH])
    assert [row["plugin"] for row in public(who.nobody)] == ["com.example.Deleted"]


def test_the_same_block_is_made_once(who: People, second: Api) -> None:
    made = block(who.admin, severity="remove")
    assert block(who.admin, 200, severity="remove") == made
    # Who repeats it has not approved it.
    assert block(second, 200, severity="remove")["status"] == "pending"
    assert acts(who, made["id"]) == ["block.created"]
    data(revoke(who.admin, made["id"]))
    assert block(who.admin, severity="remove")["id"] != made["id"]


def test_administrators_alone_see_and_make_blocks(who: People) -> None:
    made = block(who.admin)
    one = f"{BLOCKS}/{made['id']}"
    calls: list[tuple[str, str, Any]] = [
        ("get", BLOCKS, None),
        ("get", one, None),
        ("post", BLOCKS, saying(versions="<3.0.0")),
        ("post", f"{BLOCKS}/preview", saying()),
        ("put", one, {"severity": "warn"}),
        ("post", f"{one}/approve", {}),
        ("post", f"{one}/revoke", {"reason": "why"}),
    ]
    for method, path, body in calls:
        arguments = () if body is None else (body,)
        for api, status in ((who.nobody, 401), (who.user, 403), (who.developer, 403), (who.reviewer, 403)):
            assert getattr(api, method)(path, *arguments).status_code == status, (method, path)
    assert data(who.admin.get(one)) == made


def test_a_block_that_is_not_there_is_not_found(who: People) -> None:
    missing = "00000000-0000-7000-8000-000000000000"
    one = f"{BLOCKS}/{missing}"
    answers = [who.admin.get(one), change(who.admin, missing, severity="warn"), approve(who.admin, missing)]
    for answer in [*answers, revoke(who.admin, missing)]:
        assert slug(answer, 404) == "block_not_found"


def test_the_list_is_filtered_and_paged(who: People, second: Api) -> None:
    first = block(who.admin)
    waiting = block(who.admin, plugin="com.example.Other", severity="remove")
    gone = block(who.admin, versions="<3.0.0")
    data(revoke(who.admin, gone["id"]))

    def listed(query: str = "") -> list[str]:
        return [row["id"] for row in data(who.admin.get(f"{BLOCKS}?{query}"))["blocks"]]

    assert listed() == [gone["id"], waiting["id"], first["id"]]
    assert listed("status=active") == [first["id"]]
    assert listed("status=pending") == [waiting["id"]]
    assert listed("status=revoked") == [gone["id"]]
    assert listed("plugin=COM.example.other") == [waiting["id"]]
    assert listed("limit=1&page=2") == [waiting["id"]]
    page = data(second.get(f"{BLOCKS}?limit=2"))
    assert page["pagination"] == {"page": 1, "limit": 2, "total": 3, "pages": 2}
    assert [row["may_approve"] for row in page["blocks"]] == [False, True]
    assert list(details(who.admin.get(f"{BLOCKS}?status=lifted"))) == ["status"]


# The second person


def test_two_people_remove(who: People, second: Api) -> None:
    made = block(who.admin, severity="remove")
    assert (made["status"], made["severity"], made["may_approve"]) == ("pending", "remove", False)
    assert [row["severity"] for row in public(who.nobody)] == ["disable"]
    assert slug(approve(who.admin, made["id"]), 403) == "own_block"
    done = data(approve(second, made["id"]))
    assert (done["status"], done["approved_by"]["username"]) == ("active", "second-admin")
    assert [row["severity"] for row in public(who.nobody)] == ["remove"]
    assert data(approve(second, made["id"])) == done == data(approve(who.admin, made["id"]))
    assert acts(who, made["id"]) == ["block.created", "block.approved"]


def test_one_person_removes_where_two_are_not_needed(who: People) -> None:
    made = block(who.admin, severity="remove")
    data(who.admin.put(f"{V1}/admin/system/config", {"release_settings": {"blocks_need_two": False}}))
    assert data(approve(who.admin, made["id"]))["status"] == "active"
    assert block(who.admin, severity="remove", versions="<3.0.0")["status"] == "active"


@pytest.mark.parametrize(
    "changes",
    [
        {"versions": "<1.5.0"},
        {"sha256": [HASH]},
        {"advisory_url": "https://example.com/more"},
        {"expires_at": "2100-01-01T00:00:00Z"},
    ],
)
def test_a_changed_removal_needs_approval_again(app: Flask, who: People, second: Api, changes: dict[str, Any]) -> None:
    made = block(who.admin, severity="remove")
    data(approve(second, made["id"]))
    found = data(change(second, made["id"], **changes))
    assert found == {**found, **changes, "status": "pending", "approved_by": None, "approved_at": None}
    assert (found["created_by"]["username"], found["proposed_by"]["username"]) == ("admin", "second-admin")
    assert [row["severity"] for row in public(who.nobody)] == ["disable"]
    # Neither whoever changed it nor whoever made it can approve it.
    for api in (second, who.admin):
        assert slug(approve(api, made["id"]), 403) == "own_block"
        assert data(api.get(f"{BLOCKS}/{made['id']}"))["may_approve"] is False
    third = add_user(app, "third-admin", Role.ADMIN)
    assert data(approve(third, made["id"]))["status"] == "active"
    assert acts(who, made["id"]) == ["block.created", "block.approved", "block.changed", "block.approved"]


def test_another_reason_needs_no_approval_and_gives_none(who: People, second: Api) -> None:
    made, other = block(who.admin, severity="remove"), {"zh": "另一个原因", "en": "Another reason"}
    assert data(change(second, made["id"], reason=other))["reason"] == other
    assert slug(approve(who.admin, made["id"]), 403) == "own_block"
    data(approve(second, made["id"]))
    assert data(change(second, made["id"], reason=REASON))["status"] == "active"
    assert public(who.nobody)[0]["reason"] == REASON


def test_a_block_that_becomes_milder_waits_for_nobody(who: People, second: Api) -> None:
    made = block(who.admin, severity="remove")
    assert data(change(who.admin, made["id"], severity="warn"))["status"] == "active"
    assert [row["severity"] for row in public(who.nobody)] == ["warn"]
    assert data(change(who.admin, made["id"], severity="remove"))["status"] == "pending"
    assert data(approve(second, made["id"]))["status"] == "active"


def test_what_changes_nothing_is_no_change(who: People) -> None:
    made = block(who.admin, sha256=[HASH])
    same = {name: made[name] for name in ("plugin", "versions", "sha256", "severity", "reason", "advisory_url")}
    assert data(change(who.admin, made["id"], **{**same, "plugin": NAME.upper()})) == made
    assert data(change(who.admin, made["id"])) == made
    assert acts(who, made["id"]) == ["block.created"]


def test_a_change_may_take_away_but_not_everything(who: People) -> None:
    made = block(who.admin, sha256=[HASH], expires_at=iso(utcnow() + timedelta(hours=1)))
    found = data(change(who.admin, made["id"], versions=None, expires_at=None))
    assert (found["versions"], found["expires_at"]) == (None, None)
    assert list(details(change(who.admin, made["id"], sha256=[]))) == ["versions"]
    assert list(details(change(who.admin, made["id"], plugin="com.example.other"))) == ["plugin"]
    assert list(details(change(who.admin, made["id"], expires_at="2020-01-01T00:00:00Z"))) == ["expires_at"]
    assert data(who.admin.get(f"{BLOCKS}/{made['id']}")) == found


def test_a_revoked_block_stays_revoked(who: People, second: Api) -> None:
    made = block(who.admin, severity="remove")
    gone = data(revoke(second, made["id"]))
    assert (gone["status"], gone["revoke_reason"], gone["revoked_by"]["username"]) == (
        "revoked",
        "误判",
        "second-admin",
    )
    assert public(who.nobody) == []
    assert data(revoke(who.admin, made["id"], "又一次")) == {**gone, "may_approve": False}
    assert slug(approve(second, made["id"])) == "transition_not_allowed"
    assert slug(change(who.admin, made["id"], severity="warn")) == "transition_not_allowed"
    assert acts(who, made["id"]) == ["block.created", "block.revoked"]
    assert audited(who.admin, "block.revoked")[0]["details"]["revoke_reason"] == "误判"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " \n"}, {"reason": "x" * 2001}])
def test_revoking_needs_a_reason(who: People, body: dict[str, Any]) -> None:
    made = block(who.admin)
    assert list(details(who.admin.post(f"{BLOCKS}/{made['id']}/revoke", body))) == ["reason"]
    assert data(who.admin.get(f"{BLOCKS}/{made['id']}"))["status"] == "active"


def test_nobody_approves_what_they_have_not_seen(who: People, second: Api) -> None:
    made = block(who.admin, severity="remove")
    data(change(who.admin, made["id"], versions="*"))
    seen = {"If-Match": f'"{made["revision"]}"'}
    stale = second.post(f"{BLOCKS}/{made['id']}/approve", {}, headers=seen)
    assert slug(stale, 412) == "changed_meanwhile"
    answer = second.get(f"{BLOCKS}/{made['id']}")
    assert data(second.post(f"{BLOCKS}/{made['id']}/approve", {}, headers={"If-Match": answer.headers["ETag"]}))


# What they do


def host_download(api: Api, version: str | None = None) -> Any:
    if version is None:
        return api.post("/api/plugins/download", {"name": NAME}, **ENGLISH)
    return api.post("/api/plugins/version/download", {"name": NAME, "version": version}, **ENGLISH)


def downloads(api: Api, version: str | None) -> list[Any]:
    """Every way to a package: by POST, GET, HEAD, for a part of it, and conditionally."""
    path = f"{PLUGINS}/{NAME}/download" if version is None else f"{PLUGINS}/{NAME}/versions/{version}/download"
    return [
        host_download(api, version),
        api.get(path, **ENGLISH),
        api._call("HEAD", path),
        api.get(path, headers={"Range": "bytes=5-", "Accept-Language": "en"}),
        api.get(path, headers={"Range": "bytes=0-0", "Accept-Language": "en"}),
        api.get(path, headers={"If-None-Match": '"nothing"', "Accept-Language": "en"}),
    ]


def counted(who: People) -> int:
    """Downloads of 1.0.0."""
    return int(data(who.nobody.get(f"{PLUGINS}/{NAME}/versions/1.0.0"))["downloads"])


def refused(answers: list[Any], reason: str = "It sends user data away") -> bool:
    """Are all 403, and does every one with a body give the reason?"""
    told = [answer.get_json() for answer in answers if answer.get_data()]
    assert {answer.status_code for answer in answers} == {403}
    assert all(reason in one["message"] for one in told)
    slugs = {one["error"] if isinstance(one["error"], str) else one["error"]["slug"] for one in told}
    return slugs == {"version_blocked"}


@pytest.mark.parametrize("severity", ["disable", "remove"])
@pytest.mark.usefixtures("published_plugin")
def test_a_block_refuses_downloads_by_every_way(who: People, severity: str) -> None:
    before = host_download(who.nobody, "1.0.0")
    assert before.status_code == 200
    made = block(who.admin, versions="1.x", severity=severity)
    for version in (None, "1.0.0"):
        assert refused(downloads(who.nobody, version))
    assert "泄露用户数据" in who.nobody.get(f"{PLUGINS}/{NAME}/download").get_json()["message"]
    # What was refused was not counted.
    assert counted(who) == 1
    data(revoke(who.admin, made["id"]))
    assert [answer.status_code for answer in downloads(who.nobody, "1.0.0")] == [200, 200, 200, 206, 206, 200]
    assert counted(who) == 5
    assert host_download(who.nobody, "1.0.0").data == before.data


@pytest.mark.usefixtures("published_plugin")
def test_a_warning_refuses_nothing(who: People) -> None:
    block(who.admin, severity="warn", versions="*")
    assert host_download(who.nobody).status_code == host_download(who.nobody, "1.0.0").status_code == 200


@pytest.mark.usefixtures("published_plugin")
def test_a_package_is_blocked_by_its_hash(who: People) -> None:
    found = hashlib.sha256(host_download(who.nobody, "1.0.0").data).hexdigest()
    made = block(who.admin, versions=None, sha256=[HASH, found.upper()])
    assert refused(downloads(who.nobody, "1.0.0"))
    # Prereleases that lie between the bounds count too; here nothing does.
    data(change(who.admin, made["id"], versions=">1.0.0-rc.1 <1.0.0", sha256=[HASH]))
    assert host_download(who.nobody, "1.0.0").status_code == 200


def test_old_hosts_follow_the_current_version(who: People, published_plugin: dict[str, Any]) -> None:
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")
    before = who.nobody.get("/api/plugins/list")
    made = block(who.admin, versions=">=1.1.0")
    after = who.nobody.get("/api/plugins/list", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert [row["current_version"] for row in data(after)] == ["1.0.0"]
    detail = data(who.nobody.post("/api/plugins/detail", {"name": NAME}))
    assert detail["plugin"]["current_version"] == "1.0.0" == shown(who.nobody, NAME)["version"]
    answer = host_download(who.nobody)
    assert (answer.status_code, 'filename="myplugin@1.0.0.zip"' in answer.headers["Content-Disposition"]) == (200, True)
    data(revoke(who.admin, made["id"]))
    assert [row["current_version"] for row in data(who.nobody.get("/api/plugins/list"))] == ["1.1.0"]


def test_where_only_blocked_versions_are_left_the_highest_is_shown(
    who: People, published_plugin: dict[str, Any]
) -> None:
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")
    block(who.admin, versions="*")
    assert shown(who.nobody, NAME)["version"] == "1.1.0"
    assert refused(downloads(who.nobody, None))


def test_a_new_version_in_a_blocked_range_is_blocked(who: People, published_plugin: dict[str, Any]) -> None:
    block(who.admin, versions=">=1.1.0")
    assert shown(who.nobody, NAME)["block"] is None
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.2.0")
    assert refused(downloads(who.nobody, "1.2.0"))
    assert shown(who.nobody, NAME)["version"] == "1.0.0"


def test_details_show_the_strongest_block(who: People, published_plugin: dict[str, Any]) -> None:
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")

    def told() -> list[Any]:
        host = data(who.nobody.post("/api/plugins/detail", {"name": NAME}))["plugin"].get("block")
        market = shown(who.nobody, NAME)["block"]
        assert host == market
        rows = {row["version"]: row["block"] for row in data(who.nobody.get(f"{PLUGINS}/{NAME}/versions"))}
        for number, found in rows.items():
            assert data(who.nobody.get(f"{PLUGINS}/{NAME}/versions/{number}"))["block"] == found
        return [one and one["severity"] for one in (host, rows["1.1.0"], rows["1.0.0"])]

    assert told() == [None, None, None]
    block(who.admin, versions="1.0.0", severity="disable")
    # None on the current version: that on another.
    assert told() == ["disable", None, "disable"]
    block(who.admin, versions="*", severity="warn")
    assert told() == ["warn", "warn", "disable"]
    made = block(who.admin, versions="*", severity="remove")
    assert told() == ["disable", "disable", "disable"]
    assert shown(who.nobody, NAME)["block"] == {
        "plugin": NAME,
        "versions": "*",
        "sha256": [],
        "severity": "disable",
        "reason": REASON,
        "advisory_url": "",
        "since": made["created_at"],
        "expires_at": None,
    }


def test_a_block_ends_when_it_expires(
    app: Flask, who: People, published_plugin: dict[str, Any], wall_clock: WallClock
) -> None:
    wall_clock.stop()
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")
    block(who.admin, versions=">=1.1.0", expires_at=iso(utcnow() + timedelta(minutes=30)))
    assert refused(downloads(who.nobody, "1.1.0"))
    assert len(public(who.nobody)) == 1
    wall_clock.turn(30 * 60)
    # At once: the list, and downloads by version.
    assert public(who.nobody) == []
    assert [answer.status_code for answer in downloads(who.nobody, "1.1.0")] == [200, 200, 200, 206, 206, 200]
    assert shown(who.nobody, NAME)["block"] is None
    # Within a minute: what the current version is.
    assert shown(who.nobody, NAME)["version"] == "1.0.0"
    with app.app_context(), unit_of_work():
        assert show_due(utcnow()) == 1
    assert shown(who.nobody, NAME)["version"] == "1.1.0"


def test_unpublished_packages_are_seen_as_before(who: People, published_plugin: dict[str, Any]) -> None:
    block(who.admin, versions="*")
    form = {"plugin_file": (io.BytesIO(package(version="1.1.0")), "p.zip"), "version": "1.1.0"}
    data(who.developer._call("POST", f"{PLUGINS}/{published_plugin['id']}/versions", data=form), 201)
    for api in (who.developer, who.reviewer):
        assert api.get(f"{PLUGINS}/{NAME}/versions/1.1.0/download").status_code == 200


@pytest.mark.usefixtures("published_plugin")
def test_the_owner_is_told(who: People, second: Api) -> None:
    made = block(who.admin, severity="remove")
    data(approve(second, made["id"]))
    data(revoke(who.admin, made["id"], "误判"))
    told = [row for row in notices(who.developer) if row["event"].startswith("plugin_") and "block_id" in row["data"]]
    assert [(row["event"], row["data"]["severity"]) for row in told] == [
        ("plugin_unblocked", "remove"),
        ("plugin_blocked", "remove"),
        ("plugin_blocked", "disable"),
    ]
    assert {row["data"]["block_id"] for row in told} == {made["id"]}
    assert [row["message"] for row in told] == [
        f"对插件 {NAME} 的封禁已撤销：误判",
        f"插件 {NAME} 已被管理员封禁，宿主将移除它：泄露用户数据",
        f"插件 {NAME} 已被管理员封禁，宿主将禁用它：泄露用户数据",
    ]
    english = data(who.developer.get(f"{V1}/notifications", **ENGLISH))["notifications"]
    assert any(row["message"].endswith("hosts will remove it: It sends user data away") for row in english)
    assert [row for row in notices(who.other) if "block_id" in row["data"]] == []


# The preview


def test_a_preview_says_what_a_block_would_match(who: People, published_plugin: dict[str, Any]) -> None:
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")
    found = data(who.admin.post(f"{BLOCKS}/preview", saying(versions=">=1.1.0")))
    assert [(row["version"], row["is_current"]) for row in found["matches"]] == [("1.1.0", True)]
    assert (found["plugin_id"], found["current_version"], found["current_after"]) == (
        published_plugin["id"],
        "1.1.0",
        "1.0.0",
    )
    assert found["active_hosts"] == "not_measured"
    digest = data(who.nobody.get(f"{PLUGINS}/{NAME}/versions/1.0.0"))["file_hash"]
    by_hash = data(who.admin.post(f"{BLOCKS}/preview", saying(versions=None, sha256=[digest])))
    assert [row["version"] for row in by_hash["matches"]] == ["1.0.0"]
    unknown = data(who.admin.post(f"{BLOCKS}/preview", saying(plugin="com.example.unknown")))
    assert (unknown["plugin_id"], unknown["matches"], unknown["current_after"]) == (None, [], None)
    assert data(who.admin.get(BLOCKS))["blocks"] == public(who.nobody) == []
    assert shown(who.nobody, NAME)["version"] == "1.1.0"


# Appeals


def process(api: Api, appeal_id: str, decision: str = "approved", **fields: Any) -> Any:
    body = {"decision": decision, "response": "误判，予以撤销", **fields}
    return api.post(f"{V1}/admin/appeals/{appeal_id}/process", body)


def test_a_granted_appeal_revokes_the_block(
    app: Flask, who: People, second: Api, published_plugin: dict[str, Any]
) -> None:
    third = add_user(app, "third-admin", Role.ADMIN)
    assert slug(appeal(who.developer, published_plugin["id"], "block")) == "nothing_to_appeal"
    made = block(who.admin, severity="remove")
    data(approve(second, made["id"]))
    sent = appealed(who.developer, published_plugin["id"], "block")
    assert (sent["type"], sent["decision_id"], sent["against"]["reason"]) == ("block", made["id"], "泄露用户数据")
    assert slug(appeal(who.developer, published_plugin["id"], "block")) == "appeal_exists"
    # Neither who made it, nor who approved it, nor a reviewer.
    assert slug(process(who.admin, sent["id"]), 403) == slug(process(second, sent["id"]), 403) == "own_decision"
    assert slug(process(who.reviewer, sent["id"]), 403) == "forbidden"
    action = {"type": "update_plugin_status", "plugin_id": published_plugin["id"], "new_status": "approved"}
    assert list(details(process(third, sent["id"], actions=[action]))) == ["actions"]
    rows = {api: data(api.get(f"{V1}/admin/appeals"))[0]["may_process"] for api in (who.admin, second, third)}
    assert list(rows.values()) == [False, False, True]
    assert data(process(third, sent["id"]))["status"] == "approved"
    gone = data(who.admin.get(f"{BLOCKS}/{made['id']}"))
    assert (gone["status"], gone["revoke_reason"]) == ("revoked", "误判，予以撤销")
    assert public(who.nobody) == []
    assert host_download(who.nobody).status_code == 200
    assert slug(appeal(who.developer, published_plugin["id"], "block")) == "nothing_to_appeal"


def test_a_rejected_appeal_leaves_the_block(who: People, second: Api, published_plugin: dict[str, Any]) -> None:
    made = block(who.admin)
    weaker = block(who.admin, severity="warn", versions="*")
    sent = appealed(who.developer, published_plugin["id"], "block")
    assert sent["decision_id"] == made["id"]
    other = appealed(who.developer, published_plugin["id"], "block", block_id=weaker["id"])
    assert other["decision_id"] == weaker["id"]
    assert data(process(second, sent["id"], "rejected"))["status"] == "rejected"
    assert data(who.admin.get(f"{BLOCKS}/{made['id']}"))["status"] == "active"
    assert len(public(who.nobody)) == 2


def test_the_owner_alone_appeals_against_a_block_of_the_plugin(who: People, published_plugin: dict[str, Any]) -> None:
    block(who.admin)
    elsewhere = block(who.admin, plugin="com.example.other")
    for api, status in ((who.other, 403), (who.admin, 403), (who.nobody, 401)):
        assert appeal(api, published_plugin["id"], "block").status_code == status
    foreign = appeal(who.developer, published_plugin["id"], "block", block_id=elsewhere["id"])
    assert slug(foreign) == "nothing_to_appeal"


def test_the_only_administrator_may_override(who: People, published_plugin: dict[str, Any]) -> None:
    made = block(who.admin)
    sent = appealed(who.developer, published_plugin["id"], "block")
    assert slug(process(who.admin, sent["id"]), 403) == "own_decision"
    done = data(process(who.admin, sent["id"], override=True, reason="没有其他管理员"))
    assert done["status"] == "approved"
    assert data(who.admin.get(f"{BLOCKS}/{made['id']}"))["status"] == "revoked"
