"""After a restore no id is reused, no revoked token becomes valid, and hosts believe the list of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from microdock_server import create_app
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import accounts, notifications
from microdock_server.services.accounts.tokens import revoke_user
from microdock_server.vocabulary import Event

from ..conftest import WallClock, release
from ..support import Api, add_user, settings_for, signed_in
from .helpers import data_of, publish, restore, snapshot

pytestmark = pytest.mark.sqlite


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "archives"


@contextmanager
def serving(data: Path) -> Iterator[Flask]:
    app = create_app(settings_for(data))
    try:
        yield app
    finally:
        release(app)


def told(app: Flask, times: int = 1) -> list[int]:
    """The ids of new notifications to everybody."""
    found = []
    for number in range(times):
        with app.app_context(), unit_of_work():
            notifications.notify(None, Event.STATUS_CHANGED, n=number)
        with app.app_context():
            found.append(notifications.latest_id(app.extensions["microdock"].autocommit))
    return found


def test_an_id_that_was_given_out_since_is_not_given_out_again(app: Flask, out: Path, tmp_path: Path) -> None:
    caller = signed_in(app)
    made = snapshot(app, out)
    # Of tables that had no row in the snapshot as well.
    since = told(app, 3)
    backups = [caller.back_up().get_json()["data"]["id"] for _ in range(2)]
    restore(made.path, tmp_path / "new")
    with serving(tmp_path / "new") as restored:
        again = signed_in(restored)
        assert told(restored)[0] > max(since)
        assert again.back_up().get_json()["data"]["id"] > max(backups)


def test_the_list_of_blocks_is_newer_than_any_since(
    app: Flask, out: Path, tmp_path: Path, wall_clock: WallClock
) -> None:
    wall_clock.stop()

    def listed(on: Flask) -> dict[str, Any]:
        return dict(Api(on).get("/api/plugins/blocks").get_json()["data"])

    def block(versions: str) -> None:
        reason = {"zh": "泄露用户数据", "en": "It sends user data away"}
        said = {"plugin": "com.example.thief", "versions": versions, "severity": "disable", "reason": reason}
        assert signed_in(app).post("/api/v1/admin/blocks", said).status_code == 201

    block("<1.0.0")
    before = listed(app)
    made = snapshot(app, out)
    wall_clock.turn(60)
    block("<2.0.0")
    since = listed(app)
    wall_clock.turn(60)
    restore(made.path, tmp_path / "new")
    with serving(tmp_path / "new") as restored:
        after = listed(restored)
    # It says what the restored database does, within the hour in which the old list would still have been fresh.
    assert after["blocks"] == before["blocks"] != since["blocks"]
    assert before["serial"] < since["serial"] < after["serial"]
    assert before["expires_at"] < since["expires_at"] < after["expires_at"]


def test_nor_is_one_that_another_restore_of_the_same_snapshot_gave_out(
    app: Flask, out: Path, tmp_path: Path, wall_clock: WallClock
) -> None:
    told(app, 2)
    made = snapshot(app, out)
    given: set[int] = set()
    for attempt in range(3):
        data = tmp_path / f"new{attempt}"
        restore(made.path, data)
        with serving(data) as restored:
            fresh = set(told(restored, 4))
        assert given.isdisjoint(fresh)
        given |= fresh
        wall_clock.turn(60)
    # Whoever counts in 32 bits can go on.
    assert max(given) < 2**31


def test_a_restored_database_can_be_restored_again(app: Flask, out: Path, tmp_path: Path) -> None:
    restore(snapshot(app, out).path, tmp_path / "one")
    with serving(tmp_path / "one") as first:
        since = told(first, 3)
        made = snapshot(first, out)
        since += told(first, 3)
    restore(made.path, tmp_path / "two")
    with serving(tmp_path / "two") as second:
        assert told(second)[0] > max(since)


@pytest.mark.parametrize("changes", [0, 1, 5])
def test_a_token_that_was_revoked_since_is_not_believed_again(
    app: Flask, out: Path, tmp_path: Path, changes: int
) -> None:
    old = add_user(app, "somebody")
    made = snapshot(app, out)
    with app.app_context(), unit_of_work():
        user = accounts.find("somebody")
        assert user is not None
        for _ in range(changes):
            revoke_user(user)
    late = signed_in(app, "somebody")
    secret = settings_for(data_of(app)).jwt_secret_key
    restore(made.path, tmp_path / "new")
    (tmp_path / "new" / "jwt-secret").write_text(secret)
    with serving(tmp_path / "new") as restored:
        fresh = signed_in(restored, "somebody")
        with restored.app_context(), unit_of_work():
            user = accounts.find("somebody")
            assert user is not None
            revoke_user(user)
        newest = signed_in(restored, "somebody")
        answers = {name: status(restored, one) for name, one in locals().items() if isinstance(one, Api)}
    assert answers == {"old": 401, "late": 401, "fresh": 401, "newest": 200}


def status(app: Flask, caller: Api) -> int:
    return Api(app, caller.token).get("/api/v1/notifications").status_code


def test_the_audit_log_has_no_gap(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, 1).post("/api/plugins/delete", {"name": "com.example.p1", "plugin_key": "key"})
    restore(snapshot(app, out).path, tmp_path / "new")
    with serving(tmp_path / "new") as restored:
        before = entries(restored)
        publish(restored, 2).post("/api/plugins/delete", {"name": "com.example.p2", "plugin_key": "key"})
        after = entries(restored)
    assert len(after) > len(before)
    assert after == list(range(len(after), 0, -1))


def entries(app: Flask) -> list[int]:
    return [row["id"] for row in signed_in(app).get("/api/v1/admin/audit?limit=50").get_json()["data"]["entries"]]
