"""From one machine to many, step by step as docs/operations.md says, with what users had on the first machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ..live import ROOT, Client, large_package, sha256
from ..peers import redis
from ..peers.nginx import Nginx
from ..peers.postgresql import PostgreSQL
from ..peers.s3 import S3Server
from ..support import package
from .cluster import Node

pytestmark = pytest.mark.live

OLD, NEW = "com.example.old", "com.example.new"
USER_KEY = "user123abc"


class Operator:
    """Starts machines with settings that grow, and types commands."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.settings = {"DATABASE_URL": f"sqlite:///{directory / 'first' / 'microdock.db'}", "ADMIN_PASSWORD": "admin"}
        self.machines: dict[str, Node] = {}

    def start(self, name: str, **settings: str) -> Node:
        """A machine, with what is set from now on besides."""
        self.settings |= settings
        self.machines[name] = Node(self.directory / name, **self.settings)
        return self.machines[name].start()

    def types(self, *words: str) -> str:
        """What a command on the first machine prints."""
        env = {**self.machines["first"]._env, **self.settings}
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    found = Operator(tmp_path)
    try:
        yield found
    finally:
        for machine in found.machines.values():
            machine.kill()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """PostgreSQL, a bucket and Redis, with nothing in them."""
    with ExitStack() as stack:
        postgresql, s3 = PostgreSQL(), S3Server(tmp_path / "moto.log")
        stack.callback(postgresql.remove)
        stack.callback(s3.kill)
        postgresql.start()
        s3.start()
        yield {"postgresql": postgresql, "s3": s3, "redis": stack.enter_context(redis.running(tmp_path / "redis"))}


def test_what_users_had_is_there_after_every_step(operator: Operator, services: dict[str, Any], tmp_path: Path) -> None:
    first = operator.start("first")
    old, backup = package(name=OLD), large_package(1 << 20)
    admin = first.client.log_in()
    assert first.client.upload(old).status_code == 200
    assert first.client.back_up(backup, USER_KEY).status_code == 200
    assert first.client.download(OLD).status_code == 200

    # 1: a backup, while it runs.
    archive = operator.types("backup", "create", "--out", str(tmp_path / "backups")).splitlines()[-1]
    assert operator.types("backup", "verify", archive)

    # 2: the database.
    first.stop()
    operator.types("db", "upgrade")
    before, url = operator.settings["DATABASE_URL"], services["postgresql"].url(services["postgresql"].create())
    secret = (tmp_path / "first" / "jwt-secret").read_text().strip()
    operator.settings |= {"DATABASE_URL": url, "JWT_SECRET_KEY": secret}
    operator.types("db", "copy", "--from", before)

    # 3: the bucket. The files of before move while it runs.
    assert len(first.files()) == 2
    storage = {**services["s3"].settings(services["s3"].make_bucket()), "STORAGE_DOWNLOADS": "proxy"}
    first = operator.start("first", **storage)
    assert_kept(first.client.with_token(admin.token or ""), old, backup, downloads=2)
    assert first.client.upload(package(name=NEW)).status_code == 200
    assert "0 stayed behind" in operator.types("storage", "migrate")
    operator.types("storage", "verify")
    assert first.files() == []

    # 4: Redis, and a proxy.
    first.stop()
    first = operator.start("first", REDIS_URL=services["redis"].url, TRUSTED_PROXIES="1")
    assert first.client.get("/readyz").json()["data"]["redis"] == "ok"

    # 5 and 6: a second machine that has nothing of its own, and nginx before both.
    second = operator.start("second")
    assert_kept(second.client.with_token(admin.token or ""), old, backup, downloads=3)
    nginx = Nginx(tmp_path / "nginx", tmp_path / "nothing", [f"127.0.0.1:{one.port}" for one in (first, second)])
    nginx.start()
    try:
        for downloads in range(4, 8):
            assert_kept(nginx.client().with_token(admin.token or ""), old, backup, downloads=downloads)
    finally:
        nginx.stop()


def assert_kept(client: Client, old: bytes, backup: bytes, *, downloads: int) -> None:
    """The login of before is believed; files are what they were; every download is counted, this one too."""
    assert client.get("/api/auth/me").status_code == 200
    assert sha256(client.download(OLD).content) == sha256(old)
    assert client.detail(OLD)["plugin"]["total_download_count"] == downloads
    [listed] = client.post("/api/backups/list", {"user_key": USER_KEY}).json()["data"]["backups"]
    sent = client.post("/api/backups/download", {"user_key": USER_KEY, "id": listed["id"]})
    assert sha256(sent.content) == sha256(backup)
