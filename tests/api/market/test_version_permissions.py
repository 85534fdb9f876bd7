"""What a version's plugin.json says about permissions and predecessors: stored, told, shown, and never a refusal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from microdock_server.bundle.manifest import PERMISSIONS_MAX

from ...conftest import AppFactory
from ...market import PLUGINS, People, add_version, create, created, data, decide, file, published
from ...support import Api, package

NAME = "com.example.myplugin"
DECLARED = ["http:api", "storage:*", "tabs"]
REPLACED = ["com.example.old", "com.example.older"]


def uploaded(api: Api, **changes: Any) -> dict[str, Any]:
    """The answer of an upload by key."""
    found: dict[str, Any] = data(api.upload(package(**changes)))
    return found


def version_of(api: Api, version: str = "1.0.0") -> dict[str, Any]:
    """A version as the host surface shows it; its list and its plugin's detail show the same."""
    found: dict[str, Any] = data(api.post("/api/plugins/version/detail", {"name": NAME, "version": version}))
    assert found in data(api.post("/api/plugins/versions", {"name": NAME}))
    assert found in data(api.post("/api/plugins/detail", {"name": NAME}))["versions"]
    return found


def warned(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(warning["rule"], warning["field"]) for warning in answer.get("warnings", [])]


def test_both_surfaces_show_what_is_declared(app: Flask, api: Api) -> None:
    uploaded(api, permissions=DECLARED, replaces=REPLACED)
    host = version_of(api)
    assert (host["permissions"], host["replaces"]) == (DECLARED, REPLACED)
    market = data(api.get(f"{PLUGINS}/{NAME}/versions/1.0.0"))
    assert (market["permissions"], market["unknown_permissions"], market["replaces"]) == (DECLARED, ["tabs"], REPLACED)
    [listed] = data(api.get(f"{PLUGINS}/{NAME}/versions"))
    assert {name: market[name] for name in listed} == listed


def test_not_declared_is_not_the_same_as_none(api: Api) -> None:
    uploaded(api)
    uploaded(api, version="1.1.0", permissions=[])
    assert version_of(api)["permissions"] is None
    assert version_of(api, "1.1.0")["permissions"] == []
    found = {row["version"]: row for row in data(api.get(f"{PLUGINS}/{NAME}/versions"))}
    assert [found[version]["permissions"] for version in ("1.0.0", "1.1.0")] == [None, []]
    assert [found[version]["unknown_permissions"] for version in ("1.0.0", "1.1.0")] == [[], []]


@pytest.mark.parametrize(
    ("fields", "permissions", "replaces", "warnings"),
    [
        ({"permissions": ["tabs", "http:api"]}, ["tabs", "http:api"], [], [("permission-unknown", "permissions.0")]),
        ({"permissions": "all"}, None, [], [("permissions-ignored", "permissions")]),
        ({"permissions": 5}, None, [], [("permissions-ignored", "permissions")]),
        ({"permissions": {"http": {"hosts": ["*"]}}}, None, [], [("permissions-ignored", "permissions")]),
        ({"permissions": ["http:api", {"x": 1}]}, None, [], [("permissions-ignored", "permissions")]),
        ({"permissions": ["x"] * (PERMISSIONS_MAX + 1)}, None, [], [("permissions-ignored", "permissions")]),
        ({"permissions": ["x" * 101]}, None, [], [("permissions-ignored", "permissions")]),
        ({"permissions": ["p" * 9] * 30_000}, None, [], [("permissions-ignored", "permissions")]),
        ({"replaces": {"com.a.b": "1"}}, None, [], [("replaces-ignored", "replaces")]),
        ({"replaces": ["com.a.b", 7]}, None, ["com.a.b"], [("replaces-name", "replaces.1")]),
        ({"replaces": ["nonsense"]}, None, [], [("replaces-name", "replaces.0")]),
        ({"replaces": [NAME]}, None, [], [("replaces-name", "replaces.0")]),
    ],
)  # fmt: skip
def test_what_means_something_else_is_accepted_with_a_warning(
    api: Api, fields: dict[str, Any], permissions: list[str] | None, replaces: list[str], warnings: list[Any]
) -> None:
    report = data(api._call("POST", "/api/plugins/validate", data={"file": (io.BytesIO(package(**fields)), "p.zip")}))
    assert (report["manifest"]["permissions"], report["manifest"]["replaces"]) == (permissions, replaces)
    assert warned(report) == warnings
    assert warned(uploaded(api, **fields)) == warnings
    assert (version_of(api)["permissions"], version_of(api)["replaces"]) == (permissions, replaces)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_warning_says_which_permission_is_unknown(api: Api, language: str) -> None:
    form = {"file": (io.BytesIO(package(permissions=["tabs"])), "p.zip")}
    answer = api._call("POST", "/api/plugins/validate", data=form, headers={"Accept-Language": language})
    [warning] = data(answer)["warnings"]
    assert (warning["entry"], warning["field"]) == ("plugin.json", "permissions.0")
    assert "tabs" in warning["message"]


