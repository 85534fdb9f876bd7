"""The public list of blocks: its bytes, its age, its serial; and downloads of what is yanked."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, update

from microdock_server.clock import iso, utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import PluginVersion, Setting
from microdock_server.services import plugins
from microdock_server.services.releases import block_list
from microdock_server.vocabulary import BLOCK_LIST

from ...conftest import WallClock, forget_answers
from ...support import Api, package, signed_in

PUBLIC = "/api/plugins/blocks"
BLOCKS = "/api/v1/admin/blocks"
NAME = "com.example.myplugin"
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}


@pytest.fixture
def admin(app: Flask) -> Api:
    return signed_in(app)


def block(admin: Api, **changes: Any) -> dict[str, Any]:
    body = {"plugin": NAME, "versions": "<2.0.0", "severity": "disable", "reason": REASON, **changes}
    answer = admin.post(BLOCKS, body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json()["data"])


def told(api: Api, **headers: str) -> dict[str, Any]:
    answer = api.get(PUBLIC, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    body = answer.get_json()
    assert set(body) == {"success", "message", "data"}
    return dict(body["data"])


def test_a_server_without_blocks_says_so(app: Flask) -> None:
    before = utcnow()
    answer = Api(app).get(PUBLIC)
    found = answer.get_json()["data"]
    assert found == {**found, "blocks": []}
    assert set(found) == {"serial", "generated_at", "expires_at", "blocks"}
    assert found["serial"] >= int(before.timestamp())
    assert iso(before) <= found["generated_at"] <= iso(utcnow())
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["ETag"].startswith('"')


def test_the_list_says_what_is_in_force(app: Flask, admin: Api) -> None:
    later = iso(utcnow() + timedelta(days=1))
    advisory = "https://example.com/advisory"
    one = block(admin, severity="remove", sha256=["AB" * 32], advisory_url=advisory, expires_at=later)
    two = block(admin, plugin="com.example.Other", versions=None, sha256=["cd" * 32], severity="warn")
    assert told(Api(app))["blocks"] == [
        {
            "plugin": NAME,
            "versions": "<2.0.0",
            "sha256": ["ab" * 32],
            "severity": "disable",
            "reason": REASON,
            "advisory_url": advisory,
            "since": one["created_at"],
            "expires_at": later,
        },
        {
            "plugin": "com.example.Other",
            "versions": None,
            "sha256": ["cd" * 32],
            "severity": "warn",
            "reason": REASON,
            "advisory_url": "",
            "since": two["created_at"],
            "expires_at": None,
        },
    ]


def test_who_has_the_list_is_sent_nothing(app: Flask, admin: Api) -> None:
    api = Api(app)
    first = api.get(PUBLIC)
    etag = first.headers["ETag"]
    for header in (etag, f'W/{etag}, "other"', "*"):
        again = api.get(PUBLIC, headers={"If-None-Match": header})
        assert (again.status_code, again.data) == (304, b"")
        assert (again.headers["ETag"], again.headers["Cache-Control"]) == (etag, "public, max-age=300")
    assert api.get(PUBLIC, headers={"If-Match": '"other"'}).status_code == 412
    assert api._call("HEAD", PUBLIC).headers["ETag"] == etag
    block(admin)
    changed = api.get(PUBLIC, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.headers["ETag"] != etag) == (200, True)
    # Another language is another text, and says so to caches.
    english = api.get(PUBLIC, headers={"Accept-Language": "en"})
    assert english.headers["ETag"] != changed.headers["ETag"]
    assert "Accept-Language" in english.headers["Vary"]
    assert english.get_json()["data"] == changed.get_json()["data"]


def test_each_act_makes_a_new_list(app: Flask, admin: Api, wall_clock: WallClock) -> None:
    wall_clock.stop()
    serials = [told(Api(app))["serial"]]
    made = block(admin, severity="remove")
    serials.append(told(Api(app))["serial"])
    admin.put(f"{BLOCKS}/{made['id']}", {"reason": {"zh": "甲", "en": "a"}})
    serials.append(told(Api(app))["serial"])
    admin.post(f"{BLOCKS}/{made['id']}/revoke", {"reason": "why"})
    serials.append(told(Api(app))["serial"])
    # Within one second, and growing all the same.
    assert serials == [serials[0] + number for number in range(4)]
    # What changes nothing makes none.
    admin.post(f"{BLOCKS}/{made['id']}/revoke", {"reason": "why"})
    assert told(Api(app))["serial"] == serials[-1]


def test_the_list_is_made_anew_every_hour(app: Flask, admin: Api, wall_clock: WallClock) -> None:
    wall_clock.stop()
    block(admin)
    first = Api(app).get(PUBLIC)
    wall_clock.turn(3599)
    assert Api(app).get(PUBLIC).data == first.data
    wall_clock.turn(1)
    second = Api(app).get(PUBLIC)
    before, after = first.get_json()["data"], second.get_json()["data"]
    assert second.headers["ETag"] != first.headers["ETag"]
    assert after["blocks"] == before["blocks"]
    assert after["serial"] == before["serial"] + 3600
    now = utcnow()
    assert (after["generated_at"], after["expires_at"]) == (iso(now), iso(now + timedelta(hours=24)))
    assert Api(app).get(PUBLIC).data == second.data


def test_a_clock_that_is_set_back_makes_a_new_list_with_a_higher_serial(app: Flask, wall_clock: WallClock) -> None:
    wall_clock.stop()
    before = told(Api(app))
    wall_clock.turn(-7200)
    after = told(Api(app))
    assert after["serial"] == before["serial"] + 1
    assert after["generated_at"] == iso(utcnow())


def test_a_block_that_expires_leaves_the_list(app: Flask, admin: Api, wall_clock: WallClock) -> None:
    wall_clock.stop()
    block(admin, expires_at=iso(utcnow() + timedelta(minutes=10)))
    block(admin, versions="<1.0.0")
    before = told(Api(app))
    wall_clock.turn(599)
    assert told(Api(app)) == before
    wall_clock.turn(1)
    after = told(Api(app))
    assert [row["versions"] for row in after["blocks"]] == ["<1.0.0"]
    assert after["serial"] == int(utcnow().timestamp()) > before["serial"]


@contextmanager
def statements(app: Flask) -> Any:
    """What is asked of the database meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    with app.app_context():
        engines = [db.engine, app.extensions["microdock"].autocommit]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_a_request_asks_the_database_for_the_revision_alone(app: Flask, admin: Api) -> None:
    block(admin)
    told(Api(app))
    with statements(app) as asked:
        told(Api(app))
    assert len(asked) == 1 and "catalog" in asked[0]


