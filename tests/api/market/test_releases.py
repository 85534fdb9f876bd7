"""Acts on releases through the marketplace: by owners, reviewers and administrators."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.due_releases import DueReleases
from microdock_server.models import Plugin, PluginVersion
from microdock_server.vocabulary import Role

from ...bundle.packages import plugin_dll
from ...conftest import WallClock
from ...market import (
    MOMENT,
    PLUGINS,
    V1,
    People,
    add_version,
    appealed,
    created,
    data,
    details,
    file,
    published_version,
    rejected,
    review_of,
    run_jobs,
    slug,
)
from ...support import Api, add_user, manifest, package

NAME = "com.example.myplugin"
PAGE = f"{PLUGINS}/{NAME}"


@pytest.fixture
def plugin(who: People, published_plugin: dict[str, Any]) -> dict[str, Any]:
    """The developer's plugin, with two published versions."""
    published_version(who.developer, who.reviewer, NAME, "1.1.0")
    return published_plugin


def yank(api: Api, version: str = "1.1.0", **body: Any) -> Any:
    return api.post(f"{PAGE}/versions/{version}/yank", {"reason": "崩溃", **body})


def unyank(api: Api, version: str = "1.1.0") -> Any:
    return api.post(f"{PAGE}/versions/{version}/unyank", {})


def recommend(api: Api, version: str | None = "1.0.0", **options: Any) -> Any:
    return api.put(f"{PAGE}/recommended", {"version": version, "reason": "回退"}, **options)


def deprecate(api: Api, **body: Any) -> Any:
    return api.put(f"{PAGE}/deprecation", {"deprecated": True, **body})


def settle(api: Api, version: str = "1.1.0", **wanted: Any) -> Any:
    return api.put(f"{PAGE}/versions/{version}/release", wanted)


def release_now(api: Api, version: str = "1.1.0", **body: Any) -> Any:
    return api.post(f"{V1}/admin/plugins/{NAME}/versions/{version}/release-now", {"reason": "查过", **body})


def configure(admin: Api, **settings: Any) -> None:
    data(admin.put(f"{V1}/admin/system/config", {"release_settings": settings}))


def sound(version: str, name: str = NAME) -> bytes:
    """A package in which no rule finds anything grave: it has a real DLL."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        said = manifest(name=name, version=version, entryClass="Clock.Plugin", dependencies={})
        archive.writestr("plugin.json", json.dumps(said))
        archive.writestr("MyPlugin.dll", plugin_dll())
    return buffer.getvalue()


def submit(api: Api, content: bytes, **fields: str) -> Any:
    return api._call("POST", f"{PAGE}/versions", data={"plugin_file": file(content, "p.zip"), **fields})


def shown(api: Api) -> dict[str, Any]:
    return dict(data(api.get(PAGE)))


def version_of(api: Api, version: str = "1.1.0") -> dict[str, Any]:
    return dict(data(api.get(f"{PAGE}/versions/{version}")))


def recorded(admin: Api, action: str) -> list[dict[str, Any]]:
    """The log's entries of this action, newest first."""
    return list(data(admin.get(f"{V1}/admin/audit?action={action}"))["entries"])


def told(api: Api) -> list[dict[str, Any]]:
    """What somebody was told of releases, newest first."""
    found = data(api.get(f"{V1}/notifications?limit=100"))["notifications"]
    return [one for one in found if one["event"] == "plugin_release_changed"]


