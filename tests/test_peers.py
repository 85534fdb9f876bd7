"""The PostgreSQL of tests: a database that is used again is as good as new, and no server outlives its tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, text

from .jobs.helpers import alive
from .live import eventually
from .peers import missing, postgresql, restored

SECONDS = 60.0
CATEGORY = """
INSERT INTO categories (id, name, name_key, description, parent_key, icon, sort_order, created_at, updated_at)
  VALUES ('c{0}', 'c{0}', 'c{0}', '', '', '', 0, now(), now())
"""
Copy = Callable[..., Path]
CHANGES = [
    "CREATE TABLE added (id integer)",
    "CREATE SCHEMA added",
    "CREATE VIEW added AS SELECT 1 AS one",
    "CREATE RULE added AS ON DELETE TO users DO INSTEAD NOTHING",
    "CREATE TYPE added AS ENUM ('one')",
    "ALTER TABLE users ADD COLUMN added text",
    "ALTER TABLE users DROP COLUMN password_hash",
    "ALTER TABLE users ALTER COLUMN username TYPE varchar(77)",
    "ALTER TABLE users ALTER COLUMN username SET DEFAULT 'a'",
    "ALTER TABLE users ALTER COLUMN username DROP NOT NULL",
    "ALTER TABLE users ADD CONSTRAINT added CHECK (username <> 'a')",
    "ALTER TABLE users SET (fillfactor = 77)",
    "ALTER TABLE users RENAME TO renamed",
    "GRANT SELECT ON users TO public",
    "CREATE INDEX added ON users (username)",
    "DO $$ BEGIN EXECUTE (SELECT min('DROP INDEX ' || indexrelid::regclass) FROM pg_index"
    " WHERE indrelid = 'users'::regclass AND NOT indisprimary AND indexrelid NOT IN"
    " (SELECT conindid FROM pg_constraint)); END $$",
    "ALTER TABLE users DISABLE TRIGGER ALL",
    "CREATE FUNCTION added() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE SEQUENCE added",
    "DO $$ BEGIN EXECUTE (SELECT min(format('ALTER SEQUENCE %I INCREMENT 7', sequencename)) FROM pg_sequences); END $$",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$",
]


@pytest.fixture
def copy(prepared_data: Path, tmp_path: Path) -> Iterator[Copy]:
    """A function that copies a data directory; the prepared one, unless it is told another."""
    made: list[Path] = []

    def make(beginning: Path = prepared_data) -> Path:
        directory = tmp_path / f"copy{len(made)}"
        shutil.copytree(beginning, directory)
        postgresql.database_of(directory)
        made.append(directory)
        return directory

    yield make
    for directory in made:
        postgresql.forget(directory)


def name_of(directory: Path) -> str:
    return postgresql.database_of(directory).rpartition("/")[2]


def connect(directory: Path) -> closing[psycopg.Connection[Any]]:
    return closing(psycopg.connect(postgresql.shared().conninfo(name_of(directory)), autocommit=True))


def contents(directory: Path) -> dict[str, list[str]]:
    """Every table's rows and every counter, as text."""
    queries = dict.fromkeys(names(directory, restored.TABLES), "SELECT t::text FROM {} AS t ORDER BY 1")
    queries |= dict.fromkeys(names(directory, restored.SEQUENCES), "SELECT concat(last_value, is_called) FROM {}")
    with connect(directory) as shell:
        return {
            name: [line for (line,) in shell.execute(sql.SQL(query).format(sql.Identifier(name)))]
            for name, query in queries.items()
        }


def names(directory: Path, query: str) -> list[str]:
    with connect(directory) as shell:
        return [name for (name,) in shell.execute(query.encode())]


