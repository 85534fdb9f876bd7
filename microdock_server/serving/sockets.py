"""A client's socket, which waits for its client as long as the deadlines allow, and no longer.

The descriptor is always non-blocking; blocking behaviour for gunicorn is implemented here: readers and writers wait in
`poll`, the time is added up, and the transfer of a too slow client ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import termios
import time
from contextlib import suppress
from typing import IO, Any, Final, Protocol

from ..observability import metrics
from .pace import Deadlines, Pace
from .shares import FairShares

# How often a waiting thread checks whether its place was given to another client.
SLICE: Final = 0.25
SEND_AT_ONCE: Final = 1 << 20


class SlowClient(Exception):
    """The body arrives too slowly. Not an OSError: those are taken for a disconnected client."""


class PlaceLost(Exception):
    """The place for receiving the body was given to another address."""


class Request(Protocol):
    """The part of gunicorn's request that is used here."""

    def force_close(self) -> None:
        """Send `Connection: close` with the answer."""


class ClientSocket(socket.socket):
    """A connection whose reads and writes keep to the deadlines while a request is handled."""

    def __init__(self, accepted: socket.socket, address: str, deadlines: Deadlines, transfers: FairShares) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        super().setblocking(False)
        self.address, self._deadlines, self._transfers = address, deadlines, transfers
        # Has the body of the current request arrived already?
        self.body_is_here = True
        # What is known of the request's head.
        self.head: bytes | bytearray = b""
        self._timeout: float | None = None
        self._request: Request | None = None
        self._reading: Pace | None = None
        self._writing: Pace | None = None
        self._is_evicted = False
        self._sent = self._drained_before = 0

    # --- One request -------------------------------------------------------------------------------------------------

    def begin(self, request: Request) -> None:
        """A request begins: its body may be waited for."""
        self._request = request
        self._reading = Pace(self._deadlines)

    def end(self) -> None:
        """The request is over: nothing is waited for any more."""
        self._request = self._reading = self._writing = None
        self._is_evicted = False

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the client during this request."""
        return sum(pace.waited for pace in (self._reading, self._writing) if pace is not None)

    def evict(self) -> None:
        """End the current transfer; the thread concerned notices within a moment."""
        self._is_evicted = True

    def close_after_answer(self) -> None:
        """Close the connection after this answer, and announce that in it."""
        if self._request is not None:
            self._request.force_close()

    # --- What gunicorn and WebSockets call ---------------------------------------------------------------------------

    def setblocking(self, flag: bool) -> None:
        """Sets only the timeout of later calls, without a system call: the descriptor never blocks."""
        self._timeout = None if flag else 0.0

    def settimeout(self, value: float | None) -> None:
        self._timeout = value

    def gettimeout(self) -> float | None:
        return self._timeout

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Received bytes. Raises SlowClient or PlaceLost while waiting for a body; TimeoutError where waiting is not
        allowed.
        """
        while True:
            if self._is_evicted:
                self.close_after_answer()
                raise PlaceLost
            try:
                data = super().recv(size, flags)
            except BlockingIOError:
                if self._timeout == 0.0:
                    raise
                self._wait_for_body()
                continue
            if self._reading is not None:
                self._reading.move(len(data))
            return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything. Raises BrokenPipeError for a client that reads too slowly."""
        try:
            sent = super().send(data, flags)
        except BlockingIOError:
            sent = 0
        self._sent += sent
        if sent == len(data):
            return
        rest = memoryview(data).cast("B")
        while len(rest := rest[sent:]):
            try:
                sent = super().send(rest, flags)
                self._sent += sent
            except BlockingIOError:
                sent = 0
                self._wait_for_reader()

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:  # type: ignore[override]
        """Send `count` bytes of a file, or fewer at its end. Raises as `sendall` does."""
        done, out, into = 0, self.fileno(), file.fileno()
        while count is None or done < count:
            try:
                sent = os.sendfile(out, into, offset + done, min(SEND_AT_ONCE, (count or SEND_AT_ONCE) - done))
            except BlockingIOError:
                self._wait_for_reader()
                continue
            if not sent:
                break
            done += sent
            self._sent += sent
        return done

    # --- Waiting -----------------------------------------------------------------------------------------------------

    def _wait_for_body(self) -> None:
        pace = self._reading
        # gunicorn sets a timeout only when it gives a connection up, never while a body is read.
        if pace is None or self._timeout is not None:
            raise TimeoutError("nothing may be waited for now")
        if pace.patience() <= 0:
            metrics.cut("body")
            self.close_after_answer()
            raise SlowClient
        self._poll(pace, select.POLLIN)

    def _wait_for_reader(self) -> None:
        """Wait until more can be sent. Progress is what the client has acknowledged, not what the kernel has
        buffered.
        """
        if self._timeout == 0.0:
            raise BlockingIOError(errno.EAGAIN, "the client has not read yet")
        pace = self._writing
        if pace is None:
            pace = self._writing = Pace(self._deadlines)
            self._drained_before = self._drained()
            self._transfers.enter(self.address, self)
        pace.move(max(0, self._drained() - self._drained_before - pace.moved))
        if self._is_evicted or pace.patience() <= 0:
            metrics.cut("answer")
            self._reset_when_closed()
            raise BrokenPipeError(errno.EPIPE, "the client reads too slowly")
        self._poll(pace, select.POLLOUT)

    def _poll(self, pace: Pace, event: int) -> None:
        poll = select.poll()
        poll.register(self, event)
        begun = time.monotonic()
        poll.poll(max(0.0, min(SLICE, pace.patience())) * 1000 + 1)
        pace.wait(time.monotonic() - begun)

    def _drained(self) -> int:
        """Bytes of this answer that the client has acknowledged; bytes of a previous answer may be included."""
        queued = bytearray(4)
        with suppress(OSError):
            fcntl.ioctl(self.fileno(), termios.TIOCOUTQ, queued)
        return self._sent - int(struct.unpack("i", queued)[0])

    def _reset_when_closed(self) -> None:
        """Reset the connection on close: unread data is discarded."""
        with suppress(OSError):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
