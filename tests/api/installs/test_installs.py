"""The installed set: its owner, its allowed contents, and the role of the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from ...conftest import AppFactory
from ...support import Api, add_user, package, signed_in

BASE = "/api/v1/plugins"


def wanted(**changes: Any) -> dict[str, Any]:
    base = {
        "pluginId": "wk-checkin",
        "pluginName": "每日签到",
        "pluginVersion": "1.0.0",
        "grantedPermissions": ["http:api", "ui:notification"],
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def ids(api: Api) -> list[str]:
    return [install["pluginId"] for install in api.get(f"{BASE}/installed").get_json()["data"]]


def test_nobody_sees_or_changes_what_another_installed(app: Flask, user: Api) -> None:
    other = add_user(app, "somebody-else")
    assert user.post(f"{BASE}/install", wanted()).status_code == 200
    assert ids(other) == []
    assert other.delete(f"{BASE}/wk-checkin").status_code == 404
    assert other.put(f"{BASE}/wk-checkin/status", {"enabled": False}).status_code == 404
    assert other.get(f"{BASE}/wk-checkin/permissions").status_code == 404
    assert other.post(f"{BASE}/install", wanted()).status_code == 200
    assert user.delete(f"{BASE}/wk-checkin").status_code == 200
    assert (ids(user), ids(other)) == ([], ["wk-checkin"])


def test_the_set_shows_every_change_at_once(user: Api) -> None:
    for number in range(3):
        user.post(f"{BASE}/install", wanted(pluginId=f"p{number}"))
        assert ids(user)[0] == f"p{number}"
    user.put(f"{BASE}/p1/status", {"enabled": False})
    shown = {install["pluginId"]: install for install in user.get(f"{BASE}/installed").get_json()["data"]}
    assert [shown[name]["enabled"] for name in ("p0", "p1", "p2")] == [True, False, True]
    assert user.get(f"{BASE}/enabled").get_json()["data"] == ["p2", "p0"]
    user.put(f"{BASE}/p2/permissions", {"permissions": ["file:upload"]})
    assert user.get(f"{BASE}/installed").get_json()["data"][0]["grantedPermissions"] == ["file:upload"]
    user.delete(f"{BASE}/p2")
    assert ids(user) == ["p1", "p0"]


def test_installing_twice_is_a_conflict_whatever_the_case(user: Api) -> None:
    assert user.post(f"{BASE}/install", wanted()).status_code == 200
    assert user.post(f"{BASE}/install", wanted(pluginId="WK-Checkin")).status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"pluginId": None},
        {"pluginId": "installed"},
        {"pluginId": "Permissions"},
        {"pluginId": "-a"},
        {"pluginId": "a b"},
        {"pluginId": "a" * 101},
        {"pluginName": ""},
        {"pluginName": "x" * 201},
        {"pluginVersion": "1.0"},
        {"pluginVersion": "1.0.0-" + "a" * 45},
        {"grantedPermissions": "http:api"},
        {"grantedPermissions": ["no:such"]},
        {"grantedPermissions": [1]},
    ],
    ids=str,
)
def test_a_wrong_field_is_400_and_leaves_nothing(user: Api, changes: dict[str, Any]) -> None:
    answer = user.post(f"{BASE}/install", wanted(**changes))
    assert answer.status_code == 400
    assert answer.get_json()["error"]["details"]
    assert ids(user) == []


def test_storage_is_spelled_out_and_nothing_is_granted_twice(user: Api) -> None:
    granted = ["http:api", "storage:*", "storage:local", "http:api"]
    answer = user.post(f"{BASE}/install", wanted(grantedPermissions=granted))
    assert answer.get_json()["data"]["grantedPermissions"] == ["http:api", "storage:local", "storage:session"]


def test_what_the_catalogue_knows_must_be_there(app: Flask, user: Api, root: Api, api: Api) -> None:
    api.upload()
    name = "com.example.myplugin"
    assert user.post(f"{BASE}/install", wanted(pluginId=name, pluginVersion="9.9.9")).status_code == 404
    root.post("/api/plugins/disable", {"name": name})
    assert user.post(f"{BASE}/install", wanted(pluginId=name)).status_code == 409
    root.post("/api/plugins/enable", {"name": name})
    assert user.post(f"{BASE}/install", wanted(pluginId=name)).status_code == 200


def test_the_server_can_insist_on_its_catalogue(make_app: AppFactory) -> None:
    root = signed_in(make_app(INSTALLS_REQUIRE_CATALOG="true"))
    assert root.post(f"{BASE}/install", wanted()).status_code == 404


def test_the_allow_list_has_risks_in_both_languages(user: Api) -> None:
    chinese = user.get(f"{BASE}/permissions").get_json()["data"]
    english = user.get(f"{BASE}/permissions", headers={"Accept-Language": "en"}).get_json()["data"]
    risks = {item["permission"]: item["risk"] for item in chinese}
    assert (risks["storage:local"], risks["http:api"], risks["user:modify"]) == ("low", "medium", "high")
    assert len(risks) == 13
    assert all(a["description"] != b["description"] for a, b in zip(chinese, english, strict=True))


def test_the_allow_list_is_configurable(make_app: AppFactory) -> None:
    root = signed_in(make_app(INSTALL_PERMISSIONS="printer:use=high, storage:local"))
    listed = root.get(f"{BASE}/permissions").get_json()["data"]
    assert [(item["permission"], item["risk"]) for item in listed] == [
        ("printer:use", "high"),
        ("storage:local", "low"),
    ]
    assert root.post(f"{BASE}/install", wanted()).status_code == 400
    assert root.post(f"{BASE}/install", wanted(grantedPermissions=["printer:use"])).status_code == 200


# What the installed version declares beside what was granted

PLUGIN = "com.example.myplugin"


def put_in(user: Api, granted: list[str], **changes: Any) -> Any:
    """The data of an answer to installing a plugin whose package declares `changes`."""
    assert user.upload(package(**changes)).status_code == 200
    answer = user.post(f"{BASE}/install", wanted(pluginId=PLUGIN, grantedPermissions=granted))
    assert answer.status_code == 200
    return answer.get_json()["data"]


@pytest.mark.parametrize(
    ("declared", "granted", "widened"),
    [
        ([], [], []),
        (["http:api"], ["http:api"], []),
        (["user:profile", "http:api", "tabs"], ["ui:modal"], ["http:api", "tabs", "user:profile"]),
        (["storage:local", "storage:session"], ["storage:*"], []),
        (["storage:*"], ["storage:*"], []),
        (["storage:*"], ["storage:local", "storage:session"], []),
        (["storage:*"], ["storage:local"], ["storage:*"]),
    ],
)
def test_an_install_says_what_was_not_granted(
    user: Api, declared: list[str], granted: list[str], widened: list[str]
) -> None:
    found = put_in(user, granted, permissions=declared)
    assert found["permissions_widened"] == widened
    answer = user.put(f"{BASE}/{PLUGIN}/permissions", {"permissions": granted})
    assert (answer.status_code, answer.get_json()["data"]) == (200, {"permissions_widened": widened})
    [listed] = user.get(f"{BASE}/installed").get_json()["data"]
    assert listed == {name: value for name, value in found.items() if name != "permissions_widened"} | {
        "updatedAt": listed["updatedAt"]
    }


def test_what_is_installed_counts_and_not_the_current_version(user: Api) -> None:
    assert put_in(user, [], permissions=["http:api", "file:upload"])["permissions_widened"] == [
        "file:upload",
        "http:api",
    ]
    assert user.upload(package(version="2.0.0", permissions=["user:modify"])).status_code == 200
    answer = user.put(f"{BASE}/{PLUGIN}/permissions", {"permissions": ["http:api"]})
    assert answer.get_json()["data"] == {"permissions_widened": ["file:upload"]}


@pytest.mark.parametrize("changes", [{}, {"permissions": "all"}])
def test_what_declares_nothing_is_answered_as_ever(user: Api, changes: dict[str, Any]) -> None:
    assert "permissions_widened" not in put_in(user, ["http:api"], **changes)
    answer = user.put(f"{BASE}/{PLUGIN}/permissions", {"permissions": []})
    assert (answer.status_code, answer.get_json()["data"]) == (200, None)


def test_what_no_catalogue_knows_is_answered_as_ever(user: Api) -> None:
    answer = user.post(f"{BASE}/install", wanted())
    assert "permissions_widened" not in answer.get_json()["data"]
    assert user.put(f"{BASE}/wk-checkin/permissions", {"permissions": []}).get_json()["data"] is None


def test_nothing_is_told_of_what_the_user_may_not_see(app: Flask, user: Api) -> None:
    root = signed_in(app)
    put_in(user, [], permissions=["http:api"])
    path = f"/api/v1/admin/plugins/{PLUGIN}/status"
    assert root.post(path, {"status": "suspended", "reason": "违规"}).status_code == 200
    assert user.put(f"{BASE}/{PLUGIN}/permissions", {"permissions": []}).get_json()["data"] is None
    assert root.post(path, {"status": "published", "reason": "澄清"}).status_code == 200
    answer = user.put(f"{BASE}/{PLUGIN}/permissions", {"permissions": []})
    assert answer.get_json()["data"] == {"permissions_widened": ["http:api"]}


def test_what_is_declared_and_unknown_cannot_be_granted_and_refuses_nothing(user: Api) -> None:
    assert put_in(user, [], permissions=["tabs"])["permissions_widened"] == ["tabs"]
    answer = user.put(f"{BASE}/{PLUGIN}/permissions", {"permissions": ["tabs"]})
    assert answer.status_code == 400
