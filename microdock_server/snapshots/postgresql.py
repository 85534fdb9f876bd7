"""PostgreSQL's part: pg_dump of the snapshot that our transaction sees, and pg_restore into an empty database.

Passwords are passed in the environment: every user of the machine can read command lines.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, text

from . import unsaved
from .problems import SnapshotProblem


@dataclass(frozen=True, slots=True)
class PostgreSQLView:
    """A transaction with an exported snapshot."""

    connection: Connection
    shared: str
    kind: str = "postgresql"

    def copy(self, target: Path) -> None:
        """See View. Not compressed: the archive is."""
        options = ("--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={self.shared}")
        left_out = (f"--exclude-table-data={name}" for name in unsaved.TABLES)
        _run("pg_dump", self.connection.engine.url, *options, *left_out, f"--file={target}")


@contextmanager
def view(engine: Engine) -> Iterator[PostgreSQLView]:
    """A view that is fixed on entry, for as long as the context lasts."""
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        shared = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        yield PostgreSQLView(connection, str(shared))


def ensure_empty(engine: Engine) -> None:
    """Raise unless there are no tables: a restore never overwrites any."""
    if inspect(engine).get_table_names():
        raise SnapshotProblem(
            f"the database {engine.url.database!r} has tables: make an empty one, name it in DATABASE_URL, and keep "
            "the old one to be able to go back"
        )


def load(engine: Engine, dump: Path) -> None:
    """Fill the empty database, completely or not at all."""
    _run(
        "pg_restore", engine.url, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(dump)
    )


def _run(program: str, url: URL, *options: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise SnapshotProblem(f"{program} is not installed: it comes with PostgreSQL's client (postgresql-client)")
    if "sslpassword" in url.query:
        # The one secret that libpq reads from no environment variable.
        raise SnapshotProblem(
            f"{program} would show sslpassword to every user of this machine: keep it in a service file "
            "(PGSERVICEFILE) and name that in DATABASE_URL (?service=…)"
        )
    # libpq understands the URL except for SQLAlchemy's driver.
    address = url.set(drivername="postgresql")._replace(password=None).difference_update_query(["password"])
    secret = url.password or url.query.get("password")
    environment = {**os.environ, **({"PGPASSWORD": str(secret)} if secret else {})}
    command = [found, *options, "--no-password", f"--dbname={address.render_as_string(hide_password=False)}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SnapshotProblem(f"{program} failed: {done.stderr.strip()[-300:]}")
