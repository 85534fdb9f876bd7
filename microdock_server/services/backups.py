"""Backups: opaque files that belong to whoever has the user key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from ..clock import compact, iso
from ..database.session import db
from ..database.unit_of_work import current_unit, unit_of_work
from ..errors import BackupBytesExceeded, BackupCountExceeded, BackupNotFound, Invalid
from ..models import Backup
from ..storage import ReceivedFile, Storages
from ..vocabulary import FIRST_KEY_MIN, BackupType
from . import audit, files
from .audit import SERVER, Who
from .files.quotas import UNLIMITED, Room
from .paging import page_of

EXPIRED_AT_ONCE: Final = 100
_NEWEST_FIRST: Final = select(Backup).order_by(Backup.created_at.desc(), Backup.id.desc())


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits per user key: number of backups, and total bytes."""

    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class NewBackup:
    """The client's description of its file."""

    user_key: str
    backup_type: BackupType
    plugin_name: str
    file_name: str
    description: str | None


def keep(new: NewBackup, received: ReceivedFile, quota: Quota, storage: Storages, room: Room = UNLIMITED) -> Backup:
    """Store a backup. Raises BackupCountExceeded or BackupBytesExceeded; when it returns, file and row are durable."""
    with unit_of_work(writing=False):
        ensure_room(new.user_key, received.size, quota)
        room.ensure(received.size)
    # Limits of the server and of an address are sums of what everybody writes.
    of = None if room.total or room.from_address else _owner_of(new.user_key)
    with unit_of_work(of=of) as unit:
        key = files.new_key("backups")
        unit.on_rollback(lambda: storage.main.delete(key))
        stored = storage.main.adopt(key, received)
        # Checked again under the write lock: two concurrent uploads must not both take the last place.
        ensure_room(new.user_key, received.size, quota)
        room.ensure(received.size)
        backup = Backup(
            user_key=new.user_key,
            backup_type=new.backup_type,
            plugin_name=new.plugin_name,
            file_name=new.file_name,
            description=new.description,
            stored_from=room.source,
            **files.columns(stored),
        )
        db.session.add(backup)
    return backup


def _owner_of(user_key: str) -> str:
    return f"backups of {user_key}"


def ensure_room(user_key: str, size: int, quota: Quota) -> None:
    """Is there room for one more backup of `size` bytes? Raises Invalid for a short key that has none so far."""
    count, used = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Backup.file_size), 0)).where(Backup.user_key == user_key)
    ).one()
    if count == 0 and len(user_key) < FIRST_KEY_MIN:
        raise Invalid.field("user_key", "field.first_key", min=FIRST_KEY_MIN)
    if count + 1 > quota.count:
        raise BackupCountExceeded(limit=quota.count)
    if used + size > quota.bytes:
        raise BackupBytesExceeded(limit_mb=f"{quota.bytes / (1 << 20):g}")


def page(user_key: str | None, page_number: int | None, limit: int | None) -> tuple[int, Sequence[Backup]]:
    """The number of backups of a user key (None: of everybody), and one page of them, newest first."""
    query = _NEWEST_FIRST
    if user_key is not None:
        query = query.where(Backup.user_key == user_key)
    return page_of(query, page_number, limit)


def found(key_part: str | None, page_number: int, limit: int) -> tuple[int, Sequence[Backup]]:
    """Like `page`, of all user keys that contain `key_part`, ignoring case."""
    return page_of(_NEWEST_FIRST.where(*_contains(key_part)), page_number, limit)


@dataclass(frozen=True, slots=True)
class KeyTotal:
    """What is kept under one user key."""

    user_key: str
    count: int
    bytes: int
    newest_at: datetime


def totals(key_part: str | None, page_number: int, limit: int) -> tuple[int, int, int, Sequence[KeyTotal]]:
    """How many user keys contain `key_part`, how many backups they have and how many bytes, and one page of the keys,
    the one with the newest backup first. Answered from an index that holds all it reads.
    """
    wanted = _contains(key_part)
    sums = select(
        func.count(Backup.user_key.distinct()), func.count(), func.coalesce(func.sum(Backup.file_size), 0)
    ).where(*wanted)
    keys, count, used = db.session.execute(sums).one()
    newest = func.max(Backup.created_at)
    query = (
        select(Backup.user_key, func.count(), func.sum(Backup.file_size), newest)
        .where(*wanted)
        .group_by(Backup.user_key)
        .order_by(newest.desc(), Backup.user_key)
        .limit(limit)
        .offset((page_number - 1) * limit)
    )
    rows = [KeyTotal(key, number, int(size), at) for key, number, size, at in db.session.execute(query)]
    return keys, count, int(used), rows


def _contains(key_part: str | None) -> list[ColumnElement[bool]]:
    """Engines compare letters differently: SQLite ignores case in LIKE, PostgreSQL does not."""
    return [func.lower(Backup.user_key).contains(key_part.lower(), autoescape=True)] if key_part else []


def get(user_key: str, backup_id: int) -> Backup:
    """The backup. A wrong key and a wrong id both raise BackupNotFound, so that ids do not reveal what exists."""
    backup = db.session.get(Backup, backup_id)
    if backup is None or backup.user_key != user_key:
        raise BackupNotFound()
    return backup


def download_name(backup: Backup, allowed_extensions: Sequence[str]) -> str:
    """`backup_program_20231201_143022.zip`."""
    name = backup.file_name.lower()
    fitting: list[Any] = [extension for extension in allowed_extensions if name.endswith(extension)]
    suffix = max(fitting, key=len, default="")
    return f"backup_{backup.backup_type}_{compact(backup.created_at)}{suffix}"


def expire(before: datetime, storage: Storages, is_over: Callable[[], bool]) -> int:
    """Delete everybody's backups from before this time, with their files, a hundred at a time; returns the number."""
    gone = 0
    while not is_over():
        with unit_of_work() as unit:
            query = select(Backup).where(Backup.created_at < before).order_by(Backup.id).limit(EXPIRED_AT_ONCE)
            old = db.session.scalars(query).all()
            for backup in old:
                db.session.delete(backup)
                unit.on_commit(partial(storage.delete, backup.storage_backend, backup.storage_key))
            if old:
                audit.record(SERVER, "backup.expired", "backup", "all", count=len(old), before=iso(before))
        gone += len(old)
        if len(old) < EXPIRED_AT_ONCE:
            break
    return gone


def delete(user_key: str, backup_id: int, by: Who | None, storage: Storages) -> None:
    """Delete the backup and, once that is committed, its file. `by` is None for a client that only has the key."""
    backup = get(user_key, backup_id)
    if by is not None:
        # The audit entry does not name the owner: the key is a secret.
        audit.record(by, "backup.deleted", "backup", str(backup.id), file_hash=backup.file_hash)
    backend, key = backup.storage_backend, backup.storage_key
    db.session.delete(backup)
    current_unit().on_commit(lambda: storage.delete(backend, key))
