"""One WebSocket: read by its own thread, written to by any thread; no writer ever waits for its client.

wsproto implements the protocol; input and output are our own. simple-websocket (flask-sock) needs a second thread for
every connection, and its senders wait for slow clients.
"""

from __future__ import annotations

import math
import select
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Final

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

CHUNK: Final = 4096
MAX_MESSAGE: Final = 4096
# How many bytes a client may lag behind, beyond the kernel's own buffer, and for how long it may read nothing.
MAX_PENDING: Final = 256 * 1024
SLOW_AFTER: Final = 5.0
# How long a closing handshake may take.
LINGER: Final = 2.0
# A silent client is pinged, and disconnected after two pings without an answer.
PING_EVERY: Final = 25.0
MAX_UNANSWERED: Final = 2
# Frames of any kind that a client may send in a minute.
MAX_FRAMES: Final = 600
MINUTE: Final = 60.0
# A complete handshake request except for its key. It offers no extensions, whatever the client does: compression would
# cost memory for each connection.
_UPGRADE: Final = (
    *((b"Host", b"localhost"), (b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")),
    (b"Sec-WebSocket-Version", b"13"),
)


def upgraded(sock: socket.socket, key: str) -> Connection:
    """The WebSocket for a request with this `Sec-WebSocket-Key`; the handshake's answer is sent."""
    protocol = WSConnection(ConnectionType.SERVER)
    protocol.initiate_upgrade_connection([*_UPGRADE, (b"Sec-WebSocket-Key", key.encode())], "/")
    for _request in protocol.events():
        sock.sendall(protocol.send(AcceptConnection()))
    return Connection(sock, protocol)


class Connection:
    """A WebSocket that is open, then closing (a close frame was sent), then closed (nothing is read or sent any
    more).
    """

    def __init__(self, sock: socket.socket, protocol: WSConnection) -> None:
        sock.setblocking(False)
        self._sock, self._protocol = sock, protocol
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        # Held only briefly: the holder never waits for the socket.
        self._lock = threading.Lock()
        self._inbox: deque[str] = deque()
        self._parts = ""
        self._pending = bytearray()
        now = time.monotonic()
        self._moved = self._heard = self._minute = now
        self._unanswered = self._frames = 0
        self._cut_at: float | None = None
        self._is_over = False

    @property
    def is_open(self) -> bool:
        """May messages still be exchanged?"""
        return self._cut_at is None and not self._is_over

    def receive(self, within: float = math.inf) -> str | None:
        """The next message, or None once the connection is not open. Raises TimeoutError where none arrives in time."""
        deadline = time.monotonic() + within
        while self.is_open and not self._inbox:
            self._wait(deadline)
            if time.monotonic() >= deadline and not self._inbox:
                raise TimeoutError
        return self._inbox.popleft() if self.is_open else None

    def send(self, text: str) -> None:
        """Send a message, or queue it where the client is slow; does nothing once the connection is closing."""
        with self._lock:
            if self.is_open:
                self._write(self._protocol.send(TextMessage(data=text)))

    def drain(self) -> None:
        """Wait until the client has taken what was sent, or the connection is not open."""
        writable = select.poll()
        writable.register(self._sock, select.POLLOUT)
        while self._pending and self.is_open:
            writable.poll(1000)
            self.tend()

    def close(self, code: int, reason: str) -> None:
        """Begin to close; the first reason given counts."""
        with self._lock:
            self._close(code, reason)

    def tend(self) -> None:
        """Send what is pending, and disconnect a client that reads nothing or does not finish closing."""
        with self._lock:
            self._flush()
            now = time.monotonic()
            if self._pending and now - self._moved > SLOW_AFTER:
                self._close(1013, "messages were not read in time")
            if self._cut_at is not None and now > self._cut_at:
                self._cut()

    def end(self) -> None:
        """Wait for the client's half of the closing handshake, for two seconds at most, and close the socket.

        gunicorn would do the same, but on its main thread, which must keep accepting connections.
        """
        try:
            self.close(1000, "")
            while not self._is_over:
                self._wait(math.inf)
        finally:
            with self._lock:
                self._is_over = True
                self._sock.close()

    def _wait(self, deadline: float) -> None:
        """Wait until there is input or output, or the next deadline."""
        alarm = min(deadline, self._heard + PING_EVERY if self._cut_at is None else self._cut_at)
        if self._poll.poll(max(0.0, alarm - time.monotonic()) * 1000 + 1):
            self._read()
        elif self._cut_at is None and time.monotonic() > self._heard + PING_EVERY:
            self._ping()
        else:
            self.tend()

    def _read(self) -> None:
        try:
            data = self._sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        with self._lock:
            if data:
                self._take(data)
            else:
                self._cut()

    def _take(self, data: bytes) -> None:
        self._heard, self._unanswered = time.monotonic(), 0
        with suppress(LocalProtocolError, RemoteProtocolError):
            self._protocol.receive_data(data)
            for event in self._protocol.events():
                self._heed(event)

    def _heed(self, event: Event) -> None:
        if isinstance(event, CloseConnection):
            self._heed_close(event)
        elif self.is_open and self._is_within_rate():
            if isinstance(event, TextMessage):
                self._heed_text(event)
            elif isinstance(event, BytesMessage):
                self._close(1003, "messages are text")
            elif isinstance(event, Ping):
                self._write(self._protocol.send(event.response()))

    def _heed_close(self, event: CloseConnection) -> None:
        """The client closes, answers our close, or broke the protocol; in that case the closing handshake is still
        due.
        """
        if self._cut_at is None:
            self._write(self._protocol.send(event.response()))
            self._cut_at = time.monotonic() + LINGER
            if self._protocol.state is not ConnectionState.CLOSED:
                return
        self._cut()

    def _heed_text(self, event: TextMessage) -> None:
        self._parts += event.data
        if len(self._parts.encode()) > MAX_MESSAGE:
            self._parts = ""
            self._close(1009, "the message is too long")
        elif event.message_finished:
            self._inbox.append(self._parts)
            self._parts = ""

    def _is_within_rate(self) -> bool:
        if self._heard - self._minute > MINUTE:
            self._minute, self._frames = self._heard, 0
        self._frames += 1
        if self._frames > MAX_FRAMES:
            self._close(1008, "too many messages")
        return self._frames <= MAX_FRAMES

    def _ping(self) -> None:
        with self._lock:
            self._heard = time.monotonic()
            self._unanswered += 1
            if self._unanswered > MAX_UNANSWERED:
                self._cut()
            elif self.is_open:
                self._write(self._protocol.send(Ping()))

    def _close(self, code: int, reason: str) -> None:
        if self.is_open:
            self._cut_at = time.monotonic() + LINGER
            self._write(self._protocol.send(CloseConnection(code, reason)))

    def _write(self, data: bytes) -> None:
        if not self._pending:
            self._moved = time.monotonic()
        self._pending += data
        self._flush()
        if len(self._pending) > MAX_PENDING:
            self._close(1013, "messages were not read in time")

    def _flush(self) -> None:
        try:
            while self._pending and not self._is_over:
                sent = self._sock.send(self._pending)
                del self._pending[:sent]
                self._moved = time.monotonic()
        except BlockingIOError:
            pass
        except OSError:
            self._cut()

    def _cut(self) -> None:
        """Disconnect at once. Bytes that the kernel has accepted are still sent. This wakes up the reading thread."""
        self._is_over = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
