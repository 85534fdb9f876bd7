"""What counts as the same disk, and what does not."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from .disks import content, digest


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    for name in ("base.db", "base.db-wal", "base.db-shm", "temp/body-abc", "logs/app.log"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"as it was")
    return tmp_path


@pytest.mark.parametrize("name", ["base.db", "base.db-wal", "temp/body-abc", "uploads/new"])
def test_every_byte_that_is_read_makes_another_disk(disk: Path, name: str) -> None:
    before = digest(disk)
    (disk / name).parent.mkdir(exist_ok=True)
    (disk / name).write_bytes(b"as it is ")
    assert digest(disk) != before


def test_what_is_gone_or_may_be_read_by_others_makes_another_disk(disk: Path) -> None:
    before = digest(disk)
    (disk / "base.db").chmod(0o640)
    opened = digest(disk)
    (disk / "temp/body-abc").unlink()
    assert len({before, opened, digest(disk)}) == 3


def test_sqlites_index_of_its_log_lines_of_logs_and_names_by_chance_do_not(disk: Path) -> None:
    before = digest(disk)
    (disk / "base.db-shm").write_bytes(b"another")
    (disk / "logs/app.log").write_bytes(b"another")
    (disk / "temp/body-abc").rename(disk / "temp/body-xyz")
    assert digest(disk) == before


ONE, OTHER = "01a22678-a7b0-7502-b8d1-6cc2638d876b", "01a22678-ffff-7502-b8d1-6cc2638d876b"


def made(
    directory: Path, *, name: str = "a", made_by: str = ONE, user: str = ONE, at: str = "2026-11-28 10:00:00"
) -> Path:
    """A disk whose process lived: a database with its log, a blob, and a body that was being received."""
    (directory / "temp").mkdir(parents=True)
    (directory / "blob").write_bytes(b"as it was")
    (directory / "temp/body-abc").write_bytes(b"half")
    connection = sqlite3.connect(directory / "base.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE users (id)")
    connection.execute("CREATE TABLE plugins (name, made_by, at)")
    connection.execute("INSERT INTO users VALUES (?)", (user,))
    connection.execute("INSERT INTO plugins VALUES (?, ?, ?)", (name, made_by, at))
    # As a process leaves it that is killed once it has answered: what it wrote is in the log.
    shutil.copytree(directory, left := directory.with_name(f"{directory.name}-left"))
    connection.close()
    assert (left / "base.db-wal").stat().st_size
    return left


def test_the_same_rows_and_files_are_the_same_content_whatever_moments_and_ids_they_have(tmp_path: Path) -> None:
    found = content(made(tmp_path / "one"))
    later = made(tmp_path / "later", made_by=OTHER, user=OTHER, at="2026-11-29 11:11:11.123456")
    (later / "temp/body-abc").rename(later / "temp/body-xyz")
    assert content(later) == found
    # Nobody wrote to it by looking.
    before = digest(later)
    content(later)
    assert digest(later) == before


def test_another_row_reference_or_file_is_another_content(tmp_path: Path) -> None:
    contents = [content(made(tmp_path / "one")), content(made(tmp_path / "name", name="b"))]
    contents.append(content(made(tmp_path / "reference", made_by=OTHER)))
    disk = made(tmp_path / "files")
    (disk / "blob").write_bytes(b"as it is ")
    contents.append(content(disk))
    (disk / "blob").chmod(0o640)
    contents.append(content(disk))
    (disk / "temp/body-abc").unlink()
    contents.append(content(disk))
    assert len(set(contents)) == len(contents)