class TestYanking:
    def test_the_owner_takes_a_version_back_and_offers_it_again(self, who: People, plugin: dict[str, Any]) -> None:
        version = data(yank(who.developer))
        assert (version["is_yanked"], version["yank_reason"]) == (True, "崩溃")
        assert version == version_of(who.nobody)
        assert shown(who.nobody)["version"] == "1.0.0"
        assert data(unyank(who.developer)) == version_of(who.nobody)
        assert version_of(who.nobody)["is_yanked"] is False
        assert shown(who.nobody)["version"] == "1.1.0"
        [entry] = recorded(who.admin, "version.yanked")
        assert entry["actor"]["username"] == "developer"
        assert entry["details"] == {"version": "1.1.0", "reason": "崩溃"}
        assert recorded(who.admin, "version.unyanked")[0]["details"] == {"version": "1.1.0"}
        assert told(who.developer) == []

    def test_an_administrator_may_and_the_owner_is_told(self, who: People, plugin: dict[str, Any]) -> None:
        for _ in range(2):
            assert yank(who.admin).status_code == 200
        [notice] = told(who.developer)
        assert notice["message"] == f"插件 {NAME} 的版本 1.1.0 已被撤回：崩溃"
        assert (notice["data"]["change"], notice["data"]["reason"]) == ("yanked", "崩溃")
        for _ in range(2):
            assert unyank(who.admin).status_code == 200
        assert [notice["data"]["change"] for notice in told(who.developer)] == ["unyanked", "yanked"]
        assert len(recorded(who.admin, "version.yanked")) == len(recorded(who.admin, "version.unyanked")) == 1

    def test_what_is_there_already_changes_nothing(self, who: People, plugin: dict[str, Any]) -> None:
        first = data(yank(who.developer))
        listed = data(who.nobody.get(PLUGINS))
        assert data(yank(who.developer, reason="别的")) == first
        assert data(who.nobody.get(PLUGINS)) == listed
        assert len(recorded(who.admin, "version.yanked")) == 1

    def test_what_is_not_published_is_409(self, who: People, plugin: dict[str, Any]) -> None:
        add_version(who.developer, NAME, "2.0.0")
        assert slug(yank(who.developer, "2.0.0")) == "version_not_published"
        assert slug(unyank(who.developer, "2.0.0")) == "version_not_published"
        assert slug(recommend(who.developer, "2.0.0")) == "version_not_published"

    def test_what_is_not_there_is_404(self, who: People, plugin: dict[str, Any]) -> None:
        assert slug(yank(who.developer, "9.0.0"), 404) == "version_not_found"
        assert slug(who.developer.post(f"{PLUGINS}/nothing/versions/1.0.0/yank", {"reason": "x"}), 404)

    def test_a_reason_is_needed(self, who: People, plugin: dict[str, Any]) -> None:
        assert set(details(who.developer.post(f"{PAGE}/versions/1.1.0/yank", {}))) == {"reason"}
        assert set(details(yank(who.developer, reason=""))) == {"reason"}
        assert set(details(yank(who.developer, undo=True))) == {"undo"}

    def test_strangers_are_403_and_what_is_hidden_404(self, who: People, plugin: dict[str, Any]) -> None:
        created(who.developer, name="com.example.waiting")
        assert slug(yank(who.other), 403) == "not_the_owner"
        hidden = f"{PLUGINS}/com.example.waiting/versions/1.0.0"
        assert slug(who.other.post(f"{hidden}/yank", {"reason": "x"}), 404) == "plugin_not_found"
        assert slug(who.developer.post(f"{hidden}/yank", {"reason": "x"})) == "version_not_published"


class TestRecommending:
    def test_the_owner_rolls_back_and_undoes_that(self, who: People, plugin: dict[str, Any]) -> None:
        found = data(recommend(who.developer))
        assert (found["version"], found["recommended_version"]) == ("1.0.0", "1.0.0")
        assert found["recommended_reason"] == "回退"
        assert found == shown(who.developer)
        assert shown(who.nobody)["recommended_version"] == "1.0.0"
        [row] = data(who.nobody.get(PLUGINS))["plugins"]
        assert (row["version"], row["recommended_version"]) == ("1.0.0", "1.0.0")
        answer = recommend(who.developer, None)
        assert answer.get_json()["message"] == "推荐版本已取消"
        found = data(answer)
        assert (found["version"], found["recommended_version"], found["recommended_reason"]) == ("1.1.0", None, "")
        assert [entry["details"]["version"] for entry in recorded(who.admin, "plugin.recommended")] == [None, "1.0.0"]

    def test_again_is_no_change(self, who: People, plugin: dict[str, Any]) -> None:
        for _ in range(2):
            assert recommend(who.admin).status_code == 200
        assert len(recorded(who.admin, "plugin.recommended")) == len(told(who.developer)) == 1
        for _ in range(2):
            assert recommend(who.admin, None).status_code == 200
        assert [notice["data"]["change"] for notice in told(who.developer)] == ["unbounded", "recommended"]

    def test_nobody_overwrites_what_they_have_not_seen(self, who: People, plugin: dict[str, Any]) -> None:
        tag = who.developer.get(PAGE).headers["ETag"]
        answer = recommend(who.developer, headers={"If-Match": tag})
        assert answer.status_code == 200 and answer.headers["ETag"] != tag
        assert recommend(who.developer, None, headers={"If-Match": tag}).status_code == 412
        assert recommend(who.developer, None, headers={"If-Match": answer.headers["ETag"]}).headers["ETag"] == tag

    @pytest.mark.parametrize("severity", ["warn", "disable", "remove"])
    def test_what_is_blocked_is_409(self, who: People, plugin: dict[str, Any], severity: str) -> None:
        block = {"plugin": NAME, "versions": "1.0.0", "severity": severity, "reason": {"zh": "坏", "en": "bad"}}
        assert who.admin.post(f"{V1}/admin/blocks", block).status_code == 201
        answer = recommend(who.developer)
        assert slug(answer) == "not_recommendable"
        assert answer.get_json()["message"] == "不能推荐版本 1.0.0：已被封禁"
        assert data(recommend(who.developer, "1.1.0"))["recommended_version"] == "1.1.0"

    @pytest.mark.parametrize("why", ["yanked", "preview"])
    def test_what_is_withdrawn_or_a_preview_is_409(self, who: People, plugin: dict[str, Any], why: str) -> None:
        version = "1.0.0"
        if why == "yanked":
            assert yank(who.developer, version).status_code == 200
        else:
            version = "2.0.0-rc.1"
            published_version(who.developer, who.reviewer, NAME, version)
        assert slug(recommend(who.developer, version)) == "not_recommendable"
        assert recorded(who.admin, "plugin.recommended") == []

    def test_bad_bodies_are_422(self, who: People, plugin: dict[str, Any]) -> None:
        for body, field in (({"reason": "x"}, "version"), ({"version": None}, "reason")):
            assert set(details(who.developer.put(f"{PAGE}/recommended", body))) == {field}


