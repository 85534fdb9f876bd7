"""`flask db copy`: an installation moves from SQLite to PostgreSQL whole, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.config import Settings
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import ActiveSalt, ActiveSketch, Block
from microdock_server.services import statistics
from microdock_server.services.catalog import search

from .conftest import release
from .live import ROOT
from .market import PLUGINS, V1, People, appealed, category, created, data, people, published, rated, rejected
from .peers import missing, postgresql
from .rows import raw, summed, windows
from .support import Api, package
from .test_cli import run

pytestmark = pytest.mark.sqlite
NAME = "com.example.shown"


@pytest.fixture
def target() -> str:
    """The URL of a new, empty database."""
    if postgresql.programs() is None:
        missing("PostgreSQL's server")
    return postgresql.shared().url(postgresql.shared().create())


@pytest.fixture
def filled(app: Flask) -> Flask:
    """Something of everything, and some of it gone again."""
    who = people(app)
    plugin = published(who.developer, who.reviewer, {"metadata": {"tags": ["数据", "tool"]}}, name=NAME)
    created(who.developer, name="com.example.hidden")
    rejection = rejected(who.developer, who.reviewer, name="com.example.refused")
    appealed(who.developer, rejection["id"])
    rated(who.user, plugin["id"], 4)
    parent = category(who.admin, "后来的")
    child = category(who.admin, "先前的")
    # A row that refers to one behind it, in the order of keys.
    first, second = sorted((parent["id"], child["id"]))
    data(who.admin.put(f"{V1}/admin/categories/{first}", {"parent_id": second}))
    for _ in range(3):
        assert who.nobody.post("/api/plugins/download", {"name": NAME}).status_code == 200
    assert who.nobody.upload(package(name="com.example.keyed"), "their-key").status_code == 200
    for number in range(2):
        assert who.nobody.back_up(b"bytes %d" % number).status_code == 200
    assert who.admin.post("/api/backups/delete", {"user_key": "user123abc", "id": 2}).status_code == 200
    with_releases(app, who)
    return app


def with_releases(app: Flask, who: People) -> None:
    """A rollback, a yank, blocks of which one is revoked, and a host that was counted."""
    for version in ("1.1.0", "1.2.0"):
        content = package(name="com.example.keyed", version=version, engines={}, dependencies={})
        assert who.nobody.upload(content, "their-key").status_code == 200
    mine = {"name": "com.example.keyed", "reason": "崩溃", "plugin_key": "their-key"}
    assert who.nobody.post("/api/plugins/version/yank", {**mine, "version": "1.2.0"}).status_code == 200
    assert who.nobody.post("/api/plugins/recommend", {**mine, "version": "1.1.0"}).status_code == 200
    block = {"plugin": "com.example.gone", "severity": "remove", "reason": {"zh": "恶意", "en": "Malicious"}}
    for versions in ("<1.0.0", ">=1.0.0"):
        made = data(who.admin.post(f"{V1}/admin/blocks", {**block, "versions": versions}), 201)
    assert who.admin.post(f"{V1}/admin/blocks/{made['id']}/revoke", {"reason": "误报"}).status_code == 200
    actives = app.extensions["microdock"].actives
    with app.app_context():
        actives.count("a-host", [(NAME, "1.0.0")])
        assert actives.flush() == 1


def copy(app: Flask, target: str) -> Result:
    settings: Settings = app.extensions["microdock"].settings
    return run(app, "db", "copy", "--from", f"sqlite:///{settings.sqlite_path}", "--to", target)


@pytest.fixture
def moved(filled: Flask, target: str) -> Iterator[Flask]:
    """The same installation on the other engine."""
    done = copy(filled, target)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("every row was compared: the copy is complete\n")
    app = create_app(replace(filled.extensions["microdock"].settings, database_url=target))
    prepare(app)
    yield app
    release(app)


def shown(app: Flask) -> list[object]:
    """What clients are shown, and what is kept of it."""
    api = people_of(app)
    listed = [
        api.get(path).get_json()["data"] for path in ("/api/plugins/list", PLUGINS, f"{V1}/marketplace/categories")
    ]
    backups = api.get("/api/backups/list-all").get_json()["data"]["backups"]
    with app.app_context():
        today = statistics.utcnow().date()
    return [listed, backups, windows(app), summed(app, today), run(app, "audit", "verify").stdout]


def people_of(app: Flask) -> Api:
    return Api(app).log_in("admin", "admin")


def test_what_moved_shows_the_same(filled: Flask, moved: Flask) -> None:
    # Reading ends logins' traces in the log, so each is asked once.
    before, after = shown(filled), shown(moved)
    for here, there in zip(after[:-1], before[:-1], strict=True):
        assert here == there
    assert " entries, head " in str(after[-1])


def test_what_moved_goes_on_where_it_stood(moved: Flask) -> None:
    root = people_of(moved)
    found = root.get(f"{PLUGINS}?search=数据").get_json()["data"]
    assert [plugin["plugin_name"] for plugin in found["plugins"]] == [NAME]
    assert root.post("/api/plugins/download", {"name": NAME}).status_code == 200
    assert windows(moved)[NAME][0] == 4
    # The number of a backup that is gone is not given again.
    assert root.back_up(b"third").get_json()["data"]["id"] == 3
    assert root.upload(package(name="com.example.keyed", version="1.3.0"), "their-key").status_code == 200
    with moved.app_context(), unit_of_work(writing=False):
        assert search.find("keyed", search.Scope(), 1, 10)[0] == 1


def of_releases(app: Flask) -> list[Any]:
    """What hosts are told, and what administrators and the next count go by."""
    api = people_of(app)
    installed = [{"name": "com.example.keyed", "version": "1.2.0"}, {"name": "com.example.gone", "version": "0.1.0"}]
    told = api.post("/api/plugins/updates", {"engines": {"MicroDock": "1.0"}, "installed": installed}).get_json()[
        "data"
    ]
    tables = (Block, ActiveSketch, ActiveSalt)
    with app.app_context(), unit_of_work(writing=False):
        kept = [
            db.session.execute(select(*table.__table__.c).order_by(*table.__table__.c[:2])).all() for table in tables
        ]
    assert [len(rows) for rows in kept] == [2, 1, 1]
    shown = [[tuple(row) for row in rows] for rows in kept]
    return [told["serial"], told["updates"], api.get("/api/plugins/blocks").get_json()["data"], shown]


def test_hosts_are_told_the_same_after_the_move(filled: Flask, moved: Flask) -> None:
    """The week's salt moves as well: the installation goes on, and counts no host twice."""
    before, after = of_releases(filled), of_releases(moved)
    assert after == before
    assert [one["action"] for one in after[1]] == ["downgrade", "disable"]


