"""A real server as its operators and hostile clients use it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from .live import (
    GRACE_SECONDS,
    NAME,
    UNHURRIED,
    Server,
    at_once,
    eventually,
    large_package,
    prepared_server,
    raw,
    read_all,
    sha256,
    statuses,
)
from .rows import raw as shell_on
from .slow import many
from .support import package

pytestmark = pytest.mark.live

BOUNDARY = "b0undary"
Starter = Callable[..., Server]


def form(data: bytes, **fields: str) -> bytes:
    """A multipart body with a package in it; its fields come first."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in ({"plugin_key": "upload-key"} | fields).items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n\r\n'
    return b"".join([*parts, head.encode(), data, f"\r\n--{BOUNDARY}--\r\n".encode()])


def head(*lines: str, path: str = "/api/plugins/upload") -> bytes:
    """A request's head; the body is to be sent after it."""
    common = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: multipart/form-data; boundary={BOUNDARY}"]
    return "\r\n".join([*common, *lines, "", ""]).encode()


def chunked(data: bytes, size: int = 10_000) -> bytes:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


def parsed(answer: bytes) -> tuple[int, Any]:
    """Status and JSON of a raw answer."""
    start, _, body = answer.partition(b"\r\n\r\n")
    return int(start.split()[1]), json.loads(body)


