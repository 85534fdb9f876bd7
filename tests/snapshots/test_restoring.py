"""A snapshot is restored exactly, switched to by renames, and undone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from microdock_server import snapshots
from microdock_server.snapshots import SnapshotProblem
from microdock_server.storage import data_dir_lock

from .helpers import REVISIONS, archives, data_of, delete, files, hashes, logged_out, publish, restore, rows, snapshot

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "archives"


def test_every_row_and_every_file_comes_back(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, *range(5)).back_up(b"B" * 300_000)
    before = rows(data_of(app)), files(data_of(app))
    made = snapshot(app, out)
    delete(app, 1)
    publish(app, 7)
    restored = restore(made.path, tmp_path / "new")
    assert (rows(tmp_path / "new"), files(tmp_path / "new")) == (logged_out(before[0], tmp_path / "new"), before[1])
    assert files(tmp_path / "new") == hashes(tmp_path / "new")
    assert restored.before is None
    assert restored.manifest.tables["plugins"] == 5
    assert restored.manifest.bytes_named > 300_000


def test_the_archive_is_a_plain_tar_file_that_others_can_read(app: Flask, out: Path) -> None:
    publish(app, 1)
    made = snapshot(app, out)
    command = ["tar", "--zstd", "-tf", str(made.path)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert listed == [*(blob.member for blob in made.manifest.blobs), "database.sqlite", "manifest.json"]
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert archives(out) == [made.path]


def test_what_stood_there_is_kept_and_undo_puts_it_back(app: Flask, out: Path) -> None:
    data = data_of(app)
    publish(app, 1)
    made = snapshot(app, out)
    publish(app, 2)
    later = rows(data), files(data)
    (data / "jwt-secret").write_text("of this machine")
    restored = restore(made.path, data)
    assert restored.before is not None
    assert len(rows(data)["plugins"]) == 1
    assert (data / "jwt-secret").read_text() == "of this machine"
    assert (rows(restored.before), files(restored.before)) == later
    undone = snapshots.undo(data)
    assert (rows(data), files(data)) == later
    assert len(rows(undone)["plugins"]) == 1
    with pytest.raises(SnapshotProblem, match="nothing to go back to"):
        snapshots.undo(data)


def test_undo_repairs_a_restore_that_was_killed_between_its_renames(app: Flask, out: Path) -> None:
    data = data_of(app)
    publish(app, 1)
    restored = restore(snapshot(app, out).path, data)
    assert restored.before is not None
    data.rename(data.with_name("gone"))
    snapshots.undo(data)
    assert len(rows(data)["plugins"]) == 1


def test_a_directory_in_use_is_left_alone(app: Flask, out: Path) -> None:
    data = data_of(app)
    made = snapshot(app, out)
    descriptor = data_dir_lock.lock_shared(data)
    try:
        with pytest.raises(SnapshotProblem, match="running on"):
            restore(made.path, data)
        with pytest.raises(SnapshotProblem, match="nothing to go back to"):
            snapshots.undo(data)
    finally:
        os.close(descriptor)
    restore(made.path, data)


def test_no_server_starts_on_what_is_being_restored(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with data_dir_lock.lock_exclusively(tmp_path / "data"), pytest.raises(data_dir_lock.InUse):
        data_dir_lock.lock_shared(tmp_path / "data")
    os.close(data_dir_lock.lock_shared(tmp_path / "data"))


def test_a_database_of_a_later_program_is_refused_and_nothing_changes(app: Flask, out: Path) -> None:
    made = snapshot(app, out)
    before = sorted(path.name for path in data_of(app).parent.iterdir())
    with pytest.raises(SnapshotProblem, match=f"migration '{REVISIONS[0]}', which this program"):
        restore(made.path, data_of(app), revisions=("0001",))
    assert sorted(path.name for path in data_of(app).parent.iterdir()) == before


def test_rows_whose_files_were_elsewhere_name_the_local_disk(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, 1)
    with closing(sqlite3.connect(data_of(app) / "microdock.db")) as connection:
        connection.execute("UPDATE plugin_versions SET storage_backend = 's3'")
        connection.commit()
    restore(snapshot(app, out).path, tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "microdock.db")) as connection:
        assert connection.execute("SELECT DISTINCT storage_backend FROM plugin_versions").fetchall() == [("local",)]


def test_a_link_is_no_place_to_restore_to(app: Flask, out: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(data_of(app))
    with pytest.raises(SnapshotProblem, match="no directory of its own"):
        restore(snapshot(app, out).path, tmp_path / "link")
