"""Migrations: upgrading leads to the models, and downgrading to an empty database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import JSON, inspect, select, text

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.database.session import db, is_modelled
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Category
from microdock_server.services import accounts

from . import forkserver
from .conftest import release
from .live import ROOT
from .support import Api, database_for, package, settings_for


def compare_default(context: Any, _found: Any, column: Any, *_rest: Any) -> bool | None:
    """PostgreSQL has no equality of JSON values, which Alembic would ask it for; SQLite's tests compare them."""
    is_json = isinstance(column.type, JSON) and context.dialect.name == "postgresql"
    return False if is_json else None


COMPARED = {"compare_type": True, "compare_server_default": compare_default, "include_object": is_modelled}
SCHEMA = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    "postgresql": (
        "SELECT 'column', table_name || '.' || column_name, "
        "concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default, collation_name) "
        "FROM information_schema.columns WHERE table_schema = 'public' "
        "UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
        "UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
        "UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    ),
}

USER = (
    "INSERT INTO users (id, username, username_key, email, email_key, password_hash, has_default_password, role, "
    "is_active, token_epoch, installs_revision, created_at) "
    "VALUES (:id, :name, :key, :email, :email_key, '!', FALSE, 'user', TRUE, 0, 0, '2025-01-01 00:00:00')"
)
KEYS = {
    " Alice ": "alice",
    "Ｆｕｌｌ": "full",
    "Straße": "strasse",
    "Jose\u0301": "josé",
    "a\u200bb\u00adc\u202ed": "abcd",
    "\u06ddx": "\u06ddx",
    "a\u034f\u0301": "á",
    "ﬁn\u3164": "fin",
    "\U000e0041": "",
    "İ": "i\u0307",
    "数据": "数据",
}
CATEGORY = (
    "INSERT INTO categories (id, name, name_key, description, parent_key, icon, sort_order, created_at, updated_at) "
    "VALUES ('1', :name, :key, '', '', '', 0, '2025-01-01 00:00:00', '2025-01-01 00:00:00')"
)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Flask]:
    """An application whose database does not exist yet."""
    app = create_app(settings_for(tmp_path / "new"))
    with app.app_context():
        yield app
    release(app)


def tables(app: Flask) -> set[str]:
    """Tables, and what the database does by itself."""
    found = {name for kind, name, _ in schema(app) if kind in ("trigger", "function")}
    return found | set(inspect(db.engine).get_table_names()) - {"sqlite_sequence"}


def schema(app: Flask) -> list[tuple[str, str, str]]:
    with db.engine.connect() as connection:
        rows = connection.execute(text(SCHEMA[connection.dialect.name]))
        return sorted((kind, name, str(made)) for kind, name, made in rows)


def stored_keys() -> tuple[list[tuple[str, str]], list[str]]:
    """The keys of accounts and of categories."""
    with db.engine.connect() as connection:
        people = connection.execute(text("SELECT username_key, email_key FROM users ORDER BY id"))
        categories = connection.execute(text("SELECT name_key FROM categories ORDER BY id"))
        return [(row.username_key, row.email_key) for row in people], [row.name_key for row in categories]


def references(table: str) -> list[tuple[str, str, str, str]]:
    """Column, table it refers to, and what happens on delete, for every reference of a table."""
    if db.engine.dialect.name == "sqlite":
        # SQLAlchemy does not read back what columns that were added later do.
        with db.engine.connect() as connection:
            rows = connection.execute(text(f"PRAGMA foreign_key_list({table})"))
            return [(table, source, other, action) for _, _, other, source, _, _, action, _ in rows]
    return [
        (table, column, key["referred_table"], key["options"].get("ondelete", "NO ACTION"))
        for key in inspect(db.engine).get_foreign_keys(table)
        for column in key["constrained_columns"]
    ]


def test_a_migrated_database_is_what_the_models_say(new: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=COMPARED)
        assert compare_metadata(context, db.metadata) == []


def test_every_reference_does_on_delete_what_the_models_say(new: Flask) -> None:
    upgrade()
    wanted = {
        (table.name, key.parent.name, key.column.table.name, (key.ondelete or "NO ACTION").upper())
        for table in db.metadata.sorted_tables
        for key in table.foreign_keys
    }
    assert {found for table in db.metadata.tables for found in references(table)} == wanted


