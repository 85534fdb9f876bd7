"""A real redis-server that keeps nothing on disk, on a port of its own; killed and started again at will."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import redis

from ..live import free_port
from . import missing

PROGRAM = shutil.which("redis-server")
READY_SECONDS = 15


@contextmanager
def running(directory: Path) -> Iterator[RedisServer]:
    """A Redis that runs and is empty. Without the program the test is skipped; not where everything must run."""
    if PROGRAM is None:
        missing("redis-server")
    server = RedisServer(directory)
    try:
        yield server.start()
    finally:
        server.kill()


class RedisServer:
    """redis-server in `directory`, on 127.0.0.1."""

    def __init__(self, directory: Path, *options: str) -> None:
        self._directory, self._options = directory, options
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start, with nothing in it, and wait until it answers."""
        self._directory.mkdir(parents=True, exist_ok=True)
        assert PROGRAM is not None
        command = [PROGRAM, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        with (self._directory / "redis.log").open("ab") as console:
            self._process = subprocess.Popen(
                [*command, "--dir", str(self._directory), *self._options], stdout=console, stderr=console
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(redis.ConnectionError), self.client() as client:
                client.ping()
                return self
            time.sleep(0.02)
        raise AssertionError(f"redis-server did not start:\n{(self._directory / 'redis.log').read_text()}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def client(self) -> Any:
        """A client of its own, to be closed."""
        return redis.Redis.from_url(self.url)

    def stop(self) -> None:
        """End in good order."""
        self._end(kill=False)

    def kill(self) -> None:
        """SIGKILL; gone when this returns."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill() if kill else process.terminate()
            process.wait(60)
