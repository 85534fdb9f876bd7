"""Slow or numerous clients at a real server: they are disconnected, and others are served."""

from __future__ import annotations

import contextlib
import json
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from microdock_server.serving import worker

from ..live import UNHURRIED, Server, at_once, eventually, large_package, prepared_server, raw, read_all, with_constants
from ..slow import FORM, PART, dripping, head, many, metric, parsed, upload
from ..support import package

pytestmark = pytest.mark.live

GRACE = 1
BEGUN_TWICE = head(path="/healthz", method="GET") + head(path="/healthz", method="GET")[:20]
HALF_A_BODY = head("Content-Type: application/json", "Content-Length: 100", path="/api/plugins/detail") + b'{"name": '
Starter = Callable[..., Server]


@pytest.fixture(scope="module")
def server(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker of four threads, which waits a second for its clients."""
    with running(prepared_data, tmp_path_factory.mktemp("slow"), CLIENT_GRACE_SECONDS=str(GRACE)) as server:
        yield server


@pytest.fixture(scope="module")
def endless(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same, which waits for its clients as long as they like: who waits behind one of them is not answered."""
    directory = tmp_path_factory.mktemp("endless")
    forever = with_constants(
        directory / "changed", {worker.__name__: {"LINGER_PAUSE": 3600.0, "LINGER_SECONDS": 3600.0}}
    )
    with running(prepared_data, directory, CLIENT_GRACE_SECONDS="600", **forever) as server:
        yield server


@contextlib.contextmanager
def running(prepared: Path, directory: Path, **settings: str) -> Iterator[Server]:
    server = prepared_server(prepared, directory / "data", WEB_CONCURRENCY="1", WEB_THREADS="4", **settings)
    try:
        yield server.start()
    finally:
        server.kill()


class TestHeads:
    @pytest.mark.parametrize(("path", "key"), [("/api/plugins/list", "status"), ("/api/v1/categories", "code")])
    def test_half_a_head_is_answered_with_408_in_the_surfaces_envelope(
        self, server: Server, path: str, key: str
    ) -> None:
        before = metric(server, "clients_cut_off", "head")
        sent = head("Accept-Language: en", path=path, method="GET")[:-2]
        status, headers, body = parsed(read_all(raw(server, sent)))
        assert (status, body["success"], body[key]) == (408, False, 408)
        assert body.get("error") == "request_timeout" or body["error"]["slug"] == "request_timeout"
        assert "slowly" in body["message"]
        assert headers["connection"] == "close" and headers["x-request-id"]
        assert metric(server, "clients_cut_off", "head") == before + 1

    def test_a_head_that_drips_is_cut_off_as_well(self, server: Server) -> None:
        connection = raw(server, b"GET /healthz HTTP/1.1\r\nX: ")
        with dripping([connection]):
            assert parsed(read_all(connection))[0] == 408

    def test_a_second_head_that_was_begun_with_the_first_request_holds_no_thread(self, endless: Server) -> None:
        with many(endless, BEGUN_TWICE, 300):
            assert endless.client.get("/api/health").status_code == 200

    def test_a_second_head_that_was_begun_with_the_first_request_is_timed_out(self, server: Server) -> None:
        answers = read_all(raw(server, BEGUN_TWICE))
        assert answers.startswith(b"HTTP/1.1 200") and b"HTTP/1.1 408" in answers

    def test_who_asks_nothing_is_closed_without_a_word(self, server: Server) -> None:
        assert read_all(raw(server)) == b""

    def test_a_connection_that_was_answered_is_kept_for_longer(self, server: Server) -> None:
        with requests.Session() as session:
            session.get(f"{server.base}/healthz", timeout=60)
            # A client that pauses is what this is about: twice, with more time than others have in all.
            time.sleep(2 * GRACE + 1)
            connection = raw(server, head(path="/healthz", method="GET"))
            assert b"keep-alive" in connection.recv(1000)
            time.sleep(2 * GRACE + 1)
            connection.sendall(head("Connection: close", path="/healthz", method="GET"))
            assert b"HTTP/1.1 200" in read_all(connection)

    def test_a_head_that_is_too_long_is_431(self, server: Server) -> None:
        status, _, body = parsed(read_all(raw(server, head(path="/api/health", method="GET")[:-2] + b"X: y" * 20_000)))
        assert (status, body["error"]) == (431, "headers_too_large")

    @pytest.mark.parametrize(
        ("line", "status"),
        [
            ("Transfer-Encoding: gzip", 400),
            ("Expect: 200-maybe", 417),
            ("Authorization : Bearer secret", 400),
            ("X: " + "y" * 10_000, 431),
        ],
    )
    def test_a_head_that_cannot_be_parsed_is_refused_in_an_envelope(
        self, server: Server, line: str, status: int
    ) -> None:
        answered, headers, body = parsed(read_all(raw(server, head(line, path="/healthz", method="GET"))))
        assert (answered, body["status"]) == (status, status)
        assert headers["content-type"] == "application/json"

    @pytest.mark.parametrize(
        "line", ["Transfer-Encoding: gzip", "Content-Length: 1x", "Authorization : Bearer secret", "X: " + "y" * 10_000]
    )
    def test_that_envelope_is_the_surfaces_in_the_language_and_for_the_page_that_asked(
        self, server: Server, line: str
    ) -> None:
        page = "http://localhost:3000"
        lines = ("Accept-Language: en", f"Origin: {page}", line)
        sent = head(*lines, path="/api/v1/marketplace/plugins", method="GET")
        status, headers, body = parsed(read_all(raw(server, sent)))
        assert (status, body["code"]) in ((400, 400), (431, 431))
        assert body["message"].isascii()
        assert headers["access-control-allow-origin"] == page
        assert headers["vary"] == "Origin"

    def test_two_requests_at_once_on_one_connection(self, server: Server) -> None:
        both = head(path="/healthz", method="GET") + head("Connection: close", path="/healthz", method="GET")
        assert read_all(raw(server, both)).count(b"HTTP/1.1 200") == 2

    def test_a_close_that_the_client_does_not_answer_delays_nobody(self, endless: Server) -> None:
        with many(endless, head("Connection: close", path="/healthz", method="GET"), 20) as connections:
            assert all(one.recv(1000).startswith(b"HTTP/1.1 200") for one in connections)
            assert endless.client.get("/healthz").status_code == 200

    def test_half_heads_of_one_address_keep_nobody_of_it_out(self, endless: Server) -> None:
        with many(endless, b"GET /healthz HTTP/1.1\r\n", 1500):
            assert endless.client.get("/healthz").status_code == 200

    def test_idle_connections_of_one_address_keep_nobody_out(self, endless: Server) -> None:
        with many(endless, head(path="/healthz", method="GET"), 1600):
            assert endless.client.get("/healthz").status_code == 200


class TestBodies:
    def test_a_small_body_that_does_not_come_asks_no_thread(self, endless: Server) -> None:
        with many(endless, HALF_A_BODY, 100):
            assert endless.client.get("/api/health").status_code == 200

    def test_a_small_body_that_does_not_come_is_408(self, server: Server) -> None:
        status, _, body = parsed(read_all(raw(server, HALF_A_BODY)))
        assert (status, body["error"]) == (408, "request_timeout")

    @pytest.mark.parametrize("framing", ["Content-Length: 9000000", "Transfer-Encoding: chunked"])
    def test_an_upload_that_drips_is_408_and_leaves_nothing(self, server: Server, framing: str) -> None:
        part = PART + bytes(1_100_000)
        if "chunked" in framing:
            part = b"%x\r\n%b\r\nfffff\r\n" % (len(part), part)
        before = set(server.files())
        connection = raw(server, head(f"Content-Type: {FORM}", framing) + part)
        with dripping([connection]):
            assert eventually(lambda: set(server.files()) > before)
            status, headers, body = parsed(read_all(connection))
        assert (status, body["error"], headers["connection"]) == (408, "request_timeout", "close")
        assert eventually(lambda: set(server.files()) == before)

    def test_json_in_drips_is_408(self, server: Server) -> None:
        sent = head("Content-Type: application/json", "Content-Length: 500000", path="/api/v1/auth/login") + b"{"
        connection = raw(server, sent)
        with dripping([connection]):
            status, _, body = parsed(read_all(connection))
        assert (status, body["error"]["slug"]) == (408, "request_timeout")

    def test_what_was_refused_is_not_drained_for_ever(self, server: Server) -> None:
        connection = raw(server, head("Content-Type: text/plain", "Content-Length: 1000000") + b"x")
        with dripping([connection]):
            status, _, body = parsed(read_all(connection))
        assert (status, body["error"]) == (400, "wrong_content_type")

    def test_a_body_that_nobody_reads_holds_no_thread(self, endless: Server) -> None:
        with many(endless, head("Content-Length: 1000000", path="/healthz", method="GET") + b"x", 300):
            assert endless.client.get("/healthz").status_code == 200

    def test_a_slow_but_steady_upload_gets_through(self, server: Server) -> None:
        data = large_package(100_000, name="com.example.steady")
        body = b'--b\r\nContent-Disposition: form-data; name="plugin_key"\r\n\r\nkey-of-eight\r\n'
        body += PART + data + b"\r\n--b--\r\n"
        connection = raw(server, head(f"Content-Type: {FORM}", f"Content-Length: {len(body)}", "Connection: close"))
        for at in range(0, len(body), 4000):
            connection.sendall(body[at : at + 4000])
            # A slow client is what this is about.
            time.sleep(0.1)
        assert parsed(read_all(connection))[0] == 200
        assert server.client.get("/api/plugins/list").status_code == 200


@pytest.fixture
def patient(start_server: Starter) -> Server:
    """One worker of four threads with all the time in the world, two of whose turns are for uploads."""
    return start_server(WEB_CONCURRENCY="1", WEB_THREADS="4", CLIENT_GRACE_SECONDS="600", TRUSTED_PROXIES="1")


def of(address: str) -> str:
    return f"X-Forwarded-For: {address}"


class TestSlots:
    def test_uploads_hold_half_of_the_turns_and_further_ones_are_told_to_come_back(self, patient: Server) -> None:
        with many(patient, upload(of("192.0.2.1")), 2):
            assert eventually(lambda: len(patient.files()) == 2)
            with many(patient, upload(of("192.0.2.1"), "Accept-Language: en"), 20) as refused:
                answers = [parsed(read_all(one)) for one in refused]
            assert {(status, body["error"]) for status, _, body in answers} == {(503, "busy")}
            assert all(int(headers["retry-after"]) > 0 for _, headers, _ in answers)
            assert all(headers["connection"] == "close" for _, headers, _ in answers)
            assert len(patient.files()) == 2
            paths = ("/healthz", "/readyz", "/api/plugins/list", "/api/health")
            calls = [lambda path=path: patient.client.get(path, timeout=60).status_code for path in paths * 5]
            assert at_once(calls) == [200] * 20
            # What fits into the worker's memory needs no place.
            assert patient.client.upload(package(), key="key-of-eight").status_code == 200
            assert metric(patient, "refused_busy", "upload") == 20

    def test_the_refusal_is_in_the_envelope_of_its_surface(self, patient: Server) -> None:
        with many(patient, upload(), 2):
            assert eventually(lambda: len(patient.files()) == 2)
            sent = head(f"Content-Type: {FORM}", "Content-Length: 1000000", path="/api/v1/marketplace/plugins")
            status, _, body = parsed(read_all(raw(patient, sent)))
            assert (status, body["code"], body["error"]["slug"]) == (503, 503, "busy")

    def test_a_client_that_sends_all_before_it_listens_hears_the_refusal(self, patient: Server) -> None:
        with many(patient, upload(), 2):
            assert eventually(lambda: len(patient.files()) == 2)
            answer = patient.client.upload(large_package(20_000_000))
            assert (answer.status_code, answer.json()["error"]) == (503, "busy")

    def test_another_address_gets_a_place_of_one_that_holds_them_all(self, patient: Server) -> None:
        with many(patient, upload(of("192.0.2.1")), 2) as theirs:
            assert eventually(lambda: len(patient.files()) == 2)
            data = large_package(100_000, name="com.example.other")
            headers = {"X-Forwarded-For": "192.0.2.2"}
            answer = patient.client.post(
                "/api/plugins/upload",
                data={"plugin_key": "key-of-eight"},
                files={"file": ("p.zip", data)},
                headers=headers,
            )
            assert answer.status_code == 200
            # One of them had to go, and hears it; the other goes on.
            assert eventually(lambda: len(patient.files()) == 2)
            heard, _, _ = select.select(theirs, [], [], 60)
            assert len(heard) == 1
            status, _, body = parsed(read_all(heard[0]))
            assert (status, body["error"]) == (503, "busy")

    def test_one_thread_still_answers_beside_an_upload(self, start_server: Starter) -> None:
        server = start_server(WEB_CONCURRENCY="1", WEB_THREADS="1", CLIENT_GRACE_SECONDS="600")
        with many(server, upload(), 1):
            assert eventually(lambda: len(server.files()) == 1)
            assert server.client.get("/api/health", timeout=60).status_code == 200

    def test_a_server_that_stops_waits_for_no_half_heads(self, start_server: Starter) -> None:
        server = start_server(WEB_CONCURRENCY="1", CLIENT_GRACE_SECONDS="600", **UNHURRIED)
        with many(server, b"GET /healthz HTTP/1.1\r\n", 20):
            assert server.client.get("/healthz").status_code == 200
            assert server.stop() == 0


class TestAnswers:
    def test_who_does_not_read_is_cut_off_and_others_are_answered(self, start_server: Starter) -> None:
        server = start_server(
            WEB_CONCURRENCY="1", WEB_THREADS="2", WS_MAX_CONNECTIONS="0", CLIENT_GRACE_SECONDS=str(3 * GRACE)
        )
        assert server.client.upload(large_package(30_000_000), key="key-of-eight").status_code == 200
        body = json.dumps({"name": "com.example.myplugin"})
        asked = head("Content-Type: application/json", f"Content-Length: {len(body)}", path="/api/plugins/download")
        with many(server, asked + body.encode(), 60) as readers:
            assert server.client.get("/healthz", timeout=60).status_code == 200
            assert server.client.download().status_code == 200
            assert eventually(lambda: metric(server, "clients_cut_off", "answer") >= 59)
            for one in readers[:3]:
                with contextlib.suppress(ConnectionResetError):
                    assert len(read_all(one)) < 30_000_000