def test_the_way_back_leaves_no_table(new: Flask) -> None:
    upgrade()
    before = schema(new)
    downgrade(revision="base")
    assert tables(new) <= {"alembic_version"}
    upgrade()
    assert schema(new) == before


def test_every_single_step_works_in_both_directions(new: Flask) -> None:
    steps = [script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()]
    for step in reversed(steps):
        upgrade(revision=step)
        downgrade(revision="-1")
        upgrade(revision=step)
    assert "plugins" in tables(new)


def test_the_history_has_one_end() -> None:
    assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1


def test_upgrading_twice_changes_nothing(new: Flask) -> None:
    upgrade()
    before = schema(new)
    upgrade()
    assert schema(new) == before


def test_a_migrated_database_serves(new: Flask) -> None:
    upgrade()
    prepare(new)
    api = Api(new)
    assert api.upload().status_code == 200
    assert api.get("/readyz").status_code == 200


def test_what_is_stored_survives_another_upgrade(new: Flask) -> None:
    upgrade()
    prepare(new)
    assert Api(new).upload().status_code == 200
    upgrade()
    [plugin] = Api(new).get("/api/plugins/list").get_json()["data"]
    assert plugin["name"] == "com.example.myplugin"


def test_names_get_one_key_and_get_their_old_one_back(new: Flask) -> None:
    upgrade(revision="0003")
    people = [
        ("1", "Alice", "a@example.com"),
        ("2", "Ａlice", "Jose\u0301@example.com"),
        ("3", "ｂｏｂ", "josé@example.com"),
    ]
    with db.engine.begin() as connection:
        for number, username, email in people:
            values = {"id": number, "name": username, "key": username.casefold(), "email": email}
            connection.execute(text(USER), {**values, "email_key": email.casefold()})
        connection.execute(text(CATEGORY), {"name": "Ｔools", "key": "ｔools"})
    before = stored_keys()
    upgrade()
    migrated = stored_keys()
    with unit_of_work():
        # As every start does. Of the keys it has nothing to change.
        assert accounts.complete() == 3
    assert stored_keys() == migrated
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT username_key, email_key, skeleton FROM users ORDER BY id")).all()
    # The one that had the key keeps it, the other gets one that no name has; nothing is merged.
    assert [row.username_key for row in rows] == ["alice", "alice\n2", "bob"]
    assert sorted(row.email_key for row in rows) == ["a@example.com", "josé@example.com", "josé@example.com\n2"]
    assert {row.skeleton for row in rows} == {"alice", "bob"}
    assert stored_keys()[1] == ["tools"]
    with unit_of_work(writing=False):
        found = [accounts.find(name) for name in ("Alice", "Ａlice", "ALICE", "BOB", "Jose\u0301@example.com")]
    # Where two share a key, a login is by exact name.
    assert [user and user.id for user in found] == ["1", "2", None, "3", "2"]
    downgrade(revision="0003")
    assert stored_keys() == before


def stored(query: str) -> list[Any]:
    """Rows, as plain tuples; nothing of them is left open."""
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def done(*statements: str) -> None:
    """What another program writes."""
    db.session.remove()
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


VERSIONS = "SELECT version, is_deprecated FROM plugin_versions WHERE plugin_name = 'com.example.{}' ORDER BY version"
BOUNDS = "SELECT name, current_version, recommended_version FROM plugins ORDER BY name"


@pytest.fixture
def stocked(new: Flask) -> Api:
    """An administrator, and plugins with three versions each."""
    upgrade()
    prepare(new)
    for name in ("above", "below", "plain"):
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            content = package(name=f"com.example.{name}", version=version, engines={}, dependencies={})
            assert Api(new).upload(content).status_code == 200
    return Api(new).log_in("admin", "admin")


def offered(api: Api, name: str, version: str) -> tuple[str, str | None, list[str]]:
    """What a host with this version is to do, the target, and why no other."""
    asked = {"engines": {}, "installed": [{"name": f"com.example.{name}", "version": version}]}
    [found] = api.post("/api/plugins/updates", asked).get_json()["data"]["updates"]
    target = found["target"] and found["target"]["version"]
    return found["action"], target, [reason["code"] for reason in found["reasons"]]


