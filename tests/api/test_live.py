"""Notifications over WebSockets: the handshake, the first message, and those after it."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import websocket
from websocket import ABNF, WebSocketBadStatusException

from microdock_server.api.websocket.connection import PING_EVERY
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import notifications
from microdock_server.vocabulary import Event

from ..conftest import AppFactory
from ..live import Server
from ..sockets import CLOSE, Socket, SocketHarness, Starter, socket_harness, upgrade
from ..support import Api

pytestmark = pytest.mark.live


@pytest.fixture
def harness(server: Server) -> Iterator[SocketHarness]:
    """The server that the tests of this module share."""
    with socket_harness(server) as found:
        yield found


# --- The handshake --------------------------------------------------------------------------------------------------


def test_a_plain_request_is_refused(server: Server) -> None:
    answer = server.client.get("/ws")
    assert answer.status_code == 400
    assert answer.json()["error"] == "malformed_request"
    assert server.client.post("/ws", {}).status_code in (400, 405)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_WebSocket_Version": "12"}, 426),
        ({"Sec_WebSocket_Version": None}, 426),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Upgrade": "h2c"}, 400),
        ({"Upgrade": None}, 400),
        ({"Connection": "close"}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"method": "POST"}, 405),
        ({"method": "HEAD"}, 400),
    ],
)
def test_a_handshake_that_cannot_be_accepted_is_refused(server: Server, headers: dict[str, Any], status: int) -> None:
    answer = upgrade(server, **headers)
    assert answer.status_code == status
    assert answer.headers["X-Request-ID"]
    if status == 426:
        assert answer.headers["Sec-WebSocket-Version"] == "13"


def test_a_foreign_origin_is_refused_in_the_host_envelope(server: Server) -> None:
    answer = upgrade(server, Origin="https://evil.example")
    assert (answer.status_code, answer.json()["error"], answer.json()["success"]) == (403, "forbidden", False)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "http://localhost:3000", "HTTP://LOCALHOST:3000"])
def test_own_and_configured_origins_are_welcome(harness: SocketHarness, origin: str) -> None:
    found = harness.open(suppress_origin=False, origin=origin.format(port=harness.server.port))
    assert found.raw.connected


def test_the_public_address_is_an_origin_of_ours(start_server: Starter) -> None:
    server = start_server(PUBLIC_URL="https://plugins.example.com", CORS_ORIGINS="", WEB_CONCURRENCY="1")
    Socket(server, suppress_origin=False, origin="https://plugins.example.com").raw.shutdown()
    with pytest.raises(WebSocketBadStatusException, match="403"):
        Socket(server, suppress_origin=False, origin="http://localhost:3000")


def test_nothing_is_compressed(harness: SocketHarness) -> None:
    found = harness.open(header=["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
    assert "sec-websocket-extensions" not in (found.raw.headers or {})


def test_a_request_for_an_upgrade_is_counted_like_any(start_server: Starter) -> None:
    server = start_server(RATELIMIT_ENABLED="true", WEB_CONCURRENCY="1")
    for _ in range(100):
        Socket(server).raw.shutdown()
    answer = upgrade(server)
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many_requests")


def test_it_can_be_turned_off(make_app: AppFactory) -> None:
    assert Api(make_app(WS_MAX_CONNECTIONS="0")).get("/ws").status_code == 404


# --- The first message ----------------------------------------------------------------------------------------------


def test_a_user_is_welcomed(harness: SocketHarness) -> None:
    name = harness.user()
    harness.tell(name)
    found = harness.open()
    found.say(type="auth", token=harness.token(name))
    welcome = found.hear()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", welcome.pop("timestamp"))
    assert welcome == {"type": "auth_ok", "user_id": harness.id_of(name), "last_id": harness.latest()}
    assert harness.has_nothing_more(found, name)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "ping"},
        {"type": "auth"},
        {"type": "auth", "token": 5},
        {"type": "auth", "token": "nonsense"},
        {"type": "auth", "token": "TOKEN", "last_id": -1},
        {"type": "auth", "token": "TOKEN", "last_id": "5"},
        {"type": "auth", "token": "TOKEN", "last_id": True},
        {"type": "auth", "token": "TOKEN", "last_id": 2**63},
        {"type": "auth", "token": "TOKEN", "language": "fr"},
        {"type": "auth", "token": "TOKEN", "language": ["en"]},
        {"type": "notification", "token": "TOKEN"},
    ],
)
def test_any_other_first_message_ends_it(harness: SocketHarness, fields: dict[str, Any]) -> None:
    found = harness.open()
    token = harness.token("admin")
    found.say(**{name: token if value == "TOKEN" else value for name, value in fields.items()})
    code, reason = found.closed_with()
    assert code == 4401
    assert token not in reason


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "null", '"auth"', "[" * 4000, '{"type": NaN}'])
def test_what_is_no_object_ends_it_as_well(harness: SocketHarness, text: str) -> None:
    found = harness.open()
    found.raw.send(text)
    assert found.closed_with()[0] == 4401


def test_expired_refresh_and_altered_tokens_are_refused(harness: SocketHarness) -> None:
    login = {"username": "admin", "password": "admin"}
    refresh = harness.server.client.post("/api/v1/auth/login", login).json()["data"]["refresh_token"]
    expired, good = harness.token("admin", lifetime=-5), harness.token("admin")
    for token in (refresh, expired, good[:-8] + "AAAAAAAA"):
        found = harness.open()
        found.say(type="auth", token=token)
        assert found.closed_with()[0] == 4401


def test_silence_ends_it_after_ten_seconds(harness: SocketHarness) -> None:
    begun = time.monotonic()
    found = harness.open()
    found.raw.ping()
    came = [found.raw.recv_data(control_frame=True)]
    while came[-1][0] != CLOSE:
        came.append(found.raw.recv_data(control_frame=True))
    assert time.monotonic() - begun >= 10
    # Before it was asked for a sign of life, as everybody is after 25 seconds.
    assert PING_EVERY == 25
    assert [opcode for opcode, _ in came] == [ABNF.OPCODE_PONG, CLOSE]
    assert int.from_bytes(came[-1][1][:2], "big") == 4401


# --- Messages -------------------------------------------------------------------------------------------------------


def test_a_notification_arrives_in_words(harness: SocketHarness) -> None:
    name = harness.user()
    found = harness.join(name)
    review = {"plugin_name": "好插件", "version": "1.0.0", "review_result": "approved"}
    with harness.app.app_context(), unit_of_work():
        notifications.notify(harness.id_of(name), Event.REVIEW_COMPLETED, **review)
    message = found.hear()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", message.pop("timestamp"))
    assert message == {
        "type": "notification",
        "id": harness.latest(),
        "event": "plugin_review_completed",
        "data": {**review, "message": "您的插件 好插件 1.0.0 已通过审核"},
    }


def test_the_language_is_the_clients(harness: SocketHarness) -> None:
    name = harness.user()
    spoken = harness.join(name, language="en")
    header = harness.open(header=["Accept-Language: en-GB"])
    header.say(type="auth", token=harness.token(name))
    assert header.hear()["type"] == "auth_ok"
    harness.tell(name)
    assert {one.hear()["data"]["message"] for one in (spoken, header)} == {"Plugin p is now s"}


def test_only_its_user_hears_it_and_everybody_what_is_for_everybody(harness: SocketHarness) -> None:
    names = [harness.user(), harness.user()]
    one, other = (harness.join(name) for name in names)
    harness.tell(names[0], n=1)
    harness.tell(names[1], n=2)
    harness.tell(None, n=3)
    assert [one.hear()["data"]["n"] for _ in range(2)] == [1, 3]
    assert [other.hear()["data"]["n"] for _ in range(2)] == [2, 3]
    assert harness.has_nothing_more(one, names[0])


def test_a_ping_is_answered(harness: SocketHarness) -> None:
    found = harness.join(harness.user())
    found.say(type="ping")
    pong = found.hear()
    assert (pong["type"], sorted(pong)) == ("pong", ["timestamp", "type"])
    found.raw.ping("still there?")
    opcode, data = found.raw.recv_data(control_frame=True)
    assert (opcode, data) == (ABNF.OPCODE_PONG, b"still there?")


def test_senseless_messages_are_answered_five_times(harness: SocketHarness) -> None:
    found = harness.join(harness.user(), language="en")
    for text in ("nonsense", "[]", "{}", '{"type": "auth"}', '{"type": ["ping"]}'):
        found.raw.send(text)
        answer = found.hear()
        assert (answer["type"], sorted(answer)) == ("error", ["message", "type"])
        found.say(type="ping")
        assert found.hear()["type"] == "pong"
    found.raw.send("once more")
    assert found.closed_with()[0] == 1008


@pytest.mark.parametrize("when", ["before", "after"])
def test_long_messages_binary_ones_and_broken_text_are_refused(harness: SocketHarness, when: str) -> None:
    name = harness.user()

    def fresh() -> Socket:
        return harness.open() if when == "before" else harness.join(name)

    for text in ("x" * 4097, "x" * 1_000_000, "文" * 1400):
        long = fresh()
        long.raw.send(text)
        assert long.closed_with()[0] == 1009
    parts = fresh()
    for _ in range(5):
        parts.raw.send_frame(ABNF.create_frame("x" * 1000, ABNF.OPCODE_TEXT if _ == 0 else ABNF.OPCODE_CONT, 0))
    assert parts.closed_with()[0] == 1009
    binary = fresh()
    binary.raw.send_binary(b"{}")
    assert binary.closed_with()[0] == 1003
    broken = fresh()
    broken.raw.send(b"\xff\xfe", ABNF.OPCODE_TEXT)
    assert broken.closed_with()[0] == 1007


def test_a_message_in_pieces_is_one(harness: SocketHarness) -> None:
    found = harness.join(harness.user())
    found.raw.send_frame(ABNF.create_frame('{"type":', ABNF.OPCODE_TEXT, 0))
    found.raw.ping()
    found.raw.send_frame(ABNF.create_frame(' "ping"}', ABNF.OPCODE_CONT, 1))
    assert found.hear()["type"] == "pong"


def test_a_flood_is_ended(harness: SocketHarness) -> None:
    found = harness.join(harness.user())
    with contextlib.suppress(OSError, websocket.WebSocketException):
        for _ in range(700):
            found.say(type="ping")
    assert found.closed_with()[0] == 1008


def test_a_broken_frame_ends_it(harness: SocketHarness) -> None:
    found = harness.join(harness.user())
    found.raw.sock.sendall(b"\xff\xff\xff\xff" + os.urandom(64))
    assert found.closed_with()[0] == 1002


def test_a_client_that_closes_is_answered(harness: SocketHarness) -> None:
    found = harness.join(harness.user())
    found.raw.send_close(3000, b"enough")
    assert found.closed_with() == (3000, "enough")
    assert found.raw.sock.recv(1) == b""


def test_the_shared_server_logged_no_failure(server: Server) -> None:
    """The last of this file: whatever was done to it above, nothing went wrong inside."""
    assert (server.data / "logs" / "error.log").read_text() == ""
