"""Three nodes behind nginx, on one PostgreSQL, one Redis and one bucket: `cluster.nodes[1].kill()`.

A node is what runs on a machine of its own: the supervisor, with gunicorn and the worker for jobs, on a port and a
DATA_DIR of its own. All that they share is what the settings name.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import requests
from requests.adapters import HTTPAdapter

from microdock_server.supervisor import LONGEST_PAUSE, READY_SECONDS, STATE

from ..jobs.helpers import alive
from ..live import Server, at_once, eventually, statuses
from ..peers.nginx import Nginx, TlsClient
from ..peers.postgresql import PostgreSQL
from ..peers.redis import RedisServer
from ..peers.s3 import S3Server

NODES: Final = 3
SECONDS: Final = 60.0
SECRET: Final = "shared-by-all-nodes-0123456789abcdef0123456789"
# Through a proxy the documented one is refused.
ADMINISTRATOR: Final = {"username": "admin", "password": "none-of-the-documents-has-it"}


class Node(Server):
    """One machine's supervisor, gunicorn and worker."""

    COMMAND = (sys.executable, "-P", "microdock_server/supervisor.py")

    def __init__(self, data: Path, **settings: str) -> None:
        super().__init__(data, WEB_CONCURRENCY="1", AUTO_MIGRATE="true", RATELIMIT_ENABLED="true", **settings)
        self.settings = settings

    @contextlib.contextmanager
    def application(self, **overrides: str) -> Iterator[Any]:
        """An application with the cluster's settings, in this process."""
        with super().application(**{**self.settings, **overrides}) as app:
            yield app

    def processes(self) -> dict[int, str]:
        """The service's live processes, with their command lines."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            pid = int(path.name)
            with contextlib.suppress(OSError):
                if os.getsid(pid) == self.pid and alive([pid]):
                    found[pid] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def job_workers(self) -> list[int]:
        """The processes that do background jobs."""
        return [pid for pid, command in self.processes().items() if "jobs work" in command]

    def hand_over(self) -> None:
        """USR2: gone is the gunicorn that ran, another answers on the same socket."""
        before, counted = self._gunicorns(), self._hand_overs()
        os.kill(self.pid, signal.SIGUSR2)
        # The supervisor says itself how it went, and how long a server may take to answer: on a busy machine, minutes.
        assert eventually(lambda: self._hand_overs() != counted, READY_SECONDS + 10), self.said()
        assert self._hand_overs() == (counted[0] + 1, counted[1]), self.said()
        assert eventually(lambda: not self._gunicorns() & before, 2 * SECONDS), self.said()

    def _hand_overs(self) -> tuple[int, int]:
        """How many have gone well, and how many have not."""
        state = json.loads((self.data / STATE).read_text(encoding="ascii"))
        return state["renewals"], state["failures"]

    def _gunicorns(self) -> set[int]:
        return {pid for pid, command in self.processes().items() if "gunicorn" in command}

    def said(self) -> str:
        """All that was printed and logged on the console."""
        return self.console.read_text(errors="replace")


class Visitor(TlsClient):
    """A client of nginx at an address of this machine: what is counted by address is counted for it alone."""

    def __init__(self, nginx: Nginx, address: str, token: str | None = None) -> None:
        super().__init__(nginx, token)
        self.address = address

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        options = {"timeout": 60, "verify": str(self.nginx.certificate), **options}
        with requests.Session() as session:
            session.mount("https://", From(self.address))
            return session.request(method, self.base + path, headers=headers, **options)

    def with_token(self, token: str) -> Visitor:
        return Visitor(self.nginx, self.address, token)


class From(HTTPAdapter):
    """Connections that begin at `address`."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, source_address=(self._address, 0), **options)


class Cluster:
    """PostgreSQL, Redis, S3, the nodes and nginx; each is an attribute, to be killed and started."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.postgresql = PostgreSQL()
        self.redis = RedisServer(directory / "redis")
        self.s3 = S3Server(directory / "moto.log")
        self._directory, self._settings = directory, settings
        self._addresses = itertools.count(1)
        self.nodes: list[Node] = []
        self.database = self.bucket = ""

    def start(self) -> Self:
        """All of it; the nodes begin at the same moment on an empty database."""
        at_once([self.postgresql.start, self.redis.start, self.s3.start])
        self.database, self.bucket = self.postgresql.create(), self.s3.make_bucket()
        self.settings = {
            "DATABASE_URL": self.postgresql.url(self.database),
            "REDIS_URL": self.redis.url,
            "JWT_SECRET_KEY": SECRET,
            "ADMIN_PASSWORD": ADMINISTRATOR["password"],
            "TRUSTED_PROXIES": "1",
            "STORAGE_DOWNLOADS": "proxy",
            **self.s3.settings(self.bucket),
            **self._settings,
        }
        self.nodes = [Node(self._directory / f"node{number + 1}", **self.settings) for number in range(NODES)]
        self.nginx = Nginx(self._directory / "nginx", self._directory / "nothing", self.addresses)
        at_once([node.start for node in self.nodes])
        self.nginx.start()
        return self

    @property
    def addresses(self) -> list[str]:
        """Where nginx finds the nodes."""
        return [f"127.0.0.1:{node.port}" for node in self.nodes]

    def client(self, token: str | None = None) -> Visitor:
        """A client of nginx that nobody has seen before."""
        number = next(self._addresses)
        return Visitor(self.nginx, f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}", token)

    def leave_out(self, node: Node | None) -> None:
        """nginx asks this node nothing more (None: it asks all of them); what it was asked before is answered."""
        path = self.nginx.directory / "microdock.conf"
        text = path.read_text(encoding="utf-8").replace(" down;", ";")
        if node is not None:
            text = re.sub(rf"(server 127\.0\.0\.1:{node.port} [^;]*);", r"\1 down;", text)
        path.write_text(text, encoding="utf-8")
        self.nginx.renew()

    def stop(self) -> None:
        """End everything; nothing is left but its directory."""
        for part in (*self.nodes, self.redis, self.s3):
            part.kill()
        if self.nodes:
            self.nginx.stop()
        self.postgresql.remove()

    def all_ready(self) -> bool:
        """Does every node answer, with all that it needs?"""
        with contextlib.suppress(requests.RequestException):
            answers = [node.client.get("/readyz") for node in self.nodes]
            return set(statuses(answers)) == {200} and all(one.json()["data"]["redis"] == "ok" for one in answers)
        return False

    @contextlib.contextmanager
    def without_workers(self) -> Iterator[None]:
        """No background job is begun meanwhile; none is left in the middle of a transaction."""
        assert eventually(lambda: all(len(node.job_workers()) == 1 for node in self.nodes), LONGEST_PAUSE * 2)
        stopped = [pid for node in self.nodes for pid in node.job_workers()]
        deadline = time.monotonic() + SECONDS
        while not self._halt(stopped):
            assert time.monotonic() < deadline, "the workers are always busy"
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def _halt(self, pids: list[int]) -> bool:
        """Stop these processes; not where that leaves a transaction open."""
        # One that was let go on a moment ago has a transaction to end first: stopped again at once it never would.
        eventually(lambda: self._open_transactions() == 0, SECONDS)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        if eventually(lambda: self._open_transactions() == 0, 1.0):
            return True
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        return False

    def _open_transactions(self) -> int:
        import psycopg

        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND xact_start IS NOT NULL"
        with psycopg.connect(self.postgresql.conninfo(self.database), autocommit=True) as connection:
            [[count]] = connection.execute(f"{asked} AND pid <> pg_backend_pid()".encode(), (self.database,)).fetchall()
        return int(count)
