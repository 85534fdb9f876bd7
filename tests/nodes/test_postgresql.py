"""The sender by LISTEN and NOTIFY, on a real PostgreSQL server."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from microdock_server.cluster.postgresql import CHANNEL, PostgresWakeUps
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import current_unit, unit_of_work

from ..live import eventually
from ..peers.postgresql import PostgreSQL
from .wakeups import SECONDS, close_under, listening, send

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A server of this module's own, which it may stop."""
    found = PostgreSQL()
    try:
        yield found.start()
    finally:
        found.remove()


@pytest.fixture
def app(server: PostgreSQL) -> Iterator[Flask]:
    """No more than a session on that server."""
    made = Flask(__name__)
    made.config["SQLALCHEMY_DATABASE_URI"] = server.url("postgres")
    db.init_app(made)
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def sender(app: Flask) -> Iterator[PostgresWakeUps]:
    made = PostgresWakeUps(db.engine)
    yield made
    made.close()


@pytest.fixture
def receiver(app: Flask) -> Iterator[PostgresWakeUps]:
    """A sender as another process has it, that listens already."""
    with listening(PostgresWakeUps(db.engine)) as made:
        yield made


def notify(topic: str) -> None:
    """Send one at once, in a transaction of its own."""
    with db.engine.begin() as connection:
        connection.execute(select(func.pg_notify(CHANNEL, topic)))


def test_is_closed_while_another_thread_waits(receiver: PostgresWakeUps) -> None:
    assert close_under(receiver) == [None, None]
    assert receiver._listener is None


def test_is_sent_with_the_commit(sender: PostgresWakeUps, receiver: PostgresWakeUps) -> None:
    with unit_of_work():
        sender.send_after(current_unit(), "notifications")
        db.session.connection().execute(text("SELECT 1"))
        # What is sent meanwhile is received alone: nothing was before it.
        notify("tokens")
        assert receiver.wait(SECONDS) == {"tokens"}
    assert receiver.wait(SECONDS) == {"notifications"}
    notify("tokens")
    assert receiver.wait(SECONDS) == {"tokens"}


def test_is_not_sent_for_what_is_undone(sender: PostgresWakeUps, receiver: PostgresWakeUps) -> None:
    with suppress(KeyError), unit_of_work() as unit:
        sender.send_after(unit, "notifications")
        raise KeyError
    send(sender, "tokens")
    assert receiver.wait(SECONDS) == {"tokens"}


def test_is_sent_once_a_transaction_for_each_word(sender: PostgresWakeUps, receiver: PostgresWakeUps) -> None:
    send(sender, "tokens", "notifications", "tokens", "notifications")
    assert receiver.wait(SECONDS) == {"tokens", "notifications"}
    notify("tokens")
    assert receiver.wait(SECONDS) == {"tokens"}


def test_what_was_rung_while_nobody_waited_is_heard(sender: PostgresWakeUps, receiver: PostgresWakeUps) -> None:
    for _ in range(20):
        send(sender, "notifications")
    assert receiver.wait(SECONDS) == {"notifications"}


def test_ends_a_wait(app: Flask, sender: PostgresWakeUps, receiver: PostgresWakeUps) -> None:
    received: list[object] = []
    waiting = threading.Thread(target=lambda: received.append(receiver.wait(10 * SECONDS)))
    waiting.start()
    send(sender, "tokens")
    waiting.join(SECONDS)
    assert received == [{"tokens"}]


def test_lost_with_the_database_it_says_look_and_is_heard_again(
    server: PostgreSQL, sender: PostgresWakeUps, receiver: PostgresWakeUps, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop(signal.SIGQUIT)
    assert receiver.wait(0.05) is None
    assert receiver.wait(0.05) is None
    assert caplog.text.count("are not received") == 1
    server.start()
    # Connections that the stop broke are not the sender's business.
    db.engine.dispose()
    assert receiver.wait(0) is None
    assert caplog.text.count("received again") == 1
    assert receiver.wait(0) == frozenset()
    send(sender, "notifications")
    assert eventually(lambda: receiver.wait(1) == {"notifications"})
