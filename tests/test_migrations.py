"""The database's history: it leads to the models, and back to nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from microdock_server import create_app
from microdock_server.extensions import db, is_modelled
from microdock_server.startup import prepare

from .conftest import release
from .live import ROOT
from .support import Api, settings_for

COMPARED = {"compare_type": True, "compare_server_default": True, "include_object": is_modelled}


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Flask]:
    """An application whose database does not exist yet."""
    app = create_app(settings_for(tmp_path / "new"))
    with app.app_context():
        yield app
    release(app)


def tables(app: Flask) -> set[str]:
    with closing(sqlite3.connect(app.extensions["microdock"].settings.sqlite_path)) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')")
        return {name for (name,) in rows if not name.startswith("sqlite_")}


def schema(app: Flask) -> list[str]:
    with closing(sqlite3.connect(app.extensions["microdock"].settings.sqlite_path)) as database:
        return sorted(str(row) for row in database.execute("SELECT type, name, sql FROM sqlite_master"))


def test_a_migrated_database_is_what_the_models_say(new: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=COMPARED)
        assert compare_metadata(context, db.metadata) == []


def test_every_reference_does_on_delete_what_the_models_say(new: Flask) -> None:
    upgrade()
    wanted = {
        (table.name, key.parent.name, key.column.table.name, (key.ondelete or "NO ACTION").upper())
        for table in db.metadata.sorted_tables
        for key in table.foreign_keys
    }
    with closing(sqlite3.connect(new.extensions["microdock"].settings.sqlite_path)) as database:
        found = {
            (table, source, other, action)
            for table in db.metadata.tables
            for _, _, other, source, _, _, action, _ in database.execute(f"PRAGMA foreign_key_list({table})")
        }
    assert found == wanted


def test_the_way_back_leaves_no_table(new: Flask) -> None:
    upgrade()
    before = schema(new)
    downgrade(revision="base")
    assert tables(new) <= {"alembic_version"}
    upgrade()
    assert schema(new) == before


def test_every_single_step_works_in_both_directions(new: Flask) -> None:
    steps = [script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()]
    for step in reversed(steps):
        upgrade(revision=step)
        downgrade(revision="-1")
        upgrade(revision=step)
    assert "plugins" in tables(new)


def test_the_history_has_one_end() -> None:
    assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1


def test_upgrading_twice_changes_nothing(new: Flask) -> None:
    upgrade()
    before = schema(new)
    upgrade()
    assert schema(new) == before


def test_a_migrated_database_serves(new: Flask) -> None:
    upgrade()
    prepare(new)
    api = Api(new)
    assert api.upload().status_code == 200
    assert api.get("/readyz").status_code == 200


def test_what_is_stored_survives_another_upgrade(new: Flask) -> None:
    upgrade()
    prepare(new)
    assert Api(new).upload().status_code == 200
    upgrade()
    [plugin] = Api(new).get("/api/plugins/list").get_json()["data"]
    assert plugin["name"] == "com.example.myplugin"


def migrating(data: Path, **env: str) -> subprocess.Popen[str]:
    """`flask db upgrade` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data), "DEBUG": "true", "HOST": "127.0.0.1", "LOG_LEVEL": "WARNING", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("migrates", ["by command", "by itself"])
def test_processes_that_migrate_at_once_take_turns(tmp_path: Path, migrates: str) -> None:
    env = {"AUTO_MIGRATE": "true"} if migrates == "by itself" else {}
    processes = [migrating(tmp_path / "data", **env) for _ in range(3)]
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
    with closing(sqlite3.connect(tmp_path / "data" / "microdock.db")) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM catalog").fetchone() == (1,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
