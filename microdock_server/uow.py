"""The seal room: the only commit and rollback in the program.

`unit_of_work()` promises:

- Nested use joins the outer unit; only the outermost commits.
- The database transaction begins with the first statement, not with the unit: a body can be received and a blob
  written inside a unit without holding SQLite's write lock. A writing unit then begins IMMEDIATE, so that a
  read followed by a write never fails halfway.
- Every unit begins with an empty session and leaves its objects readable but detached: nothing is loaded
  behind its back, nothing stale is carried into the next.
- `on_commit` callbacks run after the commit succeeded, `on_rollback` callbacks after a rollback, latest first.
- When the outcome of a commit is unknown (the engine failed while committing), neither runs: a row may exist,
  so nothing that it could need is deleted. `flask storage gc` sweeps what turns out to be unreferenced.

Do not use it around anything slow (hashing a password, reading a request body).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from sqlalchemy import Connection, Engine, Row, create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from . import metrics, tracing
from .errors import Busy, Conflict, StorageFull
from .extensions import db
from .latency import COMMIT, watch

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 15_000

Callback = Callable[[], None]


class Unit:
    """What belongs to one transaction: its mode and what is to happen when it ends."""

    def __init__(self, writing: bool) -> None:
        self.writing = writing
        self._on_commit: list[Callback] = []
        self._on_rollback: list[Callback] = []

    def on_commit(self, callback: Callback) -> None:
        """Run `callback` once the transaction is durable. Its failure is logged, never raised."""
        self._on_commit.append(callback)

    def on_rollback(self, callback: Callback) -> None:
        """Run `callback` if the transaction is undone. Its failure is logged, never raised."""
        self._on_rollback.append(callback)

    def committed(self) -> None:
        _run(self._on_commit)

    def rolled_back(self) -> None:
        _run(reversed(self._on_rollback))


_current: ContextVar[Unit | None] = ContextVar("unit_of_work", default=None)


@contextmanager
def unit_of_work(*, writing: bool = True) -> Iterator[Unit]:
    """One transaction; see the module for what it promises. A reading unit changes nothing."""
    outer = _current.get()
    if outer is not None:
        if writing and not outer.writing:
            raise RuntimeError("a writing unit cannot join a reading one")
        yield outer
        return
    unit = Unit(writing)
    token = _current.set(unit)
    try:
        with tracing.span("unit of work", microdock_writing=writing):
            yield from _run_unit(unit)
    finally:
        _current.reset(token)


def current_unit() -> Unit:
    """The unit that is open. Services call this to hang callbacks on the transaction they run in."""
    unit = _current.get()
    if unit is None:
        raise RuntimeError("no unit of work is open")
    return unit


def _run_unit(unit: Unit) -> Iterator[Unit]:
    try:
        yield unit
        if unit.writing:
            db.session.flush()
    except BaseException as reason:
        db.session.close()
        unit.rolled_back()
        _reraise(reason)
    if unit.writing:
        _commit(unit)
    if db.session.registry.has():
        db.session.close()
    if unit.writing:
        unit.committed()


def _commit(unit: Unit) -> None:
    try:
        with metrics.timed(COMMIT):
            db.session.commit()
    except IntegrityError as reason:
        db.session().invalidate()
        unit.rolled_back()
        raise Conflict() from reason
    except BaseException as reason:
        # The engine may have committed before it failed: keep what the rows could need. The connection may still
        # hold the transaction, and with it the write lock: it is thrown away, not handed to the next request.
        db.session().invalidate()
        _reraise(reason)


def _reraise(reason: BaseException) -> NoReturn:
    """Raise the domain's word for an engine's failure; anything else as it is."""
    if isinstance(reason, IntegrityError):
        raise Conflict() from reason
    if isinstance(reason, OperationalError):
        text = str(reason.orig)
        if "locked" in text or "busy" in text:
            raise Busy() from reason
        if "full" in text:
            raise StorageFull() from reason
    raise reason


def _run(callbacks: Iterator[Callback] | list[Callback]) -> None:
    for callback in callbacks:
        try:
            callback()
        except Exception:
            log.exception("a callback after the transaction failed")


def execute_durably_enough(engine: Engine, statement: Any, parameters: dict[str, Any]) -> int:
    """Run one statement in a transaction of its own on a `counting_engine`; how many rows it touched."""
    with engine.connect() as connection:
        return int(connection.execute(statement, parameters).rowcount)


def read_at_once(engine: Engine, statement: Any, parameters: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
    """The rows of one statement on a `counting_engine`: a snapshot of its own, with no transaction around it.

    For what every request asks: a unit of work around a single statement costs more than the statement.
    """
    with engine.connect() as connection:
        return connection.execute(statement, parameters).all()


def counting_engine(engine: Engine) -> Engine:
    """A sibling of `engine` for counters: autocommit, and on SQLite `synchronous=NORMAL`.

    What it commits survives kill -9 of every process; only a power loss may take the last counts.
    """
    if engine.dialect.name != "sqlite":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    # Threads bound how many connections there are: none of them shall wait for one.
    counting = create_engine(engine.url, isolation_level="AUTOCOMMIT", pool_size=32, max_overflow=-1)
    event.listen(counting, "connect", _configure_counting)
    watch(counting)
    return counting


def prepare_engine(engine: Engine) -> None:
    """Give SQLite connections the settings that the promises above rest on. Every engine is timed."""
    watch(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)


def _configure(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # None: the driver begins no transaction of its own; `_begin` does.
    connection.isolation_level = None
    _pragmas(connection, synchronous="FULL")


def _configure_counting(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    _pragmas(connection, synchronous="NORMAL")


def _pragmas(connection: sqlite3.Connection, synchronous: str) -> None:
    cursor = connection.cursor()
    # The first, so that switching a new file to WAL waits for its turn as well.
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={synchronous}")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Checkpoints come from one place (jobs/checkpoint.py): SQLite before 3.51.3 can lose its way when two
    # connections restart the log at once. The high mark only bounds the log where that job does not run.
    cursor.execute("PRAGMA wal_autocheckpoint=20000")
    cursor.close()


def _begin(connection: Connection) -> None:
    unit = _current.get()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if unit is not None and unit.writing else "BEGIN")


__all__ = [
    "Unit",
    "counting_engine",
    "current_unit",
    "execute_durably_enough",
    "prepare_engine",
    "read_at_once",
    "unit_of_work",
]