class TestDeprecating:
    def test_the_owner_says_why_and_what_replaces_it(self, who: People, plugin: dict[str, Any]) -> None:
        assert who.nobody.upload(package(name="com.example.better")).status_code == 200
        said = {"reason": "旧", "replacement": "com.example.better", "sunset": "2031-01-02T03:04:05+00:00"}
        found = data(deprecate(who.developer, **said))
        assert found == shown(who.developer)
        names = ("is_deprecated", "deprecation_reason", "replacement", "sunset")
        assert [found[name] for name in names] == [True, "旧", "com.example.better", "2031-01-02T03:04:05Z"]
        assert MOMENT.fullmatch(found["deprecated_at"])
        row = next(row for row in data(who.nobody.get(PLUGINS))["plugins"] if row["plugin_name"] == NAME)
        assert (row["replacement"], row["deprecated_at"]) == ("com.example.better", found["deprecated_at"])
        assert data(deprecate(who.developer, **said)) == found
        [entry] = recorded(who.admin, "plugin.deprecated")
        assert entry["details"] == {
            "reason": "旧",
            "replacement": "com.example.better",
            "sunset": "2031-01-02T03:04:05Z",
        }
        found = data(who.developer.put(f"{PAGE}/deprecation", {"deprecated": False}))
        assert [found[name] for name in names] == [False, "", None, None]
        assert found["revision"] == plugin["revision"]

    def test_the_owner_is_told_of_what_others_did(self, who: People, plugin: dict[str, Any]) -> None:
        for _ in range(2):
            assert deprecate(who.admin, reason="无人维护").status_code == 200
        for _ in range(2):
            assert who.admin.put(f"{PAGE}/deprecation", {"deprecated": False}).status_code == 200
        assert [notice["data"]["change"] for notice in told(who.developer)] == ["undeprecated", "deprecated"]

    def test_a_replacement_is_another_plugin_that_everybody_sees(self, who: People, plugin: dict[str, Any]) -> None:
        created(who.developer, name="com.example.waiting")
        assert slug(deprecate(who.developer, replacement=NAME)) == "replaces_itself"
        for name in ("com.example.waiting", "com.example.nothing"):
            assert slug(deprecate(who.developer, replacement=name), 404) == "replacement_not_found"
        assert shown(who.developer)["is_deprecated"] is False

    def test_bad_bodies_are_422(self, who: People, plugin: dict[str, Any]) -> None:
        assert set(details(who.developer.put(f"{PAGE}/deprecation", {}))) == {"deprecated"}
        assert set(details(deprecate(who.developer, sunset="soon", replacement="x"))) == {"sunset", "replacement"}


ROLLING = {"rollout": "30"}