def test_the_serial_is_read_without_a_write(app: Flask, admin: Api, wall_clock: WallClock) -> None:
    wall_clock.stop()
    with app.app_context():
        engine = app.extensions["microdock"].autocommit
        assert block_list.serial(engine) == 0
        block(admin)
        serial = told(Api(app))["serial"]
        forget_answers()
        assert block_list.serial(engine) == serial
        with statements(app) as asked:
            assert block_list.serial(engine) == serial
        assert len(asked) == 1
        # An old list is not made anew for it.
        wall_clock.turn(7200)
        with statements(app) as asked:
            assert block_list.serial(engine) == serial
        assert all(statement.lstrip().startswith("SELECT") for statement in asked)


def test_update_checks_name_the_list(app: Flask, admin: Api) -> None:
    block(admin)
    serial = told(Api(app))["serial"]
    answer = Api(app).post("/api/plugins/updates", {"engines": {}, "installed": []})
    assert answer.get_json()["data"]["serial"] == serial


def test_all_processes_answer_the_same_bytes(make_app: Callable[..., Flask]) -> None:
    first = make_app()
    block(signed_in(first))
    before = Api(first).get(PUBLIC)
    forget_answers()
    # What another process knows is what stands in the database.
    after = Api(first).get(PUBLIC)
    assert (before.data, before.headers["ETag"]) == (after.data, after.headers["ETag"])


