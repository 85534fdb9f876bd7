"""Writes an archive: members into frames, hashed on a second core meanwhile."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO, Final, Self

from .frames import CHUNK, FrameWriter, Output
from .manifest import Content
from .members import END, MANIFEST, header, padding

# How many chunks may wait for hashing, which bounds memory.
WAITING: Final = 16
# Passing a file up to this size to another thread takes longer than hashing it.
SMALL: Final = 1 << 16

Advance = Callable[[int], None]


def silent(_amount: int) -> None:
    """Ignores progress."""


class ArchiveWriter:
    """An archive that is being written. `advance` receives the size of every chunk."""

    def __init__(self, output: Output, advance: Advance = silent) -> None:
        self._output, self._advance = output, advance
        self._frames = FrameWriter(output)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="snapshot-hash")
        self._waiting: deque[Future[Any]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def add(self, name: str, size: int, stream: BinaryIO) -> Future[str] | None:
        """Append a member; returns the hash of its bytes, once it is known. None: the stream has another size.

        After None the archive is unusable.
        """
        digest = hashlib.sha256()
        first = stream.read(min(CHUNK, size))
        measured = _Measured(stream, first, size)
        content = self._watched(name, measured, digest)
        if self._frames.is_worth_compressing(first):
            self._frames.compressed(content, size)
        else:
            self._frames.stored(content)
        return self._result(digest, size) if measured.is_right else None

    def add_bytes(self, name: str, data: bytes) -> Content:
        """Append a small member."""
        self._frames.compressed([header(name, len(data)), data, padding(len(data))])
        return Content(len(data), hashlib.sha256(data).hexdigest())

    def finish(self, manifest: bytes) -> None:
        """Append the manifest and the footer."""
        at = self._output.offset
        self._frames.compressed([header(MANIFEST, len(manifest)), manifest, padding(len(manifest)), END])
        self._frames.footer(at)

    def _watched(self, name: str, measured: _Measured, digest: Any) -> Iterator[bytes]:
        yield header(name, measured.size)
        for chunk in measured:
            self._hash(digest, chunk, measured.size)
            yield chunk
            self._advance(len(chunk))
        yield padding(measured.size)

    def _result(self, digest: Any, size: int) -> Future[str]:
        if size > SMALL:
            return self._pool.submit(digest.hexdigest)
        done: Future[str] = Future()
        done.set_result(digest.hexdigest())
        return done

    def _hash(self, digest: Any, chunk: bytes, size: int) -> None:
        if size <= SMALL:
            digest.update(chunk)
            return
        if len(self._waiting) >= WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(digest.update, chunk))


class _Measured:
    """A stream's chunks, exactly `size` bytes; records if the stream had more or fewer."""

    def __init__(self, stream: BinaryIO, first: bytes, size: int) -> None:
        self._stream, self._first, self.size = stream, first, size
        self.is_right = False

    def __iter__(self) -> Iterator[bytes]:
        left, chunk = self.size, self._first
        while left and chunk:
            left -= len(chunk)
            yield chunk
            chunk = self._stream.read(min(CHUNK, left)) if left else b""
        self.is_right = left == 0 and not self._stream.read(1)
