"""The bell where the database is PostgreSQL and there is no Redis: LISTEN and NOTIFY."""

from __future__ import annotations

import logging
import time
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Engine, func, select

from ..database.session import db
from ..database.unit_of_work import Unit
from .wakeup import WORDS, Word

log = logging.getLogger(__name__)

CHANNEL: Final = "microdock_bell"
# A server that is gone without a word is noticed, by the listener that says nothing itself, within half a minute.
PATIENCE: Final = {
    **{"connect_timeout": 2, "keepalives": 1},
    **{"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3},
}


class PostgresBell:
    """Rings by NOTIFY, in the transaction that has something to say: a ring is committed with it, or is none.

    Hears by a connection of its own, not one of the engine's: LISTEN lasts as long as its session.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ear: Any = None
        self._is_lost = False

    def ring_after(self, unit: Unit, word: Word) -> None:
        """See Bell."""
        if unit.is_first(f"bell:{word}"):
            # By the connection, not the session: what waits there to be written is not complete yet.
            db.session.connection().execute(select(func.pg_notify(CHANNEL, word)))

    def wait(self, seconds: float) -> frozenset[Word] | None:
        """See Bell. After the connection was made, or made anew, it is None once: rings may have been missed."""
        until = time.monotonic() + seconds
        try:
            return self._hear(seconds)
        except import_module("psycopg").Error as reason:
            self._lose(reason)
            time.sleep(max(0.0, until - time.monotonic()))
            return None

    def close(self) -> None:
        """See Bell."""
        ear, self._ear = self._ear, None
        if ear is not None:
            ear.close()

    def _hear(self, seconds: float) -> frozenset[Word] | None:
        if self._ear is None:
            self._listen()
            return None
        # All that came together is taken together.
        heard = {notice.payload for notice in self._ear.notifies(timeout=seconds, stop_after=1)}
        return frozenset(word for word in WORDS if word in heard)

    def _listen(self) -> None:
        places, options = self._engine.dialect.create_connect_args(self._engine.url)
        ear = import_module("psycopg").connect(*places, **{**PATIENCE, **options}, autocommit=True)
        try:
            ear.execute(f"LISTEN {CHANNEL}")
        except BaseException:
            ear.close()
            raise
        self._ear = ear
        if self._is_lost:
            log.warning("notifications of the database are heard again")
        self._is_lost = False

    def _lose(self, reason: Exception) -> None:
        self.close()
        if not self._is_lost:
            log.warning("notifications of the database are not heard (%s): looking instead", type(reason).__name__)
        self._is_lost = True
