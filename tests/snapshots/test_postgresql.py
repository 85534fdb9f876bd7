"""Snapshots of PostgreSQL, with the real one."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, insert, select, text

from microdock_server import models  # noqa: F401  (tables register themselves)
from microdock_server.clock import utcnow
from microdock_server.extensions import db
from microdock_server.models import Backup
from microdock_server.services import snapshots
from microdock_server.services.files import columns, new_key
from microdock_server.services.snapshots import SnapshotProblem, keeping
from microdock_server.storage import LocalStorage

from ..live import free_port
from .helpers import files, restore

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"), key=lambda path: path.parent.name)

pytestmark = pytest.mark.skipif(
    not (PROGRAMS / "initdb").exists() and "CI" not in os.environ, reason="PostgreSQL is not installed"
)


class Cluster:
    """A server of its own, on a free port, with a password; not as root, which it refuses."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        secret = directory / "password"
        secret.write_text("hidden word")
        if self._as:
            for path in (directory, secret):
                shutil.chown(path, "postgres")
        options = ["--auth=scram-sha-256", f"--pwfile={secret}", "--username=owner", "--no-sync", "--encoding=UTF8"]
        self._run("initdb", "--locale=C.UTF-8", *options, "-D", str(directory / "data"))
        command = [*self._as, str(PROGRAMS / "postgres"), "-D", str(directory / "data"), "-p", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "-k", str(directory), "-F"], cwd=directory, stderr=subprocess.DEVNULL
        )
        self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "20", tries=100)

    def _run(self, program: str, *options: str, tries: int = 1) -> None:
        for left in range(tries, 0, -1):
            command = [*self._as, str(PROGRAMS / program), *options]
            done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            assert left > 1, done.stderr
            subprocess.run(["sleep", "0.1"], check=True)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://owner:hidden%20word@127.0.0.1:{self.port}/{name}"

    def create(self, name: str) -> str:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return self.url(name)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Not below pytest's directory, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as directory:
        found = Cluster(Path(directory))
        try:
            yield found
        finally:
            found.stop()


def store(url: str, storage: LocalStorage, content: bytes) -> None:
    engine = create_engine(url, poolclass=NullPool)
    stored = storage.save(new_key("backups"), io.BytesIO(content))
    named = {"user_key": "user", "backup_type": "program", "plugin_name": "", "file_name": "b.zip"}
    with engine.begin() as connection:
        connection.execute(insert(Backup.__table__).values(**named, **columns(stored), created_at=utcnow()))


def contents(url: str) -> set[tuple[str, str]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(select(Backup.storage_key, Backup.file_hash))
        return {(key, digest) for key, digest in found}


def test_a_snapshot_of_postgresql_comes_back(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}:{os.environ['PATH']}")
    data, url = tmp_path / "data", cluster.create("one")
    storage = LocalStorage({"uploads": data / "uploads", "backups": data / "backups"})
    engine = create_engine(url, poolclass=NullPool)
    db.Model.metadata.create_all(engine)
    for number in range(3):
        store(url, storage, f"content {number}".encode())
    before = contents(url)
    source = snapshots.Source(engine, storage, "2.0.0", {})
    with keeping.alone_in(tmp_path / "out"):
        made = snapshots.create(source, tmp_path / "out")
    store(url, storage, b"later")
    assert (made.manifest.database_kind, made.manifest.tables["backups"]) == ("postgresql", 3)
    assert made.manifest.database_member == "database.pgdump"

    for wrong, said in ((None, "set DATABASE_URL"), (url, "has tables"), (cluster.url("none"), "cannot be reached")):
        with pytest.raises(SnapshotProblem, match=said):
            restore(made.path, tmp_path / "new", database_url=wrong)
    assert not (tmp_path / "new").exists()

    empty = cluster.create("two")
    restore(made.path, tmp_path / "new", database_url=empty.replace("+psycopg", ""))
    assert contents(empty) == before
    assert files(tmp_path / "new") == dict(before)
    assert hashlib.sha256(b"content 0").hexdigest() in files(tmp_path / "new").values()
    assert not list((tmp_path / "new").glob("*.pgdump"))
