"""Yanking, recommending and deprecating through the host surface: by key, and by token."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.vocabulary import Role

from ...market import PLUGINS, People, account_id, data
from ...support import Api, add_user, package

NAME = "com.example.myplugin"
KEY = "upload-key"
YANK = "/api/plugins/version/yank"
RECOMMEND = "/api/plugins/recommend"
DEPRECATE = "/api/plugins/deprecate"
DETAIL = "/api/plugins/detail"


@pytest.fixture
def stocked(api: Api) -> Api:
    """Nobody, who has the key of a plugin without an owner, with three versions."""
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        assert api.upload(package(version=version)).status_code == 200
    return api


def yank(api: Api, version: str = "2.0.0", **fields: Any) -> Any:
    return api.post(YANK, {"name": NAME, "version": version, "reason": "崩溃", "plugin_key": KEY, **fields})


def recommend(api: Api, version: str | None = "1.0.0", **fields: Any) -> Any:
    return api.post(RECOMMEND, {"name": NAME, "version": version, "reason": "回退", "plugin_key": KEY, **fields})


def deprecate(api: Api, **fields: Any) -> Any:
    return api.post(DEPRECATE, {"name": NAME, "plugin_key": KEY, **fields})


def current(api: Api) -> str:
    return str(data(api.post(DETAIL, {"name": NAME}))["plugin"]["current_version"])


def recorded(root: Api, *actions: str) -> list[dict[str, Any]]:
    """The log's entries of these actions, newest first."""
    entries = data(root.get("/api/v1/admin/audit?limit=100"))["entries"]
    return [entry for entry in entries if entry["action"] in actions]


def refusal(response: Any, status: int) -> str:
    assert response.status_code == status, response.get_json()
    return str(response.get_json()["error"])


class TestYanking:
    def test_the_holder_of_the_key_takes_a_version_back_and_offers_it_again(self, stocked: Api, root: Api) -> None:
        answer = yank(stocked)
        assert answer.get_json()["message"] == "版本已撤回"
        version = data(answer)
        assert (version["version"], version["is_yanked"], version["yank_reason"]) == ("2.0.0", True, "崩溃")
        assert current(stocked) == "1.1.0"
        [entry] = recorded(root, "version.yanked")
        assert entry["actor"] == {"id": None, "username": "(upload key)"}
        assert (entry["details"]["version"], entry["details"]["reason"]) == ("2.0.0", "崩溃")
        assert entry["details"]["key_made_by"] is None and KEY not in str(entry)
        uploads = recorded(root, "version.uploaded")
        assert {entry["details"]["key"]} == {upload["details"]["key"] for upload in uploads}
        undone = yank(stocked, reason="查明", undo=True)
        assert undone.get_json()["message"] == "版本已恢复"
        assert (data(undone)["is_yanked"], data(undone)["yank_reason"]) == (False, "")
        assert current(stocked) == "2.0.0"
        assert recorded(root, "version.unyanked")[0]["details"]["reason"] == "查明"

    def test_what_is_there_already_changes_nothing(self, stocked: Api, root: Api) -> None:
        first = data(yank(stocked))
        tag = stocked.get("/api/plugins/list").headers["ETag"]
        assert data(yank(stocked, reason="又崩溃")) == first
        assert len(recorded(root, "version.yanked")) == 1
        assert stocked.get("/api/plugins/list").headers["ETag"] == tag
        for _ in range(2):
            assert data(yank(stocked, undo=True))["is_yanked"] is False
        assert len(recorded(root, "version.unyanked")) == 1

    def test_it_is_downloaded_by_its_number_alone(self, stocked: Api) -> None:
        for version in ("2.0.0", "1.1.0", "1.0.0"):
            assert yank(stocked, version).status_code == 200
        assert current(stocked) == "2.0.0"
        assert refusal(stocked.post("/api/plugins/download", {"name": NAME}), 409) == "yanked"
        page = f"{PLUGINS}/{NAME}"
        for options in ({}, {"headers": {"Range": "bytes=0-3"}}):
            answer = stocked.get(f"{page}/download", **options)
            assert (answer.status_code, answer.get_json()["error"]["slug"]) == (409, "yanked")
        assert stocked._call("HEAD", f"{page}/download").status_code == 409
        for version in ("2.0.0", "1.0.0"):
            body = {"name": NAME, "version": version}
            assert stocked.post("/api/plugins/version/download", body).status_code == 200
            assert stocked.get(f"{page}/versions/{version}/download").status_code == 200
        versions = data(stocked.post(DETAIL, {"name": NAME}))["versions"]
        assert [version["download_count"] for version in versions] == [2, 0, 2]
        assert yank(stocked, undo=True).status_code == 200
        assert stocked.post("/api/plugins/download", {"name": NAME}).status_code == 200

    def test_the_lists_tag_changes_with_it(self, stocked: Api) -> None:
        before = stocked.get("/api/plugins/list").headers["ETag"]
        assert yank(stocked).status_code == 200
        answer = stocked.get("/api/plugins/list", headers={"If-None-Match": before})
        assert answer.status_code == 200
        assert data(answer)[0]["current_version"] == "1.1.0"

    @pytest.mark.parametrize("missing", [{"reason": None}, {"reason": ""}, {"version": "1"}, {"plugin_key": "a key"}])
    def test_a_field_that_is_missing_or_wrong_is_422(self, stocked: Api, missing: dict[str, Any]) -> None:
        body = {"name": NAME, "version": "2.0.0", "reason": "崩溃", "plugin_key": KEY, **missing}
        answer = stocked.post(YANK, {name: value for name, value in body.items() if value is not None})
        assert refusal(answer, 422) == "validation_error"
        assert [detail["field"] for detail in answer.get_json()["details"]] == list(missing)

    def test_a_version_that_is_not_there_is_404(self, stocked: Api) -> None:
        assert refusal(yank(stocked, "9.0.0"), 404) == "version_not_found"
        assert refusal(yank(stocked, name="com.example.nothing"), 404) == "plugin_not_found"


