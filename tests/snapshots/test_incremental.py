"""Archives that hold only what another lacks, and which of them may be removed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from flask import Flask

from microdock_server import snapshots
from microdock_server.snapshots import Known, SnapshotProblem, read_manifest, retention

from .helpers import archives, data_of, delete, files, logged_out, publish, restore, rows, snapshot

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "archives"


def held(known: Known) -> int:
    return sum(blob.source == 0 for blob in known.manifest.blobs)


def test_a_chain_holds_each_file_once_and_comes_back_whole(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, 1, 2, 3).back_up(os.urandom(100_000))
    full = read_manifest(snapshot(app, out).path)
    delete(app, 2)
    publish(app, 4)
    second = read_manifest(snapshot(app, out, base=full).path)
    publish(app, 5)
    state = rows(data_of(app)), files(data_of(app))
    third = snapshot(app, out, base=second)
    assert [held(known) for known in (full, second, read_manifest(third.path))] == [4, 1, 1]
    assert third.size < full.path.stat().st_size
    assert [archive.id for archive in third.manifest.archives[1:]] == [second.manifest.id, full.manifest.id]
    restore(third.path, tmp_path / "new")
    assert (rows(tmp_path / "new"), files(tmp_path / "new")) == (logged_out(state[0], tmp_path / "new"), state[1])


def test_an_archive_that_nothing_is_needed_of_is_not_needed(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, 1)
    full = read_manifest(snapshot(app, out).path)
    delete(app, 1)
    publish(app, 2)
    made = snapshot(app, out, base=full)
    full.path.unlink()
    restore(made.path, tmp_path / "new")
    assert len(files(tmp_path / "new")) == 1


def test_a_base_that_is_missing_or_another_is_named(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, 1)
    full = read_manifest(snapshot(app, out).path)
    publish(app, 2)
    made = snapshot(app, out, base=full).path
    assert len(snapshots.verify(made).bases) == 1
    renamed = full.path.with_name(full.path.name.replace("microdock-2", "microdock-1"))
    full.path.rename(renamed)
    assert snapshots.verify(made).bases[0].path == renamed
    renamed.rename(tmp_path / "elsewhere")
    for act in (lambda: snapshots.verify(made), lambda: restore(made, tmp_path / "new")):
        with pytest.raises(SnapshotProblem, match=f"needs {full.path.name} .* not beside it"):
            act()
    # Another archive under the base's name.
    shutil.copy(snapshot(app, tmp_path / "other").path, full.path)
    with pytest.raises(SnapshotProblem, match="not beside it"):
        snapshots.verify(made)


def test_a_flipped_bit_in_a_base_is_found(app: Flask, out: Path, tmp_path: Path) -> None:
    publish(app, 1).back_up(bytes(range(256)) * 400)
    full = read_manifest(snapshot(app, out).path)
    publish(app, 2)
    made = snapshot(app, out, base=full).path
    data = bytearray(full.path.read_bytes())
    data[700] ^= 1
    full.path.write_bytes(data)
    with pytest.raises(SnapshotProblem):
        snapshots.verify(made)


def test_the_newest_are_kept_with_what_they_need(app: Flask, out: Path) -> None:
    publish(app, 1)
    made = []
    for number, base in enumerate((None, 0, None, 0, 2), start=2):
        publish(app, number)
        known = read_manifest(made[base]) if base is not None else None
        path = snapshot(app, out, base=known).path
        # Their names sort by time, and these were all made at once.
        made.append(path.rename(path.with_name(path.name.replace(path.name[10:29], f"20260101T00000{number}000Z"))))
    assert retention.prune(out, 5) == []
    assert retention.newest_full(out) == read_manifest(made[2])
    assert retention.prune(out, 2) == [made[1]]
    assert retention.prune(out, 1) == [made[3], made[0]]
    assert sorted(archives(out)) == [made[2], made[4]]
    snapshots.verify(made[4])


def test_nothing_is_removed_when_it_cannot_be_told_what_is_needed(app: Flask, out: Path) -> None:
    publish(app, 1)
    old, full = (read_manifest(snapshot(app, out).path) for _ in range(2))
    publish(app, 2)
    made = snapshot(app, out, base=full).path
    full.path.write_bytes(full.path.read_bytes()[:100])
    newest = made.rename(made.with_name(made.name.replace(made.name[10:29], "20990101T000000000Z")))
    with pytest.raises(SnapshotProblem, match="nothing was removed"):
        retention.prune(out, 1)
    assert {old.path, full.path, newest} == set(archives(out))
