"""Runs gunicorn and the worker as one service: `python -m microdock_server.supervisor [gunicorn's arguments]`.

It lives as long as gunicorn and exits with its exit code. It imports nothing of the package, so that scripts/serve can
run it as a file without loading the application a third time.

It opens the socket that gunicorn listens on. On USR2 it starts a second gunicorn on the same socket, with the code that
is on disk now; once that one answers, the first is told to finish its requests and end. No connection is refused
meanwhile, and code that does not start never takes over. `supervisor.json` in DATA_DIR tells how it went.
"""

from __future__ import annotations

import ctypes
import ipaddress
import json
import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from runpy import run_path
from types import FrameType
from typing import Final

log = logging.getLogger("supervisor")

SERVER: Final = (sys.executable, "-m", "gunicorn", "wsgi:app")
# In a checkout, gunicorn finds its configuration in the working directory; an installed package passes its own.
read_env: Final = run_path(str(Path(__file__).with_name("config") / "read_env.py"))["read_env"]
PACKAGED_CONFIG: Final = Path(__file__).absolute().parent / "gunicorn.conf.py"
WORKER: Final = (
    *(sys.executable, "-m", "flask", "--app", "microdock_server:create_app"),
    *("jobs", "work", "--with-parent"),
)
FORWARDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
# A worker that lived this long did not fail to start.
SETTLED_SECONDS: Final = 30.0
# A little longer than a worker needs to finish its job or give it back.
WORKER_ENDS_SECONDS: Final = 25.0
# A server that is not ready by then never will be. A new version may have to build the search index first, which takes
# PostgreSQL a minute or more for 100,000 plugins; the previous server answers meanwhile.
READY_SECONDS: Final = 300.0
# The descriptor of the listening socket (3 in systemd's protocol), and how servers report that they are ready.
LISTENING: Final = 3
READY: Final = "SUPERVISOR_READY_FD"
STATE: Final = "supervisor.json"
TICK: Final = 0.1
PR_SET_PDEATHSIG: Final = 1
DEFAULT_PASSWORD: Final = "admin"  # noqa: S105  (documented)
TRUE: Final = ("true", "1", "t", "yes", "y", "on")


def share_metrics() -> None:
    """Let server and worker share one directory for metrics; emptied here, as gunicorn.conf.py does when it runs
    alone.
    """
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return
    directory = Path(_setting("DATA_DIR", "instance")).absolute() / "metrics"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


class Worker:
    """The worker's process, restarted whenever it ends."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = FIRST_PAUSE
        # The first start is delayed as well: gunicorn gets the processor while it loads.
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
        """Send TERM: it may finish its job first."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """Make sure that it has ended."""
        if self._process is None:
            return
        self.tell_to_end()
        try:
            self._process.wait(WORKER_ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Server:
    """One gunicorn, on a socket shared with its predecessor and its successor."""

    def __init__(self, arguments: Sequence[str], *, listens: bool) -> None:
        self._pipe, told = os.pipe()
        # QUIT, not TERM: if its supervisor is killed, it does not wait half a minute for requests to end.
        die = _dying_with_us(signal.SIGQUIT)

        def prepare() -> None:
            os.environ[READY] = str(told)
            if listens:
                os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
            if die is not None:
                die()

        passed = (told, LISTENING) if listens else (told,)
        command = (*SERVER, *_packaged_config(), *arguments)
        self.process = subprocess.Popen(command, preexec_fn=prepare, pass_fds=passed)  # noqa: S603, PLW1509
        os.close(told)
        self._deadline = time.monotonic() + READY_SECONDS

    def is_ready(self) -> bool:
        """Does one of its workers answer?"""
        return bool(select.select([self._pipe], [], [], 0)[0]) and os.read(self._pipe, 1) != b""

    def is_lost(self) -> bool:
        """Has it ended, or failed to become ready in time?"""
        return self.process.poll() is not None or time.monotonic() > self._deadline

    def forget(self) -> None:
        """Make sure that it has ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._pipe)


