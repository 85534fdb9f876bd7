"""A server between a browser and ours that sends a page as a slow line does: piece by piece."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

# Where a page may stand still: before an element that takes room.
_BOUNDARY = re.compile(rb"(?=</?(?:main|footer|header|nav|section|article|aside|form|h1|h2|h3|p|ul|ol|li|dl|table)\b)")
# Longer than a frame: what came is painted before more comes.
_PAUSE_SECONDS = 0.03
_PASSED_ON = ("Content-Type", "Content-Security-Policy", "Location", "Cache-Control")


def pieces(page: bytes, most: int) -> list[bytes]:
    """The page in at most so many pieces, each of which begins before an element of the body."""
    begin = page.index(b"<body")
    parts = [page[:begin], *_BOUNDARY.split(page[begin:])]
    size = -(-len(parts) // most)
    return [b"".join(parts[i : i + size]) for i in range(0, len(parts), size)]


@contextlib.contextmanager
def slowly(base: str, most: int) -> Iterator[str]:
    """The address of a server on loopback that has what `base` has, and sends each page in at most so many pieces."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = requests.get(base + self.path, headers={"Accept": self.headers["Accept"]}, timeout=30)
            self.send_response(found.status_code)
            for name in _PASSED_ON:
                if name in found.headers:
                    self.send_header(name, found.headers[name])
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            is_page = found.headers["Content-Type"].startswith("text/html")
            for piece in pieces(found.content, most) if is_page else [found.content]:
                self._send(piece)
                if is_page:
                    time.sleep(_PAUSE_SECONDS)
            self._send(b"")

        def _send(self, piece: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()

        def log_message(self, format: str, *values: object) -> None:
            """Say nothing: what was asked is no news for who runs the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
