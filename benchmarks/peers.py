"""The engines beside ours, started as the tests start them: PostgreSQL, Redis, and moto for a bucket."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.peers import postgresql
from tests.peers.redis import PROGRAM as REDIS
from tests.peers.redis import RedisServer
from tests.peers.s3 import S3Server

from .results import NotMeasured
from .servers import ROOT, Servers, base_environment, program

COPY_SECONDS = 15 * 60


class PostgreSQL(postgresql.PostgreSQL):
    """The tests' server, but one that keeps its word after a power loss, as SQLite does here."""

    def _options(self) -> list[str]:
        durable = ("fsync=on", "full_page_writes=on", "shared_buffers=256MB", "autovacuum_naptime=60s")
        return [*super()._options(), *(part for setting in durable for part in ("-c", setting))]


def start_postgresql(servers: Servers) -> PostgreSQL:
    """A server without databases, ended with the others."""
    with _in_words():
        server = PostgreSQL()
        servers.at_end(server.remove)
        return server.start()


def start_redis(servers: Servers) -> RedisServer:
    """An empty one that keeps nothing on disk, ended with the others."""
    if REDIS is None:
        raise NotMeasured("redis-server is not installed")
    server = RedisServer(servers.directory / "redis")
    servers.at_end(server.kill)
    return server.start()


def start_s3(servers: Servers) -> S3Server:
    """moto in a process of its own, with everything in memory, ended with the others."""
    with _in_words():
        server = S3Server(servers.directory / "moto.log")
        servers.at_end(server.kill)
        return server.start()


def copy_database(source: Path, target: str, work: Path) -> None:
    """`flask db copy` from a SQLite file to a new PostgreSQL database, every row compared."""
    command = [program("flask"), "--app", str(ROOT / "wsgi.py"), "db", "copy"]
    command += ["--from", f"sqlite:///{source}", "--to", target]
    work.mkdir(parents=True, exist_ok=True)
    environment = base_environment() | {"DATA_DIR": str(work), "LOG_LEVEL": "WARNING"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=COPY_SECONDS, check=False)
    if done.returncode:
        raise NotMeasured(f"flask db copy failed: {done.stderr.decode(errors='replace')[-300:]}")


def analyze(url: str) -> None:
    """What autovacuum does to a new database when it comes round: until then plans are made without statistics."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _in_words() -> Iterator[None]:
    """What the tests skip for, or fail at, is not measured here."""
    try:
        yield
    except (pytest.skip.Exception, pytest.fail.Exception, AssertionError) as reason:
        raise NotMeasured(reason) from reason
