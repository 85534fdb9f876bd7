"""Connections to the tests' PostgreSQL that outlive an application, for the next one with the same database.

A connection is a process of PostgreSQL's, and its first statements read the catalogs: of what a short test costs there
that is most. Only the test process itself has its connections kept, and no child that it forks. Who asks psycopg
itself, as listeners do, gets a new one.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Any, Final, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.pool import ConnectionPoolEntry

# As many of one kind as the pools of two applications.
MOST: Final = 8
_idle: Final[dict[tuple[str, str], list[Kept]]] = {}
_ports: Final[set[int]] = set()
_lock: Final = threading.Lock()
_owner: Final = os.getpid()


class Kept(psycopg.Connection[Any]):
    """A connection that is put aside when it is closed, as new as RESET makes it."""

    kind: tuple[str, str] = ("", "")

    def close(self) -> None:
        """Put it aside; end it where it is broken, in the middle of something, or one too many."""
        with _lock:
            if not self._is_renewed() or len(_idle.setdefault(self.kind, [])) >= MOST:
                super().close()
            elif self not in _idle[self.kind]:
                _idle[self.kind].append(self)

    def end(self) -> None:
        """Close it indeed."""
        super().close()

    def _is_renewed(self) -> bool:
        # psycopg closes a connection by itself that could not be made.
        if self.closed or self.broken or not self.kind[0] or os.getpid() != _owner:
            return False
        if self.pgconn.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            return False
        with suppress(psycopg.Error):
            self.rollback()
            self.autocommit = True
            self.execute("RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all()")
            self.autocommit = False
            self._notice_handlers.clear()
            return True
        return False


def keep(port: int) -> None:
    """Let engines of this process be given connections that others had before, to the server at this port alone.

    Other servers are restarted in tests, and what was connected to them is of no use.
    """
    _ports.add(port)
    if not event.contains(Engine, "do_connect", _connect):
        event.listen(Engine, "do_connect", _connect)


def pids(database: str) -> list[int]:
    """The server's processes of connections that are put aside."""
    with _lock:
        found = [one for (name, _), idle in _idle.items() if name == database for one in idle]
        return [one.info.backend_pid for one in found if not one.closed]


def end(database: str | None = None) -> None:
    """Close what is put aside, of one database or of all."""
    with _lock:
        ended = [kind for kind in _idle if database in (None, kind[0])]
        for connection in [one for kind in ended for one in _idle.pop(kind)]:
            connection.end()


def _connect(dialect: Dialect, _entry: ConnectionPoolEntry, places: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if dialect.name != "postgresql" or options.get("port") not in _ports or os.getpid() != _owner:
        return None
    # How values are adapted is SQLAlchemy's affair, and the same for all its engines here.
    told = {name: value for name, value in options.items() if name != "context"}
    kind = (str(options.get("dbname")), repr((places, sorted(told.items()))))
    with _lock:
        idle = _idle.get(kind, [])
        while idle:
            found = idle.pop()
            if not found.closed and not found.broken:
                return found
    made = cast(Kept, Kept.connect(*places, **options))
    made.kind = kind
    return made