class TestRollouts:
    @pytest.fixture
    def rolling(self, who: People, published_plugin: dict[str, Any]) -> str:
        """A version that was submitted for 30 percent of hosts, and is published."""
        assert data(submit(who.developer, package(version="1.1.0"), **ROLLING), 201)["rollout"] == 30
        review = review_of(who.reviewer, NAME, "1.1.0")["id"]
        decided = {"review_ids": [review], "action": "approve"}
        assert data(who.reviewer.post(f"{V1}/admin/reviews/batch", decided))["succeeded"] == 1
        return "1.1.0"

    def test_a_version_is_current_once_all_hosts_are_offered_it(self, who: People, rolling: str) -> None:
        assert shown(who.nobody)["version"] == "1.0.0"
        version = data(settle(who.developer, rollout=100))
        assert version == version_of(who.developer)
        assert version["rollout"] == 100
        assert shown(who.nobody)["version"] == rolling
        [entry] = recorded(who.admin, "version.release_changed")
        assert entry["details"] == {"version": rolling, "changes": {"rollout": {"from": 30, "to": 100}}}
        assert told(who.developer) == []

    def test_it_only_grows(self, who: People, rolling: str) -> None:
        assert slug(settle(who.developer, rollout=29)) == "rollout_only_grows"
        assert data(settle(who.developer, rollout=30))["rollout"] == 30
        assert data(settle(who.developer, rollout=31))["rollout"] == 31
        assert len(recorded(who.admin, "version.release_changed")) == 1

    def test_it_is_paused_and_resumed(self, who: People, rolling: str) -> None:
        for paused in (True, True, False, False):
            assert data(settle(who.developer, paused=paused))["is_paused"] is paused
        assert len(recorded(who.admin, "version.release_changed")) == 2
        assert data(settle(who.developer, paused=True, rollout=100))["is_paused"] is True
        assert shown(who.nobody)["version"] == "1.0.0"
        assert slug(settle(who.developer, rollout=99)) == "release_complete"
        assert data(settle(who.developer, paused=False))["is_paused"] is False
        assert shown(who.nobody)["version"] == rolling

    def test_its_channel_may_still_change(self, who: People, rolling: str) -> None:
        assert data(settle(who.developer, channel="preview", rollout=100))["channel"] == "preview"
        assert shown(who.nobody)["version"] == "1.0.0"
        assert slug(recommend(who.developer, rolling)) == "not_recommendable"
        assert data(settle(who.developer, channel="stable"))["channel"] == "stable"
        assert shown(who.nobody)["version"] == rolling

    def test_the_owner_is_told_of_what_others_did(self, who: People, rolling: str) -> None:
        for _ in range(2):
            assert settle(who.admin, rollout=50).status_code == 200
        assert [notice["data"]["change"] for notice in told(who.developer)] == ["settings"]

    @pytest.mark.parametrize("wanted", [{"rollout": 99}, {"paused": True}, {"channel": "preview"}])
    def test_what_all_hosts_are_offered_is_not_taken_back(
        self, who: People, plugin: dict[str, Any], wanted: dict[str, Any]
    ) -> None:
        before = version_of(who.developer)
        assert slug(settle(who.developer, **wanted)) == "release_complete"
        assert version_of(who.developer) == before
        assert data(settle(who.developer, rollout=100, paused=False, channel="stable")) == before
        assert data(settle(who.developer)) == before
        assert recorded(who.admin, "version.release_changed") == []

    def test_before_publication_anything_goes(self, who: People, plugin: dict[str, Any]) -> None:
        add_version(who.developer, NAME, "2.0.0")
        for wanted in ({"rollout": 10}, {"rollout": 5, "paused": True}, {"channel": "preview"}, {"paused": False}):
            found = data(settle(who.developer, "2.0.0", **wanted))
        assert (found["rollout"], found["is_paused"], found["channel"]) == (5, False, "preview")
        assert found["available_at"] is None
        assert slug(settle(who.other, "2.0.0", rollout=1), 403) == "not_the_owner"

    def test_a_prerelease_is_always_a_preview(self, who: People, plugin: dict[str, Any]) -> None:
        add_version(who.developer, NAME, "2.0.0-rc.1")
        assert data(settle(who.developer, "2.0.0-rc.1", channel="preview"))["channel"] == "preview"
        assert slug(settle(who.developer, "2.0.0-rc.1", channel="stable")) == "always_preview"
        assert recorded(who.admin, "version.release_changed") == []

    @pytest.mark.parametrize(
        "wrong", [{"rollout": -1}, {"rollout": 101}, {"rollout": 1.5}, {"paused": 1}, {"channel": "beta"}, {"x": 1}]
    )
    def test_bad_bodies_are_422(self, who: People, plugin: dict[str, Any], wrong: dict[str, Any]) -> None:
        assert set(details(settle(who.developer, **wrong))) == set(wrong)

    @pytest.mark.parametrize("wrong", ["-1", "101", "x", "1.5"])
    def test_bad_forms_are_422(self, who: People, plugin: dict[str, Any], wrong: str) -> None:
        assert set(details(submit(who.developer, package(version="2.0.0"), rollout=wrong))) == {"rollout"}
        answer = who.nobody.upload(package(name="com.example.new"), rollout=wrong)
        assert [detail["field"] for detail in answer.get_json()["details"]] == ["rollout"]

    def test_an_upload_by_key_may_begin_one(self, who: People) -> None:
        keyed = f"{PLUGINS}/com.example.keyed"
        for version, rollout in (("1.0.0", {}), ("1.1.0", ROLLING), ("1.2.0", {"rollout": "0"})):
            content = package(name="com.example.keyed", version=version)
            assert who.nobody.upload(content, **rollout).status_code == 200
        found = data(who.nobody.get(f"{keyed}/versions"))
        assert [(one["version"], one["rollout"]) for one in found] == [("1.2.0", 0), ("1.1.0", 30), ("1.0.0", 100)]
        assert data(who.nobody.get(keyed))["version"] == "1.0.0"
        assert slug(who.admin.put(f"{keyed}/versions/1.1.0/release", {"rollout": 20})) == "rollout_only_grows"

    def test_a_new_plugin_may_begin_with_one(self, who: People) -> None:
        form = {"plugin_file": file(package(name="com.example.new"), "p.zip"), "rollout": "0"}
        assert who.developer._call("POST", PLUGINS, data=form).status_code == 201
        [version] = data(who.developer.get(f"{PLUGINS}/com.example.new/versions"))
        assert version["rollout"] == 0


