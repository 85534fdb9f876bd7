"""Slow clients, and many of them."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from .live import Server, raw

FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n\r\n'


def head(*lines: str, path: str = "/api/plugins/upload", method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def upload(*lines: str) -> bytes:
    """The beginning of an upload, as much of it as makes the server write a file."""
    return head(f"Content-Type: {FORM}", "Content-Length: 50000000", *lines) + PART + bytes(1_100_000)


def parsed(answer: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of a raw answer."""
    start, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = start.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, json.loads(body)


def metric(server: Server, name: str, kind: str) -> float:
    found = re.search(rf'^microdock_{name}_total{{kind="{kind}"}} (\S+)$', server.client.get("/metrics").text, re.M)
    return float(found[1]) if found else 0.0


@contextlib.contextmanager
def many(server: Server, data: bytes, count: int) -> Iterator[list[socket.socket]]:
    """So many connections, on which this was sent and no more."""
    found: list[socket.socket] = []
    try:
        for _ in range(count):
            found.append(raw(server, data))
        yield found
    finally:
        for one in found:
            one.close()


@contextlib.contextmanager
def dripping(connections: Sequence[socket.socket]) -> Iterator[None]:
    """A few bytes a second on each, as long as the server wants them."""
    done = threading.Event()

    def drip() -> None:
        # Slow clients are what tests use this for.
        while not done.wait(0.2):
            for one in connections:
                with contextlib.suppress(OSError):
                    one.send(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
