"""How many hosts use a version, without anybody being able to tell which.

An update check names the host's plugins and, if the host likes, an id that it made up. Each week that id is hashed with
a salt that all nodes share, mixed with the plugin's name, and added to a sketch (see sketch.py) for the plugin's
version; the id itself is never stored. When the week is over its salt is deleted: nobody can test any more whether an
id is among those counted, and ids of different weeks, or of different plugins, cannot be matched. The salt stands in
no snapshot either (see snapshots/unsaved.py).

Counts are kept in the process and merged into the database once a minute; a crash loses that minute. Merging twice
changes nothing, so any number of processes and nodes merge into the same rows.

Weeks are ISO weeks in UTC, written `2026-W48`.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, bindparam, insert, select
from sqlalchemy.exc import SQLAlchemyError

from ...caching import LoadingCache
from ...clock import iso_week, utcnow
from ...database.prepared import Prepared
from ...database.session import table_of
from ...database.unit_of_work import execute_autocommit, read_autocommit
from ...errors import Conflict, DomainError
from ...models import ActiveSalt
from . import active_rows
from .active_rows import VersionKey
from .sketch import Sketch

log = logging.getLogger(__name__)

# So many versions are counted in a process between two merges. Half of them in use, and the next merge begins at once.
MOST: Final = 10_000
# So long before a week begins its salt is made: no check has to wait for it.
AHEAD: Final = timedelta(minutes=5)

_MASK: Final = (1 << 64) - 1
_SALTS: Final = table_of(ActiveSalt)
_SALT: Final = Prepared(select(_SALTS.c.salt).where(_SALTS.c.week == bindparam("week")))


class _Secret:
    """A week's salt, and what it makes of ids and names. Nothing of it is ever written anywhere else."""

    __slots__ = ("_names", "_salt", "week")

    def __init__(self, week: str, salt: bytes) -> None:
        self.week, self._salt = week, salt
        self._names: dict[str, int] = {}

    def of_client(self, client_id: str) -> int:
        """64 evenly distributed bits."""
        return self._hashed(b"client", client_id)

    def of_plugin(self, name: str) -> int:
        """An odd factor: multiplying with it permutes hashes of clients, for each plugin differently."""
        found = self._names.get(name)
        if found is None:
            if len(self._names) >= MOST:
                self._names.clear()
            found = self._names[name] = self._hashed(b"plugin", name) | 1
        return found

    def _hashed(self, kind: bytes, text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(data, key=self._salt, digest_size=8, person=kind).digest())


# By week; each sketch with the factor of its plugin.
_Counts = dict[str, dict[VersionKey, tuple[int, Sketch]]]


class Actives:
    """Counts of one process. One per application; threads share it."""

    def __init__(self, autocommit: Engine) -> None:
        self._engine = autocommit
        self._lock = threading.Lock()
        self._merging = threading.Lock()
        self._counted: _Counts = {}
        self._left_out = 0
        # This week's, and for some minutes the next one's.
        self._secrets: LoadingCache[str, _Secret] = LoadingCache(2)
        self._swept = ""
        # Set when counts should be merged without waiting for the minute to be over.
        self.is_full = threading.Event()

    def count(self, client_id: str, installed: Iterable[VersionKey]) -> None:
        """Count a host for each of its plugins, named as the catalogue writes them. Takes microseconds, and no
        statement but in a week's first call. Never raises for want of a database: then nothing is counted.
        """
        secret = self._secret(iso_week(utcnow()))
        if secret is None:
            return
        host = secret.of_client(client_id)
        with self._lock:
            counted = self._counted.setdefault(secret.week, {})
            for one in installed:
                found = counted.get(one)
                if found is None:
                    if len(counted) >= MOST:
                        self._left_out += 1
                        continue
                    found = counted[one] = (secret.of_plugin(one[0]), Sketch())
                factor, sketch = found
                sketch.add(host * factor & _MASK)
            if len(counted) > MOST // 2:
                self.is_full.set()

    def keep(self) -> int:
        """The minute's work, in units of its own: merge what was counted, forget salts of weeks that are over, and
        make the next one in time. Returns how many rows were written.
        """
        written = self.flush()
        now = utcnow()
        self._forget_salts(iso_week(now))
        for moment in (now, now + AHEAD):
            self._secret(iso_week(moment))
        return written

    def flush(self) -> int:
        """Merge what was counted into the database, in units of its own; returns how many rows were written.

        What cannot be written now is kept for the next time; then it raises.
        """
        with self._merging:
            counted = self._take()
            left = {week: {one: sketch for one, (_, sketch) in of_week.items()} for week, of_week in counted.items()}
            try:
                return sum(active_rows.merge(week, sketches) for week, sketches in left.items())
            except BaseException:
                for week, sketches in left.items():
                    self._give_back(week, {one: counted[week][one] for one in sketches})
                raise

    def _take(self) -> _Counts:
        with self._lock:
            counted, left_out = self._counted, self._left_out
            self._counted, self._left_out = {}, 0
            self.is_full.clear()
        if left_out:
            log.warning("%d plugins of hosts were not counted: too many different ones in a minute", left_out)
        return counted

    def _give_back(self, week: str, counted: Mapping[VersionKey, tuple[int, Sketch]]) -> None:
        with self._lock:
            newer = self._counted.setdefault(week, {})
            for one, (factor, sketch) in counted.items():
                if one in newer:
                    newer[one][1].merge(sketch)
                elif len(newer) < MOST:
                    newer[one] = (factor, sketch)
                else:
                    self._left_out += 1

    def _secret(self, week: str) -> _Secret | None:
        try:
            return self._secrets.load(week, lambda: _Secret(week, self._salt(week)))
        except (SQLAlchemyError, DomainError):
            log.warning("the database does not answer: hosts are not counted")
            return None

    def _salt(self, week: str) -> bytes:
        """The week's salt, as the first of all nodes has made it."""
        found = read_autocommit(self._engine, _SALT, {"week": week})
        if not found:
            try:
                execute_autocommit(self._engine, insert(_SALTS), {"week": week, "salt": secrets.token_hex(32)})
            except Conflict:
                log.debug("another process made the salt in the same moment")
            found = read_autocommit(self._engine, _SALT, {"week": week})
        if not found:
            # For a node whose clock is ahead the week is over, and it deleted the salt.
            raise Conflict()
        return bytes.fromhex(found[0].salt)

    def _forget_salts(self, week: str) -> None:
        if self._swept == week:
            return
        self._secrets.invalidate(self._swept)
        active_rows.forget_salts(week)
        self._swept = week
