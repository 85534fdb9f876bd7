"""Processes that run the program without loading it: forked from one that has loaded it.

Loading the program is most of what a server's start and a command take. Whoever runs `python -m gunicorn` or
`python -m flask` with this module's `Popen` gets a child of its own, with that environment, directory, umask and files,
which then does all that the module does. What starts through systemd, images, scripts or the supervisor loads the
program itself, as users' machines do; and so does what asks Python for something of its own.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
# Of a command's words and environment, which go in one message.
MESSAGE: Final = 128 << 10
PR_SET_CHILD_SUBREAPER: Final = 36
# Decides how metrics count when their library is loaded; a server sets it by itself before that.
MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
READ_AT_ONCE: Final = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC")
LOADED: Final = (
    *("alembic.command", "flask.cli", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread"),
    *("microdock_server.bootstrap", "microdock_server.serving.worker", "microdock_server.jobs.node_maintenance"),
    *("microdock_server.api.core.early_refusals", "microdock_server.cli.sections", "microdock_server.media.images"),
    *("microdock_server.media.markup", "microdock_server.api.websocket.connection"),
)


class Popen(subprocess.Popen[Any]):
    """As subprocess has it, on Linux without loading the program where that changes nothing."""

    def _execute_child(self, args: Any, *rest: Any) -> None:
        """Private to subprocess, with the same arguments since Python 3.11: files for the three streams among them."""
        executable, prepare, _close, passed, cwd, env = rest[:6]
        stdin, to_stdin, from_stdout, stdout, from_stderr, stderr = rest[9:15]
        environment = dict(os.environ if env is None else env)
        module = _module(args)
        if executable or prepare or passed or module is None or not _is_plain(cwd, environment):
            super()._execute_child(args, *rest)  # type: ignore[misc]
            return
        request = {
            "argv": [str(word) for word in args[args.index("-m") + 1 :]],
            "env": environment,
            "umask": _umask(),
            "session": bool(rest[20]),
        }
        files = [number if number != -1 else own for own, number in enumerate((stdin, stdout, stderr))]
        self.pid = _server(counts_together=module == "gunicorn" or MULTIPROCESS in environment).fork(request, files)
        self._child_created = True
        for ours, theirs in ((to_stdin, stdin), (from_stdout, stdout), (from_stderr, stderr)):
            if ours != -1:
                os.close(theirs)


def run(command: Sequence[object], *, timeout: float | None = None, **options: Any) -> subprocess.CompletedProcess[Any]:
    """As subprocess.run with output captured."""
    with Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as process:
        try:
            said, complained = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def _module(args: Any) -> str | None:
    """The module that a command has Python run, if it is one that is loaded beforehand."""
    words = [str(word) for word in args] if isinstance(args, (list, tuple)) else []
    if words[:1] != [sys.executable] or "-m" not in words:
        return None
    options, module = words[1 : words.index("-m")], words[words.index("-m") + 1]
    return module if set(options) <= {"-P", "-u"} and module.startswith(("flask", "gunicorn", "tests.")) else None


def _is_plain(cwd: object, environment: dict[str, str]) -> bool:
    """Is there nothing that Python reads when it begins, but what it read when we began?"""
    ours, theirs = (
        {name: value for name, value in given.items() if name.startswith(READ_AT_ONCE)}
        for given in (os.environ, environment)
    )
    return sys.platform == "linux" and str(cwd) == str(ROOT) and ours == theirs


def _umask() -> int:
    """This process' own, without setting it: other threads make files meanwhile."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Umask:")]
    return int(line.split()[1], 8)


class _Server:
    """A process that has loaded the program, and forks."""

    def __init__(self, *, counts_together: bool) -> None:
        environment = {name: value for name, value in os.environ.items() if name != MULTIPROCESS}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection = ours
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MESSAGE)
        command = [sys.executable, "-m", "tests.forkserver", str(theirs.fileno()), str(int(counts_together))]
        with theirs:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )

    def fork(self, request: dict[str, object], files: list[int]) -> int:
        """A process that this one waits for as for any child. It has begun its session when this returns."""
        with _lock:
            _adopt(True)
            try:
                socket.send_fds(self._connection, [json.dumps(request).encode()], files)
                return int(self._connection.recv(32))
            finally:
                _adopt(False)

    def end(self) -> None:
        """It ends with the connection; what it forked goes on."""
        self._connection.close()
        self._process.wait()


_lock: Final = threading.RLock()
_servers: Final[dict[bool, _Server]] = {}


def _server(*, counts_together: bool) -> _Server:
    with _lock:
        if counts_together not in _servers:
            _servers[counts_together] = started = _Server(counts_together=counts_together)
            atexit.register(started.end)
        return _servers[counts_together]


def _adopt(ours: bool) -> None:
    """Are grandchildren whose parent ends ours? Not for longer than it takes: whoever tests orphans looks for init."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(ours), 0, 0, 0)


def serve(connection: socket.socket) -> dict[str, Any]:
    """Fork at every request, to the end of them; each child returns with its request."""
    while True:
        message, files, _flags, _sender = socket.recv_fds(connection, MESSAGE, 3)
        if not message:
            # As if it had never been: whoever asked has ended.
            os._exit(0)
        reading, writing = os.pipe()
        between = os.fork()
        if not between:
            os.close(reading)
            if os.fork():
                # The child goes to whoever asked, who adopts orphans.
                os._exit(0)
            return {**json.loads(message), "files": files, "tell": writing}
        os.close(writing)
        for number in files:
            os.close(number)
        os.waitpid(between, 0)
        connection.send(os.read(reading, 32))
        os.close(reading)


def become(request: dict[str, Any]) -> None:
    """Run the module as Python would, in the place that the request describes."""
    if request["session"]:
        os.setsid()
    os.umask(request["umask"])
    for own, number in enumerate(request["files"]):
        os.dup2(number, own)
    for number in request["files"]:
        if number > 2:
            os.close(number)
    os.environ.clear()
    os.environ.update(request["env"])
    os.write(request["tell"], str(os.getpid()).encode())
    os.close(request["tell"])
    sys.argv = request["argv"]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def main() -> None:
    """Run as a program, with the descriptor of a socket, and whether metrics are to count with other processes'."""
    number, counts_together = sys.argv[1:]
    with TemporaryDirectory() as directory:
        if int(counts_together):
            # Nothing is counted here: whoever is forked counts in its own.
            os.environ[MULTIPROCESS] = directory
        for name in LOADED:
            import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(number)) as connection:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        request = serve(connection)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    become(request)


if __name__ == "__main__":
    main()
