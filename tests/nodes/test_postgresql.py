"""The bell by LISTEN and NOTIFY, on a real PostgreSQL server."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import text

from microdock_server.cluster.postgresql import PostgresWakeUps
from microdock_server.cluster.wakeup import Word
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import current_unit, unit_of_work

from ..live import eventually
from ..peers.postgresql import PostgreSQL

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
def bell(app: Flask) -> Iterator[PostgresWakeUps]:
    made = PostgresWakeUps(db.engine)
    yield made
    made.close()


@pytest.fixture
def ear(app: Flask) -> Iterator[PostgresWakeUps]:
    """A bell as another process has it, that listens already."""
    made = PostgresWakeUps(db.engine)
    assert made.wait(0) is None
    yield made
    made.close()


def ring(bell: PostgresWakeUps, *words: Word) -> None:
    with unit_of_work() as unit:
        for word in words:
            bell.send_after(unit, word)


def test_rings_with_the_commit(bell: PostgresWakeUps, ear: PostgresWakeUps) -> None:
    with unit_of_work():
        bell.send_after(current_unit(), "notifications")
        db.session.connection().execute(text("SELECT 1"))
        assert ear.wait(0.2) == frozenset()
    assert ear.wait(10) == {"notifications"}
    assert ear.wait(0.1) == frozenset()


def test_does_not_ring_for_what_is_undone(bell: PostgresWakeUps, ear: PostgresWakeUps) -> None:
    with suppress(KeyError), unit_of_work() as unit:
        bell.send_after(unit, "notifications")
        raise KeyError
    ring(bell, "tokens")
    assert ear.wait(10) == {"tokens"}


def test_rings_once_a_transaction_for_each_word(bell: PostgresWakeUps, ear: PostgresWakeUps) -> None:
    ring(bell, "tokens", "notifications", "tokens", "notifications")
    assert ear.wait(10) == {"tokens", "notifications"}
    assert ear.wait(0.1) == frozenset()


def test_what_was_rung_while_nobody_waited_is_heard(bell: PostgresWakeUps, ear: PostgresWakeUps) -> None:
    for _ in range(20):
        ring(bell, "notifications")
    assert ear.wait(10) == {"notifications"}


def test_ends_a_wait(app: Flask, bell: PostgresWakeUps, ear: PostgresWakeUps) -> None:
    heard: list[object] = []
    waiting = threading.Thread(target=lambda: heard.append(ear.wait(30)))
    waiting.start()
    ring(bell, "tokens")
    waiting.join(10)
    assert heard == [{"tokens"}]


def test_lost_with_the_database_it_says_look_and_is_heard_again(
    server: PostgreSQL, bell: PostgresWakeUps, ear: PostgresWakeUps, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop(signal.SIGQUIT)
    assert ear.wait(0.05) is None
    assert ear.wait(0.05) is None
    assert caplog.text.count("are not heard") == 1
    server.start()
    # Connections that the stop broke are not the bell's business.
    db.engine.dispose()
    assert ear.wait(0) is None
    assert caplog.text.count("heard again") == 1
    assert ear.wait(0) == frozenset()
    ring(bell, "notifications")
    assert eventually(lambda: ear.wait(1) == {"notifications"})