HOUR = 3600


class TestCooldowns:
    @pytest.fixture
    def cooling(self, who: People, published_plugin: dict[str, Any], wall_clock: WallClock) -> str:
        """A version whose cooldown of 12 hours has just begun."""
        wall_clock.stop()
        configure(who.admin, cooldown_hours=12)
        published_version(who.developer, who.reviewer, NAME, "1.1.0")
        return "1.1.0"

    def test_it_is_current_once_that_has_passed(
        self, app: Flask, who: People, cooling: str, wall_clock: WallClock
    ) -> None:
        version = version_of(who.nobody)
        assert version["available_at"] > version["published_at"]
        assert shown(who.nobody)["version"] == "1.0.0"
        tag = who.nobody.get("/api/plugins/list").headers["ETag"]
        due = DueReleases(app)
        wall_clock.turn(12 * HOUR - 1)
        assert due.round() == 0
        assert shown(who.nobody)["version"] == "1.0.0"
        wall_clock.turn(1)
        assert due.round() == 1
        assert due.round() == 0
        assert shown(who.nobody)["version"] == cooling
        answer = who.nobody.get("/api/plugins/list", headers={"If-None-Match": tag})
        assert (answer.status_code, data(answer)[0]["current_version"]) == (200, cooling)
        # Set back, the clock takes nothing back by itself, and its second pass over the end does no harm.
        wall_clock.turn(-HOUR)
        assert due.round() == 0
        assert shown(who.nobody)["version"] == cooling
        wall_clock.turn(HOUR)
        assert due.round() == 0
        assert shown(who.nobody)["version"] == cooling

    def test_an_act_meanwhile_forgets_no_end(
        self, app: Flask, who: People, cooling: str, wall_clock: WallClock
    ) -> None:
        assert yank(who.developer, "1.0.0").status_code == 200
        assert unyank(who.developer, "1.0.0").status_code == 200
        wall_clock.turn(12 * HOUR)
        assert DueReleases(app).round() == 1
        assert shown(who.nobody)["version"] == cooling

    def test_another_setting_moves_nothing(self, who: People, cooling: str) -> None:
        before = version_of(who.nobody)
        for hours in (0, 100):
            configure(who.admin, cooldown_hours=hours)
            assert version_of(who.nobody) == before

    def test_until_then_anything_goes(self, who: People, cooling: str, wall_clock: WallClock) -> None:
        for rollout in (50, 20):
            assert data(settle(who.developer, rollout=rollout))["rollout"] == rollout
        assert data(settle(who.developer, channel="preview"))["channel"] == "preview"
        wall_clock.turn(12 * HOUR)
        assert slug(settle(who.developer, rollout=10)) == "rollout_only_grows"

    def test_without_one_a_version_is_available_from_its_publication(
        self, who: People, published_plugin: dict[str, Any]
    ) -> None:
        version = version_of(who.nobody, "1.0.0")
        assert version["available_at"] == version["published_at"]

    def test_uploads_by_key_and_granted_appeals_have_one_too(self, who: People, wall_clock: WallClock) -> None:
        wall_clock.stop()
        configure(who.admin, cooldown_hours=1)
        assert who.nobody.upload(package(name="com.example.keyed")).status_code == 200
        [version] = data(who.nobody.get(f"{PLUGINS}/com.example.keyed/versions"))
        assert version["available_at"] > version["published_at"]
        refused = rejected(who.developer, who.reviewer)
        appeal = appealed(who.developer, refused["id"])
        action = {"type": "update_plugin_status", "plugin_id": refused["id"], "new_status": "approved"}
        granted = {"decision": "approved", "response": "好", "actions": [action]}
        assert who.admin.post(f"{V1}/admin/appeals/{appeal['id']}/process", granted).status_code == 200
        version = version_of(who.nobody, "1.0.0")
        assert version["available_at"] > version["published_at"]
        # Nothing else is there to be shown.
        assert shown(who.nobody)["version"] == "1.0.0"

    def test_a_reviewer_ends_it(self, app: Flask, who: People, cooling: str, wall_clock: WallClock) -> None:
        assert slug(release_now(who.developer), 403) == "forbidden"
        wall_clock.turn(HOUR)
        version = data(release_now(who.reviewer))
        assert version == version_of(who.reviewer)
        assert shown(who.nobody)["version"] == cooling
        assert data(release_now(who.reviewer)) == version
        [entry] = recorded(who.admin, "version.released")
        assert entry["actor"]["username"] == "reviewer"
        assert entry["details"] == {"version": cooling, "reason": "查过", "cooldown": True, "held": False}
        assert [notice["data"]["change"] for notice in told(who.developer)] == ["released"]
        assert slug(settle(who.developer, rollout=10)) == "release_complete"
        assert DueReleases(app).round() == 0


