"""Servers for the length of a run: started on free ports, asked until they answer, stopped by their ids."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.live import free_port

from .client import Request, ask_once
from .processes import children
from .results import NotMeasured

ROOT = Path(__file__).resolve().parent.parent
WORKERS, THREADS, KEEPALIVE = 2, 16, 75
# A server makes the search index at its first start: a minute or more of 100,000 plugins.
START_TIMEOUT = 300
HEALTH = "/api/health"
# The server that nginx passes requests to, as nginx.conf names it.
BEHIND = "behind"


@dataclass(slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    directory: Path

    @property
    def workers(self) -> list[int]:
        return children(self.process.pid)

    @property
    def database(self) -> Path:
        return self.directory / "microdock.db"

    def stop(self) -> None:
        """End it, and what is left of its workers if it does not."""
        workers = self.workers if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            for pid in workers:
                if Path(f"/proc/{pid}").exists():
                    os.kill(pid, signal.SIGKILL)


@dataclass(slots=True)
class Servers:
    """Starts servers below a directory, each with data of its own, and stops them all."""

    directory: Path
    _ends: ExitStack = field(default_factory=ExitStack)

    def real(self, name: str, log_level: str = "INFO", **settings: str) -> Server:
        """The server as it is delivered: gunicorn.conf.py, two workers, a new database."""
        return self.over(self._new(name), log_level, **settings)

    def over(self, data: Path, log_level: str, **settings: str) -> Server:
        """The same over a data directory that is there already."""
        port = free_port()
        environment = real_environment(data, port, LOG_LEVEL=log_level, **settings)
        migrate(data, environment)
        return self.start(gunicorn_command(), environment, data, port, HEALTH)

    def plain(self, name: str, application: str, path: str, **environment: str) -> Server:
        """Another application on gunicorn with the same workers, threads and connections."""
        directory, port = self._new(name), free_port()
        options = ["--worker-class=gthread", f"--workers={WORKERS}", f"--threads={THREADS}", "--preload"]
        options += [f"--keep-alive={KEEPALIVE}", "--no-control-socket", f"--bind=127.0.0.1:{port}"]
        options += ["--worker-tmp-dir=/dev/shm", "--log-level=warning"]
        command = [program("gunicorn"), *options, application]
        return self.start(command, base_environment() | environment, directory, port, path)

    def fastapi(self) -> Server:
        """benchmarks/naive_fastapi.py on uvicorn, with as many workers and nothing else changed."""
        if find_spec("fastapi") is None or find_spec("uvicorn") is None or find_spec("python_multipart") is None:
            raise NotMeasured("FastAPI is not installed: it is in the extra `benchmark`")
        directory, port = self._new("fastapi"), free_port()
        command = [program("uvicorn"), "benchmarks.naive_fastapi:app", "--workers", str(WORKERS), "--port", str(port)]
        environment = base_environment() | {"NAIVE_DIRECTORY": str(directory)}
        return self.start(command, environment, directory, port, "/openapi.json")

    def sink(self) -> Server:
        """The bare loop that uploads are compared with."""
        directory, port = self._new("sink"), free_port()
        command = [sys.executable, "-m", "benchmarks.sink", str(port), str(directory / "received")]
        return self.start(command, base_environment(), directory, port, None)

    def nginx(self, name: str, location: str, behind: Server | None = None) -> Server:
        """nginx with two workers and one server block of these locations, which may pass requests to BEHIND."""
        binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if binary is None:
            raise NotMeasured("nginx is not installed")
        directory, port = self._new(name), free_port()
        config = directory / "nginx.conf"
        config.write_text(nginx_config(directory, port, location, behind), encoding="utf-8")
        command = [binary, "-p", str(directory), "-c", str(config), "-e", str(directory / "error.log")]
        return self.start(command, base_environment(), directory, port, None)

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], directory: Path, port: int, path: str | None
    ) -> Server:
        """Start a process and wait until it answers 200 at `path` (None: until it listens)."""
        with (directory / "output.log").open("ab") as output:
            process = subprocess.Popen(command, cwd=directory, env=dict(environment), stdout=output, stderr=output)
        server = Server(process, port, directory)
        self.at_end(server.stop)
        wait_until_ready(server, path)
        return server

    def at_end(self, stop: Callable[[], object]) -> None:
        """Call this when everything ends: what was started last ends first."""
        self._ends.callback(stop)

    def stop(self) -> None:
        """End everything; one that fails to end does not keep the others."""
        self._ends.close()

    def _new(self, name: str) -> Path:
        directory = self.directory / name
        directory.mkdir(parents=True)
        return directory


def gunicorn_command() -> list[str]:
    """How scripts/serve starts the server, with the configuration named in full: it runs in another directory."""
    return [program("gunicorn"), "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]


def base_environment() -> dict[str, str]:
    """No variable of the caller's reaches a server; nor does a `.env`, because servers run elsewhere."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT)}


def real_environment(data: Path, port: int, **settings: str) -> dict[str, str]:
    """The settings of the real server: the defaults, without rate limits."""
    ours = {"DATA_DIR": str(data), "PORT": str(port), "WEB_CONCURRENCY": str(WORKERS), "RATELIMIT_ENABLED": "false"}
    return base_environment() | ours | settings


def migrate(data: Path, environment: Mapping[str, str]) -> None:
    """Make the database's tables."""
    command = [program("flask"), "--app", "wsgi", "db", "upgrade"]
    done = subprocess.run(command, cwd=data, env=dict(environment), capture_output=True, timeout=120, check=False)
    if done.returncode:
        raise NotMeasured(f"flask db upgrade failed: {done.stderr.decode()[-300:]}")


def program(name: str) -> str:
    """A program of this virtual environment."""
    return str(Path(sys.executable).parent / name)


def wait_until_ready(server: Server, path: str | None) -> None:
    """Raises NotMeasured, with the end of its log, for a server that ends or never answers."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if path is None:
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
                return
            if ask_once(server.port, Request(path)).status == 200:
                return
        except (OSError, NotMeasured):
            pass
        time.sleep(0.005)
    log = (server.directory / "output.log").read_text(errors="replace")
    raise NotMeasured(f"{server.directory.name} did not start: {log[-300:]}")


def nginx_config(directory: Path, port: int, location: str, behind: Server | None) -> str:
    """Everything that nginx writes stays below `directory`. Connections to BEHIND are kept as deploy/nginx does."""
    upstream = (
        f"  upstream {BEHIND} {{ server 127.0.0.1:{behind.port}; keepalive 32; keepalive_timeout 1s; }}"
        if behind
        else ""
    )
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"  {kind}_temp_path {directory}/{kind};" for kind in kinds)
    return f"""{user}
daemon off;
worker_processes {WORKERS};
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
{temporary}
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout {KEEPALIVE};
  keepalive_requests 1000000;
{upstream}
  server {{
    listen 127.0.0.1:{port};
    client_max_body_size 0;
{location}
  }}
}}
"""
