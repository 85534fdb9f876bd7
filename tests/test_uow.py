"""The promises of `unit_of_work()`; see database/unit_of_work.py."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import IntegrityError, OperationalError

from microdock_server.database import engines
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import current_unit, execute_autocommit, read_once, unit_of_work
from microdock_server.errors import Conflict, DatabaseBusy, StorageFull
from microdock_server.models import Setting

from .conftest import AppFactory
from .rows import raw
from .support import Api, package, stored_files


@pytest.fixture(autouse=True)
def in_context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def add(key: str, value: str = "value") -> None:
    db.session.add(Setting(key=key, value=value))


def stored() -> set[str]:
    """The keys that a unit of its own finds."""
    with unit_of_work(writing=False):
        return set(db.session.scalars(select(Setting.key).where(Setting.key.not_like("%.%"))))


def can_be_written(app: Flask) -> bool:
    """Could somebody else write now, without waiting?"""
    if app.extensions["microdock"].settings.sqlite_path is None:
        with app.extensions["microdock"].autocommit.connect() as connection:
            locked = connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({engines.WRITE_LOCK})")
            return bool(locked.scalar())
    other = sqlite3.connect(app.extensions["microdock"].settings.sqlite_path, timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()
    return True


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Let somebody else be writing."""
    if app.extensions["microdock"].settings.sqlite_path is None:
        with app.extensions["microdock"].autocommit.connect() as other:
            other.exec_driver_sql(f"SELECT pg_advisory_lock({engines.WRITE_LOCK})")
            yield
            other.exec_driver_sql(f"SELECT pg_advisory_unlock({engines.WRITE_LOCK})")
        return
    file = sqlite3.connect(app.extensions["microdock"].settings.sqlite_path, isolation_level=None)
    file.execute("BEGIN IMMEDIATE")
    yield
    file.close()


class TestCommitAndRollback:
    def test_what_a_unit_wrote_is_there_after_it(self) -> None:
        with unit_of_work():
            add("one")
        assert stored() == {"one"}

    @pytest.mark.parametrize("reason", [ValueError, KeyboardInterrupt, SystemExit])
    def test_nothing_is_there_of_a_unit_that_raised(self, reason: type[BaseException]) -> None:
        with pytest.raises(reason), unit_of_work():
            add("one")
            db.session.flush()
            raise reason
        assert stored() == set()

    def test_a_reading_unit_changes_nothing(self) -> None:
        with unit_of_work(writing=False):
            add("one")
            db.session.flush()
        assert stored() == set()

    def test_objects_stay_readable_afterwards(self) -> None:
        with unit_of_work():
            setting = Setting(key="one", value="value")
            db.session.add(setting)
        assert (setting.key, setting.value) == ("one", "value")

    def test_nothing_stale_is_carried_into_the_next_unit(self, app: Flask) -> None:
        with unit_of_work():
            add("one")
        with unit_of_work(writing=False):
            assert db.session.get_one(Setting, "one").value == "value"
        with raw(app) as other:
            other.execute("UPDATE settings SET value = 'changed' WHERE key = 'one'")
        with unit_of_work(writing=False):
            assert db.session.get_one(Setting, "one").value == "changed"


class TestNesting:
    def test_an_inner_unit_is_the_outer_one(self) -> None:
        with unit_of_work() as outer, unit_of_work() as inner, unit_of_work(writing=False) as reading:
            assert inner is outer is reading is current_unit()

    def test_only_the_outermost_commits(self, app: Flask) -> None:
        with unit_of_work():
            with unit_of_work():
                add("one")
            assert not can_be_written(app) or stored() == {"one"}
            with raw(app) as other:
                assert other.execute("SELECT count(*) FROM settings WHERE key = 'one'").fetchone() == (0,)
        assert stored() == {"one"}

    def test_an_inner_failure_that_is_not_caught_undoes_all(self) -> None:
        with pytest.raises(ValueError, match="inner"), unit_of_work():
            add("one")
            with unit_of_work():
                add("two")
                raise ValueError("inner")
        assert stored() == set()

    def test_an_inner_callback_waits_for_the_outermost(self) -> None:
        seen: list[str] = []
        with unit_of_work():
            with unit_of_work() as inner:
                inner.on_commit(lambda: seen.append("inner"))
            assert seen == []
        assert seen == ["inner"]

    def test_a_writing_unit_cannot_join_a_reading_one(self) -> None:
        with unit_of_work(writing=False), pytest.raises(RuntimeError, match="reading"), unit_of_work():
            raise AssertionError("never reached")

    def test_outside_there_is_no_unit(self) -> None:
        with pytest.raises(RuntimeError, match="no unit"):
            current_unit()
        with unit_of_work():
            pass
        with pytest.raises(RuntimeError, match="no unit"):
            current_unit()

    def test_every_thread_has_units_of_its_own(self, app: Flask) -> None:
        gate = threading.Barrier(4)

        def write(number: int) -> int:
            with app.app_context(), unit_of_work(writing=False) as unit:
                gate.wait()
                return id(unit) if current_unit() is unit else 0

        with ThreadPoolExecutor(4) as pool:
            units = list(pool.map(write, range(4)))
        assert 0 not in units


