"""The rolling re-hash: every stored file is read again within a cycle of days, a little at a time, to detect bit rot.

Its position is stored in the database, so that it continues after any restart. Findings are stored until the file is
intact again or no longer referenced.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Row, delete, func, select

from ...clock import iso, utcnow
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...errors import FileMissing
from ...models import Setting, User
from ...storage import Storages
from ...vocabulary import Event, Role
from .. import audit, files, notifications
from ..audit import SERVER
from . import TABLES

log = logging.getLogger(__name__)

POSITION: Final = "rehash.position"
DAMAGED: Final = "damaged."
# After a long pause, at most this much is caught up at once.
MOST_ELAPSED: Final = timedelta(days=1)
# The position is saved after this many files or bytes: that much is read twice after a kill.
BATCH_FILES: Final = 50
BATCH_BYTES: Final = 256 * 1024 * 1024
# How many findings are rechecked in one run, and named in one message.
RECHECKED: Final = 200
NAMED: Final = 10

# Backend, key, size and hash of a file, from its row.
File = Row[str, str, int, str]
# Where a row's file is, its size and its hash.
Expected = tuple[str, int, str]


@dataclass(slots=True)
class Position:
    """Where the re-hash is: after `key` in table number `table`. `credit`: bytes that it may read by now."""

    table: int = 0
    key: str = ""
    credit: float = 0.0
    at: str = ""
    checked: int = 0
    cycle_started: str = ""
    cycle_finished: str = ""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that differs from its row: `changed`, `missing` or `unreadable`; and when that was found."""

    key: str
    problem: str
    found: str


def run(storages: Storages, cycle: timedelta, is_over: Callable[[], bool], now: datetime | None = None) -> int:
    """Read as much as is needed to complete a round in `cycle`; returns the number of files. Raises storage errors.

    Holds no transaction while it reads. Ends early, between two files, once `is_over` returns true.
    """
    moment = now or utcnow()
    _recheck(storages)
    place, checked = _begin(cycle, moment), 0
    while place.credit > 0 and not is_over():
        rows = _following(place)
        found = _check(storages, rows, place, is_over)
        checked += found.checked
        _save(place, found.damaged, moment)
        if not rows and _turn_page(place, moment):
            break
    return checked


def damaged() -> list[Damage]:
    """Damaged files that are not intact yet, by key."""
    rows = db.session.execute(select(Setting.value).where(Setting.key.startswith(DAMAGED)).order_by(Setting.key))
    return [Damage(**json.loads(value)) for (value,) in rows]


def position() -> Position:
    """The current position."""
    row = db.session.get(Setting, POSITION)
    stored = json.loads(row.value) if row else {}
    known = {field.name for field in fields(Position)}
    return Position(**{name: value for name, value in stored.items() if name in known})


@dataclass(slots=True)
class _Checked:
    checked: int
    damaged: list[Damage]


def _begin(cycle: timedelta, now: datetime) -> Position:
    """The position, with the bytes earned since the last run."""
    with unit_of_work(writing=False):
        place, total = position(), _total()
    if not place.at:
        # The very first run only proves that it works: one file.
        place.credit = 1.0
    else:
        elapsed = min(max(now - datetime.fromisoformat(place.at), timedelta()), MOST_ELAPSED)
        place.credit += total * (elapsed / cycle)
    place.at = iso(now)
    place.cycle_started = place.cycle_started or iso(now)
    with unit_of_work():
        _store(place)
    return place


def _following(place: Position) -> Sequence[File]:
    table = TABLES[place.table]
    columns = (table.storage_backend, table.storage_key, table.file_size, table.file_hash)
    query = select(*columns).where(table.storage_key > place.key).order_by(table.storage_key).limit(BATCH_FILES)
    with unit_of_work(writing=False):
        return db.session.execute(query).all()


def _check(storages: Storages, rows: Sequence[File], place: Position, is_over: Callable[[], bool]) -> _Checked:
    found, read = _Checked(0, []), 0
    for backend, key, size, digest in rows:
        problem = _problem(storages, key, (backend, size, digest))
        if problem is not None and _is_wanted(key, (backend, size, digest)):
            found.damaged.append(Damage(key, problem, iso(utcnow())))
        place.key, read = key, read + size
        place.credit -= max(size, 1)
        place.checked += 1
        found.checked += 1
        if place.credit <= 0 or read >= BATCH_BYTES or is_over():
            break
    return found


def _turn_page(place: Position, now: datetime) -> bool:
    """Continue with the next table; True after the last one, when a new cycle begins."""
    place.table, place.key = (place.table + 1) % len(TABLES), ""
    is_around = place.table == 0
    if is_around:
        place.cycle_finished, place.cycle_started = iso(now), ""
        place.checked, place.credit = 0, min(place.credit, 0.0)
    with unit_of_work():
        _store(place)
    return is_around


def _problem(storages: Storages, key: str, expected: Expected) -> str | None:
    backend, *measured = expected
    try:
        return None if files.measure(storages.at(backend), key) == tuple(measured) else "changed"
    except FileMissing:
        return "missing"
    except OSError:
        # The disk itself failed while reading.
        return "unreadable"


def _is_wanted(key: str, expected: Expected) -> bool:
    """Does a row still refer to exactly this file? Files deleted or moved meanwhile are not damaged."""
    return _expected(key) == expected


def _recheck(storages: Storages) -> None:
    """Forget findings whose file is intact again, or deleted with its row."""
    with unit_of_work(writing=False):
        known = damaged()[:RECHECKED]
    for one in known:
        expected = _expected(one.key)
        if expected is None or _problem(storages, one.key, expected) is None:
            with unit_of_work():
                db.session.execute(delete(Setting).where(Setting.key == DAMAGED + one.key))
            log.info("file %s is well again or no longer wanted", one.key)


def _expected(key: str) -> Expected | None:
    with unit_of_work(writing=False):
        for table in TABLES:
            query = select(table.storage_backend, table.file_size, table.file_hash).where(table.storage_key == key)
            row = db.session.execute(query).first()
            if row is not None:
                return str(row.storage_backend), int(row.file_size), str(row.file_hash)
    return None


def _save(place: Position, found: Sequence[Damage], now: datetime) -> None:
    """Save the position together with the findings up to it; administrators are notified of new ones."""
    with unit_of_work():
        _store(place)
        known = {one.key for one in damaged()} if found else set()
        new = [one for one in found if one.key not in known]
        for one in new:
            db.session.add(Setting(key=DAMAGED + one.key, value=json.dumps(asdict(one))))
        if new:
            _tell(new)
    for one in new:
        log.error("stored file %s is %s: restore it from a backup", one.key, one.problem)


def _tell(new: Sequence[Damage]) -> None:
    named = [{"key": one.key, "problem": one.problem} for one in new[:NAMED]]
    audit.record(SERVER, "storage.damage_found", "storage", "files", count=len(new), files=named)
    administrators = select(User.id).where(User.role == Role.ADMIN, User.is_active)
    for user_id in db.session.scalars(administrators).all():
        notifications.notify(
            user_id,
            Event.STORAGE_DAMAGED,
            count=len(new),
            files=named,
            names=", ".join(one.key for one in new[:NAMED]),
            link="/admin/system",
        )


def _store(position: Position) -> None:
    db.session.merge(Setting(key=POSITION, value=json.dumps(asdict(position))))


def _total() -> int:
    sums = [db.session.execute(select(func.coalesce(func.sum(table.file_size), 0))).scalar_one() for table in TABLES]
    return sum(int(size) for size in sums)
