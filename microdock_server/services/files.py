"""Rows and their files: keys, and whether both still agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypedDict

from sqlalchemy import select

from ..clock import utcnow
from ..errors import FileMissing
from ..extensions import db
from ..models import Backup, PluginVersion
from ..models.columns import new_id
from ..storage import Storage, StoredFile
from ..storage.contract import CHUNK, BlobInfo

ORPHAN_AGE: Final = timedelta(hours=1)


class FileColumns(TypedDict):
    """What a row keeps of its file."""

    storage_backend: str
    storage_key: str
    file_size: int
    file_hash: str


@dataclass(slots=True)
class Verification:
    """What a look at every blob found. Keys of blobs; `orphaned` ones have no row and do no harm."""

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.changed


def new_key(area: str) -> str:
    """A key that was never used: nothing that a client chose is in it."""
    name = new_id().replace("-", "")
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
    """Read every blob that a row names and compare it with the row; list blobs that no row names."""
    result = Verification()
    blobs = {blob.key for blob in storage.blobs()}
    named = dict(_named())
    for key, (size, digest) in named.items():
        result.checked += 1
        try:
            if _measure(storage, key) != (size, digest):
                result.changed.append(key)
        except FileMissing:
            result.missing.append(key)
    result.orphaned = sorted(blobs - named.keys())
    return result


def collect_garbage(storage: Storage) -> list[str]:
    """Delete blobs that no row names and that are older than an hour; their keys.

    An upload's blob is there before its row: the age keeps its hands off those.
    """
    old = [blob for blob in storage.blobs() if _is_old(blob)]
    named = dict(_named())
    gone = [blob.key for blob in old if blob.key not in named]
    for key in gone:
        storage.delete(key)
    return gone


def _is_old(blob: BlobInfo) -> bool:
    return blob.modified < utcnow() - ORPHAN_AGE


def _named() -> Iterator[tuple[str, tuple[int, str]]]:
    for table in (PluginVersion, Backup):
        for key, size, digest in db.session.execute(select(table.storage_key, table.file_size, table.file_hash)):
            yield key, (size, digest)


def _measure(storage: Storage, key: str) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with storage.open(key) as blob:
        while chunk := blob.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()
