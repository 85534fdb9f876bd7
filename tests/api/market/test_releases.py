"""Acts on releases through the marketplace: by owners, reviewers and administrators."""

from __future__ import annotations

from typing import Any

import pytest

from ...market import (
    MOMENT,
    PLUGINS,
    V1,
    People,
    add_version,
    created,
    data,
    details,
    published_version,
    slug,
)
from ...support import Api, package

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
        found = data(recommend(who.developer, None))
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
