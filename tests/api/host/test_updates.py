"""Update checks over HTTP: actions, targets and reasons."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from microdock_server.api.core.state import state_of
from microdock_server.api.core.update_answers import UpdateAnswers
from microdock_server.clock import iso, utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import PluginVersion
from microdock_server.services import catalog, plugins
from microdock_server.vocabulary import PluginStatus

from ...conftest import WallClock
from ...support import Api, package

NAME = "com.example.myplugin"
PATH = "/api/plugins/updates"


def publish(api: Api, *versions: str, **manifest: Any) -> None:
    for version in versions:
        assert (
            api.upload(package(**{"version": version, "engines": {}, "dependencies": {}, **manifest})).status_code
            == 200
        )


def checked(api: Api, *installed: dict[str, Any], **body: Any) -> list[dict[str, Any]]:
    answer = api.post(PATH, {"engines": {}, "installed": list(installed), **body})
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["data"]["updates"])


def check(api: Api, version: str, host: dict[str, Any] | None = None, **installed: Any) -> dict[str, Any]:
    [found] = checked(api, {"name": NAME, "version": version, **installed}, **(host or {}))
    return found


def codes(found: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(reason["code"], reason["version"]) for reason in found["reasons"]]


def state(app: Flask, version: str, **columns: Any) -> None:
    """Set the state of a version's release as an act would leave it."""
    with app.app_context(), unit_of_work():
        plugin = plugins.get(NAME)
        row = db.session.get_one(PluginVersion, (NAME, version))
        for name, value in columns.items():
            setattr(row, name, value)
        db.session.flush()
        plugins.show_current(plugin)
        catalog.touch(plugin)


def test_a_host_is_offered_the_highest_version_and_told_what_is_new(api: Api) -> None:
    publish(api, "1.0.0", "1.1.0", "1.2.0", engines={"MicroDock": ">=0.0.3.0"})
    found = check(api, "1.0.0", {"engines": {"microdock": "0.0.4"}})
    assert found["action"] == "update"
    assert found["newest"] == found["target"]["version"] == "1.2.0"
    assert found["reasons"] == []
    assert [entry["version"] for entry in found["changelog"]] == ["1.2.0", "1.1.0"]
    assert found["target"]["engines"] == {"MicroDock": ">=0.0.3.0"}
    got = api.get(found["target"]["download_url"])
    assert got.status_code == 200
    assert len(got.data) == found["target"]["file_size"]


@pytest.mark.parametrize(("engines", "has"), [({}, None), ({"MicroDock": "1.0"}, "1.0"), ({"Other": "9"}, None)])
def test_what_the_host_cannot_run_is_not_offered(api: Api, engines: dict[str, str], has: str | None) -> None:
    publish(api, "1.0.0")
    publish(api, "2.0.0", engines={"MicroDock": ">=2.0"})
    found = check(api, "1.0.0", {"engines": engines})
    assert (found["action"], found["target"], found["newest"]) == ("none", None, "2.0.0")
    assert codes(found) == [("needs_engine", "2.0.0")]
    assert found["reasons"][0]["params"] == {"engine": "MicroDock", "range": ">=2.0", "has": has}


def test_a_yanked_version_is_left_even_for_a_lower_one(app: Flask, api: Api) -> None:
    publish(api, "1.0.0", "1.1.0")
    state(app, "1.1.0", is_yanked=True, yank_reason="it eats settings")
    found = check(api, "1.1.0")
    assert (found["action"], found["target"]["version"]) == ("downgrade", "1.0.0")
    assert codes(found) == [("yanked", "1.1.0"), ("installed_yanked", "1.1.0")]
    assert found["reasons"][0]["message"] == "1.1.0 已被撤回：it eats settings"
    assert check(api, "1.0.0")["action"] == "none"


OTHER = "com.example.other"
REASON = {"zh": "窃取密码", "en": "It steals passwords"}


def block(root: Api, severity: str = "warn", name: str = NAME, **fields: Any) -> None:
    body = {"plugin": name, "versions": "*", "severity": severity, "reason": REASON, **fields}
    assert root.post("/api/v1/admin/blocks", body).status_code == 201


def act(root: Api, path: str, **body: Any) -> None:
    answer = root.post(f"/api/plugins/{path}", {"name": NAME, "plugin_key": "upload-key", **body})
    assert answer.status_code == 200, answer.get_json()


