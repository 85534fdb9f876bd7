"""Rows by keys of two columns: the right ones, and by an index on both engines."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, select

from microdock_server.database.pairs import is_any_of
from microdock_server.database.session import db, table_of
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import PluginVersion
from microdock_server.services.autoreview import requests
from microdock_server.services.plugins import versions

from .rows import add_plugins

COLUMNS = table_of(PluginVersion).c
KEY = (COLUMNS.plugin_name, COLUMNS.version)
A, B = ("com.example.a", "1.0.0"), ("com.example.b", "1.0.0")


@pytest.fixture
def app(app: Flask) -> Flask:
    add_plugins(app, {name: {} for name in "abc"})
    return app


@pytest.mark.parametrize(
    ("keys", "found"),
    [([A, B], [A, B]), ([A, (B[0], "2.0.0"), ("com.example.none", "1.0.0")], [A]), ([], [])],
)
def test_rows_are_those_of_the_keys(app: Flask, keys: list[tuple[str, str]], found: list[tuple[str, str]]) -> None:
    with app.app_context(), unit_of_work(writing=False):
        rows = db.session.execute(select(*KEY).where(is_any_of(KEY, keys)).order_by(*KEY)).all()
        assert [tuple(row) for row in rows] == found


@pytest.mark.sqlite
def test_no_row_is_looked_at_in_vain(app: Flask) -> None:
    with app.app_context(), unit_of_work(writing=False):
        asked: list[tuple[str, object]] = []
        connection = db.session.connection()
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        versions.exactly([A, B])
        requests.latest_of_each([A, B])
        plans = [
            [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
            for sql, parameters in list(asked)
        ]
    assert len(plans) == 2
    for steps in plans:
        assert [step for step in steps if step.startswith("SEARCH") and "plugin_name=?" in step], steps
        assert not [step for step in steps if step.startswith(("SCAN plugin_versions", "SCAN auto_reviews"))], steps