class TestRecommending:
    def test_a_lower_version_rolls_back_until_that_is_undone(self, stocked: Api, root: Api) -> None:
        plugin = data(recommend(stocked))
        assert (plugin["recommended_version"], plugin["current_version"]) == ("1.0.0", "1.0.0")
        assert data(recommend(stocked, reason="还是回退")) == plugin
        answer = recommend(stocked, None, reason="修好了")
        assert answer.get_json()["message"] == "推荐版本已取消"
        plugin = data(answer)
        assert (plugin["recommended_version"], plugin["current_version"]) == (None, "2.0.0")
        assert recommend(stocked, None).status_code == 200
        said = [entry["details"] for entry in recorded(root, "plugin.recommended")]
        assert [(one["version"], one["before"], one["reason"]) for one in said] == [
            (None, "1.0.0", "修好了"),
            ("1.0.0", None, "回退"),
        ]

    def test_a_new_version_is_not_offered_above_it(self, stocked: Api) -> None:
        assert recommend(stocked, "1.1.0").status_code == 200
        assert stocked.upload(package(version="3.0.0")).status_code == 200
        assert stocked.upload(package(version="1.0.1")).status_code == 200
        assert current(stocked) == "1.1.0"

    def test_what_is_yanked_cannot_be_recommended(self, stocked: Api) -> None:
        assert yank(stocked, "1.0.0").status_code == 200
        answer = recommend(stocked)
        assert refusal(answer, 409) == "not_recommendable"
        assert answer.get_json()["message"] == "不能推荐版本 1.0.0：已撤回"

    def test_a_prerelease_cannot_be_recommended(self, stocked: Api) -> None:
        assert stocked.upload(package(version="3.0.0-rc.1")).status_code == 200
        assert refusal(recommend(stocked, "3.0.0-rc.1"), 409) == "not_recommendable"

    @pytest.mark.parametrize("wrong", [{"reason": ""}, {"version": "x"}])
    def test_a_field_that_is_wrong_is_422(self, stocked: Api, wrong: dict[str, Any]) -> None:
        assert refusal(recommend(stocked, **{"version": "1.0.0", **wrong}), 422) == "validation_error"

    @pytest.mark.parametrize("missing", ["version", "reason"])
    def test_a_field_that_is_missing_is_422(self, stocked: Api, missing: str) -> None:
        body = {"name": NAME, "version": None, "reason": "回退", "plugin_key": KEY}
        del body[missing]
        assert refusal(stocked.post(RECOMMEND, body), 422) == "validation_error"

    def test_a_version_that_is_not_there_is_404(self, stocked: Api) -> None:
        assert refusal(recommend(stocked, "9.0.0"), 404) == "version_not_found"


