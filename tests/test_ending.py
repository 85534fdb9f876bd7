"""How long-lived processes end: everything that Python does at exit happens, except for destroying objects."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .jobs.helpers import WorkerProcess
from .live import ROOT, Server, eventually, prepared_server
from .peers import postgresql

SECONDS = 60.0

PROGRAM = """
import atexit, sys, threading
from microdock_server.serving.process_exit import end, end_like

class Last:
    def __del__(self):
        print("taken apart", flush=True)

last = Last()
atexit.register(print, "at exit")
# It goes on only when the main thread is over, and is waited for all the same.
threading.Thread(target=lambda: (threading.main_thread().join(), print("thread"))).start()
sys.stdout.write("begun\\n")
try:
    raise SystemExit({code!r})
except SystemExit as leaving:
    {end}
"""
# Runs in every process of a server before anything else.
WITNESS = """
import atexit, os
def note(what):
    with open({file!r}, "a") as file:
        file.write(f"{{what}} {{os.getpid()}}\\n")
class Last:
    def __del__(self, note=note):
        note("taken-apart")
last = Last()
atexit.register(lambda: note("at-exit"))
"""


@pytest.mark.parametrize(
    ("end", "code", "status", "said"),
    [
        ("end(7)", 0, 7, "begun\nthread\nat exit\n"),
        ("end_like(leaving)", 3, 3, "begun\nthread\nat exit\n"),
        ("end_like(leaving)", None, 0, "begun\nthread\nat exit\n"),
        ("end_like(leaving)", -1, 255, "begun\nthread\nat exit\n"),
        # Python prints such a code; and this is how it ends by itself.
        ("end_like(leaving); sys.exit(4)", "a text", 4, "begun\nthread\nat exit\ntaken apart\n"),
    ],
)
def test_an_end_is_pythons_but_for_taking_everything_apart(
    end: str, code: int | str | None, status: int, said: str
) -> None:
    program = PROGRAM.format(end=end, code=code)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (status, said, "")


def witness(directory: Path) -> tuple[dict[str, str], Path]:
    """What to start a process with, and where it then writes how it ended."""
    file = directory / "ended"
    (directory / "sitecustomize.py").write_text(WITNESS.format(file=str(file)))
    return {"PYTHONPATH": str(directory)}, file


def test_the_server_and_its_workers_end_so_and_leave_no_log_of_sqlites(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    env, file = witness(tmp_path)
    server = start_server(RATELIMIT_ENABLED="true", **env)
    assert server.client.get("/api/plugins/list").status_code == 200
    assert eventually(lambda: len(server.workers()) == 2)
    pids = {server.pid, *server.workers()}
    assert server.stop() == 0
    assert sorted(file.read_text().splitlines()) == sorted(f"at-exit {pid}" for pid in pids)
    assert list(server.data.glob("*.db-wal")) == []


def test_a_worker_of_jobs_ends_so(prepared_data: Path, tmp_path: Path) -> None:
    env, file = witness(tmp_path)
    data = Path(shutil.copytree(prepared_data, tmp_path / "data"))
    worker = WorkerProcess(data, **env)
    try:
        assert eventually(lambda: "is ready" in worker.said(), SECONDS), worker.said()
        worker.process.terminate()
        assert worker.process.wait(SECONDS) == 0
    finally:
        worker.kill()
        postgresql.forget(data)
    assert file.read_text() == f"at-exit {worker.process.pid}\n"
    assert list(data.glob("microdock.db-wal")) == []


def test_a_server_whose_workers_do_not_start_ends_with_gunicorns_code(prepared_data: Path, tmp_path: Path) -> None:
    server = prepared_server(prepared_data, tmp_path / "data", SUPERVISOR_READY_FD="nonsense", WEB_CONCURRENCY="1")
    try:
        with pytest.raises(AssertionError, match="did not start"):
            server.start()
        assert server.ended() == 3
    finally:
        server.kill()
        postgresql.forget(server.data)
