"""The WebSockets of one process: who is connected, who gets which notification, and who is disconnected.

Each socket is read by its own thread. One poller for all of them reads new notifications and revalidates tokens; it
writes without ever waiting for a client.
"""

from __future__ import annotations

import json
import logging
import math
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, Row

from ...clock import iso
from ...cluster.wakeup import WakeUps
from ...errors import SocketsTaken, TooMany
from ...messages import Language
from ...observability import metrics
from ...services import notifications
from ...services.accounts import tokens
from ...services.accounts.tokens import Claims

if TYPE_CHECKING:
    from .connection import Connection

log = logging.getLogger(__name__)

TICK: Final = 0.5
TICK_AFTER_FAILURE: Final = 2.0
RECHECK_EVERY: Final = 2.0
# Where wake-ups are received, the database is polled when one comes, and otherwise at this interval.
LOOK_EVERY: Final = 3.0
# Wake-ups in quick succession are handled together.
PAUSE: Final = 0.05

# How many unauthenticated sockets one address may have, in each process.
MAX_STRANGERS: Final = 16

UNAUTHENTICATED: Final = 4401
GOING_AWAY: Final = 1001


class Member:
    """A connection whose user is known. Between `seen` and what the poller sends nothing is lost or sent twice.

    Between `seen` and what the poller sends, nothing is lost or sent twice. A client whose `seen` is beyond the
    `newest` notification starts over: the database was replaced by an older one. It gets everything unread, and then
    all new ones.
    """

    def __init__(
        self, connection: Connection, claims: Claims, language: Language, last_id: int | None, newest: int
    ) -> None:
        self.connection, self.claims, self.language, self.newest = connection, claims, language, newest
        self.starts_over = last_id is not None and last_id > newest
        self.seen = newest if last_id is None else 0 if self.starts_over else last_id
        self._lock = threading.Lock()
        self._is_live = False
        self._announced = 0

    def offer(self, number: int, text: str) -> None:
        """Deliver a notification. While older ones are still being read from the database it is queued, not sent."""
        with self._lock:
            if not self._is_live:
                self._announced = max(self._announced, number)
            elif number > self.seen:
                self.seen = number
                self.connection.send(text)

    def catch_up(self, engine: Engine) -> None:
        """Send what was missed since `seen`, oldest first, then switch to live delivery."""
        if self.starts_over:
            self._start_over(engine)
        while self.connection.is_open:
            rows = notifications.missed(self.claims.user_id, self.seen, engine)
            self._send(rows)
            if len(rows) < notifications.MAX_BATCH and self._go_live():
                return

    def _start_over(self, engine: Engine) -> None:
        while self.connection.is_open:
            rows = notifications.unread(self.claims.user_id, self.seen, self.newest, engine)
            self._send(rows)
            if len(rows) < notifications.MAX_BATCH:
                break
        self.seen = max(self.seen, self.newest)

    def _send(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows:
            self.connection.send(rendered(row, self.language))
            self.connection.drain()
            self.seen = row.id

    def _go_live(self) -> bool:
        """Switch to live delivery; False if a notification was queued meanwhile: it is committed, so another read
        finds it.
        """
        with self._lock:
            self._is_live = self._announced <= self.seen
            self._announced = 0
            return self._is_live


class Place:
    """A socket's place in a process. Until its user is known it counts for its address."""

    def __init__(self, address: str) -> None:
        self.address: str | None = address


class Hub:
    """Tracks the sockets of this process. Its poller starts with the first one, after the fork."""

    def __init__(self, engine: Engine, wakeups: WakeUps, most: int, most_of_user: int) -> None:
        self._engine, self._wakeups, self._most, self._most_of_user = engine, wakeups, most, most_of_user
        # The process's owner sets this event before the process ends: sockets are then closed.
        self.is_wanted: Callable[[], bool] = lambda: True
        self._lock = threading.Lock()
        self._slots = 0
        self._strangers: Counter[str] = Counter()
        self._connections: set[Connection] = set()
        self._members: dict[str, set[Member]] = {}
        self._cursor = 0
        self._checked = self._looked = -math.inf
        self._poller: int | None = None

    def reserve(self, address: str) -> Place:
        """Reserve a place for a socket of an address; `release` gives it back.

        Raises TooMany where the address has its maximum of unauthenticated sockets, ServerBusy where no place is left.
        """
        with self._lock:
            if self._strangers[address] >= MAX_STRANGERS:
                metrics.busy("socket")
                raise TooMany(SocketsTaken.retry_after)
            if self._slots >= self._most:
                metrics.busy("socket")
                raise SocketsTaken
            self._slots += 1
            self._strangers[address] += 1
            return Place(address)

    def introduce(self, place: Place) -> None:
        """The socket's user is known: it no longer counts for its address."""
        with self._lock:
            self._forget(place)

    def release(self, place: Place) -> None:
        """Give a place back."""
        with self._lock:
            self._slots -= 1
            self._forget(place)

    def _forget(self, place: Place) -> None:
        if place.address is not None:
            self._strangers[place.address] -= 1
            if not self._strangers[place.address]:
                del self._strangers[place.address]
            place.address = None

    @contextmanager
    def watching(self, connection: Connection) -> Iterator[None]:
        """Within this context, the connection is closed with the process, and disconnected at its deadline."""
        with self._lock:
            self._connections.add(connection)
        metrics.SOCKETS.inc()
        self._start()
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)
            metrics.SOCKETS.dec()

    def join(self, connection: Connection, claims: Claims, language: Language, last_id: int | None) -> Member | None:
        """A new member; None if its user already has the maximum of sockets. Undone by `leave`."""
        newest = notifications.latest_id(self._engine)
        member = Member(connection, claims, language, last_id, newest)
        with self._lock:
            if not self._members:
                # Notifications written while nobody listened are read by catch_up, not delivered here. The cursor may
                # have to go back: the database may have been replaced by an older one.
                self._cursor = newest
            theirs = self._members.setdefault(claims.user_id, set())
            if len(theirs) >= self._most_of_user:
                return None
            theirs.add(member)
        return member

    def leave(self, member: Member) -> None:
        """Undo `join`."""
        with self._lock:
            theirs = self._members[member.claims.user_id]
            theirs.discard(member)
            if not theirs:
                del self._members[member.claims.user_id]

    def _start(self) -> None:
        with self._lock:
            if self._poller == os.getpid():
                return
            self._poller = os.getpid()
        threading.Thread(target=self._run, name="websockets", daemon=True).start()

    def _run(self) -> None:
        while True:
            failed = False
            for step in (self._dismiss, self._hand_out, self._recheck, self._tend):
                try:
                    step()
                except Exception:
                    failed = True
                    log.exception("the poller of the WebSockets failed; it goes on")
            if failed:
                time.sleep(TICK_AFTER_FAILURE)
            self._wait()

    def _wait(self) -> None:
        """Wait until the next tick, or a wake-up, whose work is due at once."""
        topics = self._wakeups.wait(TICK)
        if topics is None or "notifications" in topics:
            self._looked = -math.inf
        if topics:
            if "tokens" in topics:
                self._checked = -math.inf
            time.sleep(PAUSE)

    def _dismiss(self) -> None:
        """Close all sockets as soon as the process is asked to end."""
        if not self.is_wanted():
            for connection in self._all_connections():
                connection.close(GOING_AWAY, "the server is going away")

    def _hand_out(self) -> None:
        """Read new notifications once for all, and deliver them, when that is due."""
        if time.monotonic() - self._looked < LOOK_EVERY:
            return
        while self._members:
            rows = notifications.after(self._cursor, self._engine)
            for row in rows:
                with self._lock:
                    self._cursor = max(self._cursor, row.id)
                self._hand(row)
            if len(rows) < notifications.MAX_BATCH:
                break
        self._looked = time.monotonic()

    def _hand(self, row: Row[Any]) -> None:
        texts: dict[Language, str] = {}
        for member in self._all_members(row.user_id):
            if member.language not in texts:
                texts[member.language] = rendered(row, member.language)
            member.offer(row.id, texts[member.language])

    def _recheck(self) -> None:
        """Close the sockets whose token has expired (checked at every tick) or was revoked."""
        now, members = time.time(), self._all_members(None)
        for member in members:
            if member.claims.expires_at.timestamp() <= now:
                member.connection.close(UNAUTHENTICATED, "the token has expired")
        if not members or time.monotonic() - self._checked < RECHECK_EVERY:
            return
        self._checked = time.monotonic()
        valid = tokens.still_valid(list({one.claims.jti: one.claims for one in members}.values()), self._engine)
        for member in members:
            if member.claims.jti not in valid:
                member.connection.close(UNAUTHENTICATED, "the token is not valid any more")

    def _tend(self) -> None:
        for connection in self._all_connections():
            connection.tend()

    def _all_connections(self) -> list[Connection]:
        with self._lock:
            return list(self._connections)

    def _all_members(self, user_id: str | None) -> list[Member]:
        """The user's; with None, everybody."""
        with self._lock:
            if user_id is not None:
                return list(self._members.get(user_id, ()))
            return [member for theirs in self._members.values() for member in theirs]


def rendered(row: Row[Any], language: Language) -> str:
    """A notification as JSON for the client."""
    text = notifications.message_for(row.event, row.data).render(language)
    return frame(
        "notification", id=row.id, event=row.event, data={**row.data, "message": text}, timestamp=row.created_at
    )


def frame(kind: str, **fields: Any) -> str:
    """A message of this type. Times become texts; JSON escapes cover whatever a column may hold."""
    return json.dumps({"type": kind, **fields}, default=iso, separators=(",", ":"))
