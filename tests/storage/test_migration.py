"""Files move from the local disk into a bucket and back while all of them stay readable."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from microdock_server import create_app
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import PluginVersion
from microdock_server.services import files
from microdock_server.services.files import Verification, migration
from microdock_server.services.files.migration import Outcome

from ..conftest import AppFactory, release
from ..peers.s3 import S3Server
from ..support import Api, database_for, package, settings_for, signed_in, stored_files

NAME = "com.example.myplugin"
PACKAGES = {f"1.{minor}.0": package(version=f"1.{minor}.0") for minor in range(3)}
BACKUP = b"a backup"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def bucket(s3: S3Server) -> str:
    return s3.make_bucket()


@pytest.fixture
def local(make_app: AppFactory) -> Flask:
    """An application on the local disk, with three versions and a backup."""
    app = make_app()
    api = Api(app)
    for data in PACKAGES.values():
        assert api.upload(data).status_code == 200
    assert api.back_up(BACKUP).status_code == 200
    return app


@pytest.fixture
def both(local: Flask, s3: S3Server, bucket: str) -> Iterator[Flask]:
    """The same data, once a bucket is configured."""
    directory = local.extensions["microdock"].settings.data_dir
    app = create_app(settings_for(directory, **s3.settings(bucket, STORAGE_DOWNLOADS="proxy")))
    yield app
    release(app)


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(args=["storage", *command])


def unreadable(app: Flask) -> list[str]:
    """Versions and backups that do not download as they were uploaded."""
    api, wrong = Api(app), []
    for version, data in PACKAGES.items():
        got = api.post("/api/plugins/version/download", {"name": NAME, "version": version})
        if (got.status_code, got.data) != (200, data):
            wrong.append(f"{version}: {got.status_code}")
    got = api.post("/api/backups/download", {"user_key": "user123abc", "id": 1})
    if (got.status_code, got.data) != (200, BACKUP):
        wrong.append(f"backup: {got.status_code}")
    return wrong


def verified(app: Flask) -> Verification:
    with app.app_context():
        return files.verify(app.extensions["microdock"].storage)


def backends(app: Flask) -> set[str]:
    with app.app_context(), unit_of_work(writing=False):
        return {backend for table in files.TABLES for backend in db.session.scalars(db.select(table.storage_backend))}


class TestBothAtOnce:
    def test_what_came_before_stays_readable(self, both: Flask) -> None:
        assert unreadable(both) == []
        assert verified(both) == Verification(checked=4, missing=[], changed=[], orphaned=[])

    def test_what_comes_later_is_in_the_bucket(self, both: Flask, s3: S3Server, bucket: str) -> None:
        assert Api(both).upload(package(version="2.0.0")).status_code == 200
        assert len(s3.stored(bucket).objects) == 1
        assert backends(both) == {"local", "s3"}

    def test_all_of_it_is_deleted_where_it_is(self, both: Flask, s3: S3Server, bucket: str) -> None:
        root = signed_in(both)
        assert root.upload(package(version="2.0.0")).status_code == 200
        assert root.post("/api/plugins/delete", {"name": NAME}).status_code == 200
        assert s3.stored(bucket).objects == {}
        assert len(stored_files(both)) == 1

    def test_verify_looks_into_both(self, both: Flask, s3: S3Server, bucket: str) -> None:
        assert Api(both).upload(package(version="2.0.0")).status_code == 200
        [whole] = s3.stored(bucket).objects
        key = whole.removeprefix("some/prefix/")
        s3.change(bucket, key, b"other bytes")
        assert verified(both).changed == [f"s3:{key}"]
        s3.remove(bucket, key)
        assert verified(both).missing == [f"s3:{key}"]
        s3.change(bucket, "uploads/ab/abc", b"nobody's")
        assert verified(both).orphaned == ["s3:uploads/ab/abc"]

    def test_gc_tidies_both(self, both: Flask, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
        s3.change(bucket, "uploads/ab/abc", b"nobody's")
        assert run(both, "gc").stdout == "0 removed\n"
        s3.begin_upload(bucket, "uploads/cd/cde")
        # As if an hour had passed.
        monkeypatch.setattr(files, "ORPHAN_AGE", -files.ORPHAN_AGE)
        said = run(both, "gc").stdout
        assert "removed  s3:uploads/ab/abc\n" in said
        assert "removed  unfinished some/prefix/uploads/cd/cde\n" in said
        assert (s3.stored(bucket).objects, s3.stored(bucket).unfinished) == ({}, [])
        assert unreadable(both) == []

    def test_a_file_in_a_storage_that_is_not_configured_is_missing_and_the_log_says_where(
        self, both: Flask, local: Flask, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert run(both, "migrate").exit_code == 0
        with caplog.at_level(logging.ERROR):
            answer = Api(local).post("/api/plugins/download", {"name": NAME})
        assert answer.status_code == 404
        assert "'s3'" in caplog.text and "STORAGE_URL" in caplog.text


class TestMigrating:
    def test_there_and_back(self, both: Flask, local: Flask, s3: S3Server, bucket: str) -> None:
        there = run(both, "migrate")
        assert (there.exit_code, there.stdout) == (0, "4 moved to s3, 0 gone, 0 stayed behind\n")
        assert (backends(both), stored_files(both)) == ({"s3"}, [])
        assert len(s3.stored(bucket).objects) == 4
        assert unreadable(both) == []
        assert run(both, "migrate").stdout == "0 moved to s3, 0 gone, 0 stayed behind\n"
        back = run(both, "migrate", "--to", "local")
        assert (back.exit_code, back.stdout) == (0, "4 moved to local, 0 gone, 0 stayed behind\n")
        assert s3.stored(bucket).objects == {}
        # No bucket is needed any more.
        assert unreadable(local) == []
        assert verified(local) == Verification(checked=4, missing=[], changed=[], orphaned=[])

    def test_without_a_bucket_is_refused(self, local: Flask) -> None:
        refused = run(local, "migrate", "--to", "s3")
        assert (refused.exit_code, "STORAGE_URL" in refused.output) == (1, True)

    @pytest.mark.parametrize("harm", ["changed", "missing"])
    def test_a_file_that_is_not_what_it_was_stays_behind(self, both: Flask, s3: S3Server, harm: str) -> None:
        hurt = Path(next(path for path in stored_files(both) if "/uploads/" in path))
        if harm == "changed":
            hurt.write_bytes(b"other bytes")
        else:
            hurt.unlink()
        result = run(both, "migrate")
        assert result.exit_code == 1
        assert f"{harm}  local:uploads/{hurt.parent.name}/{hurt.name}\n" in result.stdout
        assert result.stdout.endswith("3 moved to s3, 0 gone, 1 stayed behind\n")
        assert len(unreadable(both)) == 1

    def test_what_is_deleted_meanwhile_is_no_failure_and_leaves_nothing(
        self, both: Flask, s3: S3Server, bucket: str
    ) -> None:
        storages = both.extensions["microdock"].storage
        with both.app_context():
            moving = migration.migrate(migration.waiting("s3"), storages, storages.main)
            first = [next(moving)[1]]
            assert signed_in(both).post("/api/plugins/delete", {"name": NAME}).status_code == 200
            outcomes = first + [outcome for _, outcome in moving]
        assert outcomes.count(Outcome.GONE) >= 2
        assert set(outcomes) == {Outcome.MOVED, Outcome.GONE}
        assert (len(s3.stored(bucket).objects), stored_files(both)) == (1, [])

    def test_what_is_deleted_between_copy_and_row_leaves_no_copy(self, both: Flask, s3: S3Server, bucket: str) -> None:
        storages = both.extensions["microdock"].storage
        root = signed_in(both)

        class DeletesMeanwhile:
            """The bucket, whose first copy somebody deletes the plugin behind."""

            name = "s3"

            def __getattr__(self, name: str) -> Any:
                return getattr(storages.main, name)

            def save(self, key: str, stream: Any) -> Any:
                stored = storages.main.save(key, stream)
                root.post("/api/plugins/delete", {"name": NAME})
                return stored

        with both.app_context():
            moves = [move for move in migration.waiting("s3") if move.table is PluginVersion]
            outcomes = [outcome for _, outcome in migration.migrate(moves, storages, DeletesMeanwhile())]
        assert outcomes == [Outcome.GONE] * 3
        assert s3.stored(bucket).objects == {}

    def test_downloads_go_on_meanwhile(self, both: Flask) -> None:
        ended, wrong = threading.Event(), []

        def read() -> None:
            while not ended.is_set():
                wrong.extend(unreadable(both))

        reader = threading.Thread(target=read)
        reader.start()
        for target in ("s3", "local", "s3"):
            assert run(both, "migrate", "--to", target).exit_code == 0
        ended.set()
        reader.join()
        assert wrong == []


@pytest.mark.parametrize("target", ["s3", "local"])
def test_killed_at_any_step_it_goes_on_where_it_was(
    both: Flask, s3: S3Server, bucket: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if target == "local":
        assert run(both, "migrate").exit_code == 0
    directory = both.extensions["microdock"].settings.data_dir
    env = {"DATA_DIR": str(directory), "LOG_LEVEL": "WARNING", **database_for(directory), **s3.settings(bucket)}
    command = [sys.executable, "-m", "tests.storage.killed_migration", target, json.dumps(env), "1", "1", "3", "1", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found == [["save", True], ["row", True], ["delete", True], ["save", True], [0, True]]
    assert unreadable(both) == []
    assert backends(both) == {target}
    monkeypatch.setattr(files, "ORPHAN_AGE", -files.ORPHAN_AGE)
    assert run(both, "gc").exit_code == 0
    assert verified(both) == Verification(checked=4, missing=[], changed=[], orphaned=[])
    assert (len(s3.stored(bucket).objects), len(stored_files(both))) == ((4, 0) if target == "s3" else (0, 4))
