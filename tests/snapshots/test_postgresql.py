"""Snapshots of PostgreSQL, with the real one."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import NullPool, create_engine, func, insert, select

from microdock_server import create_app, snapshots
from microdock_server.clock import iso_week, utcnow
from microdock_server.models import ActiveSalt, ActiveSketch, Backup
from microdock_server.services.files import columns, new_key
from microdock_server.snapshots import SnapshotProblem, archive_files
from microdock_server.storage import LocalStorage, Storages

from ..conftest import release
from ..peers.postgresql import PostgreSQL, programs
from ..support import settings_for
from .helpers import files, restore


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A server that asks for a password."""
    found = PostgreSQL(password="hidden word")
    try:
        yield found.start()
    finally:
        found.remove()


@pytest.fixture
def migrated(server: PostgreSQL, tmp_path: Path) -> str:
    """The URL of a database as the server makes it."""
    url = server.url(server.create())
    app = create_app(settings_for(tmp_path / "data", DATABASE_URL=url))
    with app.app_context():
        upgrade()
    release(app)
    return url


def store(url: str, storage: LocalStorage, content: bytes) -> None:
    engine = create_engine(url, poolclass=NullPool)
    stored = storage.save(new_key("backups"), io.BytesIO(content))
    named = {"user_key": "user123abc", "backup_type": "program", "plugin_name": "", "file_name": "b.zip"}
    with engine.begin() as connection:
        connection.execute(insert(Backup.__table__).values(**named, **columns(stored), created_at=utcnow()))


def contents(url: str) -> set[tuple[str, str]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(select(Backup.storage_key, Backup.file_hash))
        return {(key, digest) for key, digest in found}


def newest_id(url: str) -> int:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(select(func.max(Backup.id))).scalar_one())


def test_a_snapshot_of_postgresql_comes_back(
    server: PostgreSQL, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{programs()}:{os.environ['PATH']}")
    data, url = tmp_path / "data", migrated
    storage = LocalStorage({"uploads": data / "uploads", "backups": data / "backups"})
    engine = create_engine(url, poolclass=NullPool)
    for number in range(3):
        store(url, storage, f"content {number}".encode())
    before = contents(url)
    source = snapshots.Source(engine, Storages(storage), "2.0.0", {})
    with archive_files.locked(tmp_path / "out"):
        made = snapshots.create(source, tmp_path / "out")
    store(url, storage, b"later")
    given_out = newest_id(url)
    assert (made.manifest.database_kind, made.manifest.tables["backups"]) == ("postgresql", 3)
    assert made.manifest.database_member == "database.pgdump"

    for wrong, said in ((None, "set DATABASE_URL"), (url, "has tables"), (server.url("none"), "cannot be reached")):
        with pytest.raises(SnapshotProblem, match=said):
            restore(made.path, tmp_path / "new", database_url=wrong)
    assert not (tmp_path / "new").exists()

    empty = server.url(server.create())
    restore(made.path, tmp_path / "new", database_url=empty.replace("+psycopg", ""))
    assert contents(empty) == before
    assert files(tmp_path / "new") == dict(before)
    assert hashlib.sha256(b"content 0").hexdigest() in files(tmp_path / "new").values()
    assert not list((tmp_path / "new").glob("*.pgdump"))
    # Ids that were given out after the snapshot are not given out again.
    store(empty, storage, b"after the restore")
    assert newest_id(empty) > given_out


def test_the_salt_of_the_week_stands_in_no_snapshot(
    server: PostgreSQL, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{programs()}:{os.environ['PATH']}")
    week, salt = iso_week(utcnow()), "5a17" * 16
    engine = create_engine(migrated, poolclass=NullPool)
    of_plugin = {"plugin_name": "com.example.p", "version": "1.0.0", "registers": b"\x01"}
    with engine.begin() as connection:
        connection.execute(insert(ActiveSalt.__table__).values(week=week, salt=salt))
        connection.execute(insert(ActiveSketch.__table__), [{"week": w, **of_plugin} for w in ("2026-W01", week)])
    with archive_files.locked(tmp_path / "out"):
        made = snapshots.create(snapshots.Source(engine, Storages(LocalStorage({})), "2.0.0", {}), tmp_path / "out")
    assert made.manifest.tables["active_salts"] == 0
    empty = server.url(server.create())
    restore(made.path, tmp_path / "new", database_url=empty.replace("+psycopg", ""))
    with create_engine(empty, poolclass=NullPool).connect() as connection:
        assert connection.execute(select(ActiveSalt.__table__)).all() == []
        # What was counted with the old salt would be counted again with the new one.
        assert connection.execute(select(ActiveSketch.week)).scalars().all() == ["2026-W01"]
    with engine.connect() as connection:
        assert connection.execute(select(ActiveSalt.salt)).scalars().all() == [salt]


def test_the_password_of_a_client_key_is_not_shown_to_the_machine(
    server: PostgreSQL, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{programs()}:{os.environ['PATH']}")
    engine = create_engine(f"{migrated}{'&' if '?' in migrated else '?'}sslpassword=hidden", poolclass=NullPool)
    with archive_files.locked(tmp_path / "out"), pytest.raises(SnapshotProblem, match="PGSERVICEFILE") as refused:
        snapshots.create(snapshots.Source(engine, Storages(LocalStorage({})), "2.0.0", {}), tmp_path / "out")
    assert "hidden" not in str(refused.value)
    assert archive_files.archives(tmp_path / "out") == []
