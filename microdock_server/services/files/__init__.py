"""Rows and their files: storage keys, and checking that both agree."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypedDict

from sqlalchemy import select

from ...clock import utcnow
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...errors import FileMissing
from ...models import Backup, PluginImage, PluginVersion
from ...storage import Storage, Storages, StoredFile
from ...storage.contract import CHUNK

ORPHAN_AGE: Final = timedelta(hours=1)
# The models whose rows own files.
TABLES: Final = (PluginVersion, PluginImage, Backup)


class Place(NamedTuple):
    """Where a row's file is."""

    backend: str
    key: str


class FileColumns(TypedDict):
    """The columns that describe a row's file."""

    storage_backend: str
    storage_key: str
    file_size: int
    file_hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking every blob, as keys. `orphaned` blobs have no row and do no harm."""

    checked: int
    missing: list[str]
    changed: list[str]
    orphaned: list[str]

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.changed


def new_key(area: str) -> str:
    """A key that was never used before; it contains nothing chosen by a client."""
    # Random from its first digit on, which selects the directory.
    name = uuid.uuid4().hex
    return f"{area}/{name[:2]}/{name}"


def place_of(row: Any) -> Place:
    """Where the file of a row is: a model with StoredFileColumns, or a result with these columns."""
    return Place(row.storage_backend, row.storage_key)


def columns(stored: StoredFile) -> FileColumns:
    """The column values that describe `stored`."""
    return {
        "storage_backend": stored.backend,
        "storage_key": stored.key,
        "file_size": stored.size,
        "file_hash": stored.sha256,
    }


def verify(storages: Storages) -> Verification:
    """Read every blob that a row refers to and compare it with the row; list unreferenced blobs in any storage.

    Takes as long as reading everything, and holds no transaction meanwhile: files deleted since are left out.
    """
    blobs = {Place(name, blob.key) for name, storage in storages.by_name.items() for blob in storage.blobs()}
    named = _named()
    missing, changed = [], []
    for place, expected in named.items():
        try:
            if measure(storages.at(place.backend), place.key) != expected:
                changed.append(place)
        except FileMissing:
            missing.append(place)
    still = _named()
    return Verification(
        checked=len(named),
        missing=[_shown(place, storages) for place in missing if place in still],
        changed=[_shown(place, storages) for place in changed if place in still],
        orphaned=sorted(_shown(place, storages) for place in blobs - named.keys() - still.keys()),
    )


def collect_garbage(storages: Storages) -> list[str]:
    """Delete unreferenced blobs, and unfinished writes, that are older than an hour; returns their names.

    An upload's blob exists before its row: the minimum age protects it.
    """
    border = utcnow() - ORPHAN_AGE
    gone = []
    for name, storage in storages.by_name.items():
        old = [Place(name, blob.key) for blob in storage.blobs() if blob.modified < border]
        named = _named()
        elsewhere = {place.key for place in named}
        for place in old:
            if place not in named and _remove(storage, place, is_copy=place.key in elsewhere):
                gone.append(_shown(place, storages))
        gone += storage.sweep(border)
    return gone


def measure(storage: Storage, key: str) -> tuple[int, str]:
    """Size and SHA-256 of a blob, by reading it. Raises FileMissing, StorageFailure, or errors of reading."""
    size, digest = 0, hashlib.sha256()
    with storage.open(key) as blob:
        while chunk := blob.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()


def _remove(storage: Storage, place: Place, *, is_copy: bool) -> bool:
    """Delete an unreferenced blob. If the file is elsewhere too, a migration may be about to use this copy."""
    if not is_copy:
        storage.delete(place.key)
        return True
    # The row cannot change meanwhile: a migration that comes later finds no copy, and makes one.
    with unit_of_work():
        for table in TABLES:
            query = select(table.storage_backend).where(table.storage_key == place.key).with_for_update()
            if db.session.scalar(query) == place.backend:
                return False
        storage.delete(place.key)
    return True


def _named() -> dict[Place, tuple[int, str]]:
    """Size and hash of every referenced blob, by place."""
    named: dict[Place, tuple[int, str]] = {}
    with unit_of_work(writing=False):
        for table in TABLES:
            rows = db.session.execute(
                select(table.storage_backend, table.storage_key, table.file_size, table.file_hash)
            )
            named |= {Place(backend, key): (size, digest) for backend, key, size, digest in rows}
    return named


def _shown(place: Place, storages: Storages) -> str:
    """The key; if there are several storages, with the storage's name."""
    return place.key if len(storages.by_name) == 1 else f"{place.backend}:{place.key}"
