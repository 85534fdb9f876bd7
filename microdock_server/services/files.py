"""Rows and their files: keys, and whether both still agree."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypedDict

from sqlalchemy import select

from ..clock import utcnow
from ..errors import FileMissing
from ..extensions import db
from ..models import Backup, PluginImage, PluginVersion
from ..storage import Storage, StoredFile
from ..storage.contract import CHUNK
from ..uow import unit_of_work

ORPHAN_AGE: Final = timedelta(hours=1)


class FileColumns(TypedDict):
    """What a row keeps of its file."""

    storage_backend: str
    storage_key: str
    file_size: int
    file_hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at every blob found. Keys of blobs; `orphaned` ones have no row and do no harm."""

    checked: int
    missing: list[str]
    changed: list[str]
    orphaned: list[str]

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.changed


def new_key(area: str) -> str:
    """A key that was never used: nothing that a client chose is in it."""
    # Random from its first digit on: it chooses the folder.
    name = uuid.uuid4().hex
    return f"{area}/{name[:2]}/{name}"


def columns(stored: StoredFile) -> FileColumns:
    """The columns that describe `stored`."""
    return {
        "storage_backend": stored.backend,
        "storage_key": stored.key,
        "file_size": stored.size,
        "file_hash": stored.sha256,
    }


def verify(storage: Storage) -> Verification:
    """Read every blob that a row names and compare it with the row; list blobs that no row names.

    Takes as long as reading everything, and holds no transaction meanwhile: what was deleted since is left out.
    """
    blobs = {blob.key for blob in storage.blobs()}
    named = _named()
    missing, changed = [], []
    for key, expected in named.items():
        try:
            if measure(storage, key) != expected:
                changed.append(key)
        except FileMissing:
            missing.append(key)
    still = _named()
    return Verification(
        checked=len(named),
        missing=[key for key in missing if key in still],
        changed=[key for key in changed if key in still],
        orphaned=sorted(blobs - named.keys() - still.keys()),
    )


def collect_garbage(storage: Storage) -> list[str]:
    """Delete blobs that no row names and that are older than an hour, and unfinished writes as old; their names.

    An upload's blob is there before its row: the age keeps its hands off those.
    """
    border = utcnow() - ORPHAN_AGE
    old = [blob.key for blob in storage.blobs() if blob.modified < border]
    named = _named()
    gone = [key for key in old if key not in named]
    for key in gone:
        storage.delete(key)
    return gone + storage.sweep(border)


def _named() -> dict[str, tuple[int, str]]:
    """Size and hash of every blob that a row names, by key."""
    named: dict[str, tuple[int, str]] = {}
    with unit_of_work(writing=False):
        for table in (PluginVersion, PluginImage, Backup):
            rows = db.session.execute(select(table.storage_key, table.file_size, table.file_hash))
            named |= {key: (size, digest) for key, size, digest in rows}
    return named


def measure(storage: Storage, key: str) -> tuple[int, str]:
    """Size and SHA-256 of a blob, by reading it. Raises FileMissing, StorageFailure, or what reading raises."""
    size, digest = 0, hashlib.sha256()
    with storage.open(key) as blob:
        while chunk := blob.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()
