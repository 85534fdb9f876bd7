"""A clock that is set back makes nobody wait; one that is set forward destroys nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from microdock_server.api.core.rate_limits import LONGEST, SharedWindows, SQLiteWindows
from microdock_server.clock import lasts_until, utcnow
from microdock_server.cluster.redis import PREFIX, Redis
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.maintenance import Maintainer
from microdock_server.models import Backup, RevokedToken
from microdock_server.services import jobs, maintenance, notifications
from microdock_server.services.accounts import tokens
from microdock_server.snapshots import archive_files, retention
from microdock_server.vocabulary import Event

from .conftest import AppFactory, WallClock
from .peers.redis import RedisServer
from .support import Api, add_user

HOUR, DAY = 3600, 86_400


@pytest.fixture
def windows(tmp_path: Path) -> Iterator[SQLiteWindows]:
    made = SQLiteWindows(tmp_path / "windows.db")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("end", "is_on"), [(-1, False), (0, False), (1, True), (300, True), (360, True), (361, False), (HOUR, False)]
)
def test_what_lasts_five_minutes_does_not_last_an_hour(end: int, is_on: bool) -> None:
    now = utcnow()
    assert lasts_until(now + timedelta(seconds=end), timedelta(minutes=5), now) is is_on


@pytest.mark.parametrize("seconds", [60, HOUR])
def test_a_full_window_is_over(windows: SQLiteWindows, wall_clock: WallClock, seconds: int) -> None:
    assert [windows.hit("key", seconds)[0] for _ in range(3)] == [1, 2, 3]
    wall_clock.turn(-HOUR)
    count, ends = windows.hit("key", seconds)
    assert count == 1
    assert ends <= wall_clock.read() + seconds
    # It is a window like any other.
    assert windows.hit("key", seconds) == (2, ends)


def test_a_clock_that_is_corrected_a_little_opens_no_new_window(windows: SQLiteWindows, wall_clock: WallClock) -> None:
    assert windows.hit("key", 60)[0] == 1
    wall_clock.turn(-0.5)
    assert windows.hit("key", 60)[0] == 2


def kept(directory: Path) -> dict[str, int]:
    """The windows in the file, with their counts."""
    with closing(sqlite3.connect(directory / "windows.db")) as connection:
        return dict(connection.execute("SELECT key, count FROM windows").fetchall())


def test_windows_from_the_future_are_swept(
    windows: SQLiteWindows, wall_clock: WallClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("microdock_server.api.core.rate_limits.SWEEP_EVERY", -1.0)
    wall_clock.turn(365 * DAY)
    windows.hit("then", LONGEST)
    wall_clock.turn(-365 * DAY)
    windows.hit("now", 60)
    assert kept(tmp_path) == {"now": 1}


def test_a_window_of_a_redis_whose_clock_was_set_back_is_over(
    redis_server: RedisServer, windows: SQLiteWindows
) -> None:
    redis = Redis(redis_server.url)
    shared = SharedWindows(redis, windows)
    assert [shared.hit("key", 60)[0] for _ in range(2)] == [1, 2]
    assert redis.ask(lambda client: client.expire(f"{PREFIX}limits:key", 60 + HOUR))
    count, _ends = shared.hit("key", 60)
    assert (count, shared.hit("key", 60)[0]) == (1, 2)
    assert redis.ask(lambda client: client.ttl(f"{PREFIX}limits:key")) <= 60
    redis.close()


def test_looking_into_a_window_in_redis_counts_nothing(redis_server: RedisServer, windows: SQLiteWindows) -> None:
    """A window that is not there has counted nothing; after Redis is lost, what is looked into is the local one."""
    redis = Redis(redis_server.url)
    shared = SharedWindows(redis, windows)
    assert shared.look("key")[0] == 0
    assert not redis.ask(lambda client: client.exists(f"{PREFIX}limits:key"))
    _, ends = [shared.hit("key", 60) for _ in range(2)][-1]
    for _ in range(3):
        count, seen = shared.look("key")
        assert count == 2 and abs(seen - ends) < 1
    assert shared.hit("key", 60)[0] == 3
    # One that lasts longer than any does was begun before the clock of Redis was set back.
    assert redis.ask(lambda client: client.expire(f"{PREFIX}limits:key", LONGEST + HOUR))
    assert shared.look("key")[0] == 0
    redis_server.kill()
    assert shared.look("key")[0] == 0
    windows.hit("key", 60)
    assert shared.look("key")[0] == 1
    redis.close()


def test_who_was_refused_is_let_in(make_app: AppFactory, wall_clock: WallClock) -> None:
    api = Api(make_app(RATELIMIT_ENABLED="true"))
    wrong = {"username": "nobody"}
    answers = [api.post("/api/auth/login", wrong).status_code for _ in range(11)]
    assert answers[-1] == 429
    wall_clock.turn(-HOUR)
    assert api.post("/api/auth/login", wrong).status_code == 422


def test_a_job_that_waits_is_due(app: Flask, wall_clock: WallClock) -> None:
    with app.app_context():
        with unit_of_work():
            job_id = jobs.enqueue("auto_review").id
        wall_clock.turn(-HOUR)
        assert jobs.next_due(app.extensions["microdock"].autocommit) == job_id
        assert jobs.lease(job_id, "one") is not None
        # Its lease holds, until the clock is set back once more.
        assert jobs.lease(job_id, "two") is None
        wall_clock.turn(-HOUR)
        assert jobs.lease(job_id, "two") is not None


def test_a_job_that_failed_still_pauses(app: Flask) -> None:
    with app.app_context():
        with unit_of_work():
            job_id = jobs.enqueue("auto_review").id
        leased = jobs.lease(job_id, "one")
        assert leased is not None
        with unit_of_work():
            jobs.fail(leased, "reason")
        assert jobs.next_due(app.extensions["microdock"].autocommit) is None


def test_a_lease_of_maintenance_is_over(app: Flask, wall_clock: WallClock) -> None:
    with app.app_context():
        assert maintenance.claim("gc", HOUR, "one") is not None
        assert maintenance.claim("gc", HOUR, "two") is None
        wall_clock.turn(-HOUR)
        assert maintenance.claim("gc", HOUR, "two") is not None


def test_maintenance_that_failed_is_tried_again(app: Flask, wall_clock: WallClock) -> None:
    with app.app_context():
        assert maintenance.claim("gc", 365 * DAY, "one") is not None
        assert maintenance.finish("gc", "one", 1.0, 0, error="reason")
        assert maintenance.claim("gc", 365 * DAY, "one") is None
        wall_clock.turn(-HOUR)
        assert maintenance.claim("gc", 365 * DAY, "one") is not None


def test_what_everybody_is_told_is_heard_by_who_joined_before(app: Flask, wall_clock: WallClock) -> None:
    user = add_user(app, "somebody")
    wall_clock.turn(-HOUR)
    with app.app_context(), unit_of_work():
        notifications.notify(None, Event.STATUS_CHANGED, n=1)
    claims = user.token
    assert claims is not None
    with app.app_context(), unit_of_work(writing=False):
        user_id = db.session.scalars(select(tokens.User.id).where(tokens.User.username == "somebody")).one()
        assert notifications.count_unread(user_id) == 1
    [row] = notifications.missed(user_id, 0, app.extensions["microdock"].autocommit)
    assert row.data == {"n": 1}


def rounds(app: Flask, times: int = 1) -> None:
    for _ in range(times):
        Maintainer(app, "one").round()


def backups(app: Flask) -> int:
    with app.app_context(), unit_of_work(writing=False):
        return len(db.session.scalars(select(Backup.id)).all())


def test_a_clock_set_forward_by_mistake_expires_no_backup(make_app: AppFactory, wall_clock: WallClock) -> None:
    app = make_app(BACKUP_RETENTION_DAYS="30")
    assert Api(app).back_up().status_code == 200
    rounds(app)
    wall_clock.turn(365 * DAY)
    rounds(app)
    wall_clock.turn(-365 * DAY)
    rounds(app)
    assert backups(app) == 1
    # It was no mistake: the year is over, and the server had been off.
    wall_clock.turn(365 * DAY)
    rounds(app)
    assert backups(app) == 1
    wall_clock.turn(DAY)
    rounds(app)
    assert backups(app) == 0


def test_retention_goes_on_day_by_day(make_app: AppFactory, wall_clock: WallClock) -> None:
    app = make_app(BACKUP_RETENTION_DAYS="30")
    assert Api(app).back_up().status_code == 200
    with app.app_context(), unit_of_work():
        db.session.execute(update(Backup).values(created_at=utcnow() - timedelta(days=28, hours=1)))
    for left in (1, 1, 0):
        rounds(app)
        assert backups(app) == left
        wall_clock.turn(DAY - 60)


@pytest.mark.parametrize("ahead", [12 * HOUR, 365 * DAY])
def test_a_clock_set_forward_makes_no_revoked_token_good_again(app: Flask, wall_clock: WallClock, ahead: int) -> None:
    rounds(app)
    caller = add_user(app, "somebody")
    assert caller.post("/api/v1/auth/logout").status_code == 200
    wall_clock.turn(ahead)
    rounds(app)
    wall_clock.turn(-ahead)
    with app.app_context(), unit_of_work(writing=False):
        assert len(db.session.scalars(select(RevokedToken.jti)).all()) == 1


def test_an_archive_from_the_future_does_not_push_out_the_newest(tmp_path: Path, wall_clock: WallClock) -> None:
    def archive(number: int) -> Path:
        path = tmp_path / archive_files.file_name(f"{number:08d}", incremental=False, encrypted=False)
        path.touch()
        return path

    wall_clock.turn(365 * DAY)
    ahead = [archive(number) for number in range(2)]
    wall_clock.turn(-365 * DAY)
    old = archive(2)
    wall_clock.turn(1)
    newest = archive(3)
    assert retention.prune(tmp_path, 1) == [old]
    assert {path.name for path in archive_files.archives(tmp_path)} == {path.name for path in (*ahead, newest)}