class TestCallbacks:
    @staticmethod
    def register(unit: Any, seen: list[str]) -> None:
        for name in ("1", "2", "3"):
            unit.on_commit(lambda name=name: seen.append(f"commit {name}"))
            unit.on_rollback(lambda name=name: seen.append(f"rollback {name}"))

    def test_after_a_commit_in_the_order_they_were_hung(self) -> None:
        seen: list[str] = []
        with unit_of_work() as unit:
            self.register(unit, seen)
            add("one")
        assert seen == ["commit 1", "commit 2", "commit 3"]

    def test_after_a_rollback_latest_first(self) -> None:
        seen: list[str] = []
        with pytest.raises(KeyError), unit_of_work() as unit:
            self.register(unit, seen)
            raise KeyError
        assert seen == ["rollback 3", "rollback 2", "rollback 1"]

    def test_what_they_see_is_committed_and_unlocked(self, app: Flask) -> None:
        seen: list[Any] = []
        with unit_of_work() as unit:
            unit.on_commit(lambda: seen.append(can_be_written(app)))
            add("one")
        assert seen == [True]

    def test_after_a_rollback_the_lock_is_gone(self, app: Flask) -> None:
        seen: list[bool] = []
        with pytest.raises(KeyError), unit_of_work() as unit:
            unit.on_rollback(lambda: seen.append(can_be_written(app)))
            add("one")
            db.session.flush()
            raise KeyError
        assert seen == [True]

    @pytest.mark.parametrize("fails", [False, True])
    def test_one_that_fails_is_logged_and_stops_no_other(self, fails: bool, caplog: pytest.LogCaptureFixture) -> None:
        seen: list[str] = []

        def broken() -> None:
            raise OSError("no such luck")

        try:
            with caplog.at_level(logging.ERROR), unit_of_work() as unit:
                for register in (unit.on_commit, unit.on_rollback):
                    register(lambda: seen.append("before"))
                    register(broken)
                    register(lambda: seen.append("after"))
                if fails:
                    raise KeyError
        except KeyError:
            assert fails
        assert sorted(seen) == ["after", "before"]
        assert "no such luck" in caplog.text

    def test_of_a_reading_unit_only_rollbacks_run(self) -> None:
        seen: list[str] = []
        with unit_of_work(writing=False) as unit:
            self.register(unit, seen)
        assert seen == []
        with pytest.raises(KeyError), unit_of_work(writing=False) as unit:
            self.register(unit, seen)
            raise KeyError
        assert seen == ["rollback 3", "rollback 2", "rollback 1"]


class TestLocks:
    def test_the_database_is_not_locked_before_the_first_statement(self, app: Flask) -> None:
        with unit_of_work():
            assert can_be_written(app)
            add("one")
            assert can_be_written(app)
            db.session.flush()
            assert not can_be_written(app)

    def test_a_writing_unit_locks_with_its_first_read(self, app: Flask) -> None:
        with unit_of_work():
            db.session.get(Setting, "one")
            assert not can_be_written(app)
        assert can_be_written(app)

    def test_a_reading_unit_locks_nobody_out_and_sees_one_state(self, app: Flask) -> None:
        with unit_of_work(writing=False):
            assert db.session.get(Setting, "one") is None
            assert can_be_written(app)
            with raw(app) as other:
                other.execute("INSERT INTO settings (key, value) VALUES ('one', 'value')")
            assert db.session.scalar(text("SELECT count(*) FROM settings WHERE key = 'one'")) == 0
        assert stored() == {"one"}

    def test_a_read_followed_by_a_write_never_fails_halfway(self, app: Flask) -> None:
        with unit_of_work():
            add("counter", "0")

        def count() -> None:
            for _ in range(10):
                with app.app_context(), unit_of_work():
                    setting = db.session.get_one(Setting, "counter")
                    setting.value = str(int(setting.value) + 1)

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(count) for _ in range(8)]:
                done.result()
        with unit_of_work(writing=False):
            assert db.session.get_one(Setting, "counter").value == "80"

    def test_who_waits_too_long_hears_that_the_database_is_busy(
        self, make_app: AppFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engines, "WAIT_MS", 50)
        app = make_app()
        with app.app_context(), locked(app), pytest.raises(DatabaseBusy), unit_of_work():
            add("one")
        with app.app_context():
            with unit_of_work():
                add("one")
            assert stored() == {"one"}


