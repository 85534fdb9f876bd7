"""Helpers that make tests readable."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from microdock_server.api.core.auth import sign
from microdock_server.config import Settings, load_settings
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import User
from microdock_server.services import accounts
from microdock_server.services.accounts import tokens
from microdock_server.vocabulary import Role

from .peers import postgresql


def settings_for(directory: Path, **overrides: str) -> Settings:
    """Settings for one test: everything below `directory`, no rate limits, quiet logs."""
    base = {"DATA_DIR": str(directory), "RATELIMIT_ENABLED": "false", "LOG_LEVEL": "WARNING", "DEBUG": "true"}
    return load_settings({**base, **database_for(directory), **overrides})


def database_for(directory: Path) -> dict[str, str]:
    """The setting of the database that goes with a data directory; empty where that is the default, a file in it."""
    return {"DATABASE_URL": postgresql.database_of(directory)} if postgresql.is_wanted() else {}


def manifest(**changes: Any) -> dict[str, Any]:
    """A valid plugin.json."""
    base = {
        "name": "com.example.myplugin",
        "version": "1.0.0",
        "main": "MyPlugin.dll",
        "entryClass": "MyPlugin.PluginEntry",
        "displayName": "我的插件",
        "description": "这是一个示例插件",
        "author": "开发者姓名",
        "license": "MIT",
        "homepage": "https://example.com/myplugin",
        "changelog": "修复了一些bug，添加了新功能",
        "dependencies": {"com.other.plugin": ">=1.0.0"},
        "engines": {"MicroDock": ">=2.0.0"},
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def package(**changes: Any) -> bytes:
    """A valid package; `changes` go into its plugin.json."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest(**changes), ensure_ascii=False))
        archive.writestr(changes.get("main", "MyPlugin.dll"), b"MZ not really an assembly")
    return buffer.getvalue()


class Api:
    """Calls on one application, as one caller. `token` is sent where there is one."""

    def __init__(self, app: Flask, token: str | None = None) -> None:
        self.app, self.token = app, token

    def log_in(self, username: str, password: str) -> Self:
        """The same application, as this user (through the host surface)."""
        answer = self.post("/api/auth/login", {"username": username, "password": password})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return type(self)(self.app, answer.get_json()["token"])

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        if body is not None:
            options["json"] = body
        return self._call("POST", path, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self._call("PUT", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self._call("DELETE", path, **options)

    def upload(
        self, data: bytes | None = None, key: str = "upload-key", name: str = "p.zip", **fields: str
    ) -> TestResponse:
        """Upload a plugin package (a valid one unless `data` says otherwise)."""
        form: dict[str, Any] = {
            "file": (io.BytesIO(package() if data is None else data), name),
            "plugin_key": key,
        }
        return self._call("POST", "/api/plugins/upload", data={**form, **fields})

    def back_up(self, data: bytes = b"bytes", name: str = "backup.zip", **fields: str) -> TestResponse:
        """Upload a backup."""
        form: dict[str, Any] = {"user_key": "user123abc", "backup_type": "program", **fields}
        return self._call("POST", "/api/backups/upload", data={**form, "file": (io.BytesIO(data), name)})

    def _call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.app.test_client().open(path, method=method, headers=headers, buffered=True, **options)


def signed_in(app: Flask, username: str = "admin") -> Api:
    """Calls by an existing user, whose token was made without the slow check of a password."""
    with app.app_context(), unit_of_work(writing=False):
        user = accounts.find(username)
        assert user is not None
        return Api(app, sign(tokens.host_token(user, timedelta(hours=24))))


def add_user(app: Flask, username: str, role: Role = Role.USER) -> Api:
    """A new user who can only use the token that comes with it: making a password's hash is slow."""
    with app.app_context(), unit_of_work():
        key = username.casefold()
        db.session.add(User(username=username, username_key=key, password_hash="!", role=role))
    return signed_in(app, username)


def stored_files(app: Flask) -> list[str]:
    """Every file that uploads, backups or bodies being received have left on the disk."""
    settings = app.extensions["microdock"].settings
    areas = (settings.upload_dir, settings.backup_dir, settings.temp_dir)
    return sorted(str(path) for area in areas for path in area.rglob("*") if path.is_file())


def stored_rows(app: Flask) -> dict[str, int]:
    """How many rows each table holds."""
    with app.app_context(), unit_of_work(writing=False):
        counts = {
            table.name: db.session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in db.metadata.sorted_tables
        }
    return {name: count for name, count in counts.items() if count}


def all_rows(app: Flask) -> dict[str, list[str]]:
    """What each table holds, in an order of its own."""
    with app.app_context(), unit_of_work(writing=False):
        tables = {table.name: db.session.execute(select(table)).all() for table in db.metadata.sorted_tables}
    return {name: sorted(repr(tuple(row)) for row in rows) for name, rows in tables.items()}


@contextmanager
def unchanged(app: Flask) -> Iterator[None]:
    """For tests that share an application, and only ask it or are refused: at the end it holds what it held before."""
    before = all_rows(app), stored_files(app)
    yield
    assert (all_rows(app), stored_files(app)) == before


def multipart(*parts: tuple[str, bytes], boundary: str = "b0undary") -> dict[str, Any]:
    """Options of a call whose body is written out: pairs of a part's header lines and its bytes."""
    written = b"".join(f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts)
    return {
        "data": written + f"--{boundary}--\r\n".encode(),
        "headers": {"Content-Type": f'multipart/form-data; boundary="{boundary}"'},
    }