def test_what_is_unknown_is_what_the_server_does_not_let_grant(make_app: AppFactory) -> None:
    api = Api(make_app(INSTALL_PERMISSIONS="printer:use=high"))
    assert warned(uploaded(api, permissions=["printer:use", "http:api", "storage:*"])) == [
        ("permission-unknown", "permissions.1"),
        ("permission-unknown", "permissions.2"),
    ]
    found = data(api.get(f"{PLUGINS}/{NAME}/versions/1.0.0"))
    assert found["unknown_permissions"] == ["http:api", "storage:*"]


def test_a_developer_is_told_of_both_ways_to_submit(who: People) -> None:
    plugin = data(create(who.developer, permissions=["tabs"]), 201)
    assert warned(plugin) == [("permission-unknown", "permissions.0")]
    decide(who.reviewer, plugin["id"])
    version = data(add_version(who.developer, plugin["id"], "1.1.0", permissions=5), 201)
    assert warned(version) == [("permissions-ignored", "permissions")]
    assert (version["permissions"], version["unknown_permissions"]) == (None, [])


def test_a_further_version_declares_for_itself(who: People) -> None:
    plugin = published(who.developer, who.reviewer, permissions=["http:api"], replaces=["com.example.old"])
    data(add_version(who.developer, plugin["id"], "1.1.0", permissions=[]), 201)
    rows = {row["version"]: row for row in data(who.developer.get(f"{PLUGINS}/{plugin['id']}/versions"))}
    assert [(rows[name]["permissions"], rows[name]["replaces"]) for name in ("1.0.0", "1.1.0")] == [
        (["http:api"], ["com.example.old"]),
        ([], []),
    ]


def test_a_reviewer_sees_a_version_that_no_longer_declares_anything(who: People) -> None:
    plugin = published(who.developer, who.reviewer, permissions=["http:api"])
    form = {"plugin_file": file(package(version="1.1.0"), "p.zip"), "version": "1.1.0"}
    data(who.developer._call("POST", f"{PLUGINS}/{plugin['id']}/versions", data=form), 201)
    queue = data(who.reviewer.get("/api/v1/admin/reviews/queue"))["reviews"]
    [row] = [row for row in queue if row["plugin"]["id"] == plugin["id"]]
    detail = data(who.reviewer.get(f"/api/v1/admin/reviews/{row['id']}"))
    assert detail["manifest"]["permissions"] is None
    assert detail["diff"]["permissions"] == {
        "added": [], "removed": ["http:api"], "unknown": [], "declared": False, "was_declared": True,
    }  # fmt: skip


def test_a_waiting_version_is_shown_to_its_owner_alone(who: People) -> None:
    plugin = created(who.developer, permissions=DECLARED)
    assert data(who.developer.get(f"{PLUGINS}/{plugin['id']}/versions/1.0.0"))["permissions"] == DECLARED
    assert who.nobody.get(f"{PLUGINS}/{plugin['id']}/versions/1.0.0").status_code == 404