class TestRefusedCommits:
    def test_a_broken_rule_of_the_database_is_a_conflict(self) -> None:
        seen: list[str] = []
        with unit_of_work():
            add("one")
        with pytest.raises(Conflict) as caught, unit_of_work() as unit:
            unit.on_rollback(lambda: seen.append("rolled back"))
            add("one", "other")
        assert isinstance(caught.value.__cause__, IntegrityError)
        assert seen == ["rolled back"]

    def test_a_full_disk_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fail(monkeypatch, "do_execute", "database or disk is full", only="INSERT")
        with pytest.raises(StorageFull), unit_of_work():
            add("one")
        monkeypatch.undo()
        assert stored() == set()


def fail(monkeypatch: pytest.MonkeyPatch, name: str, message: str, only: str = "", after: bool = False) -> None:
    """Let the driver fail, before or after it did its work."""
    original = getattr(DefaultDialect, name)

    def failing(self: Any, *arguments: Any, **options: Any) -> Any:
        if only and only not in str(arguments[1]):
            return original(self, *arguments, **options)
        if after:
            original(self, *arguments, **options)
        if self.name == "postgresql":
            raise psycopg.errors.DiskFull(message) if "full" in message else psycopg.OperationalError(message)
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr(DefaultDialect, name, failing)


class TestACommitWhoseOutcomeIsUnknown:
    """The engine failed while it was committing: the rows may be there, so everything they could need must stay."""

    @pytest.mark.parametrize("happened", [False, True])
    def test_runs_no_callback(self, monkeypatch: pytest.MonkeyPatch, happened: bool) -> None:
        seen: list[str] = []
        fail(monkeypatch, "do_commit", "disk I/O error", after=happened)
        with pytest.raises((OperationalError, DatabaseBusy)), unit_of_work() as unit:
            unit.on_commit(lambda: seen.append("commit"))
            unit.on_rollback(lambda: seen.append("rollback"))
            add("one")
        monkeypatch.undo()
        assert seen == []
        assert stored() == ({"one"} if happened else set())

    @pytest.mark.parametrize("happened", [False, True])
    def test_leaves_the_database_unlocked_and_the_next_unit_working(
        self, monkeypatch: pytest.MonkeyPatch, app: Flask, happened: bool
    ) -> None:
        fail(monkeypatch, "do_commit", "disk I/O error", after=happened)
        with pytest.raises((OperationalError, DatabaseBusy)), unit_of_work():
            add("one")
        monkeypatch.undo()
        assert can_be_written(app)
        with unit_of_work():
            add("two")
        assert "two" in stored()

    @pytest.mark.parametrize("happened", [False, True])
    def test_keeps_the_blob_of_an_upload(
        self, monkeypatch: pytest.MonkeyPatch, app: Flask, api: Api, happened: bool
    ) -> None:
        data = package()
        fail(monkeypatch, "do_commit", "disk I/O error", after=happened)
        assert api.upload(data).status_code in (500, 503)
        monkeypatch.undo()
        assert len(stored_files(app)) == 1
        answer = api.post("/api/plugins/download", {"name": "com.example.myplugin"})
        assert (answer.status_code, answer.data == data) == ((200, True) if happened else (404, False))


@pytest.mark.sqlite
class TestPragmas:
    def pragmas(self, engine: Any) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size")
        with engine.connect() as connection:
            return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    def test_what_is_acknowledged_is_synced(self) -> None:
        expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000, "mmap_size": 0}
        assert self.pragmas(db.engine) == expected

    def test_counts_are_not_but_survive_the_process(self, app: Flask) -> None:
        found = self.pragmas(app.extensions["microdock"].autocommit)
        assert (found["journal_mode"], found["synchronous"], found["busy_timeout"]) == ("wal", 1, 15_000)


class TestCounting:
    def test_a_count_is_a_transaction_of_its_own(self, app: Flask) -> None:
        counting = app.extensions["microdock"].autocommit
        with unit_of_work():
            add("one", "1")
        statement = text("UPDATE settings SET value = CAST(value AS INTEGER) + 1 WHERE key = :key")
        assert execute_autocommit(counting, statement, {"key": "one"}) == 1
        assert execute_autocommit(counting, statement, {"key": "another"}) == 0
        assert can_be_written(app)
        with unit_of_work(writing=False):
            assert db.session.get_one(Setting, "one").value == "2"


def test_a_reading_unit_reads_once_and_the_next_one_again() -> None:
    answers = iter(range(10))

    def twice() -> tuple[int, int]:
        return read_once("answer", lambda: next(answers)), read_once("answer", lambda: next(answers))

    with unit_of_work(writing=False):
        assert twice() == (0, 0)
        assert read_once("another", lambda: "value") == "value"
    with unit_of_work(writing=False):
        assert twice() == (1, 1)


def test_what_may_have_changed_meanwhile_is_read_each_time() -> None:
    answers = iter(range(10))
    with unit_of_work(), unit_of_work(writing=False):
        assert [read_once("answer", lambda: next(answers)) for _ in range(2)] == [0, 1]
    # There is no transaction outside of units whose snapshot it could be.
    assert [read_once("answer", lambda: next(answers)) for _ in range(2)] == [2, 3]