class TestReleasingNow:
    def test_nobody_releases_what_they_own_or_submitted(self, app: Flask, who: People) -> None:
        configure(who.admin, cooldown_hours=1)
        judge = add_user(app, "judge", Role.REVIEWER)
        owned = {"plugin_file": file(package(), "p.zip")}
        assert who.admin._call("POST", PLUGINS, data=owned).status_code == 201
        review = review_of(judge, NAME)["id"]
        decided = {"review_ids": [review], "action": "approve"}
        assert data(judge.post(f"{V1}/admin/reviews/batch", decided))["succeeded"] == 1
        assert slug(release_now(who.admin, "1.0.0"), 403) == "own_plugin"
        assert slug(release_now(who.admin, "1.0.0", override=True)) == "override_refused"
        sent = who.reviewer.upload(package(name="com.example.keyed"))
        assert sent.status_code == 200
        path = f"{V1}/admin/plugins/com.example.keyed/versions/1.0.0/release-now"
        assert slug(who.reviewer.post(path, {"reason": "查过"}), 403) == "own_submission"
        assert judge.post(path, {"reason": "查过"}).status_code == 200
        assert release_now(judge, "1.0.0").status_code == 200

    def test_what_is_not_published_is_409_and_what_is_not_there_404(self, who: People, plugin: dict[str, Any]) -> None:
        add_version(who.developer, NAME, "2.0.0")
        assert slug(release_now(who.reviewer, "2.0.0")) == "version_not_published"
        assert slug(release_now(who.reviewer, "9.0.0"), 404) == "version_not_found"
        assert set(details(who.reviewer.post(f"{V1}/admin/plugins/{NAME}/versions/1.1.0/release-now", {}))) == {
            "reason"
        }

    def test_what_waits_for_nothing_is_no_change(self, who: People, plugin: dict[str, Any]) -> None:
        assert data(release_now(who.reviewer)) == version_of(who.reviewer)
        assert recorded(who.admin, "version.released") == []


