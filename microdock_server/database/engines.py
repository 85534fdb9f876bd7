"""Engine options for SQLite and PostgreSQL, with which a unit of work can promise the same on both.

SQLite has one writer at a time: `BEGIN IMMEDIATE` takes the write lock of its file. On PostgreSQL a writing unit takes
an advisory lock before anything else: the whole of it, or, where it writes one owner's rows alone, a share of it and a
lock of that owner's. So units of different owners run side by side, and all others alone. What a service has read is
still true when it writes, events are numbered in the order of their commits, and units never deadlock: whoever has the
whole lock waits for no other. Readers wait for nobody on either engine, and see one snapshot from their first statement
to their last. Counting a download is an exception: it is a single statement without
a unit, and any number of them run concurrently.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import Conflict, DatabaseBusy, DomainError, StorageFull

WAIT_MS: Final = 15_000
# Any number, as long as every version of this program uses the same one.
WRITE_LOCK: Final = 0x6D69_6372_6F64_6F63


class Begun(Protocol):
    """A unit of work whose transaction begins. `of`: the owner whose rows alone it writes; None: whatever it likes."""

    writing: bool
    of: str | None


# None outside of units.
CurrentUnit = Callable[[], Begun | None]


def options(url: str, pool_size: int) -> dict[str, Any]:
    """Options for SQLAlchemy's engine for `url`.

    SQLite's connections are cheap: threads bound their number, and no thread waits for one. A PostgreSQL connection is
    a process of the server, and all nodes share about a hundred: each process of ours has `pool_size` of them.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return {"pool_size": 32, "max_overflow": -1}
    return {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": WAIT_MS / 1000,
        # A restarted server has closed the connections in the pool.
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": 5,
            "options": f"-c timezone=UTC -c lock_timeout={WAIT_MS} -c idle_in_transaction_session_timeout=60000",
            "application_name": "microdock",
        },
    }


def prepare(engine: Engine, current: CurrentUnit) -> None:
    """Make units of work on `engine` begin as described in the module."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", lambda connection: _begin_sqlite(connection, current()))
    else:
        event.listen(engine, "begin", lambda connection: _begin_postgresql(connection, current()))


def autocommit(url: URL, engine_options: dict[str, Any]) -> Engine:
    """An engine for counters and for single reads: every statement is a transaction of its own.

    Commits survive kill -9 of every process of this program; only a power loss (or a crash of PostgreSQL itself) may
    lose the counts of the last second.
    """
    # There is never a transaction to be rolled back.
    made = {**engine_options, "pool_reset_on_return": None}
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, isolation_level="AUTOCOMMIT", **made)
        event.listen(engine, "connect", _configure_autocommit)
        return engine
    arguments = made.pop("connect_args")
    arguments = {**arguments, "options": f"{arguments['options']} -c synchronous_commit=off"}
    return create_engine(url, isolation_level="AUTOCOMMIT", connect_args=arguments, **made)


def _lock_of(owner: str) -> int:
    """A number for the lock of an owner's rows. That two owners have the same only makes one wait for the other."""
    return int.from_bytes(hashlib.sha256(f"owner:{owner}".encode("utf-8", "surrogatepass")).digest()[:8], signed=True)


def answers(engine: Engine) -> bool:
    """Can the database be reached?"""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def lock_writing(connection: Connection) -> None:
    """Exclude other writers on this PostgreSQL database until the connection's transaction ends."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def meaning(reason: BaseException) -> DomainError | None:
    """The domain error for an engine's exception; None if there is none."""
    if isinstance(reason, IntegrityError):
        return Conflict()
    if isinstance(reason, PoolTimeout):
        return DatabaseBusy()
    if not isinstance(reason, OperationalError):
        return None
    if getattr(reason.orig, "sqlite_errorcode", None) is not None or isinstance(reason.orig, sqlite3.Error):
        return _meaning_sqlite(str(reason.orig))
    # Locks, deadlocks, too many connections, a server that shuts down or is unreachable: all of it is temporary.
    return StorageFull() if _state(reason) == "53100" else DatabaseBusy()


def is_passing(reason: BaseException) -> bool:
    """Did PostgreSQL roll back a statement because of another one, so that a retry succeeds?"""
    return _state(reason) in ("40001", "40P01")


def _state(reason: BaseException) -> str:
    return getattr(getattr(reason, "orig", None), "sqlstate", None) or ""


def _meaning_sqlite(text: str) -> DomainError | None:
    if "locked" in text or "busy" in text:
        return DatabaseBusy()
    return StorageFull() if "full" in text else None


def _configure_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # None: the driver begins no transactions of its own; `_begin_sqlite` does.
    connection.isolation_level = None
    _pragmas(connection, synchronous="FULL")


def _configure_autocommit(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    _pragmas(connection, synchronous="NORMAL")


def _pragmas(connection: sqlite3.Connection, synchronous: str) -> None:
    cursor = connection.cursor()
    # The first pragma, so that switching a new file to WAL waits for its lock as well.
    cursor.execute(f"PRAGMA busy_timeout={WAIT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={synchronous}")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Checkpoints run in one place (jobs/node_maintenance.py): SQLite before 3.51.3 can corrupt a database if two
    # connections restart the log at once. The high threshold only bounds the log where that job does not run.
    cursor.execute("PRAGMA wal_autocheckpoint=20000")
    cursor.close()


def _begin_sqlite(connection: Connection, unit: Begun | None) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if unit is not None and unit.writing else "BEGIN")


def _begin_postgresql(connection: Connection, unit: Begun | None) -> None:
    if unit is None:
        return
    if unit.writing and unit.of is None:
        lock_writing(connection)
    elif unit.writing:
        connection.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock_shared({WRITE_LOCK}), pg_advisory_xact_lock({_lock_of(str(unit.of))})"
        )
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
