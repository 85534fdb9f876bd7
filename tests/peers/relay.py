"""A network that fails: connections to a server, passed on until they are cut."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


class Relay:
    """Passes connections on to `port`. Closed, it refuses them; `most` bytes from the client, and it cuts them."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = self._listening(0)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.most: int | None = None
        # Cut so many connections at `most` bytes, then no more; None: all of them.
        self.times: int | None = None
        self.cut = 0
        # After so many bytes of a connection nothing is passed on any more, and nothing closed.
        self.stall_at: int | None = None
        self.stalled = 0

    def start(self) -> Self:
        """Begin to accept."""
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def close(self) -> None:
        """Refuse connections from now on."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def reopen(self) -> None:
        """Accept them again, at the same port."""
        self._listener = self._listening(self.port)
        self.start()

    def _listening(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self._target)) as server:
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            sent = 0
            while part := client.recv(1 << 16):
                sent += len(part)
                if self.most is not None and sent > self.most and (self.times is None or self.cut < self.times):
                    self.cut += 1
                    return
                if self.stall_at is not None and sent > self.stall_at:
                    self.stalled += 1
                    while client.recv(1 << 16):
                        pass
                    return
                server.sendall(part)
            server.shutdown(socket.SHUT_WR)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
