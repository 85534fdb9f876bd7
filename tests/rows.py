"""Plugins without packages, for tests that need many of them or of a certain age: rows, indexed as the server does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, CursorResult, update

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Plugin, PluginVersion
from microdock_server.models.columns import new_id
from microdock_server.services import accounts, catalog
from microdock_server.services.releases import actives

BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)


def add_plugin(app: Flask, name: str, *, owner: str | None = None, downloads: int = 0, **columns: Any) -> str:
    """A plugin named `com.example.<name>`, published unless `columns` say otherwise; answers its id.

    `downloads` happened before days were kept. The later one is added, the later it was created.
    """
    with app.app_context(), unit_of_work():
        return _add(name, owner, downloads, columns)


def add_plugins(app: Flask, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Many, by name, with what `add_plugin` is given for each: in one unit of work."""
    with app.app_context(), unit_of_work():
        for name, options in rows.items():
            columns = {"owner": None, "downloads": 0, **options}
            _add(name, columns.pop("owner"), columns.pop("downloads"), columns)


def _add(name: str, owner: str | None, downloads: int, columns: Mapping[str, Any]) -> str:
    number = catalog.next_number()
    values: dict[str, Any] = {
        "name": f"com.example.{name}",
        "id": new_id(),
        "number": number,
        "status": "published",
        "display_name": f"Plugin {number}",
        "description": "",
        "tags": [],
        "author": "",
        "created_at": BEGINNING + timedelta(hours=number),
        "updated_at": BEGINNING + timedelta(hours=number),
        **{"license": "MIT", "homepage": "", "main_dll": "A.dll", "entry_class": "A.B", "overrides": {}},
        **{"current_version": "1.0.0", "upload_key_hash": "", "revision": catalog.next_revision()},
        **columns,
    }
    values["name_key"] = values["name"].lower()
    values["owner_id"] = _user_id(owner)
    plugin = Plugin(**values)
    updated = plugin.updated_at
    db.session.add(plugin)
    db.session.flush()
    db.session.add(_version(plugin, downloads))
    catalog.touch(plugin)
    db.session.flush()
    db.session.execute(update(Plugin).where(Plugin.number == number).values(updated_at=updated))
    return str(values["id"])


def count_downloads(app: Flask, name: str, count: int) -> None:
    """Downloads of today, as the server counts them."""
    statement = update(PluginVersion).where(PluginVersion.plugin_name == f"com.example.{name}")
    with app.app_context(), unit_of_work():
        db.session.execute(statement.values(download_count=PluginVersion.download_count + count))


def move_downloads(app: Flask, name: str, day: date, count: int) -> None:
    """Let `count` of today's downloads have happened on an earlier day: every total stays what it was.

    The windows are left as triggers made them: as though the days in between had not been rolled over.
    """
    today = datetime.now(UTC).date().isoformat()
    with raw(app) as connection:
        for table, key in (("download_days", (f"com.example.{name}",)), ("download_totals", ())):
            columns, marks = ("plugin_name, ", "?, ") if key else ("", "")
            where = "plugin_name = ? AND " if key else ""
            connection.execute(f"UPDATE {table} SET count = count - ? WHERE {where}day = ?", (count, *key, today))
            connection.execute(
                f"INSERT INTO {table} ({columns}day, count) VALUES ({marks}?, ?) "
                f"ON CONFLICT ({columns}day) DO UPDATE SET count = {table}.count + excluded.count",
                (*key, day.isoformat(), count),
            )


def windows(app: Flask) -> dict[str, tuple[int, ...]]:
    """Of each plugin: downloads in all, in 7, 30, 90 and 365 days, as they are kept."""
    with raw(app) as connection:
        rows = connection.execute("SELECT plugin_name, total, d7, d30, d90, d365 FROM download_windows").fetchall()
    return {row[0]: tuple(row[1:]) for row in rows}


def summed(app: Flask, today: date) -> dict[str, tuple[int, ...]]:
    """The same, added up from the rows of days, as of `today`."""
    with raw(app) as connection:
        found = {}
        for (name,) in connection.execute("SELECT name FROM plugins").fetchall():
            sums = []
            for length in (None, 7, 30, 90, 365):
                since = "" if length is None else (today - timedelta(days=length - 1)).isoformat()
                query = "SELECT coalesce(sum(count), 0) FROM download_days WHERE plugin_name = ? AND day >= ?"
                sums.append(int(connection.execute(query, (name, since)).fetchone()[0]))
            found[name] = tuple(sums)
    return found


class Shell:
    """The database as somebody with a shell sees it; every statement is committed at once."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.dialect = connection, connection.dialect.name

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> CursorResult[Any]:
        """Run one statement, in which `?` stand for the parameters."""
        if self.dialect == "postgresql" and parameters:
            statement = statement.replace("?", "%s")
        return self.connection.exec_driver_sql(statement, tuple(parameters))

    def drop_trigger(self, name: str, table: str) -> None:
        """Let the table be what tables are."""
        self.execute(f"DROP TRIGGER {name}{f' ON {table}' if self.dialect == 'postgresql' else ''}")


@contextmanager
def raw(app: Flask) -> Iterator[Shell]:
    """A shell on the application's database."""
    with app.extensions["microdock"].autocommit.connect() as connection:
        yield Shell(connection)


def _user_id(username: str | None) -> str | None:
    if username is None:
        return None
    user = accounts.find(username)
    assert user is not None
    return user.id


def _version(plugin: Plugin, downloads: int) -> PluginVersion:
    shown = ("display_name", "description", "author", "license", "homepage", "main_dll", "entry_class")
    return PluginVersion(
        plugin_name=plugin.name,
        version="1.0.0",
        precedence="1.0.0",
        status="published" if plugin.is_public else "pending",
        changelog="",
        dependencies={},
        engines={},
        assembly_finding={},
        storage_backend="local",
        storage_key=f"uploads/{plugin.id}",
        file_size=1,
        file_hash="0" * 64,
        download_count=downloads,
        **{field: getattr(plugin, field) for field in shown},
    )


def salt_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have hosts counted with the same salts in every run, another one for each week."""
    numbers = count()
    monkeypatch.setattr(actives.secrets, "token_hex", lambda _: hashlib.sha256(b"salt %d" % next(numbers)).hexdigest())
