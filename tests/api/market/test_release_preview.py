"""What a review says that approving its version would mean for hosts, and that it does mean that."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from ...conftest import WallClock
from ...market import (
    PLUGINS,
    V1,
    People,
    add_version,
    created,
    data,
    decide,
    published,
    review_of,
    run_jobs,
    shown,
    suspended,
)
from ...support import Api
from .test_releases import sound, submit

NAME = "com.example.myplugin"
ENGLISH = {"Accept-Language": "en"}
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}


def configure(who: People, **settings: Any) -> None:
    data(who.admin.put(f"{V1}/admin/system/config", {"release_settings": settings}))


def release(who: People, version: str, **wanted: Any) -> None:
    data(who.developer.put(f"{PLUGINS}/{NAME}/versions/{version}/release", wanted))


def preview(who: People, version: str = "1.1.0", **options: Any) -> dict[str, Any]:
    """What the version's review says."""
    review_id = review_of(who.reviewer, NAME, version)["id"]
    found: dict[str, Any] = data(who.reviewer.get(f"{V1}/admin/reviews/{review_id}", **options))["release_preview"]
    return found


def codes(found: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in found["reasons"]]


def told(api: Api) -> dict[str, Any]:
    """What a host is told that has the engines, and the first version there is."""
    asked = {"engines": {"MicroDock": "2.0.0"}, "installed": [{"name": NAME, "version": "1.0.0"}]}
    [found] = data(api.post("/api/plugins/updates", asked))["updates"]
    return dict(found)


def ensure_true(who: People, said: dict[str, Any], version: str = "1.1.0") -> None:
    """Approve the version: what its review said is what is so."""
    decide(who.reviewer, NAME, version=version)
    assert shown(who.nobody, NAME)["version"] == said["current_after"]
    assert said["is_current"] is (said["current_after"] == version)
    answer = told(who.nobody)
    assert said["is_offered"] is (answer["target"] is not None and answer["target"]["version"] == version)
    if not said["is_offered"]:
        [reason] = [one for one in answer["reasons"] if one["version"] == version]
        assert reason in said["reasons"]


@pytest.fixture(autouse=True)
def waiting(who: People, published_plugin: dict[str, Any]) -> None:
    """A published plugin, with a version that waits for review."""
    data(add_version(who.developer, NAME, "1.1.0"), 201)


def test_an_ordinary_version_would_be_current_and_offered_at_once(who: People) -> None:
    found = preview(who)
    assert found == {"is_offered": True, "is_current": True, "current_after": "1.1.0", "reasons": []}
    ensure_true(who, found)


def test_a_new_plugin_shows_its_only_version_whatever_keeps_it(who: People) -> None:
    configure(who, cooldown_hours=24)
    other = created(who.developer, name="com.example.other")
    review_id = review_of(who.reviewer, other["id"])["id"]
    found = data(who.reviewer.get(f"{V1}/admin/reviews/{review_id}"))["release_preview"]
    assert (found["is_offered"], found["is_current"], found["current_after"]) == (False, True, "1.0.0")
    assert codes(found) == ["cooldown"]


def test_below_the_current_version_it_is_offered_and_not_shown(who: People) -> None:
    data(add_version(who.developer, NAME, "0.9.0"), 201)
    found = preview(who, "0.9.0")
    assert found == {"is_offered": True, "is_current": False, "current_after": "1.0.0", "reasons": []}


def test_a_cooldown_would_keep_it_until_a_moment(who: People, wall_clock: WallClock) -> None:
    wall_clock.stop()
    configure(who, cooldown_hours=24)
    found = preview(who, headers=ENGLISH)
    [reason] = found["reasons"]
    until = reason["params"]["until"]
    assert (found["is_offered"], found["is_current"], found["current_after"]) == (False, False, "1.0.0")
    assert reason == {
        "code": "cooldown",
        "version": "1.1.0",
        "message": f"1.1.0 will be offered from {until} on",
        "params": {"until": until},
    }
    ensure_true(who, preview(who))


@pytest.mark.parametrize("is_examined", [False, True])
def test_a_finding_would_hold_it(app: Flask, who: People, is_examined: bool) -> None:
    configure(who, gate_on_findings=True)
    if is_examined:
        run_jobs(app)
    found = preview(who)
    assert (codes(found), found["current_after"]) == (["held_for_review"], "1.0.0")
    ensure_true(who, found)


def test_without_a_finding_nothing_holds_it(app: Flask, who: People) -> None:
    configure(who, gate_on_findings=True)
    assert submit(who.developer, sound("1.2.0")).status_code == 201
    run_jobs(app)
    found = preview(who, "1.2.0")
    assert (found["is_offered"], codes(found)) == (True, [])
    ensure_true(who, found, "1.2.0")


