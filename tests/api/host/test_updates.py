"""Update checks over HTTP: actions, targets and reasons."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import PluginVersion
from microdock_server.services import catalog, plugins

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
