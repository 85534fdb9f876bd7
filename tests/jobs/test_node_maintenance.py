"""What is done beside requests, by one thread of one worker."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete

from microdock_server.bootstrap import prepare
from microdock_server.clock import utcnow
from microdock_server.config import Settings
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs import node_maintenance
from microdock_server.jobs.node_maintenance import NodeMaintainer, checkpoint, sweep
from microdock_server.models import Setting
from microdock_server.services import maintenance
from microdock_server.services.catalog.search import VERSION, VERSION_KEY
from microdock_server.services.statistics import ROLLED_KEY

from ..conftest import WallClock
from ..live import eventually
from ..support import Api

Pair = tuple[NodeMaintainer, NodeMaintainer]


@pytest.fixture
def settings(app: Flask) -> Settings:
    found: Settings = app.extensions["microdock"].settings
    return found


@pytest.fixture
def database(settings: Settings) -> Path:
    assert settings.sqlite_path is not None
    return settings.sqlite_path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_maintenance, "CHECKPOINT_EVERY", 0.02)


def write_much(app: Flask, rows: int = 50) -> None:
    for number in range(rows):
        with app.app_context(), unit_of_work():
            db.session.merge(Setting(key=f"key{number % 5}", value=str(number) * 2000))


def log_size(database: Path) -> int:
    path = database.with_name(database.name + "-wal")
    return path.stat().st_size if path.exists() else 0


@pytest.mark.sqlite
class TestCheckpoint:
    def test_moves_the_log_into_the_database_so_that_it_begins_anew(self, app: Flask, database: Path) -> None:
        write_much(app)
        full = log_size(database)
        assert full > 200_000
        before = database.read_bytes()
        checkpoint(database)
        assert database.read_bytes() != before
        # What is written next goes to the log's beginning: the file does not grow on.
        write_much(app)
        checkpoint(database)
        write_much(app)
        assert log_size(database) < full * 1.5

    def test_leaves_every_row_readable_without_the_log(self, app: Flask, database: Path, tmp_path: Path) -> None:
        write_much(app)
        checkpoint(database)
        copy = tmp_path / "copy.db"
        copy.write_bytes(database.read_bytes())
        alone = sqlite3.connect(copy)
        assert alone.execute("SELECT count(*) FROM settings WHERE key LIKE 'key%'").fetchone() == (5,)
        assert alone.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        alone.close()

    def test_makes_nobody_wait_and_waits_for_nobody(self, app: Flask, database: Path) -> None:
        write_much(app)
        with app.app_context(), unit_of_work():
            db.session.merge(Setting(key="key", value="held"))
            db.session.flush()
            checkpoint(database)
        with app.app_context(), unit_of_work(writing=False):
            assert db.session.get_one(Setting, "key").value == "held"

    def test_of_a_database_without_a_log_is_nothing(self, tmp_path: Path) -> None:
        checkpoint(tmp_path / "gone.db")
        assert not (tmp_path / "gone.db").exists()


class TestSweep:
    def test_removes_stale_bodies_alone(self, app: Flask, settings: Settings, api: Api) -> None:
        assert api.upload().status_code == 200
        for name, age in (("body-stale", 2 * 3600), ("body-slow", 60), ("other", 2 * 3600)):
            path = settings.temp_dir / name
            path.write_bytes(b"half")
            moment = path.stat().st_mtime - age
            os.utime(path, (moment, moment))
        sweep(app, settings)
        assert sorted(path.name for path in settings.temp_dir.iterdir()) == ["body-slow", "other"]
        assert api.post("/api/plugins/download", {"name": "com.example.myplugin"}).status_code == 200
        with app.app_context(), unit_of_work(writing=False):
            record = maintenance.records()["temp"]
        assert (record.outcome, record.handled) == ("ok", 1)


# What it is seen to do is SQLite's checkpoint.
@pytest.mark.sqlite
@pytest.mark.usefixtures("quick")
class TestNodeMaintainer:
    @pytest.fixture
    def rounds(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """The names of the threads that worked, in order; the threads are stopped at the end."""
        seen: list[str] = []
        monkeypatch.setattr(node_maintenance, "checkpoint", lambda _path: seen.append(threading.current_thread().name))
        yield seen

    @pytest.fixture
    def pair(self, app: Flask, settings: Settings, rounds: list[str]) -> Iterator[Pair]:
        pair = NodeMaintainer(app, settings), NodeMaintainer(app, settings)
        for number, keeper in enumerate(pair):
            keeper.name = f"keeper {number}"
            keeper.start()
        yield pair
        for keeper in pair:
            keeper.stop()
            keeper.join(10)
            assert not keeper.is_alive()

    def test_of_two_one_works(self, pair: Pair, rounds: list[str]) -> None:
        assert eventually(lambda: len(rounds) > 5)
        assert len(set(rounds)) == 1

    def test_the_other_takes_over_when_it_ends(self, pair: Pair, rounds: list[str]) -> None:
        assert eventually(lambda: len(rounds) > 2)
        working = next(keeper for keeper in pair if keeper.name == rounds[0])
        working.stop()
        working.join(10)
        rounds.clear()
        assert eventually(lambda: len(rounds) > 2)
        assert working.name not in rounds

    def test_waits_for_another_process(
        self, app: Flask, settings: Settings, rounds: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[bool] = []
        real = node_maintenance._is_mine
        monkeypatch.setattr(node_maintenance, "_is_mine", lambda lock: asked.append(real(lock)) or asked[-1])
        lock = os.open(settings.data_dir / "housekeeping.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        keeper = NodeMaintainer(app, settings)
        keeper.start()
        try:
            assert eventually(lambda: len(asked) > 2)
            assert not any(asked[:3])
            assert rounds == []
            os.close(lock)
            assert eventually(lambda: bool(rounds))
        finally:
            keeper.stop()
            keeper.join(10)

    def test_goes_on_after_a_failure(
        self, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        rounds = []

        def failing(_path: Path) -> None:
            rounds.append(1)
            raise OSError("the disk is tired")

        monkeypatch.setattr(node_maintenance, "checkpoint", failing)
        keeper = NodeMaintainer(app, settings)
        keeper.start()
        assert eventually(lambda: len(rounds) > 2)
        keeper.stop()
        keeper.join(10)
        assert "the disk is tired" in caplog.text

    def test_sweeps_when_it_begins_and_then_once_an_interval(
        self, app: Flask, settings: Settings, rounds: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sweeps: list[int] = []
        monkeypatch.setattr(node_maintenance, "sweep", lambda *_: sweeps.append(1))
        keeper = NodeMaintainer(app, settings)
        keeper.start()
        assert eventually(lambda: len(rounds) > 5)
        keeper.stop()
        keeper.join(10)
        assert sweeps == [1]


def test_a_start_builds_the_search_index_and_rolls_the_statistics(app: Flask, wall_clock: WallClock) -> None:
    wall_clock.stop()
    with app.app_context(), unit_of_work():
        db.session.execute(delete(Setting).where(Setting.key.in_([VERSION_KEY, ROLLED_KEY])))
    prepare(app)
    with app.app_context(), unit_of_work(writing=False):
        assert db.session.get_one(Setting, VERSION_KEY).value == VERSION
        assert db.session.get_one(Setting, ROLLED_KEY).value == utcnow().date().isoformat()
