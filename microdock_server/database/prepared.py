"""Statements that are compiled once for each kind of database, and run on the driver's cursor."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_REQUIRED: Final = object()

Process = Callable[[Any], Any]


@dataclass(slots=True)
class _Compiled:
    """A statement's text for one kind of database, and what its values and columns are converted by."""

    text: str
    # In the order of the text, where the driver wants them so.
    names: tuple[str, ...]
    is_positional: bool
    # By name: the value where none is given (already converted), and the conversion of those given.
    values: Mapping[str, tuple[Any, Process | None]]
    types: tuple[TypeEngine[Any], ...]
    row: Callable[[Any], Any]
    # By the place of the column, once the driver has said what types it gives.
    conversions: tuple[tuple[int, Process], ...] | None = None

    def parameters(self, given: Mapping[str, Any]) -> Any:
        converted = {name: self._value(name, given) for name in self.values}
        return tuple(converted[name] for name in self.names) if self.is_positional else converted

    def rows(self, found: Sequence[Any], codes: Sequence[Any], dialect: Dialect) -> list[Any]:
        """`codes` are the driver's types of the columns."""
        if self.conversions is None:
            made = [kind.result_processor(dialect, code) for kind, code in zip(self.types, codes, strict=True)]
            self.conversions = tuple((index, process) for index, process in enumerate(made) if process is not None)
        if not self.conversions:
            return list(map(self.row, found))
        return [self.row(_converted(row, self.conversions)) for row in found]

    def _value(self, name: str, given: Mapping[str, Any]) -> Any:
        default, process = self.values[name]
        if name not in given and default is not _REQUIRED:
            return default
        value = given[name]
        return value if process is None else process(value)


class Prepared:
    """A statement that returns rows, for an `autocommit_engine` and for what every request asks.

    There SQLAlchemy's way to the cursor costs more than the statement. What it promises stays: values and columns are
    converted by their types, the engine's listeners are told of every execution, and errors are SQLAlchemy's. Lists of
    values (`expanding`) cannot be prepared.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, engine: Engine, given: Mapping[str, Any]) -> list[Any]:
        """The rows: tuples with attributes named as the columns are. `given` are the values of its `bindparam`s."""
        compiled = self._compiled.get(engine.dialect.name)
        if compiled is None:
            compiled = self._compiled[engine.dialect.name] = _compile(self._statement, engine.dialect)
        parameters = compiled.parameters(given)
        connection = _connection(engine)
        try:
            return compiled.rows(*_execute(engine, connection, compiled.text, parameters), engine.dialect)
        finally:
            connection.close()


def _connection(engine: Engine) -> PoolProxiedConnection:
    driver = engine.dialect.loaded_dbapi
    try:
        return engine.raw_connection()
    except driver.Error as reason:
        raise DBAPIError.instance(None, None, reason, driver.Error) from reason


def _execute(
    engine: Engine, connection: PoolProxiedConnection, text: str, parameters: Any
) -> tuple[Sequence[Any], Sequence[Any]]:
    """The rows as the driver gives them, and its types of their columns.

    Listeners get the pool's connection, which has the same `info` as SQLAlchemy's.
    """
    listeners, driver = engine.dispatch, engine.dialect.loaded_dbapi
    cursor = connection.cursor()
    try:
        for told in listeners.before_cursor_execute:
            text, parameters = told(connection, cursor, text, parameters, None, False)
        engine.dialect.do_execute(cursor, text, parameters)
        found: Sequence[Any] = cursor.fetchall()
        for told in listeners.after_cursor_execute:
            told(connection, cursor, text, parameters, None, False)
        return found, [column[1] for column in cursor.description or ()]
    except driver.Error as reason:
        is_gone = engine.dialect.is_disconnect(reason, connection, cursor)
        if is_gone:
            connection.invalidate(reason)
        raise DBAPIError.instance(
            text, None, reason, driver.Error, hide_parameters=True, connection_invalidated=is_gone
        ) from reason
    finally:
        # Also after an error: SQLite ends a statement, and gives up its lock, when its rows are read or its cursor is
        # closed.
        cursor.close()


def _converted(row: Any, conversions: Sequence[tuple[int, Process]]) -> list[Any]:
    values = list(row)
    for index, process in conversions:
        values[index] = process(values[index])
    return values


def _compile(statement: Any, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params:
        raise RuntimeError("only a statement without lists of values can be prepared")
    values: dict[str, tuple[Any, Process | None]] = {}
    for bind, name in compiled.bind_names.items():
        process = bind.type.dialect_impl(dialect).bind_processor(dialect)
        default = _REQUIRED if bind.required else bind.effective_value
        values[name] = (default if default is _REQUIRED or process is None else process(default), process)
    columns = compiled._result_columns
    row = namedtuple("Row", [column.keyname for column in columns], rename=True)  # type: ignore[misc]
    return _Compiled(
        text=compiled.string,
        names=tuple(compiled.positiontup or ()),
        is_positional=compiled.positional,
        values=values,
        types=tuple(column.type.dialect_impl(dialect) for column in columns),
        row=row._make,
    )
