"""What stands in no snapshot: the salt that hosts' ids are hashed with."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from microdock_server.clock import iso_week, utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import ActiveSalt, ActiveSketch
from microdock_server.services.releases.sketch import Sketch
from microdock_server.snapshots import read_manifest

from ..conftest import WallClock
from .helpers import name_of, publish, restore, rows, snapshot

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = pytest.mark.sqlite

BEFORE = ("2026-W01", name_of(0), "1.0.0", bytes(Sketch([3])))


@pytest.fixture
def salt(app: Flask) -> str:
    """The running week's, of an application where hosts were counted in this week and in an earlier one."""
    publish(app, 0)
    with app.app_context():
        actives = app.extensions["microdock"].actives
        actives.count("a-host", [(name_of(0), "1.0.0")])
        actives.keep()
        columns = ("week", "plugin_name", "version", "registers")
        with unit_of_work():
            db.session.execute(insert(ActiveSketch), [dict(zip(columns, BEFORE, strict=True))])
        with unit_of_work(writing=False):
            return str(db.session.scalars(select(ActiveSalt.salt)).one())


def weeks(found: dict[str, list[tuple[Any, ...]]]) -> Sequence[str]:
    return [row[0] for row in found["active_sketches"]]


def test_a_snapshot_has_no_salt_and_the_server_keeps_its_own(app: Flask, tmp_path: Path, salt: str) -> None:
    made = snapshot(app, tmp_path)
    assert read_manifest(made.path).manifest.tables["active_salts"] == 0
    restore(made.path, tmp_path / "new")
    database = tmp_path / "new" / "microdock.db"
    assert salt.encode() not in database.read_bytes()
    assert rows(tmp_path / "new")["active_salts"] == []
    with app.app_context(), unit_of_work(writing=False):
        assert db.session.scalars(select(ActiveSalt.salt)).all() == [salt]


def test_a_week_is_begun_anew_with_the_new_salt(app: Flask, tmp_path: Path, salt: str) -> None:
    made = snapshot(app, tmp_path)
    assert read_manifest(made.path).manifest.tables["active_sketches"] == 2
    restore(made.path, tmp_path / "new")
    assert weeks(rows(tmp_path / "new")) == [BEFORE[0]]


def test_a_week_that_is_over_comes_back_as_it_was(app: Flask, tmp_path: Path, salt: str, wall_clock: WallClock) -> None:
    made, week = snapshot(app, tmp_path), iso_week(utcnow())
    wall_clock.turn(timedelta(weeks=1).total_seconds())
    restore(made.path, tmp_path / "new")
    assert weeks(rows(tmp_path / "new")) == [BEFORE[0], week]


def test_the_salt_was_in_the_database_that_the_snapshot_is_of(app: Flask, salt: str) -> None:
    """What the tests above look for is what they would find."""
    path = app.extensions["microdock"].settings.sqlite_path
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert salt.encode() in path.read_bytes()


def test_blocks_and_what_owners_decided_come_back(app: Flask, tmp_path: Path) -> None:
    api, name = publish(app, 0), name_of(0)
    block = {"plugin": name, "versions": "1.0.0", "severity": "disable", "reason": {"zh": "恶意", "en": "Malicious"}}
    assert api.log_in("admin", "admin").post("/api/v1/admin/blocks", block).status_code == 201
    made = snapshot(app, tmp_path)
    assert read_manifest(made.path).manifest.tables["blocks"] == 1
    before = rows(app.extensions["microdock"].settings.data_dir)
    restore(made.path, tmp_path / "new")
    after = rows(tmp_path / "new")
    assert after["blocks"] == before["blocks"]
    assert after["plugin_versions"] == before["plugin_versions"]
    assert [row for row in after["settings"] if row[0] == "releases.block_list"] != []