class TestDeprecating:
    def test_it_says_why_what_replaces_it_and_until_when(self, stocked: Api, root: Api) -> None:
        assert stocked.upload(package(name="com.example.Better"), key="another-key").status_code == 200
        said = {"reason": "不再维护", "replacement": "COM.example.better", "sunset": "2031-01-02T03:04:05Z"}
        plugin = data(deprecate(stocked, **said))
        assert (plugin["is_deprecated"], plugin["replacement"]) == (True, "com.example.Better")
        assert plugin["deprecated_at"] == plugin["updated_at"]
        shown = data(stocked.get(f"{PLUGINS}/{NAME}"))
        assert (shown["deprecation_reason"], shown["sunset"]) == ("不再维护", "2031-01-02T03:04:05Z")
        # What is not given stays, what is given changes.
        assert data(deprecate(stocked, **said)) == plugin == data(deprecate(stocked))
        assert len(recorded(root, "plugin.deprecated")) == 1
        assert data(deprecate(stocked, replacement=None))["replacement"] is None
        shown = data(stocked.get(f"{PLUGINS}/{NAME}"))
        assert (shown["deprecation_reason"], shown["sunset"]) == ("不再维护", "2031-01-02T03:04:05Z")
        assert [entry["details"].get("replacement", "") for entry in recorded(root, "plugin.deprecated")] == [
            None,
            "com.example.Better",
        ]

    def test_it_is_undone_with_all_that_was_said(self, stocked: Api, root: Api) -> None:
        assert deprecate(stocked, reason="旧", sunset="2031-01-02T03:04:05Z").status_code == 200
        for _ in range(2):
            plugin = data(deprecate(stocked, undo=True, reason="仍有人用"))
            assert (plugin["is_deprecated"], plugin["deprecated_at"]) == (False, None)
        [entry] = recorded(root, "plugin.undeprecated")
        assert entry["details"]["reason"] == "仍有人用"
        shown = data(stocked.get(f"{PLUGINS}/{NAME}"))
        assert (shown["deprecation_reason"], shown["sunset"], shown["replacement"]) == ("", None, None)

    def test_it_lowers_no_version(self, stocked: Api) -> None:
        assert deprecate(stocked).status_code == 200
        assert current(stocked) == "2.0.0"

    def test_a_replacement_is_another_plugin_that_is_there(self, stocked: Api, root: Api) -> None:
        assert refusal(deprecate(stocked, replacement=NAME.upper()), 409) == "replaces_itself"
        assert refusal(deprecate(stocked, replacement="com.example.nothing"), 404) == "replacement_not_found"
        assert refusal(deprecate(stocked, replacement="x"), 422) == "validation_error"
        assert recorded(root, "plugin.deprecated") == []

    def test_clients_of_before_go_on_working(self, stocked: Api, root: Api, user: Api) -> None:
        assert refusal(stocked.post(DEPRECATE, {"name": NAME}), 401) == "unauthenticated"
        assert refusal(user.post(DEPRECATE, {"name": NAME}), 403) == "admin_required"
        assert data(root.post(DEPRECATE, {"name": NAME}))["is_deprecated"] is True
        assert recorded(root, "plugin.deprecated")[0]["details"] == {}


