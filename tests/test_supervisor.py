"""gunicorn and the worker as one service: started, signalled, restarted, and stopped together."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from microdock_server import supervisor
from microdock_server.storage import data_dir_lock
from microdock_server.supervisor import STATE

from .jobs.helpers import alive, enqueue
from .live import READY_SECONDS, Server, eventually, prepared_server

# No promise: after so long a process does not end at all.
SECONDS = 90

pytestmark = pytest.mark.live

ROOT = Path(__file__).parent.parent


class Service:
    """The supervisor, with a server's settings."""

    def __init__(self, server: Server, *arguments: str) -> None:
        self._server = server
        command = [sys.executable, "-P", "microdock_server/supervisor.py", *arguments]
        env = {**server._env, "AUTO_MIGRATE": "true", "LOG_LEVEL": "INFO"}
        with server.console.open("ab") as console:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=console, stderr=console, start_new_session=True
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        try:
            return self._server.client.get("/readyz").status_code == 200 and "is ready" in self.said()
        except requests.ConnectionError:
            return False

    def ready(self) -> Service:
        assert eventually(self.is_ready, READY_SECONDS), self.said()
        return self

    def said(self) -> str:
        return self._server.console.read_text(errors="replace")

    def members(self) -> dict[int, str]:
        """All processes of the service, with their command lines."""
        listed = subprocess.run(["ps", "-ww", "-eo", "pid=,sid=,args="], capture_output=True, text=True, check=True)
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        mine = {int(pid): args for pid, sid, args in rows if int(sid) == self.process.pid}
        return {pid: args for pid, args in mine.items() if alive([pid])}

    def workers(self) -> list[int]:
        return [pid for pid, args in self.members().items() if "jobs work" in args]

    def servers(self) -> list[int]:
        """The processes of gunicorn that answer."""
        listed = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=True)
        [master] = [pid for pid in listed.stdout.split() if int(pid) not in self.workers()]
        answering = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=True)
        return [int(pid) for pid in answering.stdout.split()]

    def end(self) -> None:
        for pid in self.members():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(SECONDS)


