"""The rolling re-hash: a flipped bit is found, reported, and forgotten when the file is intact again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import AuditEntry, Backup, Notification
from microdock_server.services.files import rehash

from ..support import Api, add_user, package

ROOT = Path(__file__).parent.parent.parent
CYCLE = timedelta(days=10)
NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def filled(app: Flask, api: Api) -> Flask:
    """An application with a package and nine backups of 1,000 bytes."""
    assert api.upload().status_code == 200
    for number in range(9):
        assert api.back_up(bytes([number]) * 1000).status_code == 200
    return app


def run(app: Flask, days: float, is_over: Callable[[], bool] = lambda: False, cycle: timedelta = CYCLE) -> int:
    """Re-hash as if it were so many days after the first noon; how many files were read."""
    with app.app_context():
        return rehash.run(app.extensions["microdock"].storage, cycle, is_over, NOON + timedelta(days=days))


def damaged(app: Flask) -> list[tuple[str, str]]:
    with app.app_context(), unit_of_work(writing=False):
        return [(one.key, one.problem) for one in rehash.damaged()]


def position(app: Flask) -> rehash.Position:
    with app.app_context(), unit_of_work(writing=False):
        return rehash.position()


def file_of(app: Flask, key: str) -> Path:
    settings = app.extensions["microdock"].settings
    area, _, rest = key.partition("/")
    return Path({"uploads": settings.upload_dir, "backups": settings.backup_dir}[area]) / rest


def last_backup(app: Flask) -> tuple[str, Path]:
    """The key and the file of the backup that the re-hash comes to last."""
    with app.app_context(), unit_of_work(writing=False):
        key = db.session.scalars(select(Backup.storage_key).order_by(Backup.storage_key.desc())).first()
    assert key is not None
    return key, file_of(app, key)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def whole_cycle(app: Flask, start: float = 0) -> None:
    for day in range(12):
        run(app, start + day)


def test_reads_everything_once_a_cycle_and_no_faster(filled: Flask) -> None:
    assert run(filled, 0) == 1
    read = [run(filled, day) for day in range(1, 11)]
    # A tenth of the bytes a day: a backup, or the package that is a little smaller.
    assert all(0 <= number <= 2 for number in read)
    assert 9 <= 1 + sum(read) <= 11


def test_makes_up_for_a_day_of_rest_and_no_more(filled: Flask) -> None:
    run(filled, 0)
    assert run(filled, 300) <= 2


def test_nothing_stored_is_nothing_read(app: Flask) -> None:
    assert [run(app, day) for day in range(3)] == [0, 0, 0]
    assert damaged(app) == []


class TestDamage:
    def test_a_flipped_bit_is_found_and_told(self, filled: Flask, caplog: pytest.LogCaptureFixture, root: Api) -> None:
        key, path = last_backup(filled)
        flip(path)
        whole_cycle(filled)
        assert damaged(filled) == [(key, "changed")]
        assert f"stored file {key} is changed" in caplog.text
        with filled.app_context(), unit_of_work(writing=False):
            entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "storage.damage_found")).one()
            told = db.session.scalars(select(Notification).where(Notification.event == "storage_damaged")).all()
        assert entry.details == {"count": 1, "files": [{"key": key, "problem": "changed"}]}
        assert [row.user_id is None for row in told] == [False]
        answer = root.get("/api/v1/notifications", headers={"Accept-Language": "en"}).get_json()["data"]
        assert "damaged" in answer["notifications"][0]["message"]
        shown = root.get("/api/v1/admin/system/resources").get_json()["data"]["damage"]
        assert (shown["count"], shown["files"][0]["key"]) == (1, key)
        assert 'microdock_corrupt_blobs{problem="changed"} 1.0' in root.get("/metrics").text

    def test_is_told_once_to_administrators_alone(self, filled: Flask) -> None:
        add_user(filled, "reader")
        flip(last_backup(filled)[1])
        whole_cycle(filled)
        whole_cycle(filled, 20)
        with filled.app_context(), unit_of_work(writing=False):
            assert len(db.session.scalars(select(Notification)).all()) == 1

    def test_a_lost_file_is_found(self, filled: Flask) -> None:
        key, path = last_backup(filled)
        path.unlink()
        whole_cycle(filled)
        assert damaged(filled) == [(key, "missing")]

    def test_is_forgotten_once_the_file_is_well(self, filled: Flask) -> None:
        _, path = last_backup(filled)
        flip(path)
        whole_cycle(filled)
        flip(path)
        run(filled, 13)
        assert damaged(filled) == []

    def test_is_forgotten_with_its_row(self, filled: Flask, root: Api) -> None:
        key, path = last_backup(filled)
        flip(path)
        whole_cycle(filled)
        with filled.app_context(), unit_of_work(writing=False):
            backup = db.session.scalars(select(Backup).where(Backup.storage_key == key)).one()
        answer = root.post("/api/backups/delete", {"id": backup.id, "user_key": backup.user_key})
        assert answer.status_code == 200, answer.text
        run(filled, 13)
        assert damaged(filled) == []


class TestResuming:
    def test_ends_between_two_files_when_it_is_told_to(self, filled: Flask) -> None:
        run(filled, 0)
        assert run(filled, 1, lambda: True) == 0
        before = position(filled)
        assert run(filled, 1, cycle=timedelta(hours=1)) > 0
        assert (position(filled).table, position(filled).key) != (before.table, before.key)

    def test_goes_on_where_a_killed_process_was(self, filled: Flask) -> None:
        """SIGKILL in the middle: what was saved before is not read again, and what comes after is read."""
        run(filled, 0)
        first = position(filled)
        key, path = last_backup(filled)
        flip(path)
        settings = filled.extensions["microdock"].settings
        command = [sys.executable, "-c", DYING, str(settings.data_dir), settings.database_url]
        killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert killed.returncode == -9, killed.stderr
        there = position(filled)
        assert (there.table, there.key, there.checked) != (first.table, first.key, first.checked)
        assert there.checked < 10
        assert damaged(filled) == []
        left = sum(run(filled, 2 + day) for day in range(11) if position(filled).cycle_finished == "")
        assert left <= 11 - there.checked
        assert damaged(filled) == [(key, "changed")]


# May read everything, saves after every second file, and dies while it reads the sixth.
DYING = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from microdock_server import create_app
from microdock_server.services import files
from microdock_server.services.files import rehash
from tests.support import settings_for
from pathlib import Path
rehash.BATCH_FILES = 2
measure, seen = files.measure, []
def dying(storage, key):
    seen.append(key)
    if len(seen) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(storage, key)
files.measure = dying
app = create_app(settings_for(Path(sys.argv[1]), DATABASE_URL=sys.argv[2]))
with app.app_context():
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    rehash.run(app.extensions["microdock"].storage, timedelta(hours=24), lambda: False, noon)
"""


def test_a_replaced_version_is_not_damage(filled: Flask, api: Api) -> None:
    assert api.upload(package(version="1.0.1")).status_code == 200
    whole_cycle(filled)
    assert damaged(filled) == []
