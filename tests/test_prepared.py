"""Prepared statements give what SQLAlchemy's own way gives; see database/prepared.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, bindparam, create_engine, event, func, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from microdock_server.database.prepared import Prepared
from microdock_server.database.session import Base, table_of
from microdock_server.database.unit_of_work import read_autocommit
from microdock_server.errors import DatabaseBusy
from microdock_server.models import Plugin, User
from microdock_server.vocabulary import PluginStatus

from .support import Api, package


@pytest.fixture
def engine(app: Flask) -> Engine:
    found: Engine = app.extensions["microdock"].autocommit
    return found


def test_every_column_of_every_table_is_converted_alike(engine: Engine, published_plugin: dict[str, Any]) -> None:
    filled = 0
    for table in Base.metadata.sorted_tables:
        statement = select(table).order_by(*table.primary_key.columns)
        with engine.connect() as connection:
            expected = connection.execute(statement).all()
        found = Prepared(statement).run(engine, {})
        assert [tuple(row) for row in found] == [tuple(row) for row in expected], table.name
        assert [row._asdict() for row in found] == [row._asdict() for row in expected], table.name
        filled += bool(found)
    assert filled > 10


def test_values_are_converted_and_those_of_the_statement_are_there(engine: Engine, user: Api) -> None:
    users = table_of(User)
    statement = select(users.c.username, users.c.is_active.label("active"), func.count().over().label("all")).where(
        users.c.created_at <= bindparam("until", type_=users.c.created_at.type), users.c.username == bindparam("name")
    )
    prepared = Prepared(statement.where(users.c.is_active))
    with engine.connect() as connection:
        created = connection.execute(select(users.c.created_at).where(users.c.username == "somebody")).scalar_one()
    row = prepared.run(engine, {"until": created, "name": "somebody"})[0]
    assert (row.username, row.active, row.all) == ("somebody", True, 1)
    assert row.active is True
    assert prepared.run(engine, {"until": created.replace(year=2000), "name": "somebody"}) == []
    with pytest.raises(KeyError):
        prepared.run(engine, {"until": created})


def test_listeners_are_told_and_measure(engine: Engine) -> None:
    told: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: told.append(arguments[2]))
    event.listen(engine, "after_cursor_execute", lambda *arguments: told.append(arguments[2]))
    plugins = table_of(Plugin)
    statement = select(plugins.c.name).where(plugins.c.status == PluginStatus.PUBLISHED)
    Prepared(statement).run(engine, {})
    assert told == [str(statement.compile(dialect=engine.dialect))] * 2


def test_what_the_driver_raises_is_raised_as_by_sqlalchemy(engine: Engine) -> None:
    statement = select(text("1")).select_from(text("nothing_of_this_name"))
    with engine.connect() as connection, pytest.raises(DBAPIError) as expected:
        connection.execute(statement)
    with pytest.raises(type(expected.value)) as raised:
        Prepared(statement).run(engine, {})
    assert type(raised.value.orig) is type(expected.value.orig)
    assert Prepared(select(text("1"))).run(engine, {}) == [(1,)]


def test_a_database_that_cannot_be_reached_is_told_as_by_sqlalchemy(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/missing/database")
    with pytest.raises(OperationalError, match="unable to open"):
        Prepared(select(text("1"))).run(engine, {})


def test_a_statement_that_fails_halfway_holds_no_lock(
    app: Flask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    Api(app).upload()
    count = Prepared(update(table_of(Plugin)).values(is_deprecated=True).returning(table_of(Plugin).c.name))
    run = type(engine.dialect).do_execute

    def fail(self: Any, *arguments: Any, **options: Any) -> None:
        run(self, *arguments, **options)
        raise engine.dialect.loaded_dbapi.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(type(engine.dialect), "do_execute", fail)
        with pytest.raises(OperationalError) as raised:
            count.run(engine, {})
    assert Api(app).upload(package(version="2.0.0")).status_code == 200
    assert raised.value.connection_invalidated is False


def test_lists_of_values_cannot_be_prepared(engine: Engine) -> None:
    names = table_of(Plugin).c.name
    with pytest.raises(RuntimeError, match="without lists of values"):
        Prepared(select(names).where(names.in_(bindparam("names", expanding=True)))).run(engine, {"names": ["a"]})


@pytest.mark.postgresql
def test_a_connection_that_is_lost_is_not_used_again(engine: Engine) -> None:
    lost = Prepared(select(func.pg_terminate_backend(func.pg_backend_pid())))
    with pytest.raises(OperationalError) as raised:
        lost.run(engine, {})
    assert raised.value.connection_invalidated
    with pytest.raises(DatabaseBusy):
        read_autocommit(engine, lost)
    assert Prepared(select(func.pg_backend_pid())).run(engine, {})
