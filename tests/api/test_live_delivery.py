"""Notifications over WebSockets: none is lost, none comes twice, and only users with a valid token get them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from websocket import ABNF

from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.messages import Message
from microdock_server.services import accounts, notifications
from microdock_server.services.accounts import tokens
from microdock_server.services.accounts.tokens import Claims
from microdock_server.vocabulary import Event

from ..live import Server, eventually
from ..sockets import Socket, SocketHarness, socket_harness
from ..support import add_user

pytestmark = pytest.mark.live


@pytest.fixture
def harness(server: Server) -> Iterator[SocketHarness]:
    """The server that the tests of this module share."""
    with socket_harness(server) as found:
        yield found


# --- What was missed ------------------------------------------------------------------------------------------------


def test_what_was_missed_comes_first_and_in_order(harness: SocketHarness) -> None:
    name, other = harness.user(), harness.user()
    first = harness.latest()
    for number in range(5):
        harness.tell(name if number % 2 == 0 else None, n=number)
        harness.tell(other, n=-1)
    found = harness.join(name, last_id=first)
    assert [found.hear()["data"]["n"] for _ in range(5)] == [0, 1, 2, 3, 4]
    harness.tell(name, n=5)
    assert found.hear()["data"]["n"] == 5
    assert harness.has_nothing_more(found, name)


def test_an_id_from_the_future_hides_nothing(harness: SocketHarness) -> None:
    name = harness.user()
    found = harness.join(name, last_id=2**63 - 1)
    harness.tell(name, n=1)
    assert found.hear()["data"]["n"] == 1


def test_who_has_seen_more_than_there_is_starts_over_with_all_that_is_unread(harness: SocketHarness) -> None:
    name, other = harness.user(), harness.user()
    for number in range(4):
        harness.tell(name, n=number)
        harness.tell(other, n=-1)
    newest, user_id = harness.latest(), harness.id_of(name)
    with harness.app.app_context(), unit_of_work():
        _, rows = notifications.page(user_id, unread=True, page_number=1, limit=10)
        read = [row["id"] for row in rows if row["data"]["n"] in (0, 2)]
        assert notifications.mark_read(user_id, read) == 2
    found = harness.open()
    found.say(type="auth", token=harness.token(name), last_id=newest + 1)
    welcome = found.hear()
    assert (welcome["resync"], welcome["last_id"]) == (True, newest)
    assert [found.hear()["data"]["n"] for _ in range(2)] == [1, 3]
    harness.tell(name, n=4)
    assert found.hear()["data"]["n"] == 4
    assert harness.has_nothing_more(found, name)


def test_who_has_seen_just_what_there_is_goes_on(harness: SocketHarness) -> None:
    name = harness.user()
    harness.tell(name, n=0)
    found = harness.open()
    found.say(type="auth", token=harness.token(name), last_id=harness.latest())
    assert "resync" not in found.hear()
    harness.tell(name, n=1)
    assert found.hear()["data"]["n"] == 1


def test_more_than_a_page_is_started_over_with(harness: SocketHarness) -> None:
    name = harness.user()
    user_id = harness.id_of(name)
    with harness.app.app_context(), unit_of_work():
        for number in range(2100):
            notifications.notify(user_id, Event.STATUS_CHANGED, n=number)
    found = harness.join(name, last_id=2**62)
    assert [found.hear()["data"]["n"] for _ in range(2100)] == list(range(2100))
    harness.tell(name, n=2100)
    assert found.hear()["data"]["n"] == 2100


def test_more_than_a_page_is_replayed(harness: SocketHarness) -> None:
    name = harness.user()
    first = harness.latest()
    user_id = harness.id_of(name)
    with harness.app.app_context(), unit_of_work():
        for number in range(2500):
            notifications.notify(user_id, Event.STATUS_CHANGED, n=number)
    found = harness.join(name, last_id=first)
    assert [found.hear()["data"]["n"] for _ in range(2500)] == list(range(2500))


def test_between_replay_and_live_nothing_is_lost_and_nothing_comes_twice(harness: SocketHarness) -> None:
    """Clients join again and again, from where they were, while somebody writes."""
    name = harness.user()
    user_id, first, total = harness.id_of(name), harness.latest(), 400
    token = harness.token(name)
    seen: list[list[int]] = [[] for _ in range(4)]

    def write() -> None:
        with harness.app.app_context():
            for number in range(total):
                # No further ahead than they can catch up: they are to join while something is written, to the end.
                assert eventually(lambda number=number: max(map(len, seen)) >= number - 40)
                with unit_of_work():
                    notifications.notify(user_id if number % 3 else None, Event.STATUS_CHANGED, n=number)

    def read(numbers: list[int]) -> None:
        last = first
        while len(numbers) < total:
            found = Socket(harness.server)
            found.say(type="auth", token=token, last_id=last)
            found.hear()
            for _ in range(min(23, total - len(numbers))):
                message = found.hear()
                numbers.append(message["data"]["n"])
                last = message["id"]
            found.raw.shutdown()

    threads = [threading.Thread(target=read, args=(numbers,)) for numbers in seen]
    for thread in (*threads, writer := threading.Thread(target=write)):
        thread.start()
    for thread in (*threads, writer):
        thread.join()
    assert seen == [list(range(total))] * 4


def test_without_an_id_everything_after_the_welcome_comes_once(harness: SocketHarness) -> None:
    name = harness.user()
    user_id, done = harness.id_of(name), threading.Event()

    def write() -> None:
        with harness.app.app_context():
            while not done.is_set():
                with unit_of_work():
                    notifications.notify(user_id, Event.STATUS_CHANGED)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            found = harness.open()
            found.say(type="auth", token=harness.token(name))
            base = found.hear()["last_id"]
            ids = [found.hear()["id"] for _ in range(20)]
            assert ids == list(range(base + 1, base + 21))
            found.raw.shutdown()
    finally:
        done.set()
        writer.join()


# --- Two workers ----------------------------------------------------------------------------------------------------


def test_any_process_reaches_users_on_any_worker(harness: SocketHarness) -> None:
    name = harness.user()
    listeners = [harness.join(name) for _ in range(8)]
    # Which worker takes a connection is chance: eight that one of them took are no reason to fail.
    while len({worker_of(harness.server, one) for one in listeners}) < 2:
        listeners.pop().raw.shutdown()
        listeners.append(harness.join(name))
    for turn in range(3):
        harness.tell(name, n=turn)
        assert [one.hear()["data"]["n"] for one in listeners] == [turn] * len(listeners)


def worker_of(server: Server, found: Socket) -> int:
    """Which worker holds the other end."""
    from benchmarks import processes

    connection: Any = type("Connection", (), {"sock": found.raw.sock})
    pid = processes.owner(connection, server.workers())
    assert pid is not None
    return pid


# --- What ends belief -----------------------------------------------------------------------------------------------


def test_an_expired_token_ends_it(harness: SocketHarness) -> None:
    for lifetime in (4, 16, 64):
        expires = time.time() + lifetime
        found = harness.open()
        found.say(type="auth", token=harness.token("admin", lifetime=lifetime))
        opcode, _ = found.raw.recv_data()
        # On a machine that is so busy, it had expired before it was read.
        if opcode == ABNF.OPCODE_TEXT:
            break
    assert found.closed_with() == (4401, "the token has expired")
    # Tokens count whole seconds.
    assert time.time() > expires - 1


def test_a_logout_ends_the_sockets_of_this_login_only(harness: SocketHarness) -> None:
    login = {"username": "admin", "password": "admin"}
    host = harness.server.client.log_in().token
    market = harness.server.client.post("/api/v1/auth/login", login).json()["data"]["access_token"]
    stays = harness.join("admin")
    for token, path in ((host, "/api/auth/logout"), (market, "/api/v1/auth/logout")):
        assert token is not None
        leaves = harness.open()
        leaves.say(type="auth", token=token)
        assert leaves.hear()["type"] == "auth_ok"
        assert harness.server.client.with_token(token).post(path, {}).status_code == 200
        assert leaves.closed_with()[0] == 4401
    stays.say(type="ping")
    assert stays.hear()["type"] == "pong"


@pytest.mark.parametrize("change", ["disabled", "revoked"])
def test_a_user_who_is_disabled_or_whose_tokens_are_revoked_is_sent_away(harness: SocketHarness, change: str) -> None:
    name = harness.user()
    other = harness.user()
    leaves, stays = harness.join(name), harness.join(other)
    with harness.app.app_context(), unit_of_work():
        user = accounts.find(name)
        assert user is not None
        if change == "disabled":
            user.is_active = False
        else:
            tokens.revoke_user(user)
    assert leaves.closed_with()[0] == 4401
    assert harness.has_nothing_more(stays, other)


def test_many_tokens_are_checked_at_once(app: Flask) -> None:
    users = [add_user(app, f"user{number}") for number in range(3)]
    engine = app.extensions["microdock"].autocommit
    with app.app_context(), unit_of_work():
        found = [accounts.find(f"user{number}") for number in range(3)]
        many = [tokens.host_token(user, timedelta(hours=1)) for user in found if user for _ in range(400)]
        many += [tokens.begin_family(user, timedelta(hours=1), remember_me=False)[0] for user in found if user]
        nobody = Claims("jti", "access", "nobody", 0, "", many[0].expires_at)
        unknown = Claims("other", "access", many[0].user_id, 0, "no such family", many[0].expires_at)
    assert tokens.still_valid([*many, nobody, unknown], engine) == {claims.jti for claims in many}
    with app.app_context(), unit_of_work():
        tokens.revoke(many[0])
        tokens.revoke(many[-1])
        user = accounts.find("user1")
        assert user is not None
        user.is_active = False
    gone = {many[0].jti, many[-1].jti} | {claims.jti for claims in many if claims.user_id == many[400].user_id}
    assert tokens.still_valid(many, engine) == {claims.jti for claims in many} - gone
    assert tokens.still_valid([], engine) == set()
    assert len(users) == 3


# --- Words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "data", "text"),
    [
        (
            "plugin_review_completed",
            {"plugin_name": "p", "version": "1", "review_result": "rejected"},
            "您的插件 p 1 未通过审核",
        ),
        ("appeal_processed", {"plugin_name": "p", "decision": "approved"}, "您对插件 p 的申诉已通过"),
        ("appeal_processed", {"decision": "approved"}, "您对插件  的申诉已通过"),
        ("new_review_assigned", {}, "您有新的审核任务： "),
        ("system_maintenance", {"text": "{今晚}", "more": 1}, "系统维护通知：{今晚}"),
        ("system_maintenance", {"text": None}, "系统维护通知：None"),
        ("appeal_processed", {"decision": "unheard of"}, "通知：appeal_processed"),
        ("plugin_review_completed", {"review_result": ["approved"]}, "通知：plugin_review_completed"),
    ],
)
def test_every_event_has_words(event: str, data: dict[str, Any], text: str) -> None:
    message = notifications.message_for(event, data)
    assert isinstance(message, Message)
    assert message.render("zh") == text
    assert message.render("en")


@pytest.mark.parametrize("event", Event)
def test_no_event_lacks_words_whatever_its_data(event: str) -> None:
    for outcome in ("approved", "rejected"):
        message = notifications.message_for(event, {"review_result": outcome, "decision": outcome})
        assert event in message.key


def test_the_shared_server_logged_no_failure(server: Server) -> None:
    """The last of this file: whatever was done to it above, nothing went wrong inside."""
    assert (server.data / "logs" / "error.log").read_text() == ""
