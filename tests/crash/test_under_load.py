"""A server that is killed while it works hard: what it acknowledged is there, and every byte 0 that was sent counts."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sized
from functools import partial
from pathlib import Path

import pytest
import requests

from ..live import NAME, Server, eventually, large_package, prepared_server, sha256
from ..support import package

pytestmark = pytest.mark.live

# How long a busy machine may take for a few requests.
WITHIN = 120.0
BROKEN_OFF = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def server(prepared_data: Path, tmp_path: Path) -> Iterator[Server]:
    server = prepared_server(prepared_data, tmp_path / "data")
    yield server.start()
    server.kill()


@contextlib.contextmanager
def working(*workers: Callable[[], None]) -> Iterator[None]:
    """Threads that each call their function again and again until the context ends."""
    done = threading.Event()

    def run(work: Callable[[], None]) -> None:
        while not done.is_set():
            work()

    threads = [threading.Thread(target=run, args=(work,)) for work in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


class Downloads:
    """Counts what clients tried, and how many of them were sent a first byte."""

    def __init__(self, server: Server, expected: str) -> None:
        self._server, self._expected = server, expected
        self._lock = threading.Lock()
        self.tried = self.begun = self.wrong = 0

    def one(self) -> None:
        began = False
        with contextlib.suppress(*BROKEN_OFF):
            with self._lock:
                self.tried += 1
            with self._server.client.call(
                "POST", "/api/plugins/download", json={"name": NAME}, stream=True, timeout=60
            ) as answer:
                parts = []
                for part in answer.iter_content(16 * 1024):
                    if not began and answer.status_code == 200:
                        began = True
                        with self._lock:
                            self.begun += 1
                    parts.append(part)
                if answer.status_code != 200 or sha256(b"".join(parts)) != self._expected:
                    with self._lock:
                        self.wrong += 1
        if not began:
            # Nobody listens any more, or not yet again.
            time.sleep(0.02)


def has_grown(found: Sized, size: int) -> bool:
    return len(found) >= size


def counted(server: Server) -> int:
    [version] = server.client.detail()["versions"]
    return int(version["download_count"])


def test_every_download_that_began_before_kill_9_is_counted(server: Server) -> None:
    data = large_package(300_000)
    assert server.client.upload(data).status_code == 200
    downloads = Downloads(server, sha256(data))
    with working(*[downloads.one] * 8):
        assert eventually(lambda: downloads.begun > 20, WITHIN)
        server.kill()
    server.start()
    assert downloads.begun <= counted(server) <= downloads.tried
    assert downloads.wrong == 0


def test_a_worker_that_is_killed_takes_no_count_with_it(server: Server) -> None:
    data = large_package(300_000)
    assert server.client.upload(data).status_code == 200
    downloads = Downloads(server, sha256(data))
    with working(*[downloads.one] * 8):
        for _ in range(3):
            before = downloads.begun
            assert eventually(lambda before=before: downloads.begun > before + 10, WITHIN)
            os.kill(server.workers()[0], signal.SIGKILL)
            assert eventually(lambda: len(server.workers()) == 2)
    assert downloads.begun <= counted(server) <= downloads.tried
    assert downloads.wrong == 0


def test_without_a_crash_the_count_is_exact(server: Server) -> None:
    data = large_package(300_000)
    assert server.client.upload(data).status_code == 200
    downloads = Downloads(server, sha256(data))
    with working(*[downloads.one] * 8):
        assert eventually(lambda: downloads.begun > 20, WITHIN)
    assert downloads.begun == downloads.tried == counted(server)


def test_what_was_acknowledged_before_kill_9_is_there_afterwards(server: Server) -> None:
    """Uploads, backups and deletes of many clients, killed at a random moment, several times over."""
    admin = server.client.log_in()
    chance = random.Random(20231201)
    uploaded: dict[str, str] = {}
    kept: dict[int, str] = {}
    deleted: set[str] = set()
    unsure: set[str] = set()
    number = iter(range(1, 1_000_000))

    def upload() -> None:
        name = f"com.example.p{next(number)}"
        data = package(name=name)
        with contextlib.suppress(*BROKEN_OFF):
            if server.client.upload(data).status_code == 200:
                uploaded[name] = sha256(data)

    def back_up() -> None:
        data = os.urandom(5_000)
        with contextlib.suppress(*BROKEN_OFF):
            answer = server.client.back_up(data, user_key=f"user-key-{next(number)}")
            if answer.status_code == 200:
                kept[answer.json()["data"]["id"]] = sha256(data)

    def delete() -> None:
        name = next((name for name in list(uploaded) if name not in unsure), None)
        if name is None or len(unsure) > len(uploaded) // 2:
            # Something is to be left, too.
            time.sleep(0.02)
            return
        unsure.add(name)
        with contextlib.suppress(*BROKEN_OFF):
            if admin.post("/api/plugins/delete", {"name": name}).status_code == 200:
                deleted.add(name)

    for _ in range(3):
        with working(upload, upload, back_up, back_up, delete):
            # Any moment of what they do.
            assert eventually(partial(has_grown, uploaded, len(uploaded) + chance.randrange(4, 20)), WITHIN)
            assert eventually(partial(has_grown, kept, len(kept) + chance.randrange(4, 20)), WITHIN)
            server.kill()
        server.start()
    listed = {plugin["name"] for plugin in server.client.get("/api/plugins/list").json()["data"]}
    assert len(uploaded) > 10
    assert len(kept) > 10
    assert not deleted & listed
    assert uploaded.keys() - unsure <= listed
    for name in listed & uploaded.keys():
        assert sha256(server.client.download(name).content) == uploaded[name]
    backups = admin.get("/api/backups/list-all").json()["data"]["backups"]
    assert kept.items() <= {(row["id"], row["file_hash"]) for row in backups}
    assert server.verify().is_sound
