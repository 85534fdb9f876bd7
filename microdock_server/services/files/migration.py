"""Moves files from one storage to another while the server runs, one by one, so that it can be interrupted at any time.

A file is copied under its own key, read back and compared with its row; then its row is changed in a transaction of its
own; then the old blob is deleted. If killed before the row changed, a copy remains that the next run uses; if killed
after, an unreferenced old blob, which `flask storage gc` removes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import CursorResult, exists, select, update

from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...errors import FileMissing, StorageFailure
from ...storage import Storage, Storages
from . import TABLES, Place, measure

Table = Any


class Outcome(StrEnum):
    """The result for one file."""

    MOVED = "moved"
    GONE = "gone"  # its row was deleted, or the file was moved by another run, meanwhile
    MISSING = "missing"
    CHANGED = "changed"  # its bytes differ from its row, in one storage or the other
    FAILED = "failed"  # a storage failed


@dataclass(frozen=True, slots=True)
class Move:
    """A file to move: where it is, and what its row says of it."""

    table: Table
    place: Place
    size: int
    sha256: str


def waiting(target: str) -> list[Move]:
    """Every file whose row names another storage than `target`."""
    with unit_of_work(writing=False):
        return [
            Move(table, Place(backend, key), size, digest)
            for table in TABLES
            for backend, key, size, digest in db.session.execute(
                select(table.storage_backend, table.storage_key, table.file_size, table.file_hash)
                .where(table.storage_backend != target)
                .order_by(table.storage_key)
            )
        ]


def migrate(moves: list[Move], storages: Storages, target: Storage) -> Iterator[tuple[Move, Outcome]]:
    """Move the files one by one; yields each result once it is durable."""
    for move in moves:
        yield move, _outcome(move, storages, target)


def _outcome(move: Move, storages: Storages, target: Storage) -> Outcome:
    try:
        return _moved(move, storages, target)
    except FileMissing:
        return Outcome.MISSING
    except StorageFailure:
        return Outcome.FAILED


def _moved(move: Move, storages: Storages, target: Storage) -> Outcome:
    source, key = storages.at(move.place.backend), move.place.key
    try:
        _copy(source, target, key)
        if measure(target, key) != (move.size, move.sha256):
            return Outcome.CHANGED
    except FileMissing:
        # Found in neither storage: was it deleted since the list was made?
        if _is_named(move):
            raise
        return Outcome.GONE
    if _repoint(move, source, target):
        return Outcome.MOVED
    if not _is_named(move):
        target.delete(key)
    return Outcome.GONE


def _copy(source: Storage, target: Storage, key: str) -> None:
    """A copy left by an interrupted run is used: it is compared with the row like any other."""
    if _is_there(target, key):
        return
    with source.open(key) as blob:
        target.save(key, blob)


def _repoint(move: Move, source: Storage, target: Storage) -> bool:
    """Point the row to the copy; False if it was deleted or moved meanwhile. Raises FileMissing without the copy."""
    table, place = move.table, move.place
    with unit_of_work() as unit:
        done = db.session.execute(
            update(table)
            .where(table.storage_key == place.key, table.storage_backend == place.backend)
            .values(storage_backend=target.name)
        )
        if not cast("CursorResult[Any]", done).rowcount:
            return False
        # Under the write lock: if `gc` took the copy for an orphan, it did so before this.
        if not _is_there(target, place.key):
            raise FileMissing()
        unit.on_commit(lambda: source.delete(place.key))
    return True


def _is_named(move: Move) -> bool:
    with unit_of_work(writing=False):
        return bool(db.session.scalar(select(exists().where(move.table.storage_key == move.place.key))))


def _is_there(storage: Storage, key: str) -> bool:
    try:
        storage.open(key).close()
    except FileMissing:
        return False
    return True