ACTS: dict[str, tuple[str, dict[str, Any]]] = {
    "yank": (YANK, {"version": "1.0.0", "reason": "崩溃"}),
    "unyank": (YANK, {"version": "1.0.0", "undo": True}),
    "recommend": (RECOMMEND, {"version": "1.0.0", "reason": "回退"}),
    "deprecate": (DEPRECATE, {"reason": "旧"}),
    "undeprecate": (DEPRECATE, {"undo": True}),
}


@pytest.mark.parametrize("act", ACTS)
class TestWhoMayAct:
    def act(self, api: Api, act: str, **fields: Any) -> Any:
        path, body = ACTS[act]
        return api.post(path, {"name": NAME, **body, **fields})

    def test_neither_key_nor_right_is_403(self, stocked: Api, app: Flask, act: str) -> None:
        assert refusal(self.act(stocked, act), 403) == "forbidden"
        for role in (Role.USER, Role.REVIEWER):
            assert refusal(self.act(add_user(app, f"a-{role}", role), act), 403) == "forbidden"
        assert refusal(self.act(add_user(app, "dev", Role.DEVELOPER), act), 403) == "not_the_owner"

    def test_a_wrong_key_is_403(self, stocked: Api, act: str) -> None:
        assert refusal(self.act(stocked, act, plugin_key="another-key"), 403) == "wrong_plugin_key"

    def test_a_bad_token_is_401(self, stocked: Api, act: str) -> None:
        answer = self.act(Api(stocked.app, "no-token"), act, plugin_key=KEY)
        assert refusal(answer, 401) == "invalid_token"

    def test_an_administrator_may(self, stocked: Api, root: Api, act: str) -> None:
        assert self.act(root, act).status_code == 200

    def test_of_a_plugin_that_is_not_there_nothing_is_known(self, stocked: Api, root: Api, act: str) -> None:
        answer = self.act(root, act, name="com.example.nothing")
        assert refusal(answer, 404) == "plugin_not_found"


@pytest.mark.parametrize("act", ACTS)
class TestOfAnOwnedPlugin:
    def act(self, api: Api, act: str, **fields: Any) -> Any:
        path, body = ACTS[act]
        return api.post(path, {"name": NAME, **body, **fields})

    def test_its_owner_may_and_strangers_may_not(self, who: People, published_plugin: dict[str, Any], act: str) -> None:
        assert refusal(self.act(who.other, act), 403) == "not_the_owner"
        assert refusal(self.act(who.reviewer, act), 403) == "forbidden"
        assert self.act(who.developer, act).status_code == 200

    def test_without_a_key_no_key_fits_and_with_one_its_holder_acts(
        self, who: People, published_plugin: dict[str, Any], act: str
    ) -> None:
        assert refusal(self.act(who.nobody, act, plugin_key=KEY), 403) == "wrong_plugin_key"
        key = data(who.developer.post(f"{PLUGINS}/{NAME}/upload-key"))["upload_key"]
        assert self.act(who.nobody, act, plugin_key=key).status_code == 200

    def test_what_is_not_published_is_seen_by_its_owner_alone(
        self, who: People, waiting_plugin: dict[str, Any], act: str
    ) -> None:
        assert refusal(self.act(who.other, act), 404) == "plugin_not_found"
        answer = self.act(who.developer, act)
        if act in ("deprecate", "undeprecate"):
            assert answer.status_code == 200
        else:
            assert refusal(answer, 409) == "version_not_published"


def test_a_key_with_a_token_records_the_account_and_the_key(who: People, published_plugin: dict[str, Any]) -> None:
    key = data(who.developer.post(f"{PLUGINS}/{NAME}/upload-key"))["upload_key"]
    assert yank(who.developer, "1.0.0", plugin_key=key).status_code == 200
    [entry] = recorded(who.admin, "version.yanked")
    assert entry["actor"]["username"] == "developer"
    assert entry["details"]["key_made_by"] == account_id(who.developer)
