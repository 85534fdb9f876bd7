"""Latency of a storage: wraps any backend, which need not know of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from ..observability import metrics, tracing
from .contract import BlobInfo, Handover, ReceivedFile, Storage, StoredFile


class MeasuredStorage:
    """Wraps the storage `inner`, timing every operation under its name and the backend's."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner
        self.name = inner.name
        self._timers = {
            operation: metrics.STORED.labels(operation, inner.name)
            for operation in ("save", "adopt", "open", "delete", "sweep", "probe")
        }

    def save(self, key: str, stream: BinaryIO, *, limit: int | None = None) -> StoredFile:
        """See Storage."""
        with self._timed("save"):
            return self._inner.save(key, stream, limit=limit)

    def adopt(self, key: str, received: ReceivedFile) -> StoredFile:
        """See Storage."""
        with self._timed("adopt"):
            return self._inner.adopt(key, received)

    def open(self, key: str) -> BinaryIO:
        """See Storage. Timed until it is open."""
        with self._timed("open"):
            return self._inner.open(key)

    def delete(self, key: str) -> None:
        """See Storage."""
        with self._timed("delete"):
            self._inner.delete(key)

    def url(self, key: str, *, file_name: str, media_type: str) -> Handover | None:
        """See Storage."""
        return self._inner.url(key, file_name=file_name, media_type=media_type)

    def blobs(self) -> Iterator[BlobInfo]:
        """See Storage."""
        return self._inner.blobs()

    def sweep(self, before: datetime) -> list[str]:
        """See Storage."""
        with self._timed("sweep"):
            return self._inner.sweep(before)

    def ensure_writable(self) -> None:
        """See Storage."""
        with self._timed("probe"):
            self._inner.ensure_writable()

    @contextmanager
    def _timed(self, operation: str) -> Iterator[None]:
        with tracing.span(f"storage {operation}", storage_backend=self.name), metrics.timed(self._timers[operation]):
            yield