class TestHeldForFindings:
    @pytest.fixture
    def gated(self, who: People) -> None:
        configure(who.admin, gate_on_findings=True)

    def upload(self, who: People, content: bytes) -> None:
        assert who.nobody.upload(content).status_code == 200

    def test_an_upload_by_key_is_held_until_a_review_finds_nothing_grave(
        self, app: Flask, who: People, gated: None
    ) -> None:
        for version in ("1.0.0", "1.1.0"):
            self.upload(who, sound(version))
            assert version_of(who.nobody, version)["is_held"] is True
            if version == "1.1.0":
                assert shown(who.nobody)["version"] == "1.0.0"
            assert run_jobs(app) == 1
            assert version_of(who.nobody, version)["is_held"] is False
        assert shown(who.nobody)["version"] == "1.1.0"
        assert {entry["actor"]["username"] for entry in recorded(who.admin, "version.released")} == {"(server)"}

    def test_a_grave_finding_holds_it_until_a_reviewer_releases_it(self, app: Flask, who: People, gated: None) -> None:
        self.upload(who, sound("1.0.0"))
        run_jobs(app)
        self.upload(who, package(version="1.1.0"))
        run_jobs(app)
        assert version_of(who.nobody)["is_held"] is True
        assert shown(who.nobody)["version"] == "1.0.0"
        assert data(settle(who.admin, rollout=50))["rollout"] == 50
        assert data(settle(who.admin, rollout=100))["rollout"] == 100
        assert data(release_now(who.reviewer))["is_held"] is False
        assert shown(who.nobody)["version"] == "1.1.0"
        assert data(release_now(who.reviewer))["is_held"] is False
        assert recorded(who.admin, "version.released")[0]["details"]["held"] is True
        assert len(recorded(who.admin, "version.released")) == 2

    @pytest.mark.parametrize("is_grave", [False, True])
    def test_what_is_approved_is_held_if_its_review_found_something_grave(
        self, app: Flask, who: People, published_plugin: dict[str, Any], gated: None, is_grave: bool
    ) -> None:
        content = package(version="1.1.0") if is_grave else sound("1.1.0")
        assert submit(who.developer, content).status_code == 201
        run_jobs(app)
        review = review_of(who.reviewer, NAME, "1.1.0")["id"]
        decided = {"review_ids": [review], "action": "approve"}
        assert data(who.reviewer.post(f"{V1}/admin/reviews/batch", decided))["succeeded"] == 1
        assert version_of(who.nobody)["is_held"] is is_grave
        assert shown(who.nobody)["version"] == ("1.0.0" if is_grave else "1.1.0")

    def test_without_the_gate_nothing_is_held(self, app: Flask, who: People) -> None:
        self.upload(who, package())
        assert run_jobs(app) == 0
        assert version_of(who.nobody, "1.0.0")["is_held"] is False


class TestPreviewsWithoutReview:
    def test_a_prerelease_of_a_published_plugin_passes_by_the_rules_alone(
        self, app: Flask, who: People, published_plugin: dict[str, Any]
    ) -> None:
        configure(who.admin, preview_needs_review=False)
        for version in ("2.0.0-rc.1", "2.0.0"):
            assert submit(who.developer, sound(version)).status_code == 201
            run_jobs(app)
        assert version_of(who.developer, "2.0.0-rc.1")["status"] == "published"
        assert version_of(who.developer, "2.0.0")["status"] == "pending"
        assert shown(who.nobody)["version"] == "1.0.0"

    def test_one_with_a_grave_finding_waits(self, app: Flask, who: People, published_plugin: dict[str, Any]) -> None:
        configure(who.admin, preview_needs_review=False)
        assert submit(who.developer, package(version="2.0.0-rc.1")).status_code == 201
        run_jobs(app)
        assert version_of(who.developer, "2.0.0-rc.1")["status"] == "pending"

    def test_one_of_a_new_plugin_waits(self, app: Flask, who: People) -> None:
        configure(who.admin, preview_needs_review=False)
        form = {"plugin_file": file(sound("1.0.0-rc.1"), "p.zip")}
        assert who.developer._call("POST", PLUGINS, data=form).status_code == 201
        run_jobs(app)
        assert shown(who.developer)["status"] == "pending"

    def test_by_default_all_wait(self, app: Flask, who: People, published_plugin: dict[str, Any]) -> None:
        assert submit(who.developer, sound("2.0.0-rc.1")).status_code == 201
        run_jobs(app)
        assert version_of(who.developer, "2.0.0-rc.1")["status"] == "pending"


