"""An archive's manifest: the snapshot's blobs, the archives that contain them, and all hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from .members import BLOB_NAME, BLOBS, DATABASES, SECRET
from .problems import DamagedArchive, SnapshotProblem

FORMAT: Final = 1
HASH: Final = re.compile(r"[0-9a-f]{64}")
ID: Final = re.compile(r"[0-9a-f]{32}")
FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that a row of the snapshot refers to; `source` is the index of its archive in the manifest's list."""

    key: str
    size: int
    sha256: str
    source: int = 0

    @property
    def member(self) -> str:
        return BLOBS + self.key


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive, by its id; for a base also the SHA-256 of its manifest."""

    id: str
    file: str
    manifest_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Size and hash of a file that is not a blob."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """See the module. `archives[0]` is the archive itself, the others are those it depends on."""

    archives: tuple[Archive, ...]
    created_at: str
    program: str
    database_kind: str
    revision: str
    files: Mapping[str, Content]
    tables: Mapping[str, int]
    settings: Mapping[str, Any]
    blobs: tuple[Blob, ...]
    # Blobs in the archive that the snapshot does not refer to: they were deleted while it was created.
    deleted: Mapping[str, Content]

    @property
    def id(self) -> str:
        return self.archives[0].id

    @property
    def file(self) -> str:
        return self.archives[0].file

    @property
    def is_incremental(self) -> bool:
        return len(self.archives) > 1

    @property
    def database_member(self) -> str:
        return DATABASES[self.database_kind]

    @property
    def bytes_named(self) -> int:
        """The size of everything that a restore writes."""
        return sum(blob.size for blob in self.blobs) + sum(content.size for content in self.files.values())

    def members(self) -> dict[str, Content]:
        """Everything that this archive itself must contain, except its manifest."""
        own = {blob.member: Content(blob.size, blob.sha256) for blob in self.blobs if blob.source == 0}
        gone = {BLOBS + key: content for key, content in self.deleted.items()}
        return {**own, **gone, **self.files}


def dump(manifest: Manifest) -> bytes:
    """The manifest as JSON."""
    return orjson.dumps({"format": FORMAT, **_fields(manifest)}, option=orjson.OPT_INDENT_2)


def _fields(manifest: Manifest) -> dict[str, Any]:
    return {
        "id": manifest.id,
        "kind": "incremental" if manifest.is_incremental else "full",
        "created_at": manifest.created_at,
        "program": manifest.program,
        "database": {"kind": manifest.database_kind, "revision": manifest.revision, "rows": manifest.tables},
        "archives": [_archive_fields(archive) for archive in manifest.archives],
        "files": {name: [content.size, content.sha256] for name, content in manifest.files.items()},
        "settings": manifest.settings,
        "blobs": [[blob.key, blob.size, blob.sha256, blob.source] for blob in manifest.blobs],
        "deleted": [[key, content.size, content.sha256] for key, content in manifest.deleted.items()],
    }


def _archive_fields(archive: Archive) -> dict[str, str | None]:
    return {"id": archive.id, "file": archive.file, "manifest_sha256": archive.manifest_sha256}


def fingerprint(data: bytes) -> str:
    """The SHA-256 of a manifest's JSON."""
    return hashlib.sha256(data).hexdigest()


def parse(data: bytes) -> Manifest:
    """Parse a manifest. Raises SnapshotProblem for a newer format, DamagedArchive for an invalid one."""
    try:
        raw = orjson.loads(data)
        if not isinstance(raw["format"], int) or raw["format"] > FORMAT:
            raise SnapshotProblem(f"the archive has format {raw['format']!r}, this program knows up to {FORMAT}")
        return _parsed(raw)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as reason:
        raise DamagedArchive("the archive's manifest is no manifest") from reason


def _parsed(raw: Any) -> Manifest:
    archives = tuple(_archive(item) for item in raw["archives"])
    blobs = tuple(_blob(*item, most=len(archives)) for item in raw["blobs"])
    _ensure(len({blob.key for blob in blobs}) == len(blobs) and archives[0].id == raw["id"])
    kind = str(raw["database"]["kind"])
    files = {str(name): _content(*item) for name, item in raw["files"].items()}
    _ensure(kind in DATABASES and DATABASES[kind] in files and files.keys() <= {DATABASES[kind], SECRET})
    return Manifest(
        archives=archives,
        created_at=str(raw["created_at"]),
        program=str(raw["program"]),
        database_kind=kind,
        revision=str(raw["database"]["revision"]),
        files=files,
        tables={str(name): int(count) for name, count in raw["database"]["rows"].items()},
        settings=dict(raw["settings"]),
        blobs=blobs,
        deleted={_key(key): _content(size, digest) for key, size, digest in raw["deleted"]},
    )


def _archive(raw: Any) -> Archive:
    known = raw["manifest_sha256"]
    # The named file is opened beside the archive: the name must not lead anywhere else.
    _ensure(bool(ID.fullmatch(raw["id"]) and FILE.fullmatch(raw["file"]) and (known is None or HASH.fullmatch(known))))
    return Archive(raw["id"], raw["file"], known)


def _blob(key: str, size: int, digest: str, source: int, *, most: int) -> Blob:
    content = _content(size, digest)
    _ensure(type(source) is int and 0 <= source < most)
    return Blob(_key(key), content.size, content.sha256, source)


def _content(size: int, digest: str) -> Content:
    _ensure(type(size) is int and size >= 0 and HASH.fullmatch(digest) is not None)
    return Content(size, digest)


def _key(key: str) -> str:
    _ensure(BLOB_NAME.fullmatch(BLOBS + key) is not None)
    return key


def _ensure(holds: bool) -> None:
    if not holds:
        raise ValueError
