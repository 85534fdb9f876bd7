"""A PostgreSQL server for tests, and databases that are copied together with data directories.

With TEST_DATABASE=postgresql every application of the tests keeps its rows there. A data directory then has a file
that names its database; a copy of the directory has the same file, and gets a copy of the database when it is used:
one that a test before had and nobody uses any more, restored, where there is one.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import psycopg

from ..memory import in_memory
from . import connections, missing
from .restored import Restored

MARKER: Final = ".database"
START_SECONDS: Final = 30
# Sorts as people do, not byte by byte: whatever of ours leans on the database's language shows.
# Waits for the end of its input, which comes with the end of whoever started it, however that was.
WATCH: Final = r"""
read -r _
pid=$(head -n 1 "$0/data/postmaster.pid")
is_server() { tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$0/data"; }
if [ -n "$pid" ] && is_server; then
  kill -QUIT "$pid"
  while is_server; do sleep 0.1; done
fi
rm -rf "$0"
"""
LANGUAGE: Final = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
_lock = threading.Lock()
# By template: databases that were copied from it and nobody uses any more.
_free: Final[dict[str, list[Restored]]] = {}
_used: Final[dict[str, Restored]] = {}
_unchanging: Final[set[str]] = set()


def is_wanted() -> bool:
    """Shall the tests' applications keep their rows in PostgreSQL?"""
    return os.environ.get("TEST_DATABASE") == "postgresql"


def programs() -> Path | None:
    """Where the newest server's programs are; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class PostgreSQL:
    """One server on a port of its own, run by nobody in particular: PostgreSQL refuses to be root.

    With a `password` it asks for it; without one it trusts whoever comes.
    """

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._programs = programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="postgresql-", dir=in_memory()))
        self.port = 0

    def start(self) -> Self:
        """Make the cluster where there is none, and start; raises where that takes too long."""
        from ..live import free_port

        if self._programs is None:
            missing("PostgreSQL's server")
        data = self.directory / "data"
        if self._watcher is None:
            self._watch()
        if not data.exists():
            self.port = free_port()
            _hand_over(self.directory)
            self._run("initdb", "--pgdata", str(data), *self._access(), "--username", "tests", "--no-sync")
        with (self.directory / "log").open("ab") as log:
            command = [*_as_somebody(), str(self._programs / "postgres"), "-D", str(data), *self._options()]  # type: ignore[operator]
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.directory, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.conninfo("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return self
        raise AssertionError((self.directory / "log").read_text(errors="replace"))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server; SIGINT ends sessions in good order, SIGQUIT as a crash does."""
        if self._process is not None:
            # What was started is the one that changes the user; the server has its own pid.
            pid = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, how)
            self._process.wait(START_SECONDS)
            self._process = None

    def remove(self) -> None:
        """End the server and forget its data."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._watcher is not None:
            self._watcher.communicate()
            self._watcher = None

    def _watch(self) -> None:
        """Have the server ended and its files removed after this process, also where that is killed."""
        command = ["sh", "-c", f"exec >/dev/null 2>&1\n{WATCH}", str(self.directory)]
        self._watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=tests password='{self._password}' dbname={database}"

    def url(self, database: str) -> str:
        """The setting for an application."""
        user = f"tests:{quote(self._password)}" if self._password else "tests"
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str | None = None) -> str:
        """A new database, empty or a copy of `template`; its name."""
        name = f"microdock_{uuid.uuid4().hex}"
        origin = f'"{template}" STRATEGY file_copy' if template else f"template0 ENCODING 'UTF8' {LANGUAGE}"
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {origin}'.encode())
        return name

    def drop(self, name: str) -> None:
        """The database is gone, whoever is connected to it."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def _access(self) -> list[str]:
        if not self._password:
            return ["--auth", "trust"]
        secret = self.directory / "password"
        secret.write_text(self._password)
        secret.chmod(0o644)
        return ["--auth", "scram-sha-256", "--pwfile", str(secret)]

    def _run(self, program: str, *arguments: str) -> None:
        assert self._programs is not None
        command = [*_as_somebody(), str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.directory)
        assert done.returncode == 0, done.stderr

    def _options(self) -> list[str]:
        return [
            *("-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.directory)),
            # A test's server need not survive a power loss: it may be killed, but the machine goes on. So its files are
            # in memory where there is room; to copy a database there takes a tenth of the time.
            *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400"),
            *("-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "shared_buffers=64MB", "-c", "jit=off"),
            # What it shares with its processes is among its files, and goes with them.
            *("-c", "dynamic_shared_memory_type=mmap"),
            # Within its time autovacuum starts a process for every database there is.
            *("-c", "autovacuum_naptime=1min"),
        ]


@lru_cache(maxsize=1)
def shared() -> PostgreSQL:
    """The server of this test process; `end_shared` ends it."""
    server = PostgreSQL().start()
    connections.keep(server.port)
    os.environ["TEST_DATABASE_SERVER"] = str(server.port)
    return server


def end_shared() -> None:
    """End the server of this test process, where it has one."""
    if shared.cache_info().currsize:
        _leave_all()
        shared().remove()
        shared.cache_clear()


def database_of(directory: Path) -> str:
    """The DATABASE_URL of a data directory, with a database made (or copied, as the directory was) where need be."""
    marker = directory / MARKER
    with _lock:
        name, owner = marker.read_text().split("\n") if marker.exists() else (None, None)
        if owner != str(directory):
            name = _copy_of(name) if name else shared().create()
            directory.mkdir(parents=True, exist_ok=True)
            marker.write_text(f"{name}\n{directory}")
    assert name is not None
    return shared().url(name)


def changes_no_more(directory: Path) -> None:
    """Nobody writes to a data directory's database any more: of its copies, those that tests had are restored."""
    marker = directory / MARKER
    if marker.exists():
        _unchanging.add(marker.read_text().split("\n")[0])


def forget(directory: Path) -> None:
    """Nobody uses the database of a data directory any more; without one, nothing is done.

    The next copy of what it was copied from may be made of it. Where it cannot be restored it is dropped.
    """
    marker = directory / MARKER
    if not marker.exists():
        return
    name, owner = marker.read_text().split("\n")
    if owner != str(directory):
        return
    # It is another directory's from now on.
    marker.unlink()
    used = _used.pop(name, None)
    # Another process may have ended while its statement runs; in a restored database it must not be there.
    if used is not None and used.template in _unchanging and used.is_left_alone():
        _free[used.template].append(used)
        return
    if used is not None:
        used.leave()
    shared().drop(name)


def _copy_of(template: str) -> str:
    """A database with all that `template` has; its name."""
    free = _free.setdefault(template, [])
    while free:
        found = free.pop()
        if found.restore():
            _used[found.name] = found
            return found.name
        found.leave()
        shared().drop(found.name)
    # Nobody may be connected to what is copied.
    if template in _used:
        _used[template].leave()
    connections.end(template)
    name = shared().create(template=template)
    _used[name] = Restored(name, template, shared().conninfo)
    return name


def _leave_all() -> None:
    """Close every connection that is kept."""
    for database in [*_used.values(), *(one for free in _free.values() for one in free)]:
        database.leave()
    connections.end()


def _hand_over(directory: Path) -> None:
    if os.getuid() == 0:
        somebody = pwd.getpwnam("postgres")
        os.chown(directory, somebody.pw_uid, somebody.pw_gid)
        directory.chmod(0o755)


def _as_somebody() -> list[str]:
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
