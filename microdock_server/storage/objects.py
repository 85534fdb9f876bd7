"""Blobs in an S3 bucket. Needs the extra `s3`: imported only if a bucket is configured."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final, cast

import obstore

from ..addresses.bucket import Address, Credentials
from ..errors import DomainError, FileMissing, FileTooLarge, StorageFailure
from .client import Client, store_errors
from .contract import CHUNK, BlobInfo, Handover, ReceivedFile, StoredFile
from .disposition import disposition
from .incoming import disk_errors, human_size
from .reading import BlobReader
from .signing import signed_url
from .unfinished import UnfinishedUploads

log = logging.getLogger(__name__)

# Blobs up to this size are one request, and in memory; larger ones are sent in parts of this size.
PART: Final = 8 * 1024 * 1024
MOST_PARTS: Final = 10_000
PARTS_AT_ONCE: Final = 2
AREAS: Final = ("uploads", "backups")
# The key of the test object for writability. Listings and keys never contain it.
PROBES: Final = ".probes"


class ObjectStorage:
    """See Storage. With `redirects`, clients fetch blobs from the store by URLs that live for `lifetime`.

    A blob of one part is created on condition that its key is free (If-None-Match). The library has no such condition
    for multipart uploads: there the key is looked up before, so that only two simultaneous saves of one key could both
    pass. Keys are random and used once (services.files.new_key), so this never happens.
    """

    name = "s3"

    def __init__(
        self, address: Address, credentials: Credentials, *, redirects: bool = True, lifetime: timedelta
    ) -> None:
        self._address, self._credentials = address, credentials
        self._redirects, self._lifetime = redirects, lifetime
        self._client = Client(address, credentials)
        self._unfinished = UnfinishedUploads(address, credentials)

    def save(self, key: str, stream: BinaryIO, *, limit: int | None = None) -> StoredFile:
        """See Storage."""
        _ensure_key(key)
        body = _Body(stream, limit)
        first = body.first(PART)
        if len(first) < PART:
            self._put(key, first)
        else:
            self._put_in_parts(key, body.after(first), max(PART, -(-(limit or 0) // MOST_PARTS)))
        return StoredFile(self.name, key, body.size, body.sha256)

    def adopt(self, key: str, received: ReceivedFile) -> StoredFile:
        """See Storage."""
        with disk_errors(), received.path.open("rb") as file:
            stored = self.save(key, file, limit=max(received.size, 1))
        if (stored.size, stored.sha256) != (received.size, received.sha256):
            self.delete(key)
            raise StorageFailure() from OSError("the received file changed while it was stored")
        with disk_errors():
            received.path.unlink()
        return stored

    def open(self, key: str) -> BinaryIO:
        """See Storage. Sequential reading can also be completed after `delete`."""
        _ensure_key(key)
        return cast(BinaryIO, BlobReader(self._client, key))

    def delete(self, key: str) -> None:
        """See Storage."""
        _ensure_key(key)
        with suppress(FileMissing), store_errors():
            obstore.delete(self._client.store(), key)

    def url(self, key: str, *, file_name: str, media_type: str) -> Handover | None:
        """A presigned URL of the store; None if the server must send blobs itself."""
        if not self._redirects:
            return None
        _ensure_key(key)
        named = {"response-content-disposition": disposition(file_name), "response-content-type": media_type}
        path = f"/{self._address.bucket}/{self._whole(key)}"
        url = signed_url(
            "GET",
            self._address.public_endpoint,
            path,
            named,
            address=self._address,
            credentials=self._credentials,
            lifetime=self._lifetime,
        )
        return Handover(url, is_redirect=True)

    def blobs(self) -> Iterator[BlobInfo]:
        """See Storage."""
        for area in AREAS:
            for found in self._listed(area):
                yield BlobInfo(found["path"], found["size"], found["last_modified"])

    def sweep(self, before: datetime) -> list[str]:
        """See Storage: removes multipart uploads that were never completed, and test objects that were never
        deleted.
        """
        gone = []
        for probe in self._listed(PROBES):
            if probe["last_modified"] < before:
                with store_errors():
                    obstore.delete(self._client.store(), probe["path"])
                gone.append(probe["path"])
        for area in AREAS:
            for upload in self._unfinished.listed(self._whole(f"{area}/")):
                if upload.begun < before:
                    self._unfinished.abort(upload)
                    gone.append(f"unfinished {upload.key}")
        return gone

    def ensure_writable(self) -> None:
        """See Storage: creates an object and deletes it."""
        probe = f"{PROBES}/{uuid.uuid4().hex}"
        try:
            with store_errors():
                obstore.put(self._client.store(), probe, b"", mode="create")
                obstore.delete(self._client.store(), probe)
        except FileMissing as reason:
            # The bucket itself.
            raise StorageFailure() from reason

    def _whole(self, key: str) -> str:
        return f"{self._address.prefix}/{key}" if self._address.prefix else key

    def _put(self, key: str, data: bytes) -> None:
        try:
            with store_errors():
                obstore.put(self._client.store(), key, data, mode="create")
        except FileMissing as reason:
            raise StorageFailure() from reason

    def _put_in_parts(self, key: str, pieces: Iterable[bytes], size: int) -> None:
        self._ensure_free(key)
        try:
            with store_errors():
                obstore.put(
                    self._client.store(),
                    key,
                    pieces,
                    use_multipart=True,
                    chunk_size=size,
                    max_concurrency=PARTS_AT_ONCE,
                )
        except BaseException as reason:
            self._abort(key)
            if isinstance(reason, FileMissing):
                raise StorageFailure() from reason
            raise

    def _ensure_free(self, key: str) -> None:
        with suppress(FileMissing):
            with store_errors():
                obstore.head(self._client.store(), key)
            raise StorageFailure() from FileExistsError("the key is taken")

    def _abort(self, key: str) -> None:
        """The library aborts a failed upload, if the store still answers; this checks again, and `sweep` does the
        rest.
        """
        try:
            for upload in list(self._unfinished.listed(self._whole(key))):
                self._unfinished.abort(upload)
        except DomainError:
            log.warning("an upload failed and could not be aborted: `flask storage gc` will, in an hour")

    def _listed(self, area: str) -> Iterator[Any]:
        with store_errors():
            pages = iter(obstore.list(self._client.store(), area))
        while True:
            with store_errors():
                page = next(pages, None)
            if page is None:
                return
            yield from page


class _Body:
    """A stream on its way into the bucket: hashed, counted and limited as it is read."""

    def __init__(self, stream: BinaryIO, limit: int | None) -> None:
        self._stream, self._limit = stream, limit
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def first(self, size: int) -> bytes:
        """`size` bytes or a little more; fewer only at the end of the stream."""
        parts, found = [], 0
        while found < size and (part := self._read()):
            parts.append(part)
            found += len(part)
        return b"".join(parts)

    def after(self, first: bytes) -> Iterator[bytes]:
        """All pieces, including the first."""
        yield first
        while part := self._read():
            yield part

    def _read(self) -> bytes:
        with disk_errors():
            part = self._stream.read(CHUNK)
        self.size += len(part)
        if self._limit is not None and self.size > self._limit:
            raise FileTooLarge(limit=human_size(self._limit))
        self._hash.update(part)
        return part


def _ensure_key(key: str) -> None:
    area, _, rest = key.partition("/")
    if area not in AREAS or not rest or ".." in rest.split("/"):
        raise StorageFailure()
