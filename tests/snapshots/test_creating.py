"""Snapshots while rows and files change: whatever happens meanwhile, the restored data is consistent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
from flask import Flask

from microdock_server import snapshots
from microdock_server.snapshots import SnapshotProblem, archive_files, creating, read_manifest
from microdock_server.storage import LocalStorage, Storages

from .helpers import archives, data_of, delete, files, hashes, publish, restore, rows, snapshot, source

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = pytest.mark.sqlite


class Busy(LocalStorage):
    """The local disk, where something happens whenever a file is about to be read."""

    def __init__(self, data: Path, happen: Callable[[int], None]) -> None:
        super().__init__({area: data / area for area in ("uploads", "backups")})
        self._happen, self._opened = happen, 0

    def open(self, key: str) -> BinaryIO:
        self._opened += 1
        self._happen(self._opened)
        return super().open(key)


def taken(app: Flask, out: Path, happen: Callable[[int], None]) -> snapshots.Snapshot:
    with app.app_context(), archive_files.locked(out):
        busy = replace(source(app), storage=Storages(Busy(data_of(app), happen)))
        return snapshots.create(busy, out)


@pytest.mark.parametrize("little", [0, 1 << 20], ids=["looked at again", "held"])
def test_what_happens_meanwhile_is_in_it_whole_or_not_at_all(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little: int
) -> None:
    monkeypatch.setattr(creating, "LITTLE", little)
    publish(app, *range(6))

    def happen(turn: int) -> None:
        if turn == 2:
            delete(app, 0), delete(app, 5)
        if turn == 3:
            publish(app, 7, 8)

    made = taken(app, tmp_path / "out", happen)
    restore(made.path, tmp_path / "new")
    assert files(tmp_path / "new") == hashes(tmp_path / "new")
    assert len(rows(tmp_path / "new")["plugins"]) == made.manifest.tables["plugins"] == 6
    # What was copied and then deleted is in the archive, and does not come back.
    copied = {path.name for path in (tmp_path / "new").rglob("*")} & set(made.manifest.deleted)
    assert not copied


def test_what_never_comes_to_rest_is_given_up(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "LITTLE", 0)
    monkeypatch.setattr(creating, "MOST_LOOKS", 3)
    publish(app, 0)
    with pytest.raises(SnapshotProblem, match="come and go faster"):
        taken(app, tmp_path / "out", lambda turn: publish(app, turn) and None)
    assert archives(tmp_path / "out") == []


def test_one_backup_at_a_time(app: Flask, tmp_path: Path) -> None:
    with archive_files.locked(tmp_path), pytest.raises(SnapshotProblem, match="another backup"):
        snapshot(app, tmp_path)
    (tmp_path / f"{archive_files.SCRATCH}killed").mkdir()
    (tmp_path / f"{archive_files.PARTIAL}killed").touch()
    made = snapshot(app, tmp_path)
    assert made.path in archives(tmp_path)
    assert not list(tmp_path.glob(".*killed"))
    assert read_manifest(made.path).manifest.tables["plugins"] == 0
