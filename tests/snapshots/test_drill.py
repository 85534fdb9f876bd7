"""The drill: a server under load is backed up, destroyed, restored, and started; with the commands of operators."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from microdock_server.snapshots import read_manifest

from .. import forkserver
from ..live import ROOT, Client, Server, eventually, large_package, sha256
from ..support import package
from .helpers import files, hashes, rows

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = [pytest.mark.live, pytest.mark.sqlite]

BACKUP = [sys.executable, "-m", "flask", "--app", "microdock_server:create_app", "backup"]
RESTORE = [sys.executable, "-c", "from microdock_server.cli.backup import backup; backup()", "restore"]


def run(data: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATA_DIR": str(data), "LOG_LEVEL": "WARNING", "DEBUG": "true", **env}
    return forkserver.run(command, cwd=ROOT, env=environment, text=True, timeout=120)


def create(data: Path, out: Path, *options: str) -> Path:
    done = run(data, *BACKUP, "create", "--out", str(out), *options)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def publish_and_forget(client: Client, worker: int, ended: threading.Event) -> int:
    """Upload plugins, versions and backups, and delete every other plugin, until told to end; how often."""
    turn = 0
    while not ended.is_set():
        name = f"com.load{worker}.p{turn}"
        for version in ("1.0.0", "1.1.0"):
            assert client.upload(large_package(20_000, name=name, version=version)).status_code == 200
        assert client.back_up(os.urandom(5_000), f"the-loader-{worker}").status_code == 200
        if turn % 2:
            assert client.post("/api/plugins/delete", {"name": name}).status_code == 200
        turn += 1
    return turn


@contextmanager
def load(client: Client, workers: int = 3) -> Iterator[list[int]]:
    """Writes by several clients, for as long as it is open; then how often each has been round."""
    ended, turns = threading.Event(), [0] * workers

    def work(worker: int) -> None:
        turns[worker] = publish_and_forget(client, worker, ended)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    try:
        yield turns
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_the_drill(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server(BACKUP_MAX_COUNT="10000")
    client, out = server.client.log_in(), tmp_path / "archives"
    early = {f"com.early.p{number}": large_package(50_000, name=f"com.early.p{number}") for number in range(10)}
    assert all(client.upload(data).status_code == 200 for data in early.values())
    assert client.post("/api/plugins/delete", {"name": "com.early.p0"}).status_code == 200
    with load(client) as turns:
        assert eventually(lambda: len(files(server.data)) > 20)
        full = create(server.data, out)
        between = time.time()
        later = create(server.data, out, "--incremental")
    assert min(turns) > 2
    assert "incremental" in later.name
    record = json.loads((server.data / "last-backup.json").read_text())
    assert (record["file"], record["size"], record["kind"]) == (str(later), later.stat().st_size, "incremental")
    assert int(between) <= record["finished_unix"] <= time.time()

    refused = run(server.data, *RESTORE, str(full), "--data-dir", str(server.data))
    assert refused.returncode == 1
    assert "is running on" in refused.stderr, refused.stderr

    server.kill()
    shutil.rmtree(server.data)
    for archive in (full, later):
        said = restored(server.data, archive)
        assert files(server.data) == hashes(server.data)
        assert {name: len(found) for name, found in rows(server.data).items() if name != "alembic_version"} == said
        server.start()
        for name, data in early.items():
            answer = client.download(name)
            assert answer.status_code == (404 if name == "com.early.p0" else 200)
            assert answer.status_code == 404 or sha256(answer.content) == sha256(data)
        assert server.verify().is_sound
        assert client.upload(package(name="com.after.restore", version="1.0.0")).status_code == 200
        server.kill()


def restored(data: Path, archive: Path) -> dict[str, int]:
    """Restore with the operator's command; how many rows each table must have."""
    done = run(data, *RESTORE, str(archive), "--data-dir", str(data))
    assert done.returncode == 0, done.stderr
    verified = run(data, *BACKUP, "verify", str(archive))
    assert verified.stdout.startswith("sound: sqlite at migration"), verified.stderr
    return dict(read_manifest(archive).manifest.tables)


def test_a_backup_that_is_killed_leaves_nothing_under_an_archives_name(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server, out = start_server(), tmp_path / "archives"
    for _ in range(4):
        assert server.client.back_up(os.urandom(24 << 20)).status_code == 200
    environment = {**os.environ, "DATA_DIR": str(server.data), "LOG_LEVEL": "WARNING"}
    command = [*BACKUP, "create", "--out", str(out)]
    process = forkserver.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    partial = begun(out, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert partial.exists()
    assert not list(out.glob("microdock-*"))
    assert not (server.data / "last-backup.json").exists()
    made = create(server.data, out)
    assert sorted(path.name for path in out.iterdir()) == [".microdock-lock", made.name]
    assert made.stat().st_size > 90 << 20


def begun(out: Path, process: subprocess.Popen[Any]) -> Path:
    """The unfinished archive, once something is in it; the process is stopped, wherever it is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in out.glob(".microdock-partial-*"):
            if path.stat().st_size:
                process.send_signal(signal.SIGSTOP)
                return path
        time.sleep(0.001)
    raise AssertionError("no archive was begun")
