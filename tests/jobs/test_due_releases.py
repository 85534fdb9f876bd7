"""What nodes of the version before write while a cluster is upgraded node by node: shown by the rule of this one."""

from __future__ import annotations

import pytest
from flask import Flask

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.due_releases import DueReleases
from microdock_server.models import PluginVersion
from microdock_server.services import catalog, plugins

from ..support import Api, package

NAME = "com.example.myplugin"


@pytest.fixture
def due(app: Flask, api: Api) -> DueReleases:
    """A thread that is not started, on a server with a plugin of which 1.1.0 is yanked."""
    for version in ("1.0.0", "1.1.0"):
        assert api.upload(package(version=version)).status_code == 200
    yank = {"name": NAME, "version": "1.1.0", "reason": "broken", "plugin_key": "upload-key"}
    assert api.post("/api/plugins/version/yank", yank).status_code == 200
    made = DueReleases(app)
    made.round()
    return made


def shown(api: Api) -> str:
    [plugin] = api.get("/api/plugins/list").get_json()["data"]
    return str(plugin["current_version"])


def write_as_before(app: Flask, current: str, **of_version: object) -> None:
    """Choose a current version as the version before does, which knows of no yank and no block."""
    with app.app_context(), unit_of_work():
        plugin = plugins.get(NAME)
        plugin.current_version = current
        for name, value in of_version.items():
            setattr(db.session.get_one(PluginVersion, (NAME, current)), name, value)
        catalog.touch(plugin)


def test_a_yanked_version_that_an_earlier_version_made_current_is_so_no_longer(
    app: Flask, api: Api, due: DueReleases
) -> None:
    write_as_before(app, "1.1.0")
    assert shown(api) == "1.1.0"
    due.round()
    assert shown(api) == "1.0.0"


def test_what_is_right_is_written_by_nobody(app: Flask, api: Api, due: DueReleases) -> None:
    write_as_before(app, "1.0.0")
    tag = api.get("/api/plugins/list").headers["ETag"]
    for _ in range(3):
        due.round()
    assert api.get("/api/plugins/list").headers["ETag"] == tag


def test_a_version_in_a_blocked_range_is_refused_whoever_wrote_it(
    app: Flask, api: Api, root: Api, due: DueReleases
) -> None:
    block = {"plugin": NAME, "versions": "1.0.0", "severity": "disable", "reason": {"zh": "坏", "en": "bad"}}
    assert root.post("/api/v1/admin/blocks", block).status_code == 201
    due.round()
    write_as_before(app, "1.0.0", is_blocked=False)
    due.round()
    answer = api.post("/api/plugins/version/download", {"name": NAME, "version": "1.0.0"})
    assert answer.status_code == 403
