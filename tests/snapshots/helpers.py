"""Helpers for tests of snapshots: a server with data, its snapshot, and the contents of a data directory."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask

from microdock_server import snapshots
from microdock_server.database.session import db, migrations
from microdock_server.snapshots import Known, Lock, Snapshot, archive_files

from ..support import Api, package, signed_in

# From the newest on.
REVISIONS = [script.revision for script in ScriptDirectory(str(migrations())).walk_revisions()]


def name_of(number: int) -> str:
    return f"com.example.p{number}"


def publish(app: Flask, *numbers: int) -> Api:
    """Publish a plugin for each number."""
    caller = signed_in(app)
    for number in numbers:
        answer = caller.upload(package(name=name_of(number), description="字" * 200 * number), key="upload-key")
        assert answer.status_code == 200, answer.get_data(as_text=True)
    return caller


def delete(app: Flask, number: int) -> None:
    answer = signed_in(app).post("/api/plugins/delete", {"name": name_of(number), "plugin_key": "upload-key"})
    assert answer.status_code == 200, answer.get_data(as_text=True)


def source(app: Flask) -> snapshots.Source:
    context = app.extensions["microdock"]
    return snapshots.Source(
        db.engine, context.storage, "2.0.0", {"debug": True}, context.settings.data_dir / "jwt-secret"
    )


def snapshot(app: Flask, out: Path, *, base: Known | None = None, lock: Lock | None = None) -> Snapshot:
    with app.app_context(), archive_files.locked(out):
        return snapshots.create(source(app), out, base=base, lock=lock)


def restore(archive: Path, data: Path, **options: Any) -> snapshots.Restored:
    return snapshots.restore(archive, data, revisions=options.pop("revisions", REVISIONS), **options)


def rows(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but of the search index."""
    with closing(sqlite3.connect(data / "microdock.db")) as connection:
        listed = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'plugin_search%'"
        )
        names = [name for (name,) in listed if not name.startswith("sqlite_")]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}


def logged_out(before: dict[str, list[tuple[Any, ...]]], data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """These rows, with the one change that a restore makes to them: every token of theirs is revoked."""
    with closing(sqlite3.connect(data / "microdock.db")) as connection:
        names = [name for _, name, *_ in connection.execute("PRAGMA table_info(users)")]
        epochs = dict(connection.execute("SELECT id, token_epoch FROM users").fetchall())
    at, own = names.index("token_epoch"), names.index("id")
    users = []
    for row in before["users"]:
        assert epochs[row[own]] > row[at]
        users.append((*row[:at], epochs[row[own]], *row[at + 1 :]))
    return {**before, "users": users}


def files(data: Path) -> dict[str, str]:
    """The hash of every blob, by key."""
    paths = [path for area in ("uploads", "backups") for path in (data / area).rglob("*") if path.is_file()]
    return {str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def hashes(data: Path) -> dict[str, str]:
    """The hash that its row names, for every key."""
    found = {}
    with closing(sqlite3.connect(data / "microdock.db")) as connection:
        for table in ("plugin_versions", "plugin_images", "backups"):
            found.update(connection.execute(f"SELECT storage_key, file_hash FROM {table}").fetchall())
    return found


def archives(out: Path) -> list[Path]:
    """Everything in a directory of archives but its lock."""
    return [path for path in out.iterdir() if path.name != archive_files.LOCK]


def data_of(app: Flask) -> Path:
    path: Path = app.extensions["microdock"].settings.data_dir
    return path