class Supervisor:
    """Supervises gunicorn and the worker."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._signals: list[int] = []
        self._ending = False
        # With arguments, gunicorn may listen on an address that we do not know.
        self._listens = not arguments and _listen()
        self._next: Server | None = None
        self._retiring: list[Server] = []
        self._counts = {"renewals": 0, "failures": 0}

    def run(self) -> int:
        """Serve until gunicorn ends; returns its exit code, or 128 plus the number of the signal that killed it."""
        for number in (*FORWARDED, signal.SIGUSR2):
            signal.signal(number, self._note)
        self._server = Server(self._arguments, listens=self._listens)
        self._worker = Worker()
        self._tell()
        greeted = not self._listens
        try:
            while self._server.process.poll() is None:
                if not greeted and self._server.is_ready():
                    greeted = True
                    print(*greeting(), sep="\n", file=sys.stderr, flush=True)  # noqa: T201  (a terminal's user reads it)
                self._forward()
                self._renew()
                if not self._ending:
                    self._worker.keep()
                time.sleep(TICK)
        finally:
            self._worker.end()
            for server in (*self._retiring, *([self._next] if self._next else [])):
                server.forget()
            with suppress(OSError):
                _state_file().unlink()
        code = self._server.process.returncode
        return code if code >= 0 else 128 - code

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def _forward(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if number == signal.SIGUSR2:
                self._begin()
                continue
            for server in (self._server, *([self._next] if self._next else [])):
                server.process.send_signal(number)
            # Also on HUP: gunicorn starts new workers with the code on disk, and so do we.
            self._worker.tell_to_end()
            self._ending = self._ending or number != signal.SIGHUP

    def _begin(self) -> None:
        """Start the successor of the current server."""
        if not self._listens:
            log.error("USR2 needs a socket of ours: start without arguments for gunicorn")
            self._count("failures")
        elif self._next is None and not self._ending:
            self._next = Server(self._arguments, listens=True)

    def _renew(self) -> None:
        """Hand over once the new server is ready; stop it if it fails."""
        for server in [server for server in self._retiring if server.process.poll() is not None]:
            self._retiring.remove(server)
            server.forget()
        if self._next is None:
            return
        if self._next.is_ready():
            self._server.process.terminate()
            self._retiring.append(self._server)
            self._server, self._next = self._next, None
            self._worker.tell_to_end()
            self._count("renewals")
        elif self._next.is_lost():
            log.error("the next server did not start: the one before goes on")
            self._next.forget()
            self._next = None
            self._count("failures")

    def _count(self, what: str) -> None:
        self._counts[what] += 1
        self._tell()

    def _tell(self) -> None:
        """Write the current state to a file, atomically."""
        state = {"pid": os.getpid(), "server": self._server.process.pid, **self._counts}
        path = _state_file()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}")
            draft.write_text(json.dumps(state), encoding="ascii")
            draft.rename(path)


def _setting(name: str, default: str) -> str:
    """A setting's value; `default` if the variable is missing or empty."""
    return read_env().get(name) or default


def greeting() -> list[str]:
    """Where the server listens, how to log in, where the documentation is, and what is unsafe, if anything."""
    host, port = _setting("HOST", "127.0.0.1").strip().strip("[]"), _setting("PORT", "8000")
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (it is only named)
    address = f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
    name, password = _setting("ADMIN_USERNAME", "admin"), _setting("ADMIN_PASSWORD", DEFAULT_PASSWORD)
    how = f'the password "{password}"' if password == DEFAULT_PASSWORD else "the ADMIN_PASSWORD of the first start"
    lines = [
        f"MicroDock Server listens at {address}"
        + ("" if reached == host else ", and at all addresses of this machine"),
        f"Log in at {address}/admin/ as {name}, with {how}, unless you changed it",
        f"Documentation: docs/tutorial.md for a first tour, {address}/docs for the API",
    ]
    unsafe = _unsafe(host, name, password)
    return [*lines, f"Unsafe: {unsafe}"] if unsafe else lines


def _unsafe(host: str, name: str, password: str) -> str:
    """The first unsafe setting that others could exploit; empty if there is none."""
    is_behind_proxy = _setting("TRUSTED_PROXIES", "0").strip() != "0"
    is_open = not _is_loopback(host)
    if is_open and not is_behind_proxy:
        return "others reach it by plain HTTP, which exposes passwords and tokens: see nginx in docs/operations.md"
    if (is_open or is_behind_proxy) and _setting("DEBUG", "true").strip().lower() in TRUE:
        return "DEBUG is true, and others can reach it: set DEBUG=false"
    if password == DEFAULT_PASSWORD:
        return f"everybody on this machine can use the documented password: {_flask()} users set-password {name}"
    return ""


def _flask() -> str:
    """The command `flask` of this installation, as it can be typed here."""
    command = Path(sys.executable).with_name("flask")
    return "flask" if shutil.which("flask") == str(command) else os.path.relpath(command)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _state_file() -> Path:
    return Path(_setting("DATA_DIR", "instance")).absolute() / STATE


def _listen() -> bool:
    """Listen at HOST and PORT, as descriptor 3. False if that fails: gunicorn then reports the error."""
    host = _setting("HOST", "127.0.0.1").strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, int(_setting("PORT", "8000"))), family=family, backlog=2048) as opened:
            if opened.fileno() == LISTENING:
                opened.detach()
            else:
                os.dup2(opened.fileno(), LISTENING, inheritable=False)
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _packaged_config() -> tuple[str, ...]:
    return ("--config", str(PACKAGED_CONFIG)) if PACKAGED_CONFIG.is_file() else ()


def _start(command: Sequence[str], death: signal.Signals) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, preexec_fn=_dying_with_us(death))  # noqa: S603, PLW1509  (there are no threads)


def _dying_with_us(number: signal.Signals) -> Callable[[], None] | None:
    """In a child process: receive this signal when the parent ends, however it ends."""
    if sys.platform != "linux":
        return None
    prctl, us = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != us:
            # The parent ended before the signal was set.
            os._exit(1)

    return prepare


def main() -> None:
    """Run as a program."""
    logging.basicConfig(format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
    # Files are private to the server, also those of child processes: see file_modes.py.
    os.umask(0o077)
    share_metrics()
    sys.exit(Supervisor(sys.argv[1:]).run())


if __name__ == "__main__":
    main()
