"""gunicorn's threaded worker, with heads and small bodies received outside of its threads.

Its poller reads heads and small bodies without blocking, and hands a connection to a thread once the request is ready;
it also drains connections that are closing for a moment, so that clients receive the last answer. Deadlines, and a
share per address, bound what a client can occupy.

Written against gunicorn 27 (`gunicorn.workers.gthread`), whose `handle`, `handle_request` and `run` are still used.
"""

from __future__ import annotations

import errno
import math
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Final

from gunicorn.http.errors import (  # type: ignore[import-untyped]
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker  # type: ignore[import-untyped]

from ..addresses.client import counted
from ..observability import metrics
from .heads import MAX_BODY, MAX_HEAD, Arriving, Stage
from .pace import Deadlines, Pace
from .shares import FairShares
from .sockets import ClientSocket
from .waiting import Waiting, oldest_of_largest

READ: Final = 8192
# After the last answer, a client that is still sending is read for this long, and this many bytes.
LINGER_PAUSE: Final = 2.0
LINGER_SECONDS: Final = 15.0
LINGER_BYTES: Final = 256 * 1024 * 1024
LINGER_READ: Final = 256 * 1024
# Unfinished requests, and closing connections, that one address may have in a worker; its oldest makes room.
MAX_UNFINISHED: Final = 128
# Connections are closed when this few are free, this many at once.
SPARE: Final = 16
SWEEP_EVERY: Final = 0.25

# Errors of gunicorn's parser, as status and slug; the first match counts. All of them are the client's fault.
UNPARSED: Final = (
    (LimitRequestLine, 414, "uri_too_long"),
    (LimitRequestHeaders, 431, "headers_too_large"),
    (ExpectationFailed, 417, "malformed_request"),
    (ParseException, 400, "malformed_request"),
)

# Status, slug and the received part of the request → the whole answer as bytes.
Refusal = Callable[[int, str, bytes], bytes]


class Connection(TConn):  # type: ignore[misc]
    """A client's connection. While it waits in the poller: for what, and until when."""

    sock: ClientSocket

    def __init__(self, cfg: Any, sock: ClientSocket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        # gunicorn's threads are used only when there is something to read.
        self.data_ready = True
        self.address = sock.address
        self.request = Arriving()
        self.deadline = 0.0
        self.body: Pace | None = None
        # While closing: how many bytes may still arrive, and until when.
        self.may_linger = 0
        self.gone_at = 0.0
        # Closed: an event noticed before may still be delivered.
        self.is_gone = False


class Worker(ThreadWorker):  # type: ignore[misc]
    """See the module. `gunicorn.conf.py` configures it before it starts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configure(Deadlines(), trusts_peers=False, transfers=64)
        self._unfinished: Waiting[Connection] = Waiting()
        self._swept = 0.0
        self._stopping_since = math.inf

    def configure(self, deadlines: Deadlines, *, trusts_peers: bool, transfers: int) -> None:
        """Set the limits from the settings.

        With `trusts_peers`, peers are proxies: their connections are those of many clients. `transfers` answers may
        wait for their clients at once; that many threads are needed in addition to those for requests.
        """
        self.deadlines, self.trusts_peers = deadlines, trusts_peers
        self._shares = FairShares(transfers, evicts_own=True)

    @staticmethod
    def refusal(status: int, slug: str, received: bytes) -> bytes:
        """The answer to a request that no thread handles."""
        return f"HTTP/1.1 {status} {slug}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse TLS: heads are read here in plain text."""
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise RuntimeError("TLS ends in a proxy before this server: see docs/operations.md")

    # --- In the poller -----------------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; if an address has too many unfinished ones, its oldest makes room."""
        try:
            accepted, client = listener.accept()
        except OSError as reason:
            if reason.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        address = counted(client[0]) if isinstance(client, tuple) else ""
        sock = ClientSocket(accepted, address, self.deadlines, self._shares)
        self.nr_conns += 1
        conn = Connection(self.cfg, sock, client, listener.getsockname())
        self._make_room(address)
        # A client that sends nothing at all has the same deadline.
        conn.deadline = time.monotonic() + self.deadlines.grace
        self._on_readable(conn, sock)

    def on_client_socket_readable(self, conn: Connection, client: ClientSocket) -> None:
        """An idle keep-alive connection has a request, or was closed."""
        if conn.is_gone:
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.deadline = time.monotonic() + self.deadlines.grace
        self._on_readable(conn, client)

    def finish_request(self, conn: Connection, future: Future[Any]) -> None:
        """A thread is done with a connection: keep it for the next request, or close it."""
        try:
            is_kept = not future.cancelled() and future.result()
        except Exception:
            is_kept = False
        if not is_kept:
            self._linger(conn)
            return
        conn.body = None
        ahead = conn.parser.unreader.take_buffered()
        if ahead:
            # Bytes that were read ahead do not make the socket readable.
            conn.deadline = time.monotonic() + self.deadlines.grace
            self._proceed(conn, conn.request.add(ahead))
            return
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.append(conn)
        self._watch(conn, self.on_client_socket_readable)

    def murder_pending(self) -> None:
        """Close connections whose deadline has passed. Called at every turn of the loop, and at least once a second."""
        now = time.monotonic()
        if now - self._swept < min(SWEEP_EVERY, self.deadlines.grace):
            return
        self._swept = now
        for conn in self._unfinished:
            if not self.alive:
                conn.deadline = min(conn.deadline, self._last_moment(now))
            if conn.deadline <= now:
                self._time_out(conn)

    def _last_moment(self, now: float) -> float:
        """When unfinished connections are closed before their deadline: a stopping worker does not wait for slow
        clients.
        """
        self._stopping_since = min(self._stopping_since, now)
        return self._stopping_since + float(STOP_KEEPALIVE_LINGER)

    def _on_readable(self, conn: Connection, sock: ClientSocket) -> None:
        if conn.is_gone:
            return
        try:
            data = socket.socket.recv(sock, READ if conn.body is None else MAX_BODY)
        except BlockingIOError:
            self._hold(conn)
        except OSError:
            self._drop(conn)
        else:
            if data:
                self._proceed(conn, conn.request.add(data))
            else:
                self._drop(conn)

    def _proceed(self, conn: Connection, stage: Stage) -> None:
        """Hand the request to a thread if it is ready; otherwise wait for more of it."""
        if stage is Stage.READY:
            self._release(conn)
            conn.init()
            request, conn.request = conn.request, Arriving()
            conn.parser.unreader.unread(request.data)
            conn.sock.body_is_here = request.body_is_here
            conn.sock.head = request.head
            self.enqueue_req(conn)
        elif stage is Stage.TOO_LONG:
            self._refuse(conn, 431, "headers_too_large")
        else:
            if stage is Stage.BODY:
                self._await_body(conn)
            self._hold(conn)

    def _await_body(self, conn: Connection) -> None:
        now, request = time.monotonic(), conn.request
        if conn.body is None:
            conn.body = Pace(self.deadlines)
            conn.gone_at = now
            if request.is_continue_wanted:
                request.is_continue_wanted = False
                self._say(conn, b"HTTP/1.1 100 Continue\r\n\r\n")
        conn.body.move(request.body_received - conn.body.moved)
        conn.body.wait(now - conn.gone_at - conn.body.waited)
        conn.deadline = now + conn.body.patience()

    def _time_out(self, conn: Connection) -> None:
        if conn.may_linger or not conn.request.data:
            # Nothing was asked, or everything answered: there is nothing to say.
            if not conn.may_linger:
                metrics.cut("idle")
            self._drop(conn)
            return
        metrics.cut("head" if conn.body is None else "body")
        self._refuse(conn, 408, "request_timeout")

    def _refuse(self, conn: Connection, status: int, slug: str) -> None:
        """Answer a request that no thread handles, and close."""
        self._say(conn, self.refusal(status, slug, bytes(conn.request.data[:MAX_HEAD])))
        self._release(conn)
        self._linger(conn)

    def _linger(self, conn: Connection) -> None:
        """Close a connection as RFC 9112, 9.6 asks: the client receives the answer although it is still sending."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        now = time.monotonic()
        conn.may_linger, conn.gone_at = LINGER_BYTES, now + LINGER_SECONDS
        conn.deadline = now + LINGER_PAUSE
        self._on_late(conn, conn.sock)

    def _on_late(self, conn: Connection, sock: ClientSocket) -> None:
        if conn.is_gone:
            return
        try:
            data = socket.socket.recv(sock, LINGER_READ)
        except BlockingIOError:
            self._hold(conn, self._on_late)
            return
        except OSError:
            data = b""
        conn.may_linger -= len(data)
        if not data or conn.may_linger <= 0:
            self._drop(conn)
            return
        conn.deadline = min(time.monotonic() + LINGER_PAUSE, conn.gone_at)
        self._hold(conn, self._on_late)

    # --- The connections that wait -----------------------------------------------------------------------------------

    def _hold(self, conn: Connection, callback: Callable[[Connection, ClientSocket], None] | None = None) -> None:
        if conn not in self._unfinished:
            self._unfinished.add(conn)
            self._watch(conn, callback or self._on_readable)

    def _watch(self, conn: Connection, callback: Callable[[Connection, ClientSocket], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))

    def _release(self, conn: Connection) -> None:
        if conn in self._unfinished:
            self._unfinished.discard(conn)
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._release(conn)
        self.nr_conns -= 1
        conn.is_gone = True
        conn.close()

    def _say(self, conn: Connection, answer: bytes) -> None:
        try:
            socket.socket.send(conn.sock, answer)
        except OSError:
            self.log.debug("a client did not hear its refusal")

    def _make_room(self, address: str) -> None:
        """Make room for one more connection, of its address and in total."""
        if not self.trusts_peers and self._unfinished.of(address) >= MAX_UNFINISHED:
            self._evict(self._unfinished.oldest_of(address))
        if self.nr_conns > self.worker_connections - SPARE:
            for conn in oldest_of_largest((self._unfinished, self.keepalived_conns), SPARE):
                self._evict(conn)

    def _evict(self, conn: Connection) -> None:
        if conn in self._unfinished:
            metrics.cut("head" if conn.body is None else "body")
        else:
            metrics.cut("idle")
            self.keepalived_conns.remove(conn)
            self.poller.unregister(conn.sock)
        self._drop(conn)

    # --- In a thread -------------------------------------------------------------------------------------------------

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """The client is waited for only while the application handles the request."""
        conn.sock.begin(req)
        try:
            return super().handle_request(req, conn)
        finally:
            self._shares.leave(conn.sock)
            conn.sock.end()

    def handle_error(self, req: Any, client: ClientSocket, addr: Any, exc: BaseException) -> None:
        """Refuse unparsable requests in our envelopes; gunicorn would answer with an HTML page of its own."""
        found = next(((status, slug) for kind, status, slug in UNPARSED if isinstance(exc, kind)), None)
        if found is None:
            super().handle_error(req, client, addr, exc)
            return
        # The message is left out: a head may contain a token.
        self.log.warning("a request that cannot be parsed: %s", type(exc).__name__)
        with suppress(OSError):
            socket.socket.send(client, self.refusal(*found, bytes(client.head)))

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """An unread body is skipped if it has arrived; nobody waits for it."""
        return keepalive and bool(conn.parser.finish_body(max_bytes=2 * MAX_BODY))
