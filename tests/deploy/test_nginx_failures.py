"""nginx before servers that are away, silent or half dead, and before clients that are slow or too many."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from microdock_server.api.core.envelopes import Refusal
from microdock_server.api.core.mounts import mount_of
from microdock_server.messages import Message, duration
from microdock_server.messages.errors import ERRORS

from ..live import eventually, free_port
from ..peers.nginx import Nginx, binary

pytestmark = pytest.mark.live

MARKET, HOST = "/api/v1/marketplace/plugins", "/api/plugins/detail"
Starter = Callable[..., Nginx]


@pytest.fixture
def start_nginx(tmp_path: Path) -> Iterator[Starter]:
    """A function that starts nginx before servers, with replacements in its configuration."""
    binary()
    started: list[Nginx] = []

    def start(*servers: str, replace: tuple[str, str] | None = None, **settings: str) -> Nginx:
        nginx = Nginx(tmp_path / f"nginx{len(started)}", tmp_path / "data", servers, **settings)
        if replace is not None:
            path = nginx.directory / "microdock.conf"
            text = path.read_text(encoding="utf-8")
            assert replace[0] in text
            path.write_text(text.replace(*replace), encoding="utf-8")
        started.append(nginx)
        return nginx.start()

    yield start
    for nginx in started:
        nginx.stop()


class Upstream:
    """A server that notes the head of each request, and then answers `answer`, closes (b"") or is silent (None)."""

    def __init__(self, answer: bytes | None) -> None:
        self.heads: list[str] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.heads.append(connection.recv(1 << 16).decode("latin-1"))
                if self._answer is None:
                    self._held.append(connection)
                    continue
                connection.sendall(self._answer)
                connection.close()

    def close(self) -> None:
        for opened in (self._listener, *self._held):
            opened.close()


@pytest.fixture
def upstream() -> Iterator[Callable[[bytes | None], Upstream]]:
    made: list[Upstream] = []

    def make(answer: bytes | None) -> Upstream:
        made.append(Upstream(answer))
        return made[-1]

    yield make
    for server in made:
        server.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class TestRefusals:
    @pytest.mark.parametrize("path", [HOST, MARKET, "/v1/plugins/installed", "/api/v1", "/api/v1x", "/healthz"])
    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_no_server_is_a_502_in_the_envelope_of_the_surface(
        self, start_nginx: Starter, path: str, language: str
    ) -> None:
        client = start_nginx(f"127.0.0.1:{free_port()}").client()
        answer = client.get(path, headers={"Accept-Language": language, "X-Request-ID": "mine"})
        assert answer.status_code == 502
        body: dict[str, Any] = answer.json()
        refusal = Refusal(502, "unavailable", Message("error.internal_error"))
        expected = mount_of(path).envelope.failure(refusal, "en", "mine")
        assert {**body, "message": "", "timestamp": ""} == {**expected, "message": "", **stamped(expected)}
        assert body["message"].isascii() == (language == "en")
        assert answer.headers["X-Request-ID"] == "mine"
        assert answer.headers["Retry-After"]
        assert answer.headers["Strict-Transport-Security"]
        assert answer.headers["Content-Type"] == "application/json"

    def test_messages_are_those_of_the_application(self) -> None:
        template = (Path(__file__).parents[2] / "deploy/nginx/microdock.conf.template").read_text(encoding="utf-8")
        ours = [line.split(maxsplit=1) for line in template.splitlines() if ":zh  " in line or ":en  " in line]
        said = {key: text.rstrip(";").strip('"') for key, text in ours}
        shared = {key.partition(":")[0] for key in said} & {key.removeprefix("error.") for key in ERRORS}
        plain = {slug for slug in shared if "{" not in ERRORS[f"error.{slug}"][0]}
        assert {"internal_error", "forbidden", "not_found"} <= plain
        for slug in plain:
            texts = ERRORS[f"error.{slug}"]
            assert (said.get(f"{slug}:zh", texts[0]), said[f"{slug}:en"]) == texts
        (seconds,) = re.findall(r"\(429\|[0-9|]+\)\$\" (\d+);", template)
        waiting = Message("error.too_many_requests", {"wait": duration(int(seconds))})
        assert [said[f"too_many_requests:{language}"] for language in ("zh", "en")] == [
            waiting.render("zh"),
            waiting.render("en"),
        ]

    def test_a_malformed_request_is_answered_alike(self, start_nginx: Starter) -> None:
        nginx = start_nginx(f"127.0.0.1:{free_port()}")
        answer = nginx.client().get("/api/plugins/list", headers={"X-Large": "x" * 40_000})
        assert (answer.status_code, answer.json()["error"]) == (400, "malformed_request")

    def test_plain_http_on_the_port_of_https_is_led_away(self, start_nginx: Starter) -> None:
        nginx = start_nginx(f"127.0.0.1:{free_port()}")
        answer = requests.get(f"http://127.0.0.1:{nginx.port}/x?a=b", allow_redirects=False, timeout=30)
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{nginx.url}/x?a=b")


def stamped(envelope: dict[str, Any]) -> dict[str, str]:
    """Every body gets a `timestamp` here, for the comparison."""
    return {"timestamp": ""} | {key: value for key, value in envelope.items() if key == "request_id"}


class TestManyServers:
    def test_one_that_is_away_is_passed_over(self, start_nginx: Starter, upstream: Any) -> None:
        alive = upstream(OK)
        client = start_nginx(f"127.0.0.1:{free_port()}", alive.address, f"127.0.0.1:{free_port()}").client()
        answers = [client.post(HOST, {}).status_code for _ in range(4)] + [client.get(HOST).status_code]
        assert answers == [200] * 5
        assert len(alive.heads) == 5

    def test_a_post_that_was_sent_is_not_sent_again(self, start_nginx: Starter, upstream: Any) -> None:
        dying = [upstream(b""), upstream(b"")]
        client = start_nginx(*(server.address for server in dying)).client()
        assert client.post(HOST, {}).status_code == 502
        assert sum(len(server.heads) for server in dying) == 1
        # A GET may be.
        assert client.get(HOST).status_code == 502
        assert sum(len(server.heads) for server in dying) == 3

    def test_silence_is_a_504_and_nobody_else_is_asked(self, start_nginx: Starter, upstream: Any) -> None:
        silent = [upstream(None), upstream(None)]
        replace = ("proxy_read_timeout 60s", "proxy_read_timeout 1s")
        client = start_nginx(*(server.address for server in silent), replace=replace).client()
        answer = client.post(MARKET, {})
        assert (answer.status_code, answer.json()["error"]["slug"]) == (504, "unavailable")
        assert sum(len(server.heads) for server in silent) == 1


def test_what_the_application_is_told(start_nginx: Starter, upstream: Any) -> None:
    server = upstream(OK)
    nginx = start_nginx(server.address)
    forged = {"X-Forwarded-For": "10.1.1.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    assert nginx.client().get("/healthz", headers={**forged, "X-Real-IP": "10.1.1.1"}).text == "ok"
    lines = [line.partition(": ") for line in server.heads[0].splitlines()[1:] if line]
    told = {name.lower(): value for name, _, value in lines}
    assert len(told) == len(lines)
    assert told["x-forwarded-for"] == told["x-real-ip"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"
    assert told["host"] == told["x-forwarded-host"] == f"127.0.0.1:{nginx.port}"
    assert len(told["x-request-id"]) == 32
    assert "connection" not in told


class TestSlowClients:
    @pytest.mark.parametrize(
        "begun",
        [
            b"GET / HTTP/1.1\r\nHost: x\r\n",
            b"POST /api/plugins/detail HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
            b"POST /api/plugins/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n--b",
        ],
        ids=["head", "body", "upload"],
    )
    def test_are_cut_off(self, start_nginx: Starter, upstream: Any, begun: bytes) -> None:
        nginx = start_nginx(upstream(None).address, NGINX_CLIENT_TIMEOUT="1s", CLIENT_GRACE_SECONDS="1")
        with connected(nginx) as client:
            client.sendall(begun)
            with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
                # Its time-out, half a minute, would be an error.
                assert client.recv(1 << 16) == b""

    def test_a_slow_body_costs_the_application_nothing(self, start_nginx: Starter, upstream: Any) -> None:
        server = upstream(OK)
        nginx = start_nginx(server.address)
        with connected(nginx) as client:
            client.sendall(b"POST /api/plugins/detail HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
            assert nginx.client().get("/healthz").text == "ok"
            assert len(server.heads) == 1
            client.sendall(b"}")
            assert b"200 OK" in client.recv(1 << 16)
        assert len(server.heads) == 2

    def test_too_many_connections_of_one_address(self, start_nginx: Starter, upstream: Any) -> None:
        server = upstream(None)
        nginx = start_nginx(server.address, NGINX_CLIENT_CONNECTIONS="2")
        with connected(nginx) as first, connected(nginx) as second:
            for client in (first, second):
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert eventually(lambda: len(server.heads) == 2)
            refused = nginx.client().get(MARKET)
        assert (refused.status_code, refused.json()["error"]["slug"]) == (429, "too_many_requests")
        assert refused.headers["Retry-After"]

    def test_too_many_uploads_of_one_address(self, start_nginx: Starter, upstream: Any) -> None:
        server = upstream(None)
        nginx = start_nginx(server.address, NGINX_CLIENT_UPLOADS="2")
        begun = f"POST {MARKET} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n--b".encode()
        with connected(nginx) as first, connected(nginx) as second, connected(nginx) as reader:
            for client in (first, second):
                client.sendall(begun)
            assert eventually(lambda: len(server.heads) == 2)
            refused = nginx.client().post(MARKET, data=b"x")
            assert (refused.status_code, refused.json()["error"]["slug"]) == (429, "too_many_requests")
            # What is only read is no upload.
            reader.sendall(f"GET {MARKET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert eventually(lambda: len(server.heads) == 3)


def connected(nginx: Nginx) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", nginx.port), timeout=30)
    return nginx.tls.wrap_socket(plain, server_hostname="localhost")