def test_an_upgrade_to_0009_offers_nobody_a_version_that_was_deprecated(new: Flask, stocked: Api) -> None:
    downgrade(revision="0008")
    # As the version of 0008 leaves them: the highest version that is not deprecated is the current one.
    done(
        "UPDATE plugin_versions SET is_deprecated = TRUE WHERE plugin_name = 'com.example.above' AND version = '1.2.0'",
        "UPDATE plugins SET current_version = '1.1.0' WHERE name = 'com.example.above'",
        "UPDATE plugin_versions SET is_deprecated = TRUE WHERE plugin_name = 'com.example.below' AND version = '1.0.0'",
    )
    upgrade()
    assert stored(BOUNDS) == [
        ("com.example.above", "1.1.0", "1.1.0"),
        ("com.example.below", "1.2.0", None),
        ("com.example.plain", "1.2.0", None),
    ]
    later = create_app(settings_for(new.extensions["microdock"].settings.data_dir))
    api = Api(later)
    assert offered(api, "above", "1.0.0") == ("update", "1.1.0", ["rolled_back"])
    assert offered(api, "above", "1.1.0") == ("none", None, ["rolled_back"])
    assert offered(api, "below", "1.0.0") == ("update", "1.2.0", ["deprecated"])
    shown = {one["name"]: one["current_version"] for one in api.get("/api/plugins/list").get_json()["data"]}
    assert shown == {"com.example.above": "1.1.0", "com.example.below": "1.2.0", "com.example.plain": "1.2.0"}
    release(later)


def test_what_is_not_offered_is_deprecated_on_the_way_back_from_0009(stocked: Api) -> None:
    """The version before knows nothing else that keeps a version from being the current one."""
    for path, body in (
        ("/api/plugins/recommend", {"name": "com.example.above", "version": "1.0.0"}),
        ("/api/plugins/version/yank", {"name": "com.example.below", "version": "1.1.0"}),
    ):
        assert stocked.post(path, {**body, "reason": "崩溃", "plugin_key": "upload-key"}).status_code == 200
    db.session.remove()
    downgrade(revision="0008")
    assert stored(VERSIONS.format("above")) == [("1.0.0", False), ("1.1.0", True), ("1.2.0", True)]
    assert stored(VERSIONS.format("below")) == [("1.0.0", False), ("1.1.0", True), ("1.2.0", False)]
    assert stored(VERSIONS.format("plain")) == [("1.0.0", False), ("1.1.0", False), ("1.2.0", False)]
    upgrade()
    assert stored(BOUNDS) == [
        ("com.example.above", "1.0.0", "1.0.0"),
        ("com.example.below", "1.2.0", None),
        ("com.example.plain", "1.2.0", None),
    ]
    # What else there was to say is as in a new row.
    columns = "channel, available_at, rollout, is_paused, is_held, is_yanked, yank_reason, is_blocked, permissions"
    assert set(stored(f"SELECT {columns} FROM plugin_versions")) == {
        ("stable", None, 100, False, False, False, "", False, None)
    }


def test_what_is_blocked_waits_or_is_for_some_is_no_current_version_after_the_way_back(stocked: Api) -> None:
    db.session.remove()
    for number, state in (("1.1.0", "rollout = 50"), ("1.2.0", "is_held = TRUE")):
        done(f"UPDATE plugin_versions SET {state} WHERE plugin_name = 'com.example.above' AND version = '{number}'")
    done("UPDATE plugin_versions SET available_at = '2999-01-01' WHERE plugin_name = 'com.example.plain'")
    done("UPDATE plugin_versions SET is_blocked = TRUE WHERE plugin_name = 'com.example.below'")
    downgrade(revision="0008")
    assert stored(VERSIONS.format("above")) == [("1.0.0", False), ("1.1.0", True), ("1.2.0", True)]
    assert {is_deprecated for name in ("below", "plain") for _, is_deprecated in stored(VERSIONS.format(name))} == {
        True
    }
    # The version before would send each version of it.
    enabled = dict(stored("SELECT name, is_enabled FROM plugins"))
    assert enabled == {"com.example.above": True, "com.example.below": False, "com.example.plain": True}