def test_while_nothing_can_be_written_the_old_list_stays(
    app: Flask, wall_clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall_clock.stop()
    before = told(Api(app))

    def busy() -> Any:
        raise block_list.DatabaseBusy()

    monkeypatch.setattr(block_list, "renew", busy)
    wall_clock.turn(7200)
    assert told(Api(app)) == before
    # Nobody may trust it any more.
    wall_clock.turn(23 * 3600)
    assert Api(app).get(PUBLIC).status_code == 503


def test_the_stored_list_is_what_is_answered(app: Flask, admin: Api) -> None:
    block(admin)
    found = told(Api(app))
    with app.app_context(), unit_of_work(writing=False):
        assert json.loads(db.session.get_one(Setting, BLOCK_LIST).value) == found


# What is yanked


@pytest.fixture
def yanked(app: Flask) -> None:
    """Both versions are."""
    api = Api(app)
    for number in ("1.0.0", "1.1.0"):
        assert api.upload(package(version=number)).status_code == 200
    with app.app_context(), unit_of_work():
        db.session.execute(update(PluginVersion).values(is_yanked=True, yank_reason="数据会损坏"))
        plugins.show_current(plugins.get(NAME))


@pytest.mark.usefixtures("yanked")
def test_by_name_alone_nothing_that_is_yanked_is_sent(app: Flask) -> None:
    api, path = Api(app), f"/api/v1/marketplace/plugins/{NAME}"
    plugin_id = api.get(path).get_json()["data"]["id"]
    answer = api.post("/api/plugins/download", {"name": NAME})
    assert (answer.status_code, answer.get_json()["error"]) == (409, "yanked")
    assert "数据会损坏" in answer.get_json()["message"] and "1.1.0" in answer.get_json()["message"]
    for reference in (NAME, plugin_id):
        for headers in ({}, {"Range": "bytes=0-0"}, {"If-None-Match": '"other"'}):
            found = api.get(f"/api/v1/marketplace/plugins/{reference}/download", headers=headers)
            assert (found.status_code, found.get_json()["error"]["slug"]) == (409, "yanked")
        assert api._call("HEAD", f"/api/v1/marketplace/plugins/{reference}/download").status_code == 409


@pytest.mark.usefixtures("yanked")
def test_what_is_yanked_is_sent_by_its_version(app: Flask) -> None:
    api, path = Api(app), f"/api/v1/marketplace/plugins/{NAME}/versions/1.1.0/download"
    assert api.post("/api/plugins/version/download", {"name": NAME, "version": "1.1.0"}).status_code == 200
    assert [api.get(path).status_code, api.get(path, headers={"Range": "bytes=0-0"}).status_code] == [200, 206]


@pytest.mark.usefixtures("yanked")
def test_a_block_is_the_stronger_reason(app: Flask, admin: Api) -> None:
    block(admin)
    answer = Api(app).post("/api/plugins/download", {"name": NAME})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "version_blocked")


def test_an_allowed_download_is_one_statement(app: Flask) -> None:
    api = Api(app)
    assert api.upload(package()).status_code == 200
    path = f"/api/v1/marketplace/plugins/{NAME}/download"
    for call in (lambda: api.post("/api/plugins/download", {"name": NAME}), lambda: api.get(path)):
        call()
        with statements(app) as asked:
            assert call().status_code == 200
        assert len(asked) == 1


def test_a_disabled_plugin_says_so_first(app: Flask, admin: Api) -> None:
    assert admin.upload(package()).status_code == 200
    block(admin)
    admin.post("/api/plugins/disable", {"name": NAME})
    answer = Api(app).post("/api/plugins/download", {"name": NAME})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "plugin_disabled")
