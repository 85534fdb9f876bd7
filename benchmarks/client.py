"""The clients, the same for both sides of every ratio: plain HTTP over one connection, and file uploads."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .results import NotMeasured

T = TypeVar("T")
R = TypeVar("R")
TIMEOUT = 120
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request that can be sent any number of times."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: str | bytes | None = None

    @property
    def encoded(self) -> bytes | None:
        return self.body.encode() if isinstance(self.body, str) else self.body

    @property
    def all_headers(self) -> dict[str, str]:
        kind = {"Content-Type": "application/json"} if self.body is not None else {}
        return {**kind, **(self.headers or {})}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)


def ask(connection: http.client.HTTPConnection, request: Request) -> Answer:
    """Send a request over a connection that stays open."""
    connection.request(request.method, request.path, body=request.encoded, headers=request.all_headers)
    response = connection.getresponse()
    data = response.read()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)


def ask_once(port: int, request: Request) -> Answer:
    """Send a request over a connection of its own."""
    connection = connect(port)
    try:
        return ask(connection, request)
    except http.client.HTTPException as reason:
        raise NotMeasured(f"{request.path}: {reason!r}") from reason
    finally:
        connection.close()


def call(port: int, path: str, data: Any = None, token: str = "", method: str = "POST") -> Any:
    """The JSON answer to a JSON call. Raises NotMeasured for any other status than 2xx."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = None if data is None else json.dumps(data)
    answer = ask_once(port, Request(path, method, headers, body))
    if answer.status // 100 != 2:
        raise NotMeasured(f"{method} {path} answered {answer.status}: {answer.body[:200].decode(errors='replace')}")
    return json.loads(answer.body)


def fetch(port: int, request: Request) -> tuple[float, int]:
    """Receive a large answer and drop it; seconds from the request to the last byte, and how many bytes came."""
    connection = connect(port)
    connection.connect()
    buffer = memoryview(bytearray(CHUNK))
    started = time.perf_counter()
    try:
        connection.request(request.method, request.path, body=request.encoded, headers=request.all_headers)
        response = connection.getresponse()
        if response.status != 200:
            raise NotMeasured(f"{request.path} answered {response.status}")
        total = 0
        while size := response.readinto(buffer):
            total += size
        return time.perf_counter() - started, total
    finally:
        connection.close()


def upload(port: int, path: str, fields: Mapping[str, str], file: Path) -> tuple[float, Any]:
    """Send a form with one file, by sendfile; seconds from the first byte to the answer, and the answer's text."""
    boundary = uuid.uuid4().hex
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
    head += "Content-Type: application/zip\r\n\r\n"
    first, last = head.encode(), f"\r\n--{boundary}--\r\n".encode()
    connection = connect(port)
    try:
        connection.connect()
        started = time.perf_counter()
        connection.putrequest("POST", path)
        connection.putheader("Content-Type", f"multipart/form-data; boundary={boundary}")
        connection.putheader("Content-Length", str(len(first) + file.stat().st_size + len(last)))
        connection.endheaders(first)
        with file.open("rb") as stream:
            connection.sock.sendfile(stream)
        connection.sock.sendall(last)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        took = time.perf_counter() - started
    finally:
        connection.close()
    if response.status != 200:
        raise NotMeasured(f"{path} answered {response.status}: {text[:200]}")
    return took, text


def at_once(act: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """What `act` returns of each item, in a thread for each. Raises NotMeasured with the first exception."""
    with ThreadPoolExecutor(len(items)) as pool:
        try:
            return list(pool.map(act, items))
        except Exception as reason:
            raise NotMeasured(reason) from reason
