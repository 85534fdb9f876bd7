"""A database migrated by a later version stays usable, so that a cluster is upgraded node by node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.database.migration_files import migration_files
from microdock_server.database.schema_state import SchemaState, schema_state
from microdock_server.database.session import db, migrations
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services.catalog import search
from microdock_server.vocabulary import AutoReviewStatus

from . import forkserver
from .conftest import AppFactory, release
from .jobs.helpers import WorkerProcess, review, submit
from .live import ROOT, Server, eventually
from .peers import postgresql
from .rows import add_plugin
from .support import Api, database_for, package, settings_for

SECONDS = 60.0
LATER = "was migrated by a later version of this program (revision 9999"


def stamp(app: Flask, revision: str) -> None:
    """Have the database say that it is at this revision."""
    run(app, "UPDATE alembic_version SET version_num = :value", value=revision)


def run(app: Flask, statement: str, **values: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement), values)


def value(app: Flask, query: str) -> object:
    with app.app_context(), db.engine.connect() as connection:
        return connection.scalar(text(query))


@pytest.fixture
def data(prepared_data: Path, tmp_path: Path) -> Iterator[Path]:
    """A data directory whose database is ahead of this version."""
    directory = Path(shutil.copytree(prepared_data, tmp_path / "ahead"))
    app = create_app(settings_for(directory))
    stamp(app, "9999")
    release(app)
    yield directory
    postgresql.forget(directory)


@pytest.mark.parametrize(
    ("revision", "state", "status", "migrations"),
    [
        ("9999", "AHEAD", 200, "ok"),
        ("0001", "BEHIND", 503, "pending"),
        ("0000", "BEHIND", 503, "pending"),
        (None, "CURRENT", 200, "ok"),
    ],
)
def test_a_node_is_ready_on_a_database_that_is_ahead_and_not_on_one_that_is_behind(
    app: Flask, api: Api, revision: str | None, state: str, status: int, migrations: str
) -> None:
    if revision is not None:
        stamp(app, revision)
    with app.app_context():
        assert schema_state() is SchemaState[state]
    answer = api.get("/readyz")
    assert (answer.status_code, answer.get_json()["data"]["migrations"]) == (status, migrations)


def test_migrations_are_read_as_alembic_reads_them() -> None:
    scripts = ScriptDirectory(str(migrations()))
    found = migration_files(migrations())
    assert found.known == {script.revision for script in scripts.walk_revisions()}
    assert found.heads == set(scripts.get_heads())


def test_branches_types_and_what_only_looks_like_a_declaration(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    for name, lines in {
        "0001_first.py": '"""Revision 1."""\nrevision: str = "0001"\ndown_revision: str | None = None\n',
        "0002_left.py": "revision='0002'  # left\ndown_revision='0001'\nrevisions = 1\n",
        "0003_right.py": 'revision = "0003"\ndown_revision = "0001"\n\n\ndef upgrade():\n    revision = None\n',
        "0004_both.py": 'revision = "0004"\ndown_revision = ("0002", "0003")\n',
        "0005_another.py": 'revision = "0005"\ndown_revision = "0003"\n',
        "__init__.py": "",
    }.items():
        (versions / name).write_text(lines)
    found = migration_files(tmp_path)
    scripts = ScriptDirectory(str(tmp_path))
    assert found.known == {script.revision for script in scripts.walk_revisions()} and len(found.known) == 5
    assert found.heads == set(scripts.get_heads()) == {"0004", "0005"}
    (versions / "0006_none.py").write_text('revision = "0006"\n')
    with pytest.raises(ValueError, match=r"0006_none\.py"):
        migration_files(tmp_path)


def test_a_database_without_any_migration_is_behind(app: Flask) -> None:
    run(app, "DELETE FROM alembic_version")
    with app.app_context():
        assert schema_state() is SchemaState.BEHIND


def test_a_start_on_a_database_that_is_ahead_changes_nothing_and_says_so_once(
    make_app: AppFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(AUTO_MIGRATE="true")
    stamp(app, "9999")
    run(app, "UPDATE settings SET value = '1' WHERE key = :key", key=search.VERSION_KEY)
    run(app, "UPDATE users SET skeleton = NULL, username_key = 'as the later version makes it'")
    rolled = value(app, "SELECT value FROM settings WHERE key = 'statistics.rolled'")
    prepare(app)
    assert capsys.readouterr().out.count(LATER) == 1
    assert value(app, "SELECT version_num FROM alembic_version") == "9999"
    assert value(app, f"SELECT value FROM settings WHERE key = '{search.VERSION_KEY}'") == "1"
    assert value(app, "SELECT username_key FROM users WHERE skeleton IS NULL") == "as the later version makes it"
    assert value(app, "SELECT value FROM settings WHERE key = 'statistics.rolled'") == rolled


def test_a_server_that_migrates_by_itself_starts_on_a_database_that_is_ahead(data: Path) -> None:
    server = Server(data, AUTO_MIGRATE="true")
    try:
        server.start()
        assert server.client.upload(package()).status_code == 200
        assert server.console.read_text().count(LATER) == 1
        assert server.stop() == 0
    finally:
        server.kill()


def test_the_worker_of_jobs_works_on_a_database_that_is_ahead(data: Path) -> None:
    app = create_app(settings_for(data))
    worker = WorkerProcess(data)
    try:
        review_id = submit(app)
        assert eventually(lambda: review(app, review_id).status == AutoReviewStatus.COMPLETED, SECONDS), worker.said()
        assert worker.said().count(LATER) == 1
    finally:
        worker.kill()
        release(app)


def flask(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"DATA_DIR": str(data), "DEBUG": "true", "HOST": "127.0.0.1", "LOG_LEVEL": "WARNING", **database_for(data)}
    command = [sys.executable, "-m", "flask", "--app", "microdock_server:create_app", *words]
    environment = {**os.environ, **env}
    return forkserver.run(command, cwd=ROOT, env=environment, text=True)


@pytest.mark.parametrize("words", [("upgrade",), ("downgrade", "base")])
def test_migrating_a_database_that_is_ahead_is_refused_in_words(data: Path, words: tuple[str, ...]) -> None:
    done = flask(data, "db", *words)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert LATER in said and "Nothing was changed" in said
    assert "Traceback" not in said


def test_the_revision_of_a_database_that_is_ahead_can_be_asked_for(data: Path) -> None:
    # scripts/deploy asks before it upgrades a node.
    done = flask(data, "db", "current")
    assert (done.returncode, done.stdout.split(" ")[0]) == (0, "9999")


def test_an_index_that_a_later_version_made_stays_and_is_made_anew_by_that_one_once_we_wrote_to_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_plugin(app, "gizmo")
    run(app, "UPDATE settings SET value = '999' WHERE key = :key", key=search.VERSION_KEY)
    marked = f"SELECT value FROM settings WHERE key = '{search.VERSION_KEY}'"
    with app.app_context():
        assert search.ensure_built() == 0
    assert value(app, marked) == "999"
    refused = app.test_cli_runner().invoke(args=["search", "rebuild"])
    assert refused.exit_code == 1 and "later version" in refused.output
    for name in ("gadget", "widget"):
        add_plugin(app, name)
        assert value(app, marked) == f"999+{search.VERSION}"
    with app.app_context():
        assert search.ensure_built() == 0
        monkeypatch.setattr(search, "VERSION", "999")
        assert search.ensure_built() == 3
        with unit_of_work(writing=False):
            assert not search.is_of_later_version()
    assert value(app, marked) == "999"
