"""Measures how long the database takes: one observation per statement and commit, none per row."""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

from ..observability import metrics

# By the first word of a statement; all others are "other".
_OPERATIONS: Final = {
    "SELECT": "select",
    "INSERT": "insert",
    "UPDATE": "update",
    "DELETE": "delete",
    "BEGIN": "begin",
    "BEGIN ": "begin",
}
_TIMERS: Final = {name: metrics.STATEMENT.labels(name) for name in {*_OPERATIONS.values(), "other"}}
COMMIT: Final = metrics.STATEMENT.labels("commit")
_STARTED: Final = "microdock.statement_started"


def watch(engine: Engine) -> None:
    """Time every statement of the engine, and of engines derived from it by options."""
    event.listen(engine, "before_cursor_execute", _before)
    event.listen(engine, "after_cursor_execute", _after)


def _before(connection: Connection, *_: Any) -> None:
    connection.info[_STARTED] = time.perf_counter()


def _after(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    seconds = time.perf_counter() - connection.info[_STARTED]
    _TIMERS[_OPERATIONS.get(statement[:6].upper(), "other")].observe(seconds)
