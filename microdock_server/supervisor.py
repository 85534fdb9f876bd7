"""Runs gunicorn and the worker as one service: `python -m microdock_server.supervisor [gunicorn's arguments]`.

It lives as long as gunicorn and exits as gunicorn did. It needs nothing of the package, so that scripts/serve can run
it as a file without loading the application a third time.
"""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from dotenv import dotenv_values

log = logging.getLogger("supervisor")

SERVER: Final = (sys.executable, "-m", "gunicorn", "wsgi:app")
# gunicorn finds the checkout's in the working directory; an installed package brings its own, whatever directory it is.
PACKAGED_CONFIG: Final = Path(__file__).absolute().parent / "gunicorn.conf.py"
WORKER: Final = (
    *(sys.executable, "-m", "flask", "--app", "microdock_server:create_app"),
    *("jobs", "work", "--with-parent"),
)
FORWARDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
# A worker that lived this long is not one that dies of starting.
SETTLED_SECONDS: Final = 30.0
# A little more than a worker takes to finish its job or give it back.
WORKER_ENDS_SECONDS: Final = 25.0
TICK: Final = 0.1
PR_SET_PDEATHSIG: Final = 1


def share_metrics() -> None:
    """Have the server and the worker count in one place; made anew, as gunicorn.conf.py does for itself."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return
    data_dir = os.environ.get("DATA_DIR") or dotenv_values(".env").get("DATA_DIR") or "instance"
    directory = Path(data_dir).absolute() / "metrics"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


class Worker:
    """The worker's process, started again whenever it ends."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = FIRST_PAUSE
        # The first waits as well: gunicorn has the processor to itself while it loads.
        self._begun, self._next = 0.0, time.monotonic() + FIRST_PAUSE

    def keep(self) -> None:
        """Start it if it is time to."""
        if self._process is not None and self._process.poll() is not None:
            log.warning("the worker ended with %d and is started again", self._process.returncode)
            self._process = None
            self._rest()
        if self._process is None and time.monotonic() >= self._next:
            self._begun = time.monotonic()
            self._process = _start(WORKER, signal.SIGTERM)

    def _rest(self) -> None:
        settled = time.monotonic() - self._begun > SETTLED_SECONDS
        self._pause = FIRST_PAUSE if settled else self._pause
        self._next = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def tell_to_end(self) -> None:
        """It may finish its job first."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """It is gone when this returns."""
        if self._process is None:
            return
        self.tell_to_end()
        try:
            self._process.wait(WORKER_ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Supervisor:
    """gunicorn, and beside it the worker."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._signals: list[int] = []
        self._ending = False

    def run(self) -> int:
        """Serve until gunicorn ends; its exit code, or 128 and the number of the signal that killed it."""
        for number in FORWARDED:
            signal.signal(number, self._note)
        # QUIT, not TERM: with its supervisor killed, it does not wait half a minute for requests to end.
        server = _start((*SERVER, *_packaged_config(), *self._arguments), signal.SIGQUIT)
        worker = Worker()
        try:
            while server.poll() is None:
                self._forward(server, worker)
                if not self._ending:
                    worker.keep()
                time.sleep(TICK)
        finally:
            worker.end()
        return server.returncode if server.returncode >= 0 else 128 - server.returncode

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def _forward(self, server: subprocess.Popen[bytes], worker: Worker) -> None:
        while self._signals:
            number = self._signals.pop(0)
            server.send_signal(number)
            # On HUP too: gunicorn takes new workers with what is on the disk now, and so do we.
            worker.tell_to_end()
            self._ending = self._ending or number != signal.SIGHUP


def _packaged_config() -> tuple[str, ...]:
    return ("--config", str(PACKAGED_CONFIG)) if PACKAGED_CONFIG.is_file() else ()


def _start(command: Sequence[str], death: signal.Signals) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, preexec_fn=_dying_with_us(death))  # noqa: S603, PLW1509  (there are no threads)


def _dying_with_us(number: signal.Signals) -> Callable[[], None] | None:
    """In a child: be sent this signal when this process is gone, however it went."""
    if sys.platform != "linux":
        return None
    prctl, us = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != us:
            # Too late to be told.
            os._exit(1)

    return prepare


def main() -> None:
    """Run as a program."""
    logging.basicConfig(format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
    share_metrics()
    sys.exit(Supervisor(sys.argv[1:]).run())


if __name__ == "__main__":
    main()
