"""Wake-ups where the database is PostgreSQL and there is no Redis: LISTEN and NOTIFY."""

from __future__ import annotations

import logging
import time
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Engine, func, select

from ..database.session import db
from ..database.unit_of_work import Unit
from .wakeup import TOPICS, HintsLost, Receiver, Topic

log = logging.getLogger(__name__)

# Nodes of earlier versions use the same name.
CHANNEL: Final = "microdock_bell"
# A connection that only receives notices within half a minute that the server is gone.
PATIENCE: Final = {
    **{"connect_timeout": 2, "keepalives": 1},
    **{"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3},
}


class PostgresWakeUps(Receiver):
    """Hints by NOTIFY within the transaction that causes them: they are sent with its commit, or not at all.

    Received on a connection of its own, outside of the engine's pool: LISTEN lasts as long as its session.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._listener: Any = None
        self._is_lost = False

    def send_after(self, unit: Unit, topic: Topic) -> None:
        """See WakeUps."""
        if unit.is_first(f"wakeup:{topic}"):
            # Executed on the connection, not the session: that would flush objects which are not complete yet.
            db.session.connection().execute(select(func.pg_notify(CHANNEL, topic)))

    def _receive(self, until: float) -> frozenset[Topic] | None:
        try:
            if self._listener is None:
                self._listen()
                return None
            # Hints that arrived together are returned together.
            notices = self._listener.notifies(timeout=max(0.0, until - time.monotonic()), stop_after=1)
            topics = {notice.payload for notice in notices}
        except import_module("psycopg").Error as reason:
            self._note_loss(reason)
            raise HintsLost from reason
        return frozenset(topic for topic in TOPICS if topic in topics)

    def _disconnect(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    def _listen(self) -> None:
        places, options = self._engine.dialect.create_connect_args(self._engine.url)
        listener = import_module("psycopg").connect(*places, **{**PATIENCE, **options}, autocommit=True)
        try:
            listener.execute(f"LISTEN {CHANNEL}")
        except BaseException:
            listener.close()
            raise
        self._listener = listener
        if self._is_lost:
            log.warning("notifications of the database are received again")
        self._is_lost = False

    def _note_loss(self, reason: Exception) -> None:
        if not self._is_lost:
            log.warning("notifications of the database are not received (%s): polling instead", type(reason).__name__)
        self._is_lost = True
