"""What the whole installation needs from time to time: when it is due, who does it, what it does."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.maintenance import WORK, Maintainer
from microdock_server.models import (
    AuditEntry,
    Backup,
    Job,
    RefreshToken,
    RevokedToken,
    Setting,
    TokenFamily,
    User,
)
from microdock_server.services import maintenance
from microdock_server.services.maintenance import LEASE, RETRY_SECONDS, Record
from microdock_server.services.statistics import ROLLED_KEY

from ..conftest import AppFactory, WallClock
from ..support import Api, stored_files

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def do(app: Flask, task: str) -> int:
    """Run one task as the worker does; what it handled."""
    with app.app_context():
        return WORK[task](app.extensions["microdock"], lambda: False)


def record(app: Flask, task: str) -> Record:
    with app.app_context(), unit_of_work(writing=False):
        return maintenance.records()[task]


def claimed(app: Flask, holder: str, now: datetime, interval: int = 3600, task: str = "gc") -> bool:
    with app.app_context():
        return maintenance.claim(task, interval, holder, now) is not None


class TestWhenItIsDue:
    def test_a_task_that_never_ran_is_due_unless_it_is_turned_off(self) -> None:
        assert Record("gc").is_due(3600, NOON)
        assert not Record("gc").is_due(0, NOON)

    @pytest.mark.parametrize(
        ("interval", "later", "due"),
        [(3600, 59 * 60 + 59, False), (3600, 3600, True), (86400, 11 * 3600, False), (86400, 12 * 3600, True)],
    )
    def test_then_by_the_clock(self, interval: int, later: int, due: bool) -> None:
        ran = Record("gc", started=NOON, finished=NOON, outcome="ok")
        assert ran.is_due(interval, NOON + timedelta(seconds=later)) is due

    def test_a_failure_is_tried_again_soon(self) -> None:
        ran = Record("gc", started=NOON, finished=NOON, outcome="failed")
        assert not ran.is_due(86400, NOON + timedelta(seconds=RETRY_SECONDS - 1))
        assert ran.is_due(86400, NOON + timedelta(seconds=RETRY_SECONDS))


class TestLease:
    def test_one_of_many_gets_it(self, app: Flask) -> None:
        gate, got = threading.Barrier(8), []

        def try_it(number: int) -> None:
            gate.wait()
            if claimed(app, f"node {number}", NOON):
                got.append(number)

        threads = [threading.Thread(target=try_it, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1

    def test_a_lease_that_ran_out_is_anybodys_and_its_old_holder_writes_nothing(self, app: Flask) -> None:
        assert claimed(app, "killed", NOON)
        assert not claimed(app, "next", NOON + LEASE - timedelta(seconds=1))
        assert claimed(app, "next", NOON + LEASE)
        with app.app_context():
            assert not maintenance.finish("gc", "killed", 1.0, 5)
            assert not maintenance.extend("gc", "killed")
            assert maintenance.finish("gc", "next", 2.0, 7)
        found = record(app, "gc")
        assert (found.outcome, found.handled, found.seconds, found.holder) == ("ok", 7, 2.0, None)
        assert found.started == NOON + LEASE

    def test_a_failure_keeps_the_last_success(self, app: Flask) -> None:
        for error in ("", "OSError: tired"):
            assert claimed(app, "node", NOON if not error else NOON + timedelta(hours=1))
            with app.app_context():
                maintenance.finish("gc", "node", 1.0, 0, error)
        found = record(app, "gc")
        assert (found.outcome, found.error) == ("failed", "OSError: tired")
        assert found.succeeded is not None


class TestMaintainer:
    def test_runs_each_task_once_and_says_how_it_went(self, app: Flask) -> None:
        Maintainer(app, "one").round()
        first = {task: record(app, task) for task in WORK}
        assert {found.outcome for found in first.values()} == {"ok"}
        Maintainer(app, "two").round()
        # The short interval of the re-hash may have passed a boundary meanwhile; the others' have not, or all have.
        assert record(app, "gc").started == first["gc"].started

    def test_a_task_that_is_turned_off_is_left_alone(self, make_app: AppFactory) -> None:
        app = make_app(MAINTENANCE_GC="0")
        Maintainer(app, "one").round()
        assert record(app, "gc").outcome == "never"
        assert record(app, "tokens").outcome == "ok"

    def test_a_task_that_fails_says_why_without_a_path_and_stops_no_other(self, app: Flask) -> None:
        with app.app_context(), unit_of_work():
            db.session.merge(Setting(key=ROLLED_KEY, value="no day at all"))
            db.session.merge(Setting(key="rehash.position", value="/srv/no json"))
        Maintainer(app, "one").round()
        assert record(app, "rehash").outcome == "failed"
        assert record(app, "rehash").error.startswith("JSONDecodeError")
        assert record(app, "gc").outcome == "ok"


class TestTokensAndJobs:
    @pytest.fixture(autouse=True)
    def user_id(self, app: Flask) -> str:
        with app.app_context(), unit_of_work():
            user = User(username="holder", username_key="holder", password_hash="!", role="user")
            db.session.add(user)
            db.session.flush()
            for name, hours in (("expired", -25), ("alive", -23)):
                until = utcnow() + timedelta(hours=hours)
                db.session.add(RevokedToken(jti=name, expires_at=until))
                db.session.add(TokenFamily(id=name, user_id=user.id, expires_at=until))
                db.session.flush()
                db.session.add(RefreshToken(jti=name, family_id=name, expires_at=until))
        return user.id

    @pytest.mark.parametrize("table", [RevokedToken.jti, TokenFamily.id, RefreshToken.jti])
    def test_forgets_tokens_that_expired_a_day_ago_alone(self, app: Flask, table: Any) -> None:
        do(app, "tokens")
        with app.app_context(), unit_of_work(writing=False):
            assert db.session.scalars(select(table)).all() == ["alive"]

    def test_forgets_jobs_that_were_done_last_week_alone(self, app: Flask) -> None:
        with app.app_context(), unit_of_work():
            for kind, days in (("old", 8), ("new", 6)):
                done = utcnow() - timedelta(days=days)
                db.session.add(Job(kind=kind, payload={}, state="done", available_at=done, finished_at=done))
        do(app, "jobs")
        with app.app_context(), unit_of_work(writing=False):
            assert db.session.scalars(select(Job.kind)).all() == ["new"]


def test_rolling_takes_days_that_passed_out_of_the_statistics(app: Flask, wall_clock: WallClock) -> None:
    wall_clock.stop()
    with app.app_context(), unit_of_work():
        db.session.merge(Setting(key=ROLLED_KEY, value="2001-01-01"))
    assert do(app, "rollup") == 1
    with app.app_context(), unit_of_work(writing=False):
        assert db.session.get_one(Setting, ROLLED_KEY).value == utcnow().date().isoformat()


def test_garbage_is_collected_once_it_is_old(app: Flask, api: Api) -> None:
    assert api.back_up().status_code == 200
    kept = stored_files(app)
    areas = app.extensions["microdock"].settings.upload_dir / "ab"
    areas.mkdir(parents=True, exist_ok=True)
    for name, hours in (("ab" + "0" * 30, 2), ("ab" + "1" * 30, 0)):
        path = areas / name
        path.write_bytes(b"nobody's")
        moment = path.stat().st_mtime - hours * 3600
        os.utime(path, (moment, moment))
    assert do(app, "gc") == 1
    assert stored_files(app) == sorted([*kept, str(areas / ("ab" + "1" * 30))])


class TestRetention:
    def back_up(self, app: Flask, api: Api) -> None:
        for days, key in ((40, "old-user"), (20, "new-user")):
            assert api.back_up(user_key=key).status_code == 200
            with app.app_context(), unit_of_work():
                moment = utcnow() - timedelta(days=days)
                db.session.execute(update(Backup).where(Backup.user_key == key).values(created_at=moment))

    def keys(self, app: Flask) -> list[str]:
        with app.app_context(), unit_of_work(writing=False):
            return list(db.session.scalars(select(Backup.user_key).order_by(Backup.id)))

    def test_deletes_what_is_too_old_with_its_file_and_says_so(self, make_app: AppFactory) -> None:
        app = make_app(BACKUP_RETENTION_DAYS="30")
        self.back_up(app, Api(app))
        assert len(stored_files(app)) == 2
        assert do(app, "retention") == 1
        assert self.keys(app) == ["new-user"]
        assert len(stored_files(app)) == 1
        with app.app_context(), unit_of_work(writing=False):
            entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "backup.expired")).one()
        assert entry.details["count"] == 1
        assert "old-user" not in str(entry.details)

    def test_keeps_everything_unless_told_otherwise(self, app: Flask, api: Api) -> None:
        self.back_up(app, api)
        assert do(app, "retention") == 0
        assert self.keys(app) == ["old-user", "new-user"]
