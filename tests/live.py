"""Real servers: gunicorn with its workers on a port of its own, stopped, killed and started again."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

import requests

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import User
from microdock_server.services import files
from microdock_server.services.accounts import passwords
from microdock_server.services.files import Verification
from microdock_server.vocabulary import Role

from . import forkserver
from .support import database_for, package

ROOT = Path(__file__).parent.parent
NAME = "com.example.myplugin"
# No test is about this: a server that ends is seen at once, and one that hangs is found in the end. On two cores with a
# dozen processes that want them, three nodes that start together take 40 s.
READY_SECONDS = 180
GRACE_SECONDS = 30
# For a server that nothing but its own good order ends: gunicorn kills no worker that is still held up, and whoever is
# kept waiting for another request is kept all the time. Such a server ends because nobody holds it up, or not at all.
UNHURRIED = {"GUNICORN_CMD_ARGS": "--graceful-timeout 3600 --keep-alive 3600"}

T = TypeVar("T")


class Client:
    """Calls on a server, as one caller; every call has a connection of its own and can be made from any thread."""

    def __init__(self, base: str, token: str | None = None) -> None:
        self.base, self.token = base, token

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        options.setdefault("timeout", 60)
        return requests.request(method, self.base + path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.call("POST", path, **({} if body is None else {"json": body}), **options)

    def upload(self, data: bytes, key: str = "upload-key") -> requests.Response:
        return self.post("/api/plugins/upload", data={"plugin_key": key}, files={"file": ("p.zip", io.BytesIO(data))})

    def back_up(self, data: bytes, user_key: str = "user123abc") -> requests.Response:
        form = {"user_key": user_key, "backup_type": "program"}
        return self.post("/api/backups/upload", data=form, files={"file": ("b.zip", io.BytesIO(data))})

    def download(self, name: str = NAME, version: str | None = None) -> requests.Response:
        if version is None:
            return self.post("/api/plugins/download", {"name": name})
        return self.post("/api/plugins/version/download", {"name": name, "version": version})

    def detail(self, name: str = NAME) -> Any:
        answer = self.post("/api/plugins/detail", {"name": name})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def with_token(self, token: str) -> Client:
        return Client(self.base, token)

    def log_in(self, username: str = "admin", password: str = "admin") -> Client:
        answer = self.post("/api/auth/login", {"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        return self.with_token(answer.json()["token"])


class Server:
    """gunicorn on `data`, in a process group of its own."""

    COMMAND: tuple[str, ...] = (sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
    # Where the program is that runs.
    tree: Path = ROOT

    def __init__(self, data: Path, **env: str) -> None:
        self.data, self.port = data, free_port()
        self.address = ("127.0.0.1", self.port)
        self._env = {
            **os.environ,
            "DATA_DIR": str(data),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "RATELIMIT_ENABLED": "false",
            "WEB_CONCURRENCY": "2",
            "LOG_LEVEL": "WARNING",
            "DEBUG": "true",
            **database_for(data),
            **env,
        }
        self._env.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self._process: subprocess.Popen[bytes] | None = None
        self.base = f"http://127.0.0.1:{self.port}"
        self.client = Client(self.base)

    def start(self, *, until: int = 200) -> Self:
        """Start, and wait for /readyz to answer with `until`."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.console.open("ab") as console:
            self._process = forkserver.Popen(
                self.COMMAND, cwd=self.tree, env=self._env, stdout=console, stderr=console, start_new_session=True
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                if self.client.get("/readyz").status_code == until:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.console.read_text(errors='replace')}")

    @property
    def console(self) -> Path:
        return self.data.with_name(f"{self.data.name}.console.log")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        """The worker processes' ids."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.pid)], capture_output=True, check=False)
        return [int(word) for word in listed.stdout.split()]

    def terminate(self) -> None:
        """Ask the server to end; see `ended`."""
        assert self._process is not None
        self._process.terminate()

    def ended(self, within: float = READY_SECONDS) -> int:
        """The exit code. `within` is no promise, and is for servers that do not end at all."""
        assert self._process is not None
        code = self._process.wait(within)
        self._process = None
        return code

    def stop(self) -> int:
        """End in good order; the exit code."""
        self.terminate()
        return self.ended()

    def kill(self) -> None:
        """SIGKILL to the server and all its workers."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def verify(self) -> Verification:
        """Do files and rows agree?"""
        with self.application() as app, app.app_context():
            return files.verify(app.extensions["microdock"].storage)

    @contextlib.contextmanager
    def application(self, **overrides: str) -> Iterator[Any]:
        """An application on the same data, in this process."""
        from microdock_server import create_app

        from .conftest import release
        from .support import settings_for

        app = create_app(settings_for(self.data, LOG_FILE=str(self.data / "logs" / "tests.log"), **overrides))
        try:
            yield app
        finally:
            release(app)

    def add_user(self, username: str, password: str, role: Role = Role.USER) -> None:
        """A user who can log in, whatever rates registering has."""
        hashed = passwords.hash_password(password)
        with self.application() as app, app.app_context(), unit_of_work():
            user = User(username=username, username_key=username.casefold(), password_hash=hashed, role=role)
            db.session.add(user)

    def files(self) -> list[Path]:
        """Blobs, unfinished ones, and bodies being received."""
        areas = (self.data / area for area in ("uploads", "backups", "temp"))
        return [path for area in areas for path in area.rglob("*") if path.is_file()]


def prepared_server(prepared: Path, data: Path, **env: str) -> Server:
    """A server, not yet started, on a copy of the prepared data."""
    shutil.copytree(prepared, data)
    return Server(data, **env)


CONSTANTS = """
import importlib
import gunicorn.util
seed = gunicorn.util.seed
def change():
    for module, constants in {constants!r}.items():
        vars(importlib.import_module(module)).update(constants)
    seed()
gunicorn.util.seed = change
"""


def with_constants(directory: Path, constants: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The environment of a server whose workers have other values of these constants, by module and name.

    A wait that is made endless is one that nobody has to wait for, where the test goes on at all.
    """
    directory.mkdir(exist_ok=True)
    (directory / "sitecustomize.py").write_text(CONSTANTS.format(constants=constants))
    return {"PYTHONPATH": str(directory)}


# Ports that this process was given before: who asks for two gets two, though nobody listens on the first yet.
_given: set[int] = set()


def free_port() -> int:
    """A port that a server may listen on, another one each time.

    Below those that the system gives to clients: one of these could be taken between the asking and the listening.
    """
    for port in random.sample(sorted(set(range(10_240, 32_768)) - _given), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # What a client left behind does not keep a server from listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port
    raise AssertionError("a hundred ports are all taken")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of calls that all begin at the same moment."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def statuses(answers: Sequence[requests.Response]) -> dict[int, int]:
    """How many answers have which status."""
    counts: dict[int, int] = {}
    for answer in answers:
        counts[answer.status_code] = counts.get(answer.status_code, 0) + 1
    return counts


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def eventually(check: Callable[[], bool], within: float = 60.0) -> bool:
    """Does `check` come true? `within` is no promise: after so long nobody believes it any more."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return check()


def large_package(size: int, **changes: Any) -> bytes:
    """A valid package of about `size` bytes."""
    import zipfile

    buffer = io.BytesIO(package(**changes))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("content.bin", os.urandom(size))
    return buffer.getvalue()


def raw(server: Server, data: bytes = b"", timeout: float = 30.0) -> socket.socket:
    """A connection to the server, on which `data` was sent."""
    connection = socket.create_connection(server.address, timeout=timeout)
    connection.sendall(data)
    return connection


def read_all(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    parts = []
    with connection:
        while part := connection.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)
