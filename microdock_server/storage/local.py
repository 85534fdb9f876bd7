"""Blobs on the local disk: one directory per area, with subdirectories by the first two digits of the name."""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from .. import file_modes
from ..errors import FileMissing, FileTooLarge, StorageFailure
from .contract import CHUNK, BlobInfo, Handover, ReceivedFile, StoredFile
from .incoming import disk_errors, human_size, remove_stale

# A blob that is still being written. Listings and keys never contain it.
PARTIAL: Final = ".partial-"


class LocalStorage:
    """`areas` maps the first part of a key to its directory."""

    name = "local"

    def __init__(self, areas: Mapping[str, Path], *, accel_prefix: str | None = None) -> None:
        self._areas = dict(areas)
        self._accel_prefix = accel_prefix
        # A proxy that sends blobs runs as a member of our group.
        self._modes = file_modes.OWNER if accel_prefix is None else file_modes.GROUP

    def save(self, key: str, stream: BinaryIO, *, limit: int | None = None) -> StoredFile:
        """See Storage."""
        target = self._path(key)
        with disk_errors():
            _make_directory(target.parent, self._modes)
            partial = target.with_name(f"{PARTIAL}{uuid.uuid4().hex}")
            try:
                size, digest = _copy(stream, partial, limit, self._modes.file)
                self._publish(partial, target)
            finally:
                with suppress(FileNotFoundError):
                    partial.unlink()
        return StoredFile(self.name, key, size, digest)

    def adopt(self, key: str, received: ReceivedFile) -> StoredFile:
        """See Storage. On the same filesystem the bytes are not written again."""
        target = self._path(key)
        with disk_errors():
            _make_directory(target.parent, self._modes)
            received.path.chmod(self._modes.file)
            _sync_file(received.path)
            try:
                self._publish(received.path, target)
            except OSError as reason:
                if reason.errno != errno.EXDEV:
                    raise
                return self._copy_over(key, received)
        return StoredFile(self.name, key, received.size, received.sha256)

    def open(self, key: str) -> BinaryIO:
        """See Storage."""
        try:
            return self._path(key).open("rb", buffering=0)
        except FileNotFoundError as reason:
            raise FileMissing() from reason
        except OSError as reason:
            raise StorageFailure() from reason

    def delete(self, key: str) -> None:
        """See Storage."""
        path = self._path(key)
        with disk_errors():
            try:
                path.unlink()
            except FileNotFoundError:
                return
            _sync_directory(path.parent)

    def url(self, key: str, *, file_name: str, media_type: str) -> Handover | None:
        """The internal URL for the proxy, if a proxy is configured. Our own answer has the file's name."""
        if self._accel_prefix is None:
            return None
        return Handover(f"{self._accel_prefix}/{key}", is_redirect=False)

    def blobs(self) -> Iterator[BlobInfo]:
        """See Storage."""
        for area, root in self._areas.items():
            for path in root.glob("[0-9a-f][0-9a-f]/[0-9a-f]*"):
                with suppress(FileNotFoundError):
                    status = path.stat()
                    modified = datetime.fromtimestamp(status.st_mtime, UTC)
                    yield BlobInfo(f"{area}/{path.parent.name}/{path.name}", status.st_size, modified)

    def sweep(self, before: datetime) -> list[str]:
        """See Storage."""
        found = [path for root in self._areas.values() for path in root.glob(f"[0-9a-f][0-9a-f]/{PARTIAL}*")]
        return remove_stale(found, before)

    def ensure_writable(self) -> None:
        """See Storage."""
        for root in self._areas.values():
            with disk_errors():
                file_modes.make_directory(root, self._modes)
                probe = root / f"{PARTIAL}{uuid.uuid4().hex}"
                probe.touch()
                probe.unlink()

    def _path(self, key: str) -> Path:
        area, _, rest = key.partition("/")
        if area not in self._areas or not rest or ".." in rest.split("/"):
            raise StorageFailure()
        return self._areas[area] / rest

    def _copy_over(self, key: str, received: ReceivedFile) -> StoredFile:
        with received.path.open("rb") as stream:
            stored = self.save(key, stream)
        received.path.unlink()
        return stored

    def _publish(self, partial: Path, target: Path) -> None:
        """Give the complete file its name. `link` refuses to overwrite, unlike `rename`."""
        os.link(partial, target)
        try:
            _sync_directory(target.parent)
        except BaseException:
            target.unlink()
            raise
        partial.unlink()


def _copy(stream: BinaryIO, target: Path, limit: int | None, mode: int) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with target.open("xb", buffering=0) as file:
        os.fchmod(file.fileno(), mode)
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if limit is not None and size > limit:
                raise FileTooLarge(limit=human_size(limit))
            digest.update(chunk)
            rest = memoryview(chunk)
            while rest:
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _make_directory(directory: Path, modes: file_modes.Modes) -> None:
    """Create the directory durably: a power loss must not remove a directory with files in it."""
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for path in reversed(missing):
        file_modes.make_one(path, modes)
        _sync_directory(path.parent)


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