class TestHeaders:
    def links(self, answer: Any) -> dict[str, str]:
        found = re.findall(r'<([^>]*)>; rel="([^"]*)"', answer.headers["Link"])
        return {relation: address for address, relation in found}

    @pytest.mark.parametrize("by_name", [True, False])
    def test_a_deprecated_plugin_says_since_when_until_when_and_what_instead(
        self, who: People, plugin: dict[str, Any], wall_clock: WallClock, by_name: bool
    ) -> None:
        wall_clock.stop()
        since = int(wall_clock.read())
        assert who.nobody.upload(package(name="com.example.better")).status_code == 200
        said = {"replacement": "com.example.better", "sunset": "2031-01-02T03:04:05Z"}
        assert deprecate(who.developer, **said).status_code == 200
        wall_clock.turn(100)
        place = PAGE if by_name else f"{PLUGINS}/{plugin['id']}"
        answers = [
            who.nobody.post("/api/plugins/download", {"name": NAME}),
            who.nobody.post("/api/plugins/version/download", {"name": NAME, "version": "1.0.0"}),
            who.nobody.get(f"{place}/download"),
            who.nobody.get(f"{place}/download", headers={"Range": "bytes=0-3"}),
            who.nobody.get(f"{place}/versions/1.0.0/download"),
            who.nobody._call("HEAD", f"{place}/versions/1.0.0/download"),
        ]
        for answer in answers:
            assert answer.status_code in (200, 206)
            assert answer.headers["Deprecation"] == f"@{since}"
            assert answer.headers["Sunset"] == "Thu, 02 Jan 2031 03:04:05 GMT"
            assert self.links(answer) == {
                "deprecation": PAGE,
                "successor-version": f"{PLUGINS}/com.example.better",
            }

    def test_without_a_replacement_the_current_version_succeeds(self, who: People, plugin: dict[str, Any]) -> None:
        assert deprecate(who.developer).status_code == 200
        answer = who.nobody.get(f"{PAGE}/versions/1.0.0/download")
        assert self.links(answer) == {"deprecation": PAGE, "successor-version": f"{PAGE}/versions/1.1.0"}
        answer = who.nobody.get(f"{PAGE}/download")
        assert self.links(answer) == {"deprecation": PAGE}
        assert "Sunset" not in answer.headers

    def test_what_an_earlier_version_deprecated_counts_from_its_last_change_or_publication(
        self, app: Flask, who: People, plugin: dict[str, Any], wall_clock: WallClock
    ) -> None:
        wall_clock.turn(100)
        wall_clock.stop()
        since = int(wall_clock.read())
        assert deprecate(who.developer).status_code == 200
        with app.app_context(), unit_of_work():
            db.session.execute(update(Plugin).values(deprecated_at=None))
        wall_clock.turn(100)
        assert who.nobody.get(f"{PAGE}/download").headers["Deprecation"] == f"@{since}"
        with app.app_context(), unit_of_work():
            db.session.execute(update(Plugin).values(is_deprecated=False))
            db.session.execute(update(PluginVersion).values(is_deprecated=True))
            [published] = db.session.scalars(select(PluginVersion.published_at).where(PluginVersion.version == "1.0.0"))
        assert published is not None
        answer = who.nobody.get(f"{PAGE}/versions/1.0.0/download")
        assert answer.headers["Deprecation"] == f"@{int(published.timestamp())}"

    def test_a_deprecated_version_says_so_alone(self, who: People, plugin: dict[str, Any]) -> None:
        body = {"name": NAME, "version": "1.0.0"}
        for _ in range(2):
            assert who.admin.post("/api/plugins/version/deprecate", body).status_code == 200
        assert len(recorded(who.admin, "version.deprecated")) == 1
        answer = who.nobody.get(f"{PAGE}/versions/1.0.0/download")
        assert re.fullmatch(r"@[0-9]+", answer.headers["Deprecation"])
        assert self.links(answer)["successor-version"] == f"{PAGE}/versions/1.1.0"
        for path in ("download", "versions/1.1.0/download"):
            answer = who.nobody.get(f"{PAGE}/{path}")
            assert not {"Deprecation", "Sunset", "Link"} & set(answer.headers.keys())
