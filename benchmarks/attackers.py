"""One address that holds as many slow uploads and half-sent heads as it can open: `python -m benchmarks.attackers`.

A process of its own, so that it and the clients that measure do not wait for one another.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# Another one than that of the clients that measure.
ADDRESS: Final = "127.0.0.2"
UPLOADS, HEADS = 100, 800
OPENED_AT_ONCE: Final = 20
DRIP_EVERY: Final = 1.0
PATH: Final = b"POST /api/plugins/upload HTTP/1.1\r\nHost: localhost\r\n"
UPLOAD: Final = (
    PATH + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n"
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n\r\n'
)
HEAD: Final = PATH + b"X-Slow: "


@contextmanager
def attacking(port: int, certificate: Path | None) -> Iterator[None]:
    """Have the server at `port` attacked, over TLS where there is a certificate, for as long as the context lasts."""
    command = [sys.executable, "-m", "benchmarks.attackers", str(port), str(certificate or "")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


class Attackers:
    """Connections that are held, and opened anew where the server ends them: a few a second, for this is no flood."""

    def __init__(self, port: int, certificate: str) -> None:
        self._port = port
        self._tls = ssl.create_default_context(cafile=certificate) if certificate else None
        self._selector = selectors.DefaultSelector()
        self._due: list[bytes] = [UPLOAD] * UPLOADS + [HEAD] * HEADS
        self._is_told = False
        self._opened = 0

    def run(self) -> None:
        dripped = time.monotonic()
        while True:
            if not self._is_told:
                self._open_some()
                self._tell()
            for key, _ in self._selector.select(0.05):
                self._hear(key)
            if time.monotonic() - dripped > DRIP_EVERY:
                dripped = time.monotonic()
                self._drip()
                self._open_some()

    def _open_some(self) -> None:
        for _ in range(min(OPENED_AT_ONCE, len(self._due))):
            self._opened += 1
            self._open(self._due.pop(0))

    def _tell(self) -> None:
        """Once everything was opened, however much of it the server has ended since."""
        if self._opened >= UPLOADS + HEADS:
            self._is_told = True
            print("attacking", flush=True)

    def _open(self, begun: bytes) -> None:
        """One more; where the server takes none, later."""
        try:
            found = socket.create_connection(("127.0.0.1", self._port), timeout=5, source_address=(ADDRESS, 0))
            if self._tls is not None:
                found = self._tls.wrap_socket(found, server_hostname="localhost")
            found.sendall(begun)
        except OSError:
            self._due.append(begun)
            return
        found.setblocking(False)
        self._selector.register(found, selectors.EVENT_READ, begun)

    def _hear(self, key: selectors.SelectorKey) -> None:
        """An answer is of no interest; an end is a reason to begin again."""
        found = key.fileobj
        assert isinstance(found, socket.socket)
        with suppress(BlockingIOError, ssl.SSLWantReadError):
            try:
                if found.recv(65536):
                    return
            except (BlockingIOError, ssl.SSLWantReadError):
                raise
            except OSError:
                pass
            self._selector.unregister(found)
            found.close()
            self._due.append(key.data)

    def _drip(self) -> None:
        for key in list(self._selector.get_map().values()):
            with suppress(OSError):
                key.fileobj.send(b"xyz")  # type: ignore[union-attr]


if __name__ == "__main__":
    Attackers(int(sys.argv[1]), sys.argv[2]).run()