@pytest.mark.parametrize(
    ("wanted", "code", "params"),
    [
        ({"channel": "preview"}, "channel", {"channel": "preview"}),
        ({"rollout": 30}, "rollout", {"rollout": 30, "paused": False}),
        ({"paused": True}, "rollout", {"rollout": 100, "paused": True}),
    ],
)
def test_what_the_owner_set_would_keep_it(
    who: People, wanted: dict[str, Any], code: str, params: dict[str, Any]
) -> None:
    release(who, "1.1.0", **wanted)
    found = preview(who)
    [reason] = found["reasons"]
    assert (reason["code"], reason["params"], found["is_current"]) == (code, params, False)
    ensure_true(who, found)


def test_a_prerelease_is_a_preview(who: People) -> None:
    data(add_version(who.developer, NAME, "2.0.0-rc.1"), 201)
    found = preview(who, "2.0.0-rc.1")
    assert (codes(found), found["current_after"]) == (["channel"], "1.0.0")
    ensure_true(who, found, "2.0.0-rc.1")


def test_a_version_above_the_recommended_one_would_be_rolled_back(who: People) -> None:
    data(who.developer.put(f"{PLUGINS}/{NAME}/recommended", {"version": "1.0.0", "reason": "稳定"}))
    found = preview(who)
    assert [(one["code"], one["params"]) for one in found["reasons"]] == [("rolled_back", {"recommended": "1.0.0"})]
    ensure_true(who, found)


@pytest.mark.parametrize("by_hash", [False, True])
def test_a_block_that_matches_already_is_named_with_its_reason(who: People, by_hash: bool) -> None:
    hashes = [review_of(who.reviewer, NAME, "1.1.0")["file_hash"]]
    which = {"sha256": hashes} if by_hash else {"versions": ">=1.1.0"}
    body = {"plugin": NAME, "severity": "disable", "reason": REASON, **which}
    data(who.admin.post(f"{V1}/admin/blocks", body), 201)
    assert preview(who, headers=ENGLISH)["reasons"][0]["params"] == {"severity": "disable", "reason": REASON["en"]}
    found = preview(who)
    assert found["reasons"][0]["message"] == f"1.1.0 已被封禁：{REASON['zh']}"
    assert (codes(found), found["current_after"]) == (["blocked"], "1.0.0")
    ensure_true(who, found)


def test_all_that_would_keep_it_is_told_in_the_order_of_the_codes(who: People) -> None:
    configure(who, cooldown_hours=1, gate_on_findings=True)
    data(who.developer.put(f"{PLUGINS}/{NAME}/recommended", {"version": "1.0.0", "reason": "稳定"}))
    release(who, "1.1.0", channel="preview", rollout=30)
    assert codes(preview(who)) == ["rolled_back", "channel", "cooldown", "held_for_review", "rollout"]


def test_a_deprecated_plugin_is_offered_all_the_same(who: People) -> None:
    published(who.developer, who.reviewer, name="com.example.newer")
    said = {"deprecated": True, "replacement": "com.example.newer"}
    data(who.developer.put(f"{PLUGINS}/{NAME}/deprecation", said))
    found = preview(who)
    [reason] = found["reasons"]
    assert (reason["code"], reason["params"]) == ("deprecated", {"replacement": "com.example.newer"})
    assert (found["is_offered"], found["is_current"]) == (True, True)
    ensure_true(who, found)


def test_of_a_disabled_plugin_nothing_would_be_offered(who: People) -> None:
    data(who.admin.post("/api/plugins/disable", {"name": NAME}))
    found = preview(who)
    assert (found["is_offered"], codes(found), found["current_after"]) == (False, ["disabled"], "1.1.0")
    decide(who.reviewer, NAME, version="1.1.0")
    assert told(who.nobody)["target"] is None


def test_of_a_suspended_plugin_hosts_would_see_nothing(who: People) -> None:
    suspended(who.admin, NAME)
    found = preview(who, headers=ENGLISH)
    [reason] = found["reasons"]
    assert (found["is_offered"], reason["code"], reason["params"]) == (False, "unknown_plugin", {"status": "suspended"})
    assert reason["message"] == "The plugin is suspended: hosts are told that the catalogue does not have it"
    decide(who.reviewer, NAME, version="1.1.0")
    assert told(who.nobody)["action"] == "unknown"


def test_a_review_of_a_published_version_says_what_is_so(who: People) -> None:
    data(who.user.post(f"{PLUGINS}/{NAME}/report", {"reason": "抄袭"}))
    assert preview(who, "1.0.0") == {"is_offered": True, "is_current": True, "current_after": "1.0.0", "reasons": []}
    data(who.developer.post(f"{PLUGINS}/{NAME}/versions/1.0.0/yank", {"reason": "崩溃"}))
    found = preview(who, "1.0.0")
    assert [(one["code"], one["params"]) for one in found["reasons"]] == [("yanked", {"reason": "崩溃"})]


def test_it_stands_in_the_review_alone(who: People) -> None:
    assert "release_preview" not in review_of(who.reviewer, NAME)