def test_since_when_a_plugin_is_deprecated_is_in_the_audit_log(stocked: Api) -> None:
    for path in ("above", "below"):
        assert stocked.post("/api/plugins/deprecate", {"name": f"com.example.{path}"}).status_code == 200
    undone = {"name": "com.example.below", "undo": True, "plugin_key": "upload-key"}
    assert stocked.post("/api/plugins/deprecate", undone).status_code == 200
    db.session.remove()
    downgrade(revision="0008")
    # One that nobody is known to have deprecated.
    done("UPDATE plugins SET is_deprecated = TRUE, updated_at = '2026-01-02 03:04:05' WHERE name = 'com.example.plain'")
    upgrade()
    written = "SELECT at FROM audit_log WHERE action = 'plugin.deprecated' AND target_id = 'com.example.above'"
    found = dict(stored("SELECT name, deprecated_at FROM plugins"))
    assert [(found["com.example.above"],)] == stored(written)
    assert found["com.example.below"] is None
    assert str(found["com.example.plain"]).startswith("2026-01-02 03:04:05")


SLUGS = "SELECT slug FROM categories ORDER BY id"
MORE = (
    "INSERT INTO categories (id, name, name_key, description, parent_key, icon, sort_order, created_at, updated_at) "
    "VALUES ('{}', '{}', '{}', '', '{}', '', 0, '2025-01-01 00:00:0{}', '2025-01-01 00:00:00')"
)


def test_categories_get_slugs_and_the_version_before_goes_on_making_some(new: Flask) -> None:
    upgrade(revision="0009")
    long = "everything that helps people with writing"
    done(
        MORE.format("1", "Tools", "tools", "4", 1),
        MORE.format("2", "开发 工具", "开发 工具", "", 2),
        MORE.format("3", "★", "★", "", 3),
        MORE.format("4", "TOOLS", "tools", "", 4),
        MORE.format("5", long, long, "", 5),
    )
    upgrade()
    wanted = [("tools-2",), ("开发-工具",), ("category",), ("tools",), ("everything-that-helps-people",)]
    assert stored(SLUGS) == wanted
    # They are what the program makes.
    with unit_of_work():
        for category in db.session.scalars(select(Category)):
            category.slug = None
    prepare(new)
    assert sorted(stored(SLUGS)) == sorted(wanted)
    done(MORE.format("6", "Tools", "tools", "2", 6))
    assert stored("SELECT slug FROM categories WHERE id = '6'") == [(None,)]
    prepare(new)
    assert stored("SELECT slug FROM categories WHERE id = '6'") == [("tools-3",)]
    downgrade(revision="0009")
    assert stored("SELECT name FROM categories ORDER BY id")[3:5] == [("TOOLS",), (long,)]
    upgrade()
    assert stored(SLUGS)[:5] == wanted


def test_the_key_of_migration_0004_is_that_of_its_version() -> None:
    # Frozen: where the program's own key becomes another, a later migration makes it so.
    script = ScriptDirectory(str(ROOT / "migrations")).get_revision("0004")
    assert script is not None
    frozen = {name: script.module._key(name) for name in KEYS}
    assert frozen == KEYS


def migrating(data: Path, **env: str) -> subprocess.Popen[str]:
    """`flask db upgrade` in a process of its own."""
    env = {"DATA_DIR": str(data), "DEBUG": "true", "HOST": "127.0.0.1", "LOG_LEVEL": "WARNING", **env}
    return forkserver.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT,
        env={**os.environ, **database_for(data), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("migrates", ["by command", "by itself"])
def test_processes_that_migrate_at_once_take_turns(tmp_path: Path, migrates: str) -> None:
    env = {"AUTO_MIGRATE": "true"} if migrates == "by itself" else {}
    processes = [migrating(tmp_path / "data", **env) for _ in range(3)]
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
    app = create_app(settings_for(tmp_path / "data"))
    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM catalog")).scalar() == 1
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    release(app)


def test_every_text_on_postgresql_is_compared_byte_by_byte(new: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("SELECT 'B' < 'a'")).scalar() == 1
            return
        loose = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
                "AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C' "
                "AND table_name NOT IN ('alembic_version', 'plugin_search', 'plugin_search_hidden')"
            )
        ).all()
    assert loose == []
