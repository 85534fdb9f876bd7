"""The contract of every storage backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A blob: its key, its size in bytes, the SHA-256 of its bytes in hex, and the backend that keeps it."""

    backend: str
    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A request's file, complete on this machine's disk, hashed while it arrived. Not yet durable."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """A listing's facts about a blob."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Handover:
    """Another sender for a blob: the client is redirected, or the proxy in front is told.

    The URL of a redirect lets anybody who has it read the blob for a while: it is in no representation, and in no log.
    """

    address: str = field(repr=False)
    is_redirect: bool


# Would the other sender answer the request exactly as the server does?
Suits = Callable[[Handover], bool]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A blob to be sent: `stream` is open at its first byte; None if `handover` names another sender."""

    handover: Handover | None
    stream: BinaryIO | None


class Storage(Protocol):
    """Blobs by key. A key is `<area>/<two hex digits>/<uuid>`: nothing a client chose is in it.

    - `save` and `adopt` answer only when the blob is complete and durable: it survives kill -9 and power loss.
      If they raise, no blob of that key exists. They never overwrite: a key that exists raises StorageFailure.
    - Whatever the backend's failure, it comes out as StorageFailure, a full disk as StorageFull, a store that does
      not answer as StorageUnavailable; a blob that is not there as FileMissing.
    - `delete` of a key that does not exist does nothing.
    """

    name: str

    def save(self, key: str, stream: BinaryIO, *, limit: int | None = None) -> StoredFile:
        """Store `stream` under `key`, hashing as it is written. Raises FileTooLarge beyond `limit` bytes."""
        ...

    def adopt(self, key: str, received: ReceivedFile) -> StoredFile:
        """Make a received file the blob `key`; its path is gone afterwards. Cheaper than `save` where possible."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The blob's bytes; seekable. The caller closes it.

        An open blob can be read sequentially to its end even after `delete`.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the blob."""
        ...

    def url(self, key: str, *, file_name: str, media_type: str) -> Handover | None:
        """The URL from which a client or proxy can fetch the blob as an attachment; None if the server must send it."""
        ...

    def blobs(self) -> Iterator[BlobInfo]:
        """Every complete blob, in no order."""
        ...

    def sweep(self, before: datetime) -> list[str]:
        """Remove unfinished writes that were killed before `before`; returns names for the log."""
        ...

    def ensure_writable(self) -> None:
        """Raise StorageFailure unless a blob could be stored now."""
        ...
