"""A blob in a bucket as a file: sequential reads use one open response, others use ranges."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import obstore

from .client import Client, store_errors

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE: Final = 1024 * 1024


class BlobReader(io.RawIOBase):
    """The bytes of one blob; at most a few pieces of it are in memory.

    Sequential reading from the first byte uses a single response of the store, which is complete even if the blob is
    deleted meanwhile. After a seek, ranges are requested piece by piece. Raises FileMissing, StorageUnavailable.
    """

    def __init__(self, client: Client, key: str) -> None:
        super().__init__()
        self._client, self._key = client, key
        with store_errors():
            answer = obstore.get(client.store(), key)
            self._size = int(answer.meta["size"])
            self._stream: Iterator[Any] | None = iter(answer.stream(min_chunk_size=PIECE))
        self._place = 0
        # What was fetched and not read yet begins at `_place`.
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Change the position; nothing is requested before the next read."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the first byte")
        if base + offset != self._place:
            self._place, self._stream, self._left = base + offset, None, memoryview(b"")
        return self._place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """The next bytes, as many as are available."""
        target = memoryview(buffer).cast("B")
        if not self._left and target and self._place < self._size:
            self._left = memoryview(self._fetched())
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        self._place += count
        return count

    def close(self) -> None:
        self._stream, self._left = None, memoryview(b"")
        super().close()

    def _fetched(self) -> bytes:
        with store_errors():
            if self._stream is None:
                end = min(self._place + PIECE, self._size)
                return bytes(obstore.get_range(self._client.store(), self._key, start=self._place, end=end))
            try:
                return bytes(next(self._stream))
            except StopIteration:
                raise OSError("the answer ended before the blob did") from None