def test_nothing_is_to_do_where_the_newest_is_installed(api: Api) -> None:
    publish(api, "1.0.0", "1.1.0")
    assert check(api, "1.1.0") == {
        **{"name": NAME, "installed": "1.1.0", "action": "none", "target": None, "newest": "1.1.0", "reasons": []},
        **{"permissions_added": [], "changelog": [], "block": None, "replacement": None},
    }


def test_what_is_above_the_recommended_version_goes_down_to_it(api: Api, root: Api) -> None:
    publish(api, "1.0.0", "1.1.0", "2.0.0")
    act(root, "recommend", version="1.0.0", reason="2.0.0 crashes")
    found = check(api, "2.0.0")
    assert (found["action"], found["target"]["version"]) == ("downgrade", "1.0.0")
    assert codes(found) == [("rolled_back", "2.0.0"), ("rolled_back", "1.1.0")]
    assert found["reasons"][0]["params"] == {"recommended": "1.0.0"}
    act(root, "recommend", version=None, reason="mended")
    assert check(api, "1.0.0")["target"]["version"] == "2.0.0"


def test_previews_are_for_those_who_want_them(app: Flask, api: Api) -> None:
    publish(api, "1.0.0", "1.1.0", "2.0.0-rc.1")
    state(app, "1.1.0", chosen_channel="preview")
    stable = check(api, "1.0.0")
    assert (stable["action"], stable["newest"]) == ("none", "2.0.0-rc.1")
    assert codes(stable) == [("channel", "2.0.0-rc.1"), ("channel", "1.1.0")]
    assert check(api, "1.0.0", {"channel": "preview"})["target"]["version"] == "2.0.0-rc.1"
    assert check(api, "1.0.0", channel="preview")["target"]["version"] == "2.0.0-rc.1"
    assert check(api, "1.0.0", {"channel": "preview"}, channel="stable")["target"] is None


def test_a_cooldown_ends_by_the_clock_forward_and_back(app: Flask, api: Api, wall_clock: WallClock) -> None:
    publish(api, "1.0.0", "1.1.0")
    until = utcnow() + timedelta(hours=2)
    state(app, "1.1.0", available_at=until)
    waiting = check(api, "1.0.0")
    assert codes(waiting) == [("cooldown", "1.1.0")]
    assert waiting["reasons"][0]["params"] == {"until": iso(until)}
    for hours, expected in ((3, "1.1.0"), (-3, None), (2, "1.1.0")):
        wall_clock.turn(3600 * hours)
        target = check(api, "1.0.0")["target"]
        assert (target and target["version"]) == expected


def test_a_version_that_is_held_waits_for_a_reviewer(app: Flask, api: Api) -> None:
    publish(api, "1.0.0", "1.1.0")
    state(app, "1.1.0", is_held=True)
    assert codes(check(api, "1.0.0")) == [("held_for_review", "1.1.0")]


def test_a_rollout_reaches_more_and_more_hosts_and_none_without_an_id_before_all(app: Flask, api: Api) -> None:
    publish(api, "1.0.0", "1.1.0")
    ids = [f"host {number}" for number in range(40)]

    def reached() -> set[str]:
        return {one for one in ids if check(api, "1.0.0", {"client_id": one})["target"] is not None}

    before: set[str] = set()
    for rollout in (0, 10, 50, 99):
        state(app, "1.1.0", rollout=rollout)
        now = reached()
        expected = {one for one in ids if bucket(f"{NAME}@1.1.0:{one}") * 100 < rollout * 2**32}
        assert before <= now == expected
        assert codes(check(api, "1.0.0")) == [("rollout", "1.1.0")]
        before = now
    state(app, "1.1.0", rollout=50, is_paused=True)
    assert reached() == set()
    # Who installed it keeps it.
    assert check(api, "1.1.0")["action"] == "none"
    state(app, "1.1.0", rollout=100, is_paused=False)
    assert check(api, "1.0.0")["target"]["version"] == "1.1.0"


