"""WebSockets at their limits: caps, clients that misbehave, and the end of a server."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import websocket
from websocket import ABNF

from microdock_server.api.websocket import connection
from microdock_server.api.websocket.hub import MAX_STRANGERS

from ..live import UNHURRIED, Server, eventually, with_constants
from ..sockets import SocketHarness, Starter, socket_harness, upgrade

pytestmark = pytest.mark.live


@pytest.fixture
def harness(server: Server) -> Iterator[SocketHarness]:
    """The server that the tests of this module share."""
    with socket_harness(server) as found:
        yield found


# --- Caps, and clients that misbehave -------------------------------------------------------------------------------


def test_a_user_has_so_many_sockets_and_no_more(start_server: Starter) -> None:
    server = start_server(WS_MAX_PER_USER="10", WEB_CONCURRENCY="1")
    with socket_harness(server) as harness:
        ten = [harness.join("admin") for _ in range(10)]
        eleventh = harness.open()
        eleventh.say(type="auth", token=harness.token("admin"))
        code, reason = eleventh.closed_with()
        assert code == 4429 and reason
        assert harness.join(harness.user()).raw.connected
        ten[0].raw.close()
        assert eventually(lambda: can_join(harness))


def can_join(harness: SocketHarness) -> bool:
    found = harness.open()
    found.say(type="auth", token=harness.token("admin"))
    return found.raw.recv_data()[0] == ABNF.OPCODE_TEXT


def test_at_the_cap_others_are_told_to_come_back_and_requests_are_answered(start_server: Starter) -> None:
    server = start_server(WS_MAX_CONNECTIONS="20", WS_MAX_PER_USER="20", WEB_CONCURRENCY="1", WEB_THREADS="2")
    with socket_harness(server) as harness:
        user = harness.user()
        sockets = [harness.join(user) for _ in range(20)]
        answer = upgrade(server)
        assert (answer.status_code, answer.json()["success"]) == (503, False)
        assert int(answer.headers["Retry-After"]) > 0
        assert [server.client.get("/api/health", timeout=60).status_code for _ in range(20)] == [200] * 20
        assert "microdock_websocket_connections 20.0" in server.client.get("/metrics").text
        for one in sockets[:5]:
            one.raw.shutdown()
        assert eventually(lambda: "microdock_websocket_connections 15.0" in server.client.get("/metrics").text)
        assert all(harness.open().raw.connected for _ in range(5))
        assert upgrade(server).status_code == 503


def test_one_address_has_few_sockets_without_a_user(start_server: Starter) -> None:
    server = start_server(WEB_CONCURRENCY="1", TRUSTED_PROXIES="1")
    with socket_harness(server) as harness:
        theirs = [harness.open(header=["X-Forwarded-For: 192.0.2.1"]) for _ in range(MAX_STRANGERS)]
        answer = upgrade(server, **{"X-Forwarded-For": "192.0.2.1"})
        assert (answer.status_code, answer.json()["error"]) == (429, "too_many_requests")
        assert int(answer.headers["Retry-After"]) > 0
        # Others are welcome, and so is the address once it says who it is, or leaves.
        assert harness.open(header=["X-Forwarded-For: 192.0.2.2"]).raw.connected
        theirs[0].say(type="auth", token=harness.token("admin"))
        assert theirs[0].hear()["type"] == "auth_ok"
        theirs[1].raw.close()
        assert harness.open(header=["X-Forwarded-For: 192.0.2.1"]).raw.connected
        assert eventually(lambda: is_welcome(harness))
        assert upgrade(server, **{"X-Forwarded-For": "192.0.2.1"}).status_code == 429


def is_welcome(harness: SocketHarness) -> bool:
    try:
        return bool(harness.open(header=["X-Forwarded-For: 192.0.2.1"]).raw.connected)
    except websocket.WebSocketBadStatusException:
        return False


def test_metrics_count_the_upgrade_and_nothing_else(start_server: Starter) -> None:
    server = start_server(WEB_CONCURRENCY="1")
    with socket_harness(server) as harness:
        for _ in range(3):
            harness.join("admin").raw.close()
        server.client.get("/ws")
        upgrade(server, Origin="http://evil.example")
        counted = [line for line in server.client.get("/metrics").text.splitlines() if 'route="/ws"' in line]
    requests_ = sorted(line for line in counted if line.startswith("microdock_http_requests_total"))
    assert [re.findall(r'status="(\d+)".* (\d+)\.0', line)[0] for line in requests_] == [("101", "3"), ("403", "1")]
    assert not [line for line in counted if 'le="0.5"' in line and not line.endswith(" 4.0")]


def test_a_slow_reader_delays_nobody_and_is_sent_away(start_server: Starter, tmp_path: Path) -> None:
    # Time sends nobody away: who waited for the slow one would wait all the time.
    constants = {"SLOW_AFTER": 3600.0, "PING_EVERY": 3600.0}
    patient = with_constants(tmp_path / "changed", {connection.__name__: constants})
    server = start_server(WEB_CONCURRENCY="1", **patient)
    with socket_harness(server) as harness:
        slow = harness.open(sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        slow.say(type="auth", token=harness.token("admin"))
        assert slow.hear()["type"] == "auth_ok"
        quick = harness.join(harness.user())
        for turn in range(12):
            for _ in range(10):
                harness.tell(None, n=turn, filling="x" * 50_000)
            assert [quick.hear()["data"]["n"] for _ in range(10)] == [turn] * 10
        gauge = "microdock_websocket_connections 1.0"
        assert eventually(lambda: gauge in server.client.get("/metrics").text)
        quick.say(type="ping")
        assert quick.hear()["type"] == "pong"


def test_a_slow_reader_of_what_it_missed_is_sent_away_too(start_server: Starter) -> None:
    server = start_server(WEB_CONCURRENCY="1")
    with socket_harness(server) as harness:
        for turn in range(120):
            harness.tell(None, n=turn, filling="x" * 50_000)
        slow = harness.open(sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        slow.say(type="auth", token=harness.token("admin"), last_id=0)
        quick = harness.join("admin", last_id=0)
        assert [quick.hear()["data"]["n"] for _ in range(120)] == list(range(120))
        gauge = "microdock_websocket_connections 1.0"
        assert eventually(lambda: gauge in server.client.get("/metrics").text)


@pytest.mark.parametrize("linger", [3600.0, connection.LINGER], ids=["waited for", "cut"])
def test_clients_that_never_answer_a_close_do_not_stop_requests(
    start_server: Starter, tmp_path: Path, linger: float
) -> None:
    changed = with_constants(tmp_path / "changed", {connection.__name__: {"LINGER": linger}})
    server = start_server(WEB_CONCURRENCY="1", WEB_THREADS="4", **changed)
    with socket_harness(server) as harness:
        # As many as one address may have of whom nothing is known.
        rude = [harness.open() for _ in range(MAX_STRANGERS)]
        for one in rude:
            one.say(type="auth", token="nonsense")
            # The close has come, and is left unanswered.
            assert one.raw.sock.recv(1, socket.MSG_PEEK)
        assert server.client.get("/healthz").status_code == 200
        left = MAX_STRANGERS if linger > connection.LINGER else 0
        gauge = f"microdock_websocket_connections {float(left)}"
        assert eventually(lambda: gauge in server.client.get("/metrics").text)


# --- The end --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["polite", "rude"])
def test_the_server_ends_in_time_with_sockets_open(start_server: Starter, kind: str) -> None:
    # With a socket that holds a worker up, the server would wait as long as it lets requests finish.
    server = start_server(**UNHURRIED)
    with socket_harness(server) as harness:
        sockets = [harness.join(harness.user()) for _ in range(6)] + [harness.open() for _ in range(4)]
        server.terminate()
        if kind == "polite":
            assert [one.closed_with()[0] for one in sockets] == [1001] * 10
        assert server.ended() == 0
        if kind == "rude":
            assert [one.closed_with()[0] for one in sockets] == [1001] * 10


def test_a_reload_sends_clients_to_the_new_workers(start_server: Starter) -> None:
    server = start_server()
    with socket_harness(server) as harness:
        name = harness.user()
        found, before = harness.join(name), set(server.workers())
        os.kill(server.pid, 1)
        assert found.closed_with()[0] == 1001
        assert eventually(lambda: not before & set(server.workers()) and len(server.workers()) == 2)
        first = harness.latest()
        harness.tell(name, n=7)
        again = harness.join(name, last_id=first)
        assert again.hear()["data"]["n"] == 7
        assert eventually(lambda: "microdock_websocket_connections 1.0" in server.client.get("/metrics").text)


def test_workers_end_when_their_parent_is_killed(start_server: Starter) -> None:
    server = start_server()
    with socket_harness(server) as harness:
        found, workers = harness.join("admin"), server.workers()
        os.kill(server.pid, 9)
        assert found.closed_with()[0] == 1001
        assert eventually(lambda: not any(is_running(pid) for pid in workers))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_no_token_is_in_the_logs(start_server: Starter) -> None:
    server = start_server(LOG_LEVEL="DEBUG")
    with socket_harness(server) as harness:
        given = [harness.token("admin"), harness.token("admin", lifetime=-5), "secret-" + os.urandom(8).hex()]
        for token in given:
            found = harness.open()
            found.say(type="auth", token=token)
            found.raw.recv_data()
            found.say(type="auth", token=token)
            found.raw.shutdown()
    assert server.stop() == 0
    logs = "".join(path.read_text(errors="replace") for path in (server.data / "logs").iterdir())
    logs += server.console.read_text(errors="replace")
    assert "/ws 响应: 101" in logs
    assert not [token for token in given if token in logs or token[-20:] in logs]
    assert "Traceback" not in logs
