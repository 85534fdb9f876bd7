"""How a queued job reaches a worker at once: a message with its id, by way of huey, in a file of its own or in Redis.

The table is the truth about jobs; messages are hints. They may be lost at any time, and the file broken or deleted:
workers look into the table as well, and the file is made anew.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from huey import Huey  # type: ignore[import-untyped]
from huey.storage import SqliteStorage  # type: ignore[import-untyped]

from .. import file_modes
from ..cluster.redis import Redis, RedisLost
from .messages import RedisMessages

log = logging.getLogger(__name__)

FILE: Final = "jobs.db"
# A request that queued a job is answered after its message: it does not wait long for a mere hint.
TIMEOUT_SECONDS: Final = 1.0

Run = Callable[[str], object]


class Messenger:
    """Messages about jobs, in `redis` or else in `path`. Opened by each process when it first has something to say.

    `run` is called with the id of each job that a consumer of this process is told about.
    """

    def __init__(self, path: Path, run: Run | None = None, redis: Redis | None = None) -> None:
        self._path, self._run, self._redis = path, run, redis
        # Those of a parent stay here, untouched: what a fork inherited must be neither used nor closed.
        self._queues: dict[int, _Queue] = {}

    def deliver(self, job_id: str) -> None:
        """Tell whoever consumes. Never raises: a job without a message is found in the table."""
        try:
            self.queue().tell(job_id)
        except RedisLost:
            # It was logged once; every job need not say it again.
            return
        except Exception:
            log.warning("no message about job %s: it will be found in the table", job_id, exc_info=True)

    def is_idle(self) -> bool:
        """Has every message been taken?"""
        return int(self.queue().storage.queue_size()) == 0

    def queue(self) -> _Queue:
        """This process's huey."""
        process = os.getpid()
        if process not in self._queues:
            self._queues.setdefault(process, self._open())
        return self._queues[process]

    def _open(self) -> _Queue:
        if self._redis is not None:
            return _Queue(self._run, storage_class=RedisMessages, redis=self._redis, is_consumer=self._run is not None)
        file_modes.make_file(self._path)
        return _Queue(self._run, storage_class=_File, filename=str(self._path), timeout=TIMEOUT_SECONDS)


class Reminder:
    """Tells about jobs that are due and that no message is under way for."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self._told: set[str] = set()

    def remind(self, due: Sequence[str]) -> None:
        """Deliver what is due; not again while messages wait behind a long job."""
        if self._messenger.is_idle():
            self._told.clear()
        for job_id in due:
            if job_id not in self._told:
                self._messenger.deliver(job_id)
        self._told = set(due)


class _Queue(Huey):  # type: ignore[misc]
    """Huey with messages that are an id and nothing else: its own are pickled, and could run anything."""

    def __init__(self, run: Run | None, **storage: Any) -> None:
        super().__init__("jobs", results=False, **storage)
        self._task = self.task(name="run_job")(run or _nobody)

    def tell(self, job_id: str) -> None:
        """Put a message about this job where consumers find it."""
        self.enqueue(self._task.s(job_id))

    def serialize_task(self, task: Any) -> bytes:
        """The job's id."""
        return str(task.args[0]).encode("ascii")

    def deserialize_task(self, data: bytes) -> Any:
        """The task for the job of this id."""
        return self._task.s(bytes(data).decode("ascii"))


class _File(SqliteStorage):  # type: ignore[misc]
    """Huey's tables, in a file that is made anew where it was deleted or is no database any more."""

    def __init__(self, name: str, **options: Any) -> None:
        self._conn: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        super().__init__(name, create_tables=False, **options)

    @property
    def conn(self) -> sqlite3.Connection:
        """A connection to the file that is there now."""
        if self._conn is not None and self._identity != _identity(self.filename):
            self._conn.close()
            self._conn = None
        if self._conn is None:
            self._conn = self._create_connection()
            self._identity = _identity(self.filename)
        return self._conn

    def _create_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._create_connection()
        # Survives kill -9; a power cut may take the last messages, but leaves the file whole.
        connection.execute("PRAGMA synchronous=NORMAL")
        for statement in self.ddl:
            connection.execute(statement)
        return connection

    @contextmanager
    def db(self, commit: bool = False, close: bool = False) -> Iterator[sqlite3.Cursor]:
        """A cursor. A file that is no database is removed, so that the next attempt begins with a new one."""
        try:
            with super().db(commit=commit, close=close) as cursor:
                yield cursor
        except sqlite3.DatabaseError as error:
            # Its subclasses blame a statement or a lock; the class itself says that the file is broken.
            if type(error) is sqlite3.DatabaseError:
                log.warning("%s is broken and made anew", FILE)
                self._remove()
            raise

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self.filename}{ending}").unlink()


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _nobody(_job_id: str) -> None:
    """Stands for the task where messages are only written."""