def bucket(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def test_a_pin_holds_and_includes_prereleases_between_its_bounds(api: Api) -> None:
    publish(api, "1.0.0", "1.1.0-rc.1", "2.0.0")
    pinned = check(api, "1.0.0", {"channel": "preview"}, pin=">=1.0.0 <2.0.0")
    assert pinned["target"]["version"] == "1.1.0-rc.1"
    assert codes(pinned) == [("pinned", "2.0.0")]
    assert pinned["reasons"][0]["params"] == {"range": ">=1.0.0 <2.0.0"}


@pytest.mark.parametrize("severity", ["warn", "disable"])
def test_a_better_version_wins_over_the_severity_of_a_block(api: Api, root: Api, severity: str) -> None:
    publish(api, "1.0.0", "1.1.0")
    block(root, severity, versions="1.0.0")
    found = check(api, "1.0.0")
    assert (found["action"], found["target"]["version"]) == ("update", "1.1.0")
    assert found["block"]["severity"] == severity
    assert codes(found) == [("installed_blocked", "1.0.0")]
    assert found["reasons"][0]["message"] == "已安装的 1.0.0 已被封禁：窃取密码"


@pytest.mark.parametrize(("severity", "action"), [("warn", "none"), ("disable", "disable"), ("remove", "disable")])
def test_where_none_is_left_the_block_says_what_to_do(api: Api, root: Api, severity: str, action: str) -> None:
    publish(api, "1.0.0", "1.1.0")
    block(root, severity)
    found = check(api, "1.0.0")
    assert (found["action"], found["target"]) == (action, None)
    assert codes(found) == [("blocked", "1.1.0"), ("installed_blocked", "1.0.0")]
    # A removal waits for a second person, and counts as `disable` until then.
    assert found["block"]["severity"] == ("warn" if severity == "warn" else "disable")


def test_a_blocked_version_goes_down_where_nothing_better_is_above(api: Api, root: Api) -> None:
    publish(api, "1.0.0", "1.1.0")
    block(root, "disable", versions=">=1.1.0")
    found = check(api, "1.1.0")
    assert (found["action"], found["target"]["version"]) == ("downgrade", "1.0.0")


def test_a_package_is_blocked_by_its_hash_even_under_a_name_that_is_in_no_catalogue(api: Api, root: Api) -> None:
    block(root, "disable", name=OTHER, versions=None, sha256=["ab" * 32])
    [found] = checked(api, {"name": OTHER.upper(), "version": "1.0.0", "sha256": "AB" * 32})
    assert (found["action"], found["block"]["sha256"]) == ("disable", ["ab" * 32])
    assert codes(found) == [("installed_blocked", "1.0.0"), ("unknown_plugin", None)]
    [other] = checked(api, {"name": OTHER, "version": "1.0.0", "sha256": "cd" * 32})
    assert (other["action"], other["block"]) == ("unknown", None)


def test_a_disabled_plugin_is_left_alone_unless_it_is_blocked(api: Api, root: Api) -> None:
    publish(api, "1.0.0", "1.1.0")
    assert root.post("/api/plugins/disable", {"name": NAME}).status_code == 200
    found = check(api, "1.0.0")
    assert (found["action"], codes(found), found["newest"]) == ("none", [("disabled", None)], "1.1.0")
    block(root, "disable")
    assert check(api, "1.0.0")["action"] == "disable"


def test_an_installed_version_that_is_not_the_published_one_is_told(api: Api) -> None:
    publish(api, "1.0.0")
    published = api.post("/api/plugins/versions", {"name": NAME}).get_json()["data"][0]["file_hash"]
    assert codes(check(api, "1.0.0", sha256=published)) == []
    modified = check(api, "1.0.0", sha256="ab" * 32)
    assert codes(modified) == [("installed_modified", "1.0.0")]
    assert modified["reasons"][0]["params"] == {"sha256": published}
    assert codes(check(api, "1.0.1")) == [("installed_unpublished", "1.0.1")]


def test_a_deprecated_plugin_names_its_replacement(api: Api, root: Api) -> None:
    publish(api, "1.0.0")
    assert api.upload(package(name=OTHER)).status_code == 200
    act(root, "deprecate", replacement=OTHER, reason="too old")
    found = check(api, "1.0.0")
    assert (found["action"], found["replacement"]) == ("none", OTHER)
    assert codes(found) == [("deprecated", None)]
    assert OTHER in found["reasons"][0]["message"]


@pytest.mark.parametrize(
    "one",
    [
        {"name": OTHER, "version": "1.0.0"},
        {"name": "?!", "version": "1.0.0"},
        {"name": "n" * 300, "version": "1.0.0"},
        {"name": NAME, "version": "1.0"},
        {"name": NAME, "version": ""},
    ],
)
def test_what_nobody_knows_is_unknown_by_itself(api: Api, one: Mapping[str, str]) -> None:
    publish(api, "1.0.0", "1.1.0")
    beside = [dict(one)]
    if one["name"] != NAME:
        beside.append({"name": NAME, "version": "1.0.0"})
    found = checked(api, *beside)
    assert found[0]["action"] == "unknown"
    assert [other["action"] for other in found[1:]] == ["update"] * (len(beside) - 1)


def test_an_unpublished_plugin_is_unknown(app: Flask, api: Api, root: Api) -> None:
    publish(api, "1.0.0")
    with app.app_context(), unit_of_work():
        plugins.get(NAME).status = "suspended"
        catalog.touch(plugins.get(NAME))
    assert codes(check(api, "1.0.0")) == [("unknown_plugin", None)]


@pytest.mark.parametrize(
    ("before", "after", "granted", "added", "told"),
    [
        (["http:api"], ["http:api", "user:modify"], None, ["user:modify"], True),
        (["http:api"], ["http:api"], None, [], False),
        (None, ["http:api"], None, None, False),
        (["http:api"], None, None, None, False),
        (None, ["http:api"], [], ["http:api"], True),
        ([], ["storage:local", "storage:session"], ["storage:*"], [], False),
    ],
)
def test_permissions_that_are_added_need_the_users_consent(
    api: Api,
    before: list[str] | None,
    after: list[str] | None,
    granted: list[str] | None,
    added: list[str] | None,
    told: bool,
) -> None:
    publish(api, "1.0.0", **({} if before is None else {"permissions": before}))
    publish(api, "1.1.0", **({} if after is None else {"permissions": after}))
    found = check(api, "1.0.0", granted_permissions=granted)
    assert found["permissions_added"] == added
    assert found["target"]["permissions"] == after
    assert codes(found) == ([("permissions_widened", "1.1.0")] if told else [])


def test_targets_fit_each_other(api: Api) -> None:
    publish(api, "1.0.0", "2.0.0")
    for version in ("1.0.0", "1.1.0"):
        publish(api, version, name=OTHER, dependencies={NAME: "^1.0.0"})
    mine, other = checked(api, {"name": NAME, "version": "1.0.0"}, {"name": OTHER, "version": "1.0.0"})
    assert (mine["target"], other["target"]["version"]) == (None, "1.1.0")
    assert mine["reasons"][0]["code"] == "held_by"
    assert mine["reasons"][0]["params"] == {"by": OTHER, "range": "^1.0.0"}


def test_at_most_twenty_reasons_are_told_newest_first(api: Api) -> None:
    publish(api, "1.0.0")
    publish(api, *(f"1.{minor}.0" for minor in range(1, 25)), engines={"MicroDock": ">=2.0"})
    found = check(api, "1.0.0")
    assert [version for _, version in codes(found)] == [f"1.{minor}.0" for minor in range(24, 4, -1)]


def test_the_same_question_gets_the_same_answer_in_the_language_of_the_request(api: Api) -> None:
    publish(api, "1.0.0")
    publish(api, "1.1.0", engines={"MicroDock": ">=2.0"})
    body = {"engines": {"MicroDock": "1.0"}, "installed": [{"name": NAME, "version": "1.0.0"}]}
    first, second = (api.post(PATH, body).get_json()["data"]["updates"] for _ in range(2))
    assert first == second
    english = api.post(PATH, body, headers={"Accept-Language": "en"}).get_json()["data"]["updates"]
    assert english[0]["reasons"][0]["message"] == "1.1.0 needs MicroDock >=2.0; this host has 1.0"
    assert english[0]["reasons"][0]["code"] == first[0]["reasons"][0]["code"]


def test_an_answer_follows_every_change(api: Api, root: Api) -> None:
    publish(api, "1.0.0")
    assert check(api, "1.0.0")["newest"] == "1.0.0"
    publish(api, "1.1.0")
    assert check(api, "1.0.0")["target"]["version"] == "1.1.0"
    act(root, "version/yank", version="1.1.0", reason="broken")
    assert codes(check(api, "1.0.0")) == [("yanked", "1.1.0")]
    act(root, "version/yank", version="1.1.0", reason="mended", undo=True)
    assert check(api, "1.0.0")["target"]["version"] == "1.1.0"
    assert root.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert check(api, "1.0.0")["action"] == "unknown"
    publish(api, "1.2.0")
    assert check(api, "1.0.0")["target"]["version"] == "1.2.0"


def test_a_block_of_packages_reaches_hosts_when_the_plugin_is_unpublished(app: Flask, api: Api, root: Api) -> None:
    """Hosts need not know the hash of what they have."""
    publish(api, "1.0.0", "1.1.0")
    found = api.post("/api/plugins/detail", {"name": NAME}).get_json()["data"]["versions"]
    hashes = {version["version"]: version["file_hash"] for version in found}
    block(root, "disable", versions=None, sha256=[hashes["1.1.0"]])
    act(root, "recommend", version=None, reason="none")
    assert codes(check(api, "1.1.0"))[-1] == ("installed_blocked", "1.1.0")
    with app.app_context(), unit_of_work():
        plugin = plugins.get(NAME)
        plugin.status = PluginStatus.SUSPENDED
        catalog.touch(plugin)
    found = check(api, "1.1.0")
    assert (found["action"], found["block"]["severity"]) == ("disable", "disable")
    assert codes(found) == [("installed_blocked", "1.1.0"), ("unknown_plugin", None)]
    assert check(api, "1.0.0")["block"] is None
    assert check(api, "neither")["block"] is None


def test_the_serial_is_that_of_the_list_of_blocks(api: Api, root: Api) -> None:
    publish(api, "1.0.0")

    def serial() -> int:
        return int(api.post(PATH, {"engines": {}, "installed": []}).get_json()["data"]["serial"])

    before = serial()
    block(root, "warn")
    assert before < serial() == api.get("/api/plugins/blocks").get_json()["data"]["serial"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "installed"),
        ({"installed": {}}, "installed"),
        ({"installed": [1]}, "installed.0"),
        ({"installed": [{"name": NAME}]}, "installed.0.version"),
        ({"installed": [{"version": "1.0.0"}]}, "installed.0.name"),
        ({"installed": [{"name": NAME, "version": 1}]}, "installed.0.version"),
        (
            {"installed": [{"name": NAME, "version": "1.0.0"}, {"name": NAME.upper(), "version": "1"}]},
            "installed.1.name",
        ),
        ({"installed": [{"name": NAME, "version": "1.0.0", "sha256": "12"}]}, "installed.0.sha256"),
        ({"installed": [{"name": NAME, "version": "1.0.0", "channel": "beta"}]}, "installed.0.channel"),
        ({"installed": [{"name": NAME, "version": "1.0.0", "pin": "nope"}]}, "installed.0.pin"),
        (
            {"installed": [{"name": NAME, "version": "1.0.0", "granted_permissions": "x"}]},
            "installed.0.granted_permissions",
        ),
        ({"installed": [], "engines": {"MicroDock": "new"}}, "engines.MicroDock"),
        ({"installed": [], "engines": []}, "engines"),
        ({"installed": [], "engines": None}, "engines"),
        ({"installed": [], "engines": {"MicroDock": "1.0", "microdock": "1.0"}}, "engines"),
        ({"installed": [], "channel": "nightly"}, "channel"),
        ({"installed": [], "client_id": "x" * 129}, "client_id"),
        ({"installed": [{"name": f"com.example.p{n}", "version": "1.0.0"} for n in range(501)]}, "installed"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_field(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.post(PATH, {"engines": {}, **body})
    assert answer.status_code == 422, answer.get_json()
    assert [detail["field"] for detail in answer.get_json()["details"]] == [field]


def test_nulls_and_any_client_id_are_taken(api: Api) -> None:
    publish(api, "1.0.0")
    for client_id in ("", "a\u0001b\nc", "客" * 128, None):
        assert check(api, "1.0.0", {"client_id": client_id, "channel": None})["action"] == "none"


def test_five_hundred_plugins_can_be_asked_about(api: Api) -> None:
    installed = [{"name": f"com.example.p{number}", "version": "1.0.0"} for number in range(500)]
    assert len(checked(api, *installed)) == 500


def test_a_check_asks_no_statement_for_each_plugin(app: Flask, api: Api) -> None:
    names = [f"com.example.p{number}" for number in range(12)]
    for name in names:
        publish(api, "1.0.0", "1.1.0", name=name)
    # What changed is looked up once, before.
    checked(api)
    few, many = ([{"name": name, "version": "1.0.0"} for name in names[start:]] for start in (10, 0))
    counts = [statements(app, api, installed) for installed in (few, many)]
    assert counts[0] == counts[1]
    # All of it is known now.
    assert statements(app, api, many) == 1


def test_a_changelog_that_one_answer_has_no_room_for_is_in_the_next(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"com.example.p{number}" for number in range(4)]
    for name in names:
        publish(api, "1.0.0", "1.1.0", name=name, changelog="x" * 40)
    for module in ("microdock_server.services.releases.index", "microdock_server.api.core.update_answers"):
        monkeypatch.setattr(f"{module}.CHANGELOGS_SHOWN", 100)
    installed = [{"name": name, "version": "1.0.0"} for name in names]
    assert [len(one["changelog"]) for one in checked(api, *installed)] == [1, 1, 0, 0]
    assert [len(one["changelog"]) for one in checked(api, installed[3])] == [1]


def kept_bytes(act: Callable[[int], Any]) -> int:
    """What stays in memory of twenty calls, after one."""
    act(0)
    tracemalloc.start()
    try:
        for number in range(1, 21):
            act(number)
        # Requests of tests are cycles.
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def keep(app: Flask, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Let the server keep at most so many bytes of answers."""
    index = app.extensions["microdock"].releases
    monkeypatch.setattr(state_of(app), "updates", UpdateAnswers(index, most))


def test_what_cannot_be_a_name_takes_no_room(app: Flask, api: Api) -> None:
    def ask(turn: int) -> None:
        names = [f"{turn}-{number}-{'客' * 900}" for number in range(100)]
        checked(api, *({"name": name, "version": name} for name in names))

    assert kept_bytes(ask) < 1024 * 1024
    assert statements(app, api, [{"name": "客" * 900, "version": "1.0.0"}]) == 1


# 240 characters of a pin become bounds of 30 KiB.
@pytest.mark.parametrize(
    "question",
    [
        lambda turn: {"pin": f"{turn}||" + "||".join(map(str, range(60)))},
        lambda turn: {"granted_permissions": [f"{turn}-{number}" for number in range(200)]},
    ],
)
def test_answers_kept_are_counted_with_their_questions(
    app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch, question: Callable[[int], dict[str, Any]]
) -> None:
    keep(app, monkeypatch, 1024 * 1024)
    names = [f"com.example.p{number}" for number in range(10)]
    for name in names:
        publish(api, "1.0.0", name=name)
    kept = kept_bytes(
        lambda turn: checked(api, *({"name": name, "version": "1.0.0", **question(turn)} for name in names))
    )
    assert kept < 1024 * 1024


def test_answers_kept_are_counted_with_their_engines(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(app, monkeypatch, 256 * 1024)
    publish(api, "1.0.0")

    def ask(turn: int) -> None:
        check(api, "1.0.0", {"engines": {f"e{turn}-{number}": f"{turn}.{number}" for number in range(50)}})

    assert kept_bytes(ask) < 512 * 1024


def test_a_block_is_seen_even_if_looking_for_it_failed_once(
    api: Api, root: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(api, "1.0.0")
    assert check(api, "1.0.0")["block"] is None
    block(root, "disable")

    def fail() -> Any:
        raise OperationalError("SELECT", None, Exception("disk I/O error"))

    with monkeypatch.context() as broken:
        broken.setattr("microdock_server.services.releases.lines.blocks_not_revoked", fail)
        assert api.post(PATH, {"engines": {}, "installed": []}).status_code >= 500
    assert check(api, "1.0.0")["action"] == "disable"


def statements(app: Flask, api: Api, installed: list[dict[str, str]]) -> int:
    # What is looked up anew every few seconds, whoever asks, is looked up now.
    checked(api)
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        if not text.startswith(("BEGIN", "PRAGMA")):
            seen.append(text)

    with app.app_context():
        engines = [db.engine, app.extensions["microdock"].autocommit]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        checked(api, *installed)
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_the_others_fit_a_plugin_that_is_pinned_to_what_is_installed(api: Api) -> None:
    """What docs/hosts.md advises where the user refuses one of several updates that need each other."""
    other = "com.example.other"
    publish(api, "1.0.0", "2.0.0")
    publish(api, "1.0.0", name=other)
    publish(api, "1.1.0", name=other, dependencies={NAME: "<2.0.0"})
    publish(api, "2.0.0", name=other, dependencies={NAME: "^2.0.0"})
    mine = {"name": NAME, "version": "1.0.0"}
    both = checked(api, mine, {"name": other, "version": "1.0.0"})
    assert [found["target"]["version"] for found in both] == ["2.0.0", "2.0.0"]
    pinned, fitting = checked(api, {**mine, "pin": "1.0.0"}, {"name": other, "version": "1.0.0"})
    assert (pinned["action"], codes(pinned)) == ("none", [("pinned", "2.0.0")])
    assert fitting["target"]["version"] == "1.1.0"
    assert codes(fitting) == [("needs_dependency", "2.0.0")]
