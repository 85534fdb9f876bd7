"""What tests of background jobs share: submitted plugins, jobs by hand, a scanner that can be slow."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from flask import Flask
from sqlalchemy import select

from microdock_server.bundle import inspect_package
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import AutoReview, Job
from microdock_server.services import accounts, jobs, publishing
from microdock_server.services.accounts.tokens import Actor, host_token
from microdock_server.services.publishing import Submission
from microdock_server.storage import Incoming

from ..forkserver import Popen
from ..support import database_for, package

ROOT = Path(__file__).parent.parent.parent
NAME = "com.example.myplugin"


def submit(app: Flask, name: str = NAME) -> str:
    """Submit a plugin for review, as the administrator; the id of its automatic review."""
    context = app.extensions["microdock"]
    with app.app_context():
        with unit_of_work(writing=False):
            user = accounts.find("admin")
            assert user is not None
            by = Actor(user.id, user.username, user.role, host_token(user, timedelta(hours=1)), 0)
        with Incoming(context.settings.temp_dir, limit=1 << 30) as body:
            body.write(package(name=name))
            report = inspect_package(body.reader())
            publishing.create(body, report, by, Submission(), context.storage)
        with unit_of_work(writing=False):
            [review_id] = db.session.scalars(select(AutoReview.id).where(AutoReview.plugin_name == name))
    return review_id


def enqueue(app: Flask, kind: str = "test", **payload: Any) -> str:
    """Queue a job; its id."""
    with app.app_context(), unit_of_work():
        return jobs.enqueue(kind, **payload).id


def job(app: Flask, job_id: str | None = None) -> Job:
    """The job as it stands; without an id, the only one."""
    with app.app_context(), unit_of_work(writing=False):
        if job_id is not None:
            return db.session.get_one(Job, job_id)
        return db.session.scalars(select(Job)).one()


def review(app: Flask, review_id: str) -> AutoReview:
    """The automatic review as it stands."""
    with app.app_context(), unit_of_work(writing=False):
        return db.session.get_one(AutoReview, review_id)


class WorkerProcess:
    """`flask jobs work` on `data`, as a process of its own."""

    COMMAND = (sys.executable, "-m", "flask", "--app", "microdock_server:create_app", "jobs", "work")

    def __init__(self, data: Path, *arguments: str, **env: str) -> None:
        command, environment = (*self.COMMAND, *arguments), self.environment(data, **env)
        self.console = data.with_name(f"{data.name}.worker.log")
        with self.console.open("ab") as console:
            self.process = Popen(command, cwd=ROOT, env=environment, stdout=console, stderr=console)

    @staticmethod
    def environment(data: Path, **env: str) -> dict[str, str]:
        settings = {"DATA_DIR": str(data), "LOG_LEVEL": "INFO", "DEBUG": "true", **database_for(data)}
        return {**os.environ, **settings, **env}

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def said(self) -> str:
        return self.console.read_text(errors="replace")


class Clamd:
    """A scanner that takes connections and says nothing, until it is told to answer."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.is_answering = False
        self.asked = threading.Event()
        self._peers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        for peer in self._peers:
            peer.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self._peers.append(peer)
                if self.is_answering:
                    self._answer(peer)
                self.asked.set()

    def _answer(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rb") as file:
            command = b""
            while not command.endswith(b"\0"):
                command += file.read(1)
            if command == b"zVERSION\0":
                peer.sendall(b"ClamAV 1.4.3\0")
                return
            while size := int.from_bytes(file.read(4), "big"):
                file.read(size)
            peer.sendall(b"stream: OK\0")


def alive(pids: Sequence[int]) -> list[int]:
    """Those of these processes that still run (a zombie does not)."""
    found = []
    for pid in pids:
        with suppress(OSError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z":
                found.append(pid)
    return found