@pytest.fixture(autouse=True)
def empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that share the server find it without plugins, and leave no file behind."""
    shared = request.getfixturevalue("server") if "server" in request.fixturenames else None
    yield
    if shared is not None:
        admin = shared.client.log_in()
        for plugin in shared.client.get("/api/plugins/list").json()["data"]:
            admin.post("/api/plugins/delete", {"name": plugin["name"]})
        assert eventually(lambda: shared.files() == []), shared.files()


SLOW_TO_BOOT = """
import os, time
import gunicorn.util
seed = gunicorn.util.seed
def slowly():
    try:
        os.close(os.open({first!r}, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        open({booting!r}, "x").close()
        while not os.path.exists({may_go_on!r}):
            time.sleep(0.02)
    seed()
gunicorn.util.seed = slowly
"""


COLLECTS = """
import gc
import gunicorn.util
seed = gunicorn.util.seed
def tell():
    with open({told!r}, "a") as file:
        file.write(f"{{gc.isenabled()}} {{gc.get_freeze_count() > 100_000}}\\n")
    seed()
gunicorn.util.seed = tell
"""


def test_workers_look_for_garbage_but_not_in_what_they_share_also_after_a_reload(
    start_server: Starter, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(COLLECTS.format(told=str(told)))
    server = start_server(PYTHONPATH=str(tmp_path))
    assert eventually(lambda: told.read_text() == "True True\n" * 2), told.read_text()
    os.kill(server.pid, signal.SIGHUP)
    assert eventually(lambda: told.read_text() == "True True\n" * 4, GRACE_SECONDS), told.read_text()


class TestStopping:
    """TERM lets what was begun finish, and then the server is gone."""

    def test_an_idle_server_ends_by_itself_and_well(self, start_server: Starter) -> None:
        server = start_server(**UNHURRIED)
        assert server.stop() == 0
        with pytest.raises(requests.ConnectionError):
            server.client.get("/healthz")

    def test_a_worker_that_still_boots_ends_as_well(self, start_server: Starter, tmp_path: Path) -> None:
        # The second worker has been told to end before it has signal handlers of its own.
        first, booting, may_go_on = (tmp_path / name for name in ("first", "booting", "may-go-on"))
        code = SLOW_TO_BOOT.format(first=str(first), booting=str(booting), may_go_on=str(may_go_on))
        (tmp_path / "sitecustomize.py").write_text(code)
        server = start_server(PYTHONPATH=str(tmp_path), **UNHURRIED)
        assert eventually(lambda: booting.exists() and len(server.workers()) == 2)
        server.terminate()
        # The first has ended: both were told.
        assert eventually(lambda: len(server.workers()) == 1)
        may_go_on.touch()
        assert server.ended() == 0

    def test_a_connection_that_is_kept_alive_does_not_hold_it_up(self, start_server: Starter) -> None:
        server = start_server(**UNHURRIED)
        with requests.Session() as session:
            assert session.get(f"{server.base}/healthz", timeout=60).status_code == 200
            assert server.stop() == 0

    def test_an_upload_in_progress_is_finished(self, start_server: Starter) -> None:
        server = start_server()
        data = large_package(2_000_000)
        body = form(data)
        connection = raw(server, head(f"Content-Length: {len(body)}", "Connection: close") + body[:1_500_000])
        assert eventually(lambda: any("/temp/" in str(path) for path in server.files()))
        server.terminate()
        # Whoever has nothing to do goes first: the one that is left has heard it too.
        assert eventually(lambda: len(server.workers()) == 1)
        connection.sendall(body[1_500_000:])
        status, answer = parsed(read_all(connection))
        assert (status, answer["success"]) == (200, True)
        assert server.ended() == 0
        server.start()
        assert sha256(server.client.download().content) == sha256(data)

    def test_a_download_in_progress_is_finished(self, start_server: Starter) -> None:
        server = start_server()
        data = large_package(20_000_000)
        assert server.client.upload(data).status_code == 200
        with server.client.call("POST", "/api/plugins/download", json={"name": NAME}, stream=True) as answer:
            first = answer.raw.read(100_000)
            server.terminate()
            assert eventually(lambda: len(server.workers()) == 1)
            rest = answer.raw.read()
        assert sha256(first + rest) == sha256(data)
        assert server.ended() == 0
        server.start()
        assert server.client.detail()["plugin"]["total_download_count"] == 1

    def test_hup_takes_new_workers_without_refusing_anybody(self, start_server: Starter) -> None:
        server = start_server()
        before = set(server.workers())
        seen: list[int] = []
        done = threading.Event()

        def ask() -> None:
            while not done.is_set():
                try:
                    seen.append(server.client.get("/readyz").status_code)
                except requests.ConnectionError:
                    seen.append(0)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            os.kill(server.pid, signal.SIGHUP)
            # An old worker may take as long as it has for ending in good order.
            replaced = eventually(
                lambda: len(server.workers()) == 2 and not before & set(server.workers()), within=GRACE_SECONDS + 15
            )
            assert replaced, server.console.read_text()
        finally:
            done.set()
            asking.join()
        assert set(seen) == {200}


class TestHealth:
    def test_a_server_that_is_well(self, server: Server) -> None:
        assert server.client.get("/healthz").status_code == 200
        ready = server.client.get("/readyz")
        assert (ready.status_code, ready.json()["data"]) == (
            200,
            {"database": "ok", "migrations": "ok", "storage": "ok"},
        )

    def not_ready(self, server: Server) -> Any:
        answer = server.client.get("/readyz")
        assert answer.status_code == 503
        # The process itself is well: restarting it would help nobody.
        assert server.client.get("/healthz").status_code == 200
        return answer.json()["data"]

    def test_a_database_that_was_never_migrated(self, tmp_path: Path) -> None:
        server = Server(tmp_path / "new").start(until=503)
        try:
            assert self.not_ready(server)["migrations"] == "pending"
        finally:
            server.kill()

    def test_a_database_that_is_behind(self, prepared_data: Path, tmp_path: Path) -> None:
        server = prepared_server(prepared_data, tmp_path / "behind")
        with server.application() as app, shell_on(app) as shell:
            shell.execute("UPDATE alembic_version SET version_num = '0000'")
        try:
            server.start(until=503)
            assert self.not_ready(server) == {"database": "ok", "migrations": "pending", "storage": "ok"}
        finally:
            server.kill()

    def test_one_that_migrates_itself_is_ready(self, tmp_path: Path) -> None:
        server = Server(tmp_path / "new", AUTO_MIGRATE="true").start()
        try:
            assert server.client.upload(package()).status_code == 200
        finally:
            server.kill()

    @pytest.mark.parametrize("area", ["uploads", "backups"])
    def test_storage_that_cannot_be_written(self, start_server: Starter, area: str) -> None:
        server = start_server()
        shutil.rmtree(server.data / area, ignore_errors=True)
        (server.data / area).write_bytes(b"a file, no directory")
        assert self.not_ready(server)["storage"] == "not writable"
        answer = server.client.upload(package()) if area == "uploads" else server.client.back_up(b"bytes")
        assert answer.status_code == 500
        assert answer.json()["error"] == "storage_failure"
        (server.data / area).unlink()
        assert server.client.get("/readyz").status_code == 200
        answer = server.client.upload(package()) if area == "uploads" else server.client.back_up(b"bytes")
        assert answer.status_code == 200

    @pytest.mark.sqlite
    def test_a_database_that_is_gone(self, start_server: Starter) -> None:
        server = start_server()
        for path in server.data.glob("microdock.db*"):
            path.unlink()
        (server.data / "microdock.db").mkdir()
        # A worker that has the file open would go on reading it.
        before = set(server.workers())
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        assert eventually(lambda: len(server.workers()) == 2 and not before & set(server.workers()))
        assert eventually(lambda: server.client.get("/healthz").status_code == 200)
        assert self.not_ready(server) == {"database": "unreachable", "migrations": "pending", "storage": "ok"}
        health = server.client.get("/api/health")
        assert (health.status_code, health.json()["data"]["database"]) == (503, "disconnected")
        for path in ("/api/plugins/list", "/api/plugins/list?search=x"):
            listed = server.client.get(path)
            assert (listed.status_code, listed.json()["success"], listed.json()["status"]) == (500, False, 500)
        upload = server.client.upload(package())
        assert (upload.status_code, upload.json()["success"]) == (500, False)
        assert server.files() == []


class TestMetrics:
    def read(self, server: Server) -> dict[str, float]:
        lines = [line for line in server.client.get("/metrics").text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def requests_to(self, metrics: dict[str, float], route: str, status: int) -> float:
        return sum(
            value
            for name, value in metrics.items()
            if name.startswith("microdock_http_requests_total")
            and f'route="{route}"' in name
            and f'status="{status}"' in name
        )

    def test_add_up_across_workers(self, server: Server) -> None:
        before = self.requests_to(self.read(server), "/api/plugins/list", 200)
        at_once([lambda: [server.client.get("/api/plugins/list") for _ in range(10)]] * 8)
        for _ in range(5):
            assert self.requests_to(self.read(server), "/api/plugins/list", 200) == before + 80

    def test_survive_a_worker(self, start_server: Starter) -> None:
        server = start_server()
        for _ in range(20):
            server.client.get("/api/plugins/list")
        os.kill(server.workers()[0], signal.SIGKILL)
        assert eventually(lambda: len(server.workers()) == 2)
        assert self.requests_to(self.read(server), "/api/plugins/list", 200) == 20

    def test_count_by_route_and_never_by_path(self, server: Server) -> None:
        for number in range(5):
            server.client.get(f"/no/such/path{number}")
        found = self.read(server)
        assert not any("path0" in name for name in found)
        assert self.requests_to(found, "unmatched", 404) >= 5

    def test_tell_what_was_received(self, server: Server) -> None:
        name = 'microdock_received_bytes_total{kind="plugin"}'
        before, data = self.read(server).get(name, 0), package()
        assert server.client.upload(data).status_code == 200
        assert self.read(server)[name] == before + len(data)


class TestBodies:
    """Uploads as the network brings them."""

    def test_in_chunks(self, server: Server) -> None:
        data = package()
        sent = head("Transfer-Encoding: chunked", "Connection: close") + chunked(form(data), 100)
        status, answer = parsed(read_all(raw(server, sent)))
        assert (status, answer["success"]) == (200, True)
        assert server.client.download().content == data

    def test_slowly(self, server: Server) -> None:
        data = package()
        body = form(data)
        connection = raw(server, head(f"Content-Length: {len(body)}", "Connection: close"))
        step = len(body) // 8 + 1
        for start in range(0, len(body), step):
            # A slow client is what this is about.
            time.sleep(0.25)
            connection.sendall(body[start : start + step])
        assert parsed(read_all(connection))[0] == 200
        assert server.client.download().content == data

    def test_slow_ones_lock_nobody_out(self, start_server: Starter) -> None:
        # They are waited for as long as they like: whoever waited for one of them would not be answered.
        server = start_server(CLIENT_GRACE_SECONDS="600", WEB_THREADS="4")
        body = form(package())
        with many(server, head(f"Content-Length: {len(body)}") + body[:50], 8):
            assert server.client.upload(package(name="com.example.quick")).status_code == 200

    def test_with_expect_100_continue(self, server: Server) -> None:
        data = package()
        body = form(data)
        connection = raw(server, head(f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close"))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert parsed(read_all(connection))[0] == 200
        assert server.client.download().content == data

    @pytest.mark.parametrize("framing", ["length", "chunked"])
    @pytest.mark.parametrize("how", ["close", "reset"])
    def test_that_break_off_leave_nothing(self, server: Server, framing: str, how: str) -> None:
        body = form(large_package(3_000_000))
        length = "Transfer-Encoding: chunked" if framing == "chunked" else f"Content-Length: {len(body)}"
        sent = chunked(body)[:2_000_000] if framing == "chunked" else body[:2_000_000]
        connection = raw(server, head(length) + sent)
        assert eventually(lambda: server.files() != [])
        if how == "reset":
            # No farewell: the connection is torn.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
        assert eventually(lambda: server.files() == [])
        assert server.client.post("/api/plugins/detail", {"name": NAME}).status_code == 404
        assert server.client.upload(package()).status_code == 200

    def test_a_download_that_breaks_off_does_no_harm(self, server: Server) -> None:
        data = large_package(10_000_000)
        assert server.client.upload(data).status_code == 200
        request = json.dumps({"name": NAME}).encode()
        lines = "POST /api/plugins/download HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        for _ in range(10):
            with raw(server, f"{lines}Content-Length: {len(request)}\r\n\r\n".encode() + request) as connection:
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert sha256(server.client.download().content) == sha256(data)
        assert server.client.detail()["plugin"]["total_download_count"] == 11

    def test_connections_are_kept_alive(self, server: Server) -> None:
        connection = http.client.HTTPConnection(*server.address, timeout=60)
        with contextlib.closing(connection):
            connection.connect()
            used = connection.sock
            for number in range(5):
                data = package(version=f"1.{number}.0")
                headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
                connection.request("POST", "/api/plugins/upload", form(data), headers)
                answer = connection.getresponse()
                assert (answer.status, json.loads(answer.read())["success"]) == (200, True)
                request = json.dumps({"name": NAME})
                connection.request("POST", "/api/plugins/download", request, {"Content-Type": "application/json"})
                assert connection.getresponse().read() == data
                connection.request("POST", "/api/plugins/upload", b"nonsense", headers)
                answer = connection.getresponse()
                assert (answer.status, json.loads(answer.read())["success"]) == (400, False)
                assert connection.sock is used


LIMIT = 1_000_000


@pytest.fixture(scope="module")
def small(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes files of up to LIMIT bytes."""
    server = prepared_server(prepared_data, tmp_path_factory.mktemp("small") / "data", MAX_UPLOAD_SIZE=str(LIMIT))
    try:
        yield server.start()
    finally:
        server.kill()


class TestBodiesThatAreTooLarge:
    """The client hears why, in JSON, however it sends."""

    @pytest.mark.parametrize("path", ["/api/plugins/upload", "/api/backups/upload", "/api/plugins/validate"])
    @pytest.mark.parametrize("framing", ["length", "chunked"])
    @pytest.mark.parametrize("size", [LIMIT + 1, 30 * LIMIT])
    def test_are_413(self, small: Server, path: str, framing: str, size: int) -> None:
        body = form(bytes(size), user_key="user123abc", backup_type="program")
        is_chunked = framing == "chunked"
        length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(body)}"
        sent = chunked(body, 1 << 16) if is_chunked else body
        status, answer = parsed(read_all(raw(small, head(length, "Connection: close", path=path) + sent)))
        assert (status, answer["success"], answer["error"]) == (413, False, "file_too_large")
        assert small.files() == []

    def test_that_are_exactly_as_large_as_allowed_are_taken(self, small: Server) -> None:
        data = os.urandom(LIMIT)
        assert small.client.back_up(data + b"x").status_code == 413
        kept = small.client.back_up(data)
        assert kept.status_code == 200
        reference = {"user_key": "user123abc", "id": kept.json()["data"]["id"]}
        assert small.client.post("/api/backups/download", reference).content == data
        assert small.client.log_in().post("/api/backups/delete", reference).status_code == 200

    def test_of_json_are_413_too(self, small: Server) -> None:
        answer = small.client.post("/api/plugins/detail", {"name": "x" * 2_000_000})
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


class TestClientsBehindProxies:
    """Whose address is counted?"""

    def ask(self, server: Server, *forwarded: str) -> list[int]:
        return [
            server.client.get("/api/plugins/list", headers={"X-Forwarded-For": address}).status_code
            for address in forwarded
        ]

    def addresses(self, count: int) -> list[str]:
        return [f"203.0.113.{number % 250}" for number in range(count)]

    def test_are_not_believed_by_default(self, start_server: Starter) -> None:
        server = start_server(RATELIMIT_ENABLED="true")
        assert self.ask(server, *self.addresses(105)).count(429) == 5

    def test_are_believed_behind_a_trusted_proxy(self, start_server: Starter) -> None:
        server = start_server(RATELIMIT_ENABLED="true", TRUSTED_PROXIES="1")
        assert set(self.ask(server, *self.addresses(105))) == {200}
        # Only what the proxy itself added counts: what stands before it was the client's claim.
        spoofed = [f"198.51.100.{number}, 203.0.113.251" for number in range(105)]
        assert self.ask(server, *spoofed).count(429) == 5


def test_a_server_with_unsafe_settings_does_not_start(prepared_data: Path, tmp_path: Path) -> None:
    server = prepared_server(prepared_data, tmp_path / "data", DEBUG="false")
    with pytest.raises(AssertionError, match="ADMIN_PASSWORD"):
        server.start()
    server.kill()


def test_log_lines_of_a_server_carry_their_request(start_server: Starter) -> None:
    server = start_server(LOG_LEVEL="INFO")
    ids = [server.client.get("/healthz").headers["X-Request-ID"] for _ in range(20)]
    lines = [json.loads(line) for line in (server.data / "logs" / "app.json").read_bytes().splitlines()]
    assert set(ids) <= {line["request_id"] for line in lines if "/healthz" in line["message"]}


def test_process_time_is_told_and_true(server: Server) -> None:
    begun = time.monotonic()
    seconds = server.client.get("/healthz").headers["X-Process-Time"]
    assert re.fullmatch(r"[0-9]+\.[0-9]{6}", seconds)
    # A part of what its client waited.
    assert 0 < float(seconds) <= time.monotonic() - begun


def test_more_clients_than_threads_are_all_served(server: Server) -> None:
    assert server.client.upload(package()).status_code == 200
    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: server.client.download(), range(240)))
    assert statuses(answers) == {200: 240}
