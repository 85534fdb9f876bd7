"""The audit log: every administrative and moderating action, each entry chained to the previous one by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Select, func, select

from ..clock import iso, utcnow
from ..database.session import db
from ..database.unit_of_work import ensure_whole
from ..models import AuditEntry
from .paging import page_of

# The hash that the first entry is chained to.
GENESIS: Final = "0" * 64
MOST: Final = 2000
BATCH: Final = 1000
# The log keeps what it has for ever: of longer texts in changes the beginning is enough.
CUT: Final = 500


class Who(Protocol):
    """The acting person; without an id: the server itself, or its command line."""

    @property
    def id(self) -> str | None: ...
    @property
    def username(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator, who is no account."""

    username: str
    id: str | None = None


COMMAND_LINE: Final = Operator("(command line)")
SERVER: Final = Operator("(server)")


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of verifying the chain. `broken_at`: the first entry that does not match; `head`: the last good
    hash.
    """

    entries: int
    head: str
    broken_at: int | None
    reason: str


# Built once: building a query costs as much as running it.
_LAST: Final = select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)


def record(by: Who, action: str, target_type: str, target_id: str, **details: Any) -> AuditEntry:
    """Record an action, in the transaction that performs it. Details must be JSON, and contain no secret."""
    ensure_whole()
    last = db.session.execute(_LAST).one_or_none()
    entry = AuditEntry(
        id=last.id + 1 if last else 1,
        at=utcnow(),
        actor_id=by.id,
        actor_name=by.username,
        action=action,
        target_type=target_type,
        target_id=target_id,
        details=details,
        previous_hash=last.hash if last else GENESIS,
    )
    entry.hash = digest(entry)
    db.session.add(entry)
    db.session.flush()
    return entry


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What differs, for the details of an entry: `{name: {"from": …, "to": …}}`; texts are cut to 500 characters."""
    return {
        name: {"from": _cut(before[name]), "to": _cut(value)} for name, value in after.items() if before[name] != value
    }


def _cut(value: Any) -> Any:
    return f"{value[:CUT]}…" if isinstance(value, str) and len(value) > CUT else value


def find(entry_id: str) -> AuditEntry | None:
    """The entry with this number; None for a number without an entry."""
    return db.session.get(AuditEntry, int(entry_id)) if entry_id.isdecimal() else None


def by_id(entry_ids: Iterable[str]) -> dict[str, AuditEntry]:
    """Entries by their number as text, of those that exist, in one query."""
    numbers = {int(entry_id) for entry_id in entry_ids if entry_id.isdecimal()}
    found = db.session.scalars(select(AuditEntry).where(AuditEntry.id.in_(numbers))) if numbers else ()
    return {str(entry.id): entry for entry in found}


def of_targets(action: str, target_type: str, target_ids: Collection[str]) -> Sequence[AuditEntry]:
    """When this was done to any of these, newest first; at most 2,000."""
    query = select(AuditEntry).where(
        AuditEntry.target_type == target_type, AuditEntry.target_id.in_(target_ids), AuditEntry.action == action
    )
    return db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(MOST)).all()


def find_last(action: str, target_type: str, target_id: str) -> AuditEntry | None:
    """The last time that this was done to this target; None if the log, which may be younger than the data, has no
    entry.
    """
    query = select(AuditEntry).where(
        AuditEntry.target_type == target_type, AuditEntry.target_id == target_id, AuditEntry.action == action
    )
    return db.session.scalar(query.order_by(AuditEntry.id.desc()).limit(1))


def last_of(number: int, until: datetime | None) -> AuditEntry | None:
    """The oldest of so many of the newest entries up to then; None where there are no older ones."""
    newest_first = _within(select(AuditEntry), None, until).order_by(AuditEntry.id.desc())
    rows = db.session.scalars(newest_first.offset(number - 1).limit(2)).all()
    return rows[0] if len(rows) > 1 else None


def digest(entry: AuditEntry) -> str:
    """SHA-256 (hex) of everything in an entry, and of the previous hash."""
    said = {
        "id": entry.id,
        "at": iso(entry.at),
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "target_type": entry.target_type,
        "target_id": entry.target_id,
        "details": entry.details,
        "previous_hash": entry.previous_hash,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def verify() -> Verified:
    """Verify the chain from its beginning. Entries removed from its end are noticed only by comparing with an
    earlier head.
    """
    head, expected = GENESIS, 1
    for number, entry in _entries():
        if number < expected:
            return Verified(expected - 1, head, number, "an entry was put in")
        if number > expected:
            return Verified(expected - 1, head, expected, "an entry is missing")
        if entry is None:
            return Verified(expected - 1, head, number, "the entry was changed")
        if entry.previous_hash != head:
            return Verified(expected - 1, head, number, "the chain is broken")
        if digest(entry) != entry.hash:
            return Verified(expected - 1, head, number, "the entry was changed")
        head, expected = entry.hash, expected + 1
    return Verified(expected - 1, head, None, "")


def page(
    *,
    actor_id: str | None = None,
    actor_name: str | None = None,
    action: str | None = None,
    target_type: str | None = None,
    target_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    also: Iterable[ColumnElement[bool]] = (),
    page_number: int,
    limit: int,
) -> tuple[int, Sequence[AuditEntry]]:
    """The number of matching entries, and one page of them, newest first. An `action` that ends in `.` is a prefix.

    `also`: further conditions, such as those of audit_targets.matching().
    """
    query = select(AuditEntry).where(*also).order_by(AuditEntry.id.desc())
    if actor_id is not None:
        query = query.where(AuditEntry.actor_id == actor_id)
    if actor_name is not None:
        query = query.where(AuditEntry.actor_name == actor_name)
    if action is not None:
        fits = AuditEntry.action.startswith(action, autoescape=True)
        query = query.where(fits if action.endswith(".") else AuditEntry.action == action)
    if target_type is not None:
        query = query.where(AuditEntry.target_type == target_type)
    if target_id is not None:
        query = query.where(AuditEntry.target_id == target_id)
    return page_of(_within(query, since, until), page_number, limit)


def count() -> int:
    """How many entries there are."""
    return int(db.session.execute(select(func.count()).select_from(AuditEntry)).scalar_one())


def _within(query: Select[Any], since: datetime | None, until: datetime | None) -> Select[Any]:
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at <= until)
    return query


def _entries() -> Iterator[tuple[int, AuditEntry | None]]:
    """All entries in order with their numbers, read in batches; None for an unreadable one."""
    numbers = select(AuditEntry.id).order_by(AuditEntry.id).limit(BATCH)
    query = numbers
    while batch := db.session.scalars(query).all():
        yield from zip(batch, _read(batch), strict=True)
        query = numbers.where(AuditEntry.id > batch[-1])
        db.session.expunge_all()


def _read(batch: Sequence[int]) -> Sequence[AuditEntry | None]:
    query = select(AuditEntry).where(AuditEntry.id.between(batch[0], batch[-1])).order_by(AuditEntry.id)
    try:
        return db.session.scalars(query).all()
    except (ValueError, TypeError):
        # One row of this batch has invalid JSON, or an invalid time.
        half = len(batch) // 2
        return [*_read(batch[:half]), *_read(batch[half:])] if half else [None]
