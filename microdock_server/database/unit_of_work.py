"""The unit of work: the only commit and rollback in the program.

`unit_of_work()` promises:

- Nested use joins the outer unit; only the outermost commits.
- The database transaction begins with the first statement, not with the unit: a body can be received and a blob
  written inside a unit without holding the write lock. A writing unit then takes it at once (see engines.py), so
  that a read followed by a write never fails halfway.
- Every unit begins with an empty session and leaves its objects readable but detached: nothing is lazily loaded
  afterwards, and nothing stale is carried into the next unit.
- `on_commit` callbacks run after a successful commit, `on_rollback` callbacks after a rollback, latest first.
- When the outcome of a commit is unknown (the engine failed while committing), neither runs: a row may exist,
  so nothing that it could need is deleted. `flask storage gc` removes what turns out to be unreferenced.

Do not use it around anything slow (hashing a password, reading a request body).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar, cast

from sqlalchemy import CursorResult, Engine, Row
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import Conflict
from ..observability import metrics, tracing
from . import engines
from .latency import COMMIT, watch
from .prepared import Prepared
from .session import db

log = logging.getLogger(__name__)

Callback = Callable[[], None]
T = TypeVar("T")


class Unit:
    """One transaction: its mode, and the callbacks for its end."""

    def __init__(self, writing: bool, of: str | None = None) -> None:
        self.writing, self.of = writing, of
        self._on_commit: list[Callback] = []
        self._on_rollback: list[Callback] = []
        self._asked: set[str] = set()
        self._read: dict[str, Any] = {}

    def is_first(self, name: str) -> bool:
        """Is this the first call for `name` in this unit? For things to do once per transaction."""
        is_first = name not in self._asked
        self._asked.add(name)
        return is_first

    def read_once(self, name: str, read: Callable[[], T]) -> T:
        """What `read` returned at the first call for `name` in this unit. A writing unit reads each time, because it
        may have changed it.
        """
        if self.writing:
            return read()
        if name not in self._read:
            self._read[name] = read()
        return cast(T, self._read[name])

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
def unit_of_work(*, writing: bool = True, of: str | None = None) -> Iterator[Unit]:
    """One transaction; the module lists the promises. A reading unit must not write.

    `of` names an owner, such as a user by id: the unit writes rows of that owner alone, and on PostgreSQL runs beside
    those of others. It must not write what has a common order or number: events, the audit log, the catalogue.
    """
    outer = _current.get()
    if outer is not None:
        if writing and not outer.writing:
            raise RuntimeError("a writing unit cannot join a reading one")
        if writing and outer.of not in (None, of):
            raise RuntimeError("a unit cannot join one of another owner's")
        yield outer
        return
    unit = Unit(writing, of)
    token = _current.set(unit)
    try:
        with tracing.span("unit of work", microdock_writing=writing):
            yield from _run_unit(unit)
    finally:
        _current.reset(token)


def current_unit() -> Unit:
    """The open unit. Services register callbacks with the transaction they run in."""
    unit = _current.get()
    if unit is None:
        raise RuntimeError("no unit of work is open")
    return unit


def read_once(name: str, read: Callable[[], T]) -> T:
    """What `read` returns, which a reading unit of work asks for once: all of it should read the same. See
    Unit.read_once.
    """
    unit = _current.get()
    return read() if unit is None else unit.read_once(name, read)


def ensure_whole() -> None:
    """Raise RuntimeError in a unit of one owner's rows: what follows must be written by one unit at a time."""
    unit = _current.get()
    if unit is not None and unit.of is not None:
        raise RuntimeError("a unit of one owner's rows must not write what others write too")


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
        # The engine may have committed before it failed, so files that the rows could need are kept. The connection may
        # still hold the transaction, and with it the write lock: it is discarded, not returned to the pool.
        db.session().invalidate()
        _reraise(reason)


def _reraise(reason: BaseException) -> NoReturn:
    """Raise the domain error for an engine's exception; anything else unchanged."""
    meant = engines.meaning(reason)
    if meant is None:
        raise reason
    raise meant from reason


def _run(callbacks: Iterator[Callback] | list[Callback]) -> None:
    for callback in callbacks:
        try:
            callback()
        except Exception:
            log.exception("a callback after the transaction failed")


def execute_autocommit(engine: Engine, statement: Any, parameters: dict[str, Any], tries: int = 3) -> int:
    """Run one statement in a transaction of its own on an `autocommit_engine`; returns the number of affected rows."""
    return int(_autocommit(engine, statement, parameters, lambda result: result.rowcount, tries))


def write_autocommit(engine: Engine, statement: Any, parameters: dict[str, Any], tries: int = 3) -> Sequence[Row[Any]]:
    """The same for a statement that returns rows, or a Prepared one; returns these."""
    return cast(Sequence[Row[Any]], _autocommit(engine, statement, parameters, lambda result: result.all(), tries))


def read_autocommit(engine: Engine, statement: Any, parameters: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
    """The rows of one statement, which may be Prepared, on an `autocommit_engine`: a snapshot of its own, without a
    transaction around it.

    For queries that every request makes: a unit of work around a single statement costs more than the statement.
    """
    return cast(Sequence[Row[Any]], _autocommit(engine, statement, parameters, lambda result: result.all()))


def _autocommit(
    engine: Engine,
    statement: Any,
    parameters: dict[str, Any] | None,
    taken: Callable[[CursorResult[Any]], Any],
    tries: int = 1,
) -> Any:
    """What `taken` has of the statement's result; tried again where PostgreSQL undid it because of another."""
    try:
        if isinstance(statement, Prepared):
            return statement.run(engine, parameters or {})
        with engine.connect() as connection:
            return taken(connection.execute(statement, parameters))
    except (DBAPIError, PoolTimeout) as reason:
        if tries > 1 and engines.is_passing(reason):
            return _autocommit(engine, statement, parameters, taken, tries - 1)
        _reraise(reason)


def autocommit_engine(engine: Engine, engine_options: dict[str, Any]) -> Engine:
    """A second engine beside `engine` for counters, with connections of its own. See engines.autocommit."""
    autocommit = engines.autocommit(engine.url, engine_options)
    watch(autocommit)
    return autocommit


def prepare_engine(engine: Engine) -> None:
    """Configure connections so that the promises above hold, and measure their latency."""
    watch(engine)
    engines.prepare(engine, _current.get)


__all__ = [
    "Unit",
    "autocommit_engine",
    "current_unit",
    "ensure_whole",
    "execute_autocommit",
    "prepare_engine",
    "read_autocommit",
    "read_once",
    "unit_of_work",
    "write_autocommit",
]
