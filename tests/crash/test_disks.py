"""What counts as the same disk, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from .disks import digest


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
