"""Commands and their database: they name it, and say in one line what to do if it is missing, old, new or
unreachable.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import make_url, text

from microdock_server import create_app
from microdock_server.cli.commands import shown
from microdock_server.database.session import db

from . import forkserver
from .conftest import release
from .live import free_port
from .support import settings_for
from .test_cli import run

ROOT = Path(__file__).parent.parent
# Every command that needs its tables.
COMMANDS = [
    ("users", "list"),
    ("users", "create", "somebody", "--password", "12345678"),
    ("users", "set-role", "admin", "user"),
    ("users", "set-password", "admin", "--password", "12345678"),
    ("users", "disable", "admin"),
    ("users", "enable", "admin"),
    ("users", "check-names"),
    ("jobs", "list"),
    ("jobs", "retry", "one"),
    ("reviews", "replay", "one"),
    ("audit", "verify"),
    ("search", "rebuild"),
    ("storage", "verify"),
    ("storage", "gc"),
    ("storage", "migrate"),
    ("backup", "create", "--out", "{out}"),
    ("demo", "fill"),
]
# These wait for it or make it, read an archive alone, or need none.
WITHOUT = {"jobs work", "backup verify", "backup restore"}


def commands(group: click.Group) -> set[str]:
    return {f"{group.name} {name}" for name in group.commands}


def offered(app: Flask) -> dict[str, click.Command]:
    """The application's commands by name."""
    context = click.Context(app.cli)
    found = {name: app.cli.get_command(context, name) for name in app.cli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def test_every_command_is_tried_here(app: Flask) -> None:
    groups = [found for found in offered(app).values() if isinstance(found, click.Group) and found.name != "db"]
    known = {name for group in groups for name in commands(group)}
    assert known - WITHOUT == {" ".join(words[:2]) for words in COMMANDS}


@pytest.fixture
def bare(tmp_path: Path) -> Flask:
    """An application whose database was never made. Its test takes it down."""
    return create_app(settings_for(tmp_path / "bare", DATABASE_URL=f"sqlite:///{tmp_path / 'bare' / 'microdock.db'}"))


def refused(app: Flask, words: tuple[str, ...], tmp_path: Path) -> str:
    """What the command says; it must be one line beside that which names the database."""
    done = run(app, *(word.format(out=tmp_path / "out") for word in words))
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, SystemExit)
    named, said = done.stderr.splitlines()
    assert named == f"database: sqlite:///{tmp_path / 'bare' / 'microdock.db'}"
    assert said.startswith("Error: ")
    return said


@pytest.mark.sqlite
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_database_that_is_missing_or_empty_is_one_line(bare: Flask, words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "bare" / "microdock.db"
    try:
        assert "there is no database at" in refused(bare, words, tmp_path)
        assert "flask db upgrade" in refused(bare, words, tmp_path)
        # Nobody made one by looking.
        assert not path.exists()
        sqlite3.connect(path).close()
        path.touch()
        assert "has no tables: run `flask db upgrade`" in refused(bare, words, tmp_path)
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    finally:
        release(bare)


def test_a_file_that_is_no_database_is_one_line(bare: Flask, tmp_path: Path) -> None:
    try:
        (tmp_path / "bare" / "microdock.db").write_bytes(b"no database at all " * 500)
        assert "cannot be opened: file is not a database" in refused(bare, ("users", "list"), tmp_path)
    finally:
        release(bare)


def test_an_old_and_a_newer_database_say_what_to_do(app: Flask) -> None:
    with app.app_context():
        downgrade(revision="-1")
    done = run(app, "users", "list")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the database is at migration" in done.stderr and "run `flask db upgrade`, after a backup" in done.stderr
    with app.app_context():
        upgrade()
    assert run(app, "users", "list").exit_code == 0
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = run(app, "users", "list")
    # A later version promises that this one can go on with its database.
    assert done.exit_code == 0
    assert "a newer version migrated it" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_the_database_is_named_on_stderr_and_the_list_alone_on_stdout(app: Flask) -> None:
    done = run(app, "users", "list")
    with app.app_context():
        assert done.stderr == f"database: {shown(db.engine.url)}\n"
    assert done.stdout.splitlines()[0].split() == ["ID", "ROLE", "STATE", "USERNAME", "EMAIL"]


def test_what_fails_later_is_one_line_too(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs RENAME TO lost"))
    done = run(app, "jobs", "list")
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 2
    assert "Error: the database failed: " in done.stderr and "jobs" in done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://u:hush@host:1/base?sslpassword=hush", "postgresql://u@host:1/base"),
        ("postgresql+psycopg://u:hush@/base?host=/run/sockets", "postgresql://u@/base?host=%2Frun%2Fsockets"),
        ("postgresql+psycopg:///base?password=hush", "postgresql:///base"),
        ("sqlite:////data/microdock.db", "sqlite:////data/microdock.db"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, said: str) -> None:
    assert shown(make_url(url)) == said


def on_console(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TEST_DATABASE": "", "DEBUG": "true", **settings}
    program = [sys.executable, "-P", "-m", "flask", *words]
    return forkserver.run(program, cwd=ROOT, env=environment, text=True, timeout=120)


@pytest.mark.parametrize("application", ["wsgi", "microdock_server:create_app"])
@pytest.mark.parametrize("words", [("users", "list"), ("db", "current")], ids=" ".join)
def test_no_console_shows_a_trace(tmp_path: Path, application: str, words: tuple[str, ...]) -> None:
    lost = f"postgresql://user:hush@127.0.0.1:{free_port()}/database"
    data = {"FLASK_APP": application, "DATA_DIR": str(tmp_path / "data")}
    for settings, said in (
        ({"DATABASE_URL": lost}, "cannot be opened" if words[0] == "users" or application == "wsgi" else "failed"),
        ({"DATABASE_URL": "", "PORT": "nonsense"}, "PORT"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    ):
        done = on_console(*words, **data, **settings)
        assert done.returncode in (1, 2), done.stderr
        assert "Traceback" not in done.stderr and "hush" not in done.stderr
        assert [line for line in done.stderr.splitlines() if line.startswith("Error: ") and said in line], done.stderr


def test_a_missing_file_stays_missing_whichever_application_is_named(tmp_path: Path) -> None:
    for application in ("wsgi", "microdock_server:create_app"):
        done = on_console("users", "list", FLASK_APP=application, DATA_DIR=str(tmp_path / "data"), DATABASE_URL="")
        assert done.returncode == 1
        assert f"there is no database at {tmp_path / 'data' / 'microdock.db'}" in done.stderr
        assert not (tmp_path / "data" / "microdock.db").exists()