@contextmanager
def asking(service: Service) -> Iterator[list[int]]:
    """Somebody asks the server all the time; what it answers, 0 where it does not."""
    answers: list[int] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            try:
                answers.append(service._server.client.get("/readyz").status_code)
            except requests.ConnectionError:
                answers.append(0)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def serve(prepared_data: Path, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def serve(*arguments: str, **env: str) -> Service:
        services.append(Service(prepared_server(prepared_data, tmp_path / "data", **env), *arguments))
        return services[-1]

    yield serve
    for service in services:
        service.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_both_end_when_it_is_told_to(serve: Callable[..., Service], number: signal.Signals) -> None:
    service = serve().ready()
    assert len(service.members()) >= 4
    service.process.send_signal(number)
    assert service.process.wait(SECONDS) == 0
    assert service.members() == {}


def test_a_worker_that_is_killed_is_replaced(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    for _ in range(2):
        [before] = service.workers()
        os.kill(before, signal.SIGKILL)
        assert eventually(lambda before=before: len(service.workers()) == 1 and before not in service.workers())
    assert service.is_ready()
    assert "is started again" in service.said()


def test_the_worker_counts_where_the_server_tells(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    server = service._server
    with server.application() as app:
        enqueue(app, "nonsense")
    line = 'microdock_job_attempts_total{kind="unknown",outcome="retried"} 1.0'
    assert eventually(lambda: line in server.client.get("/metrics").text)
    # The worker does the maintenance as well.
    done = 'microdock_maintenance_last_failed{task="gc"} 0.0'
    assert eventually(lambda: done in server.client.get("/metrics").text)


def test_nothing_is_left_when_it_is_killed(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait(SECONDS)
    assert eventually(lambda: service.members() == {}), service.members()


def test_a_server_that_cannot_start_is_no_service(serve: Callable[..., Service]) -> None:
    service = serve(PORT="nonsense")
    assert service.process.wait(READY_SECONDS) not in (0, None)
    assert service.members() == {}
    assert "PORT" in service.said()


def test_a_server_that_is_killed_takes_the_service_with_it(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    listed = subprocess.run(["pgrep", "-P", str(service.process.pid)], capture_output=True, text=True, check=True)
    [server] = [int(pid) for pid in listed.stdout.split() if int(pid) not in service.workers()]
    os.kill(server, signal.SIGKILL)
    assert service.process.wait(SECONDS) == 128 + signal.SIGKILL
    assert service.workers() == []


def test_hup_renews_both_and_refuses_nobody(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    [before], servers = service.workers(), service.servers()
    with asking(service) as answers:
        service.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: len(service.workers()) == 1 and service.workers() != [before], READY_SECONDS)
        assert eventually(lambda: not alive(servers), READY_SECONDS), service.said()
        count = len(answers)
        assert eventually(lambda: len(answers) > count, READY_SECONDS)
    assert set(answers) == {200}
    assert service.is_ready()
    service.process.terminate()
    assert service.process.wait(SECONDS) == 0


def test_arguments_are_gunicorns(serve: Callable[..., Service]) -> None:
    service = serve("--version")
    assert service.process.wait(READY_SECONDS) == 0
    assert "gunicorn" in service.said()


def test_pauses_between_starts_grow_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies of starting, by a clock that is turned by hand: when it is started."""
    now, starts = [1000.0], []

    def start(*_: object) -> subprocess.Popen[bytes]:
        starts.append(now[0])
        dead = subprocess.Popen(["false"])
        dead.wait()
        return dead

    monkeypatch.setattr(supervisor, "_start", start)
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now[0])
    worker = supervisor.Worker()
    while len(starts) < 9:
        worker.keep()
        now[0] += 0.25
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 2
    assert 10 <= pauses[-2] == pauses[-1] <= 10.5


def state(service: Service) -> dict[str, int]:
    path = service._server.data / STATE
    return dict(json.loads(path.read_text())) if path.exists() else {}


def test_usr2_hands_over_to_new_code_and_refuses_nobody(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    before = state(service)
    assert before["pid"] == service.process.pid
    with asking(service) as answers:
        service.process.send_signal(signal.SIGUSR2)
        renewed = eventually(lambda: state(service).get("renewals") == 1, READY_SECONDS)
        gone = eventually(lambda: not alive([before["server"]]))
    assert renewed and gone, service.said()
    assert state(service)["server"] != before["server"]
    assert set(answers) == {200}
    service.process.terminate()
    assert service.process.wait(SECONDS) == 0
    assert service.members() == {}


def test_code_that_does_not_start_never_takes_over(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    before = state(service)
    # What a new version may do wrong: here its database is locked away.
    lock = data_dir_lock.FILE
    (service._server.data / lock).unlink()
    (service._server.data / lock).mkdir()
    service.process.send_signal(signal.SIGUSR2)
    assert eventually(lambda: state(service).get("failures") == 1, READY_SECONDS), service.said()
    assert state(service)["server"] == before["server"]
    assert service.is_ready()


SET = ("HOST", "PORT", "DEBUG", "TRUSTED_PROXIES", "ADMIN_USERNAME", "ADMIN_PASSWORD")
PROXIED = {"TRUSTED_PROXIES": "1", "ADMIN_PASSWORD": "a-good-password"}


@pytest.mark.parametrize(
    ("settings", "unsafe"),
    [
        ({}, "users set-password admin"),
        ({"ADMIN_PASSWORD": "a-good-password"}, None),
        ({"ADMIN_PASSWORD": "a-good-password", "HOST": "localhost"}, None),
        ({"ADMIN_PASSWORD": "a-good-password", "HOST": "::1"}, None),
        ({"ADMIN_PASSWORD": "a-good-password", "HOST": "0.0.0.0", "DEBUG": "false"}, "plain HTTP"),
        ({"ADMIN_PASSWORD": "a-good-password", "HOST": "10.0.0.2"}, "plain HTTP"),
        (PROXIED, "DEBUG is true"),
        (PROXIED | {"DEBUG": "false"}, None),
        (PROXIED | {"DEBUG": "false", "HOST": "0.0.0.0"}, None),
    ],
)
def test_the_greeting_says_where_how_and_what_is_unsafe(
    settings: dict[str, str], unsafe: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SET:
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    said = supervisor.greeting()
    where, login, documents = said[:3]
    assert "listens at http://" in where and where.count("http://") == 1
    assert "/admin/ as admin" in login and "a-good-password" not in "".join(said)
    assert "/docs" in documents and "docs/tutorial.md" in documents
    assert len(said) == (3 if unsafe is None else 4)
    assert unsafe is None or (said[3].startswith("Unsafe: ") and unsafe in said[3])


def test_the_greeting_writes_addresses_as_browsers_take_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOST", "[::]")
    monkeypatch.setenv("PORT", "8001")
    assert supervisor.greeting()[0].startswith("MicroDock Server listens at http://[::1]:8001, and at all addresses")


def test_it_greets_once_the_server_answers(serve: Callable[..., Service]) -> None:
    service = serve().ready()
    assert eventually(lambda: "Documentation: docs/tutorial.md" in service.said(), SECONDS)
    lines = service.said().splitlines()
    (first,) = [number for number, line in enumerate(lines) if "MicroDock Server listens at http://" in line]
    assert lines[first + 1].startswith("Log in at http://127.0.0.1:")