def test_a_copy_that_was_killed_is_begun_anew(filled: Flask, target: str) -> None:
    settings: Settings = filled.extensions["microdock"].settings
    command = ["-m", "flask", "--app", "wsgi", "db", "copy", "--from", f"sqlite:///{settings.sqlite_path}"]
    environment = {**os.environ, "DATA_DIR": str(settings.data_dir), "DATABASE_URL": target, "LOG_LEVEL": "WARNING"}
    with psycopg.connect(postgresql.shared().conninfo(target.rpartition("/")[2])) as other:
        # Held in the middle: the schema is there, and rows of some tables.
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if other.execute("SELECT to_regclass('plugin_versions') IS NOT NULL").fetchone() == (True,):
                break
            other.rollback()
            time.sleep(0.02)
        other.execute("LOCK TABLE version_inventories IN ACCESS SHARE MODE")
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    app = create_app(replace(settings, database_url=target))
    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 0
    release(app)
    assert copy(filled, target).exit_code == 0


def test_nothing_is_copied_over_something(filled: Flask, moved: Flask) -> None:
    again = copy(filled, moved.extensions["microdock"].settings.database_url)
    assert again.exit_code == 1
    assert "not empty" in again.output


def test_a_text_that_postgresql_cannot_keep_is_named_and_nothing_is_kept(app: Flask, target: str) -> None:
    with raw(app) as shell:
        shell.execute("INSERT INTO settings (key, value) VALUES ('odd', 'a' || char(0) || 'b')")
    done = copy(app, target)
    assert done.exit_code == 1
    assert "settings:" in done.output
    assert "Traceback" not in done.output
    with raw(app) as shell:
        shell.execute("DELETE FROM settings WHERE key = 'odd'")
    assert copy(app, target).exit_code == 0


def test_a_database_that_is_behind_is_refused(app: Flask, target: str) -> None:
    with raw(app) as shell:
        shell.execute("UPDATE alembic_version SET version_num = '0001'")
    done = copy(app, target)
    assert (done.exit_code, "upgrade it first" in done.output) == (1, True)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sqlite:///{directory}/none/at/all.db", "there is no database at"),
        ("sqlite:///{directory}/none.db", "there is no database at"),
        ("sqlite:///{directory}/empty.db", "no installation"),
        ("mysql://host/database", "DATABASE_URL must begin"),
        ("nonsense", "DATABASE_URL must be a URL"),
    ],
)
def test_what_is_no_installation_is_refused(app: Flask, target: str, tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "empty.db").touch()
    done = run(app, "db", "copy", "--from", source.format(directory=tmp_path), "--to", target)
    assert (done.exit_code, said in done.output) == (1, True), done.output
    assert not (tmp_path / "none.db").exists()


def test_the_password_of_a_database_that_is_not_there_is_not_told(app: Flask) -> None:
    done = run(app, "db", "copy", "--from", "sqlite:///x.db", "--to", "postgresql://me:swordfish@127.0.0.1:1/none")
    assert done.exit_code == 1
    assert "swordfish" not in done.output
