"""A client's socket: it waits for its client as long as the deadlines allow, and no longer.

The descriptor never blocks. What gunicorn takes for blocking is done here: whoever reads or writes waits in `poll`, the
time is added up, and a client that is too slow ends its transfer.
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

# A thread that waits looks this often whether its place was given to somebody else.
SLICE: Final = 0.25
SEND_AT_ONCE: Final = 1 << 20


class SlowClient(Exception):
    """The body comes too slowly. No OSError: those are taken for a client that went away."""


class PlaceLost(Exception):
    """The place in which the body was received was needed for another address."""


class Request(Protocol):
    """gunicorn's request, as far as it matters here."""

    def force_close(self) -> None:
        """Say `Connection: close` with the answer."""


class ClientSocket(socket.socket):
    """A connection whose reads and writes keep to the deadlines while a request is handled."""

    def __init__(self, accepted: socket.socket, address: str, deadlines: Deadlines, transfers: FairShares) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        super().setblocking(False)
        self.address, self._deadlines, self._transfers = address, deadlines, transfers
        # Has the body of the request that is handled arrived already?
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
        """From now on, a body may be waited for."""
        self._request = request
        self._reading = Pace(self._deadlines)

    def end(self) -> None:
        """The request is over: nothing is waited for any more."""
        self._request = self._reading = self._writing = None
        self._is_evicted = False

    @property
    def waited(self) -> float:
        """Seconds for which the client was waited for during this request."""
        return sum(pace.waited for pace in (self._reading, self._writing) if pace is not None)

    def evict(self) -> None:
        """End the transfer that goes on. Another thread hears so within a moment."""
        self._is_evicted = True

    def close_after_answer(self) -> None:
        """The answer says that the connection ends with it."""
        if self._request is not None:
            self._request.force_close()

    # --- What gunicorn and WebSockets call ---------------------------------------------------------------------------

    def setblocking(self, flag: bool) -> None:
        """Who wants a socket that does not block polls by themselves; no system call is needed for it."""
        self._timeout = None if flag else 0.0

    def settimeout(self, value: float | None) -> None:
        self._timeout = value

    def gettimeout(self) -> float | None:
        return self._timeout

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What came. Raises SlowClient or PlaceLost while a body is waited for; TimeoutError where nothing may be."""
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
        """Send all of it. Raises BrokenPipeError for a client that reads too slowly."""
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
        """Send `count` bytes of a file, or less where it ends before. Raises as `sendall` does."""
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
        # A time-out is set by nobody who reads a body: only by gunicorn where it gives a connection up.
        if pace is None or self._timeout is not None:
            raise TimeoutError("nothing may be waited for now")
        if pace.patience() <= 0:
            metrics.cut("body")
            self.close_after_answer()
            raise SlowClient
        self._poll(pace, select.POLLIN)

    def _wait_for_reader(self) -> None:
        """Wait until more can be sent. What the client has taken counts, not what the kernel has."""
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
        """Bytes of this answer that the client has acknowledged, give or take those of an answer before it."""
        queued = bytearray(4)
        with suppress(OSError):
            fcntl.ioctl(self.fileno(), termios.TIOCOUTQ, queued)
        return self._sent - int(struct.unpack("i", queued)[0])

    def _reset_when_closed(self) -> None:
        """Nothing of what was not read is kept."""
        with suppress(OSError):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