@pytest.mark.postgresql
class TestUsedAgain:
    @pytest.mark.parametrize("rows", [1, 5_000])
    def test_all_that_was_written_is_gone(self, copy: Copy, rows: int) -> None:
        first = copy()
        name, before = name_of(first), contents(first)
        assert any(before.values())
        with connect(first) as shell, shell.transaction():
            shell.execute(b"DELETE FROM users; UPDATE catalog SET revision = 77")
            for number in range(rows):
                shell.execute(CATEGORY.format(number + 100).encode())
            for counter in names(first, restored.SEQUENCES):
                shell.execute(b"SELECT setval(%s, 77)", (counter,))
        assert contents(first) != before
        postgresql.forget(first)
        second = copy()
        assert name_of(second) == name
        assert contents(second) == before

    def test_a_plugin_is_there_as_it_was(self, copy: Copy, with_plugin: Callable[[str], tuple[Path, Any]]) -> None:
        """To the letter, also what is kept as JSON."""
        beginning, _ = with_plugin("published_plugin")
        first = copy(beginning)
        name, before = name_of(first), contents(first)
        assert before["plugins"] and before["audit_log"]
        postgresql.forget(first)
        second = copy(beginning)
        assert name_of(second) == name
        assert contents(second) == before

    def test_every_change_of_the_schema_is_noticed(self, copy: Copy) -> None:
        with connect(copy()) as shell:
            before = restored.schema(shell)
            for change in CHANGES:
                with shell.transaction(force_rollback=True):
                    shell.execute(change.encode())
                    assert restored.schema(shell) != before, change
                assert restored.schema(shell) == before

    @pytest.mark.parametrize("change", ["ALTER TABLE users ADD COLUMN added text", "DROP TABLE jobs", CHANGES[-1]])
    def test_one_whose_schema_is_another_is_not(self, copy: Copy, change: str) -> None:
        first = copy()
        name = name_of(first)
        with connect(first) as shell:
            shell.execute(change.encode())
        postgresql.forget(first)
        assert name_of(copy()) != name
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(postgresql.shared().conninfo(name))

    def test_what_is_emptied_vacuumed_and_analyzed_is_the_same(self, copy: Copy) -> None:
        """All of it writes into the catalogs."""
        first = copy()
        name, before = name_of(first), contents(first)
        for _ in range(2):
            with connect(first) as shell:
                shell.execute(b"TRUNCATE users CASCADE")
                for act in ("VACUUM FREEZE", "ANALYZE", "CREATE TEMPORARY TABLE gone (id integer)"):
                    shell.execute(act.encode())
            postgresql.forget(first)
            first = copy()
            assert name_of(first) == name
            assert contents(first) == before

    def test_whoever_is_connected_still_is_not_any_more(self, copy: Copy) -> None:
        first = copy()
        name = name_of(first)
        with connect(first) as left:
            left.autocommit = False
            left.execute(CATEGORY.format(100).encode())
            postgresql.forget(first)
            second = copy()
            assert name_of(second) == name
            with pytest.raises(psycopg.OperationalError):
                left.commit()
        assert all("c100" not in line for line in contents(second)["categories"])

    def test_what_is_in_use_can_be_copied_as_it_is_at_the_moment(self, copy: Copy, tmp_path: Path) -> None:
        first = copy()
        for number in range(3):
            with connect(first) as shell:
                shell.execute(CATEGORY.format(number).encode())
            other = tmp_path / f"other{number}"
            shutil.copytree(first, other)
            assert contents(other) == contents(first)
            postgresql.forget(other)


@pytest.mark.postgresql
def test_a_connection_that_is_used_again_knows_nothing_of_before(copy: Copy) -> None:
    url = postgresql.database_of(copy())
    answers = []
    for _ in range(2):
        engine = create_engine(url)
        with engine.connect() as connection:
            answers.append([connection.scalar(text(query)) for query in ("SHOW work_mem", "SELECT pg_backend_pid()")])
            connection.execute(text("SET work_mem = '77MB'"))
            connection.execute(text("SELECT pg_advisory_lock(7)"))
            connection.commit()
        engine.dispose()
        with closing(psycopg.connect(url.replace("+psycopg", ""))) as other:
            assert other.execute(b"SELECT pg_try_advisory_lock(7)").fetchone() == (True,)
    [(before, pid), (after, again)] = answers
    assert before == after != "77MB"
    assert pid == again


STARTS = """
import sys
from tests.peers.postgresql import PostgreSQL
server = PostgreSQL().start()
print(server.directory, server.port, flush=True)
sys.stdin.read()
"""


@pytest.mark.live
def test_a_server_ends_with_whoever_started_it_and_leaves_nothing() -> None:
    if postgresql.programs() is None:
        missing("PostgreSQL's server")
    with subprocess.Popen(
        [sys.executable, "-c", STARTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        directory, _ = starter.stdout.readline().split()
        pid = int((Path(directory) / "data" / "postmaster.pid").read_text().split()[0])
        assert alive([pid])
        starter.kill()
    assert eventually(lambda: not Path(directory).exists(), SECONDS)
    assert not alive([pid])
