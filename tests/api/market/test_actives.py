"""Active hosts: counted by update checks that say who asks, shown to owners, and nobody can be told."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from ...market import PLUGINS, V1, People, account_id, add_version, data, published, published_version
from ...rows import salt_alike
from ...support import Api, package

NAME = "com.example.myplugin"
UPDATES = "/api/plugins/updates"


@pytest.fixture(autouse=True)
def salted(monkeypatch: pytest.MonkeyPatch) -> None:
    salt_alike(monkeypatch)


@pytest.fixture
def plugin(who: People, published_plugin: dict[str, Any]) -> dict[str, Any]:
    """With versions 1.0.0 and 1.1.0."""
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")
    return published_plugin


def check(api: Api, *installed: tuple[str, str], **body: Any) -> list[dict[str, Any]]:
    named = [{"name": name, "version": version} for name, version in installed]
    found: list[dict[str, Any]] = data(api.post(UPDATES, {"engines": {}, "installed": named, **body}))["updates"]
    return found


def keep(app: Flask) -> None:
    """What every process does once a minute."""
    with app.app_context():
        app.extensions["microdock"].actives.keep()


def shown(api: Api, plugin: dict[str, Any]) -> dict[str, int | None]:
    listed = data(api.get(f"{PLUGINS}/{plugin['id']}/versions"))
    each = [data(api.get(f"{PLUGINS}/{plugin['id']}/versions/{row['version']}")) for row in listed]
    found = {row["version"]: row["active_estimate"] for row in listed}
    assert found == {row["version"]: row["active_estimate"] for row in each}
    return found


def test_hosts_that_say_who_they_are_are_counted_once_for_each_version(
    app: Flask, who: People, plugin: dict[str, Any]
) -> None:
    for number in range(7):
        check(who.nobody, (NAME, "1.0.0"), client_id=f"host {number}")
    for number in range(3):
        check(who.nobody, (NAME, "1.1.0"), client_id=f"host {number}")
        # Written in other capitals, and with build metadata, it is the same.
        check(who.nobody, (NAME.upper(), "1.1.0+build"), client_id=f"host {number}")
    check(who.nobody, (NAME, "1.0.0"))
    assert shown(who.developer, plugin) == {"1.1.0": None, "1.0.0": None}
    keep(app)
    assert shown(who.developer, plugin) == {"1.1.0": 3, "1.0.0": 7}


def test_what_nobody_published_is_not_counted(app: Flask, who: People, plugin: dict[str, Any]) -> None:
    data(add_version(who.developer, plugin["id"], "3.0.0"), 201)
    versions = ("9.9.9", "3.0.0", "no version")
    for version in versions:
        check(who.nobody, (NAME, version), ("com.example.none", "1.0.0"), client_id="host")
    keep(app)
    assert set(shown(who.developer, plugin).values()) == {None}


def test_the_owner_reviewers_and_administrators_see_it(app: Flask, who: People, plugin: dict[str, Any]) -> None:
    check(who.nobody, (NAME, "1.0.0"), client_id="host")
    keep(app)
    for caller in (who.developer, who.reviewer, who.admin):
        assert shown(caller, plugin) == {"1.1.0": None, "1.0.0": 1}
    for caller in (who.nobody, who.user, who.other):
        assert shown(caller, plugin) == {"1.1.0": None, "1.0.0": None}


def test_developers_see_their_installations(app: Flask, who: People, plugin: dict[str, Any]) -> None:
    other = published(who.developer, who.reviewer, name="com.example.second")
    published(who.other, who.reviewer, name="com.example.foreign")
    stats = f"{V1}/developers/{account_id(who.developer)}/stats"
    assert data(who.developer.get(stats))["actives"] == {"total": 0, "by_plugin": {}}
    everything = [(NAME, "1.0.0"), (other["plugin_name"], "1.0.0"), ("com.example.foreign", "1.0.0")]
    for number in range(4):
        check(who.nobody, *everything[: number + 1], client_id=f"host {number}")
    # One of them is at the next version by now, and still one host.
    check(who.nobody, (NAME, "1.1.0"), client_id="host 0")
    keep(app)
    assert data(who.developer.get(stats))["actives"] == {"total": 7, "by_plugin": {NAME: 4, "com.example.second": 3}}
    assert data(who.admin.get(stats))["actives"]["total"] == 7


def test_the_id_is_written_nowhere(
    app: Flask, who: People, plugin: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    check(who.nobody, (NAME, "1.0.0"), client_id="an-id-of-my-own")
    keep(app)
    directory = app.extensions["microdock"].settings.data_dir
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert len(files) > 2
    assert not [path for path in files if b"an-id-of-my-own" in path.read_bytes()]
    assert "an-id-of-my-own" not in caplog.text


def test_a_deprecated_or_disabled_plugin_is_counted_as_well(app: Flask, api: Api, who: People) -> None:
    for name in ("com.example.old", "com.example.off"):
        assert api.upload(package(name=name)).status_code == 200
    data(who.admin.post("/api/plugins/deprecate", {"name": "com.example.old"}))
    data(who.admin.post("/api/plugins/disable", {"name": "com.example.off"}))
    check(api, ("com.example.old", "1.0.0"), ("com.example.off", "1.0.0"), client_id="host")
    keep(app)
    for name in ("com.example.old", "com.example.off"):
        assert shown(who.admin, {"id": name}) == {"1.0.0": 1}
