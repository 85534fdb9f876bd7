"""The least that an upload can be: socket → SHA-256 → file → fsync, in two processes, a thread for each connection.

`python -m benchmarks.sink PORT DIRECTORY`; SIGTERM ends it. The file is removed once it was answered for.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sys
import threading
import uuid
from pathlib import Path

CHUNK = 1 << 20
PROCESSES = 2
HEAD_MAX = 64 * 1024
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def receive(connection: socket.socket, directory: Path) -> None:
    """Take one request's body, and answer once it is on the disk."""
    buffer = memoryview(bytearray(CHUNK))
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv(HEAD_MAX)
        if not got:
            return
        head += got
    head, _, first = head.partition(b"\r\n\r\n")
    left = _length(head) - len(first)
    digest = hashlib.sha256(first)
    path = directory / uuid.uuid4().hex
    with path.open("xb", buffering=0) as file:
        file.write(first)
        while left > 0 and (size := connection.recv_into(buffer)):
            digest.update(buffer[:size])
            file.write(buffer[:size])
            left -= size
        os.fsync(file.fileno())
    connection.sendall(ANSWER)
    path.unlink()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def serve(listener: socket.socket, directory: Path) -> None:
    """Accept for ever."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_handle, args=(connection, directory), daemon=True).start()


def _handle(connection: socket.socket, directory: Path) -> None:
    with connection:
        receive(connection, directory)


def main(port: int, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    children = []
    for _ in range(PROCESSES):
        child = os.fork()
        if child == 0:
            serve(listener, directory)
        children.append(child)

    def stop(*_: object) -> None:
        for child in children:
            os.kill(child, signal.SIGKILL)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
