"""What is forked from a process that has loaded the program does what it does where Python loads it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from . import forkserver

FLASK = [sys.executable, "-m", "flask", "--app", "microdock_server:create_app"]
# Loaded by flask before the command: tells of its process.
PROGRAM = """
import atexit, os, sys
import microdock_server
is_forked = "tests.forkserver" in open("/proc/self/cmdline").read()
print(is_forked, os.getsid(0) == os.getpid(), oct(os.umask(0)), os.environ.get("SAID"), flush=True)
print(sys.stdin.read(), file=sys.stderr)
atexit.register(print, "at exit")
sys.exit(7)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "DATA_DIR": str(tmp_path / "data"), "LOG_LEVEL": "WARNING", "DEBUG": "true"}


def test_a_command_says_the_same_and_ends_alike(environment: dict[str, str]) -> None:
    for words in (["routes"], ["users", "list"]):
        command, options = [*FLASK, *words], {"cwd": forkserver.ROOT, "env": environment, "text": True}
        forked = forkserver.run(command, **options)
        loaded = subprocess.run(command, capture_output=True, check=False, **options)  # type: ignore[call-overload]
        assert (forked.returncode, forked.stdout, forked.stderr) == (loaded.returncode, loaded.stdout, loaded.stderr)


def test_it_is_a_child_with_files_environment_session_and_umask_of_its_own(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "flask", "--app", str(tmp_path / "program.py"), "routes"]
    before = os.umask(0o027)
    try:
        process = forkserver.Popen(
            command,
            **{"cwd": forkserver.ROOT, "env": {**environment, "SAID": "yes"}, "text": True, "start_new_session": True},
            **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE),
        )
    finally:
        os.umask(before)
    said, complained = process.communicate("given")
    assert (process.returncode, said, complained) == (7, "True True 0o27 yes\nat exit\n", "given\n")


def test_signals_reach_it(environment: dict[str, str]) -> None:
    command = [*FLASK, "jobs", "work"]
    process = forkserver.Popen(command, cwd=forkserver.ROOT, env=environment, stderr=subprocess.DEVNULL)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_what_python_reads_when_it_begins_is_read(environment: dict[str, str], tmp_path: Path) -> None:
    # Nothing of the program's is asked, and a process that has to load it takes seconds.
    (tmp_path / "program.py").write_text(PROGRAM.replace("import microdock_server\n", ""))
    command = [sys.executable, "-m", "flask", "--app", str(tmp_path / "program.py"), "routes"]
    done = forkserver.run(command, cwd=forkserver.ROOT, env={**environment, "PYTHONPATH": "/elsewhere"}, text=True)
    assert (done.returncode, done.stdout.split()[0]) == (7, "False")
