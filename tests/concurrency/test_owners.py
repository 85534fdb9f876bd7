"""Units that write one owner's rows alone: on PostgreSQL beside those of others, and alone wherever order matters."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from microdock_server.database import engines
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import execute_autocommit, unit_of_work
from microdock_server.models import Install, Notification, Setting
from microdock_server.services import audit, catalog, notifications
from microdock_server.vocabulary import Event, Role

from ..live import eventually
from ..market import V1, People
from ..support import add_user

INSTALLED = {"pluginId": "com.example.any", "pluginName": "Any", "pluginVersion": "1.0.0", "grantedPermissions": []}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as made:
        yield made


@contextmanager
def held(app: Flask, pool: ThreadPoolExecutor, of: str | None) -> Iterator[None]:
    """A writing unit of another thread, open meanwhile, in which something was written."""
    begun, ends = threading.Event(), threading.Event()

    def hold() -> None:
        with app.app_context(), unit_of_work(of=of):
            db.session.merge(Setting(key=f"held by {of}", value="1"))
            db.session.flush()
            begun.set()
            ends.wait()

    holding = pool.submit(hold)
    try:
        assert eventually(lambda: begun.is_set() or holding.done())
        yield
    finally:
        ends.set()
        holding.result()


def writes(app: Flask, pool: ThreadPoolExecutor, of: str | None) -> Future[None]:
    """Another thread's unit, which ends as soon as it may."""

    def write() -> None:
        with app.app_context(), unit_of_work(of=of):
            db.session.merge(Setting(key=f"written by {of}", value="1"))

    return pool.submit(write)


def waiting(app: Flask) -> int:
    """How many connections wait for an advisory lock of the database."""
    query = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with app.extensions["microdock"].autocommit.connect() as connection:
        return int(connection.exec_driver_sql(query).scalar() or 0)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [("a", "b", False), ("a", "a", True), ("a", None, True), (None, "a", True), (None, None, True)],
)
def test_who_waits_for_whom(
    app: Flask, pool: ThreadPoolExecutor, first: str | None, second: str | None, waits: bool
) -> None:
    with held(app, pool, first):
        writing = writes(app, pool, second)
        assert eventually(lambda: writing.done() or waiting(app) > 0)
        assert writing.done() is not waits
    writing.result()


@pytest.mark.postgresql
def test_an_earlier_version_excludes_them_and_waits_for_them(app: Flask, pool: ThreadPoolExecutor) -> None:
    """It takes the whole lock for every unit, whatever it writes."""
    autocommit = app.extensions["microdock"].autocommit
    tried = f"SELECT pg_try_advisory_xact_lock({engines.WRITE_LOCK})"
    with held(app, pool, "a"), autocommit.connect() as connection:
        assert connection.exec_driver_sql(tried).scalar() is False
    with autocommit.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({engines.WRITE_LOCK})")
        writing = writes(app, pool, "a")
        assert eventually(lambda: waiting(app) > 0)
        assert not writing.done()
        connection.rollback()
    writing.result()


@pytest.mark.postgresql
def test_a_reader_of_events_skips_none_while_owners_write(app: Flask, pool: ThreadPoolExecutor) -> None:
    """Events are written by units that are alone, so that their numbers rise in the order of their commits."""
    autocommit, seen, done = app.extensions["microdock"].autocommit, list[int](), threading.Event()

    def tell(number: int) -> None:
        with app.app_context(), unit_of_work():
            notifications.notify(None, Event.MAINTENANCE, number=number)

    def read() -> None:
        while True:
            last = done.is_set()
            with app.app_context():
                seen.extend(row.id for row in notifications.after(seen[-1] if seen else 0, autocommit))
            if last:
                return

    reading = pool.submit(read)
    telling = [pool.submit(tell, number) for number in range(30)]
    for owner in "abcd":
        with held(app, pool, owner):
            pass
    owned = [writes(app, pool, owner) for owner in "abcdabcd"]
    for each in (*telling, *owned):
        each.result()
    done.set()
    reading.result()
    with app.app_context(), unit_of_work(writing=False):
        assert seen == sorted(db.session.scalars(db.select(Notification.id)))
    assert len(seen) == 30


@pytest.mark.parametrize("order", [1, -1])
def test_a_unit_joins_none_of_another_owner(app: Flask, order: int) -> None:
    outer, inner = ("a", "b")[::order]
    with app.app_context():
        for wanted in (inner, None):
            with pytest.raises(RuntimeError, match="another owner"), unit_of_work(of=outer), unit_of_work(of=wanted):
                pass
        with unit_of_work(of=outer), unit_of_work(of=outer), unit_of_work(writing=False):
            pass
        # The whole includes each owner's.
        with unit_of_work(), unit_of_work(of=inner):
            pass


@pytest.mark.parametrize(
    "act",
    [
        lambda: notifications.notify(None, Event.MAINTENANCE),
        lambda: audit.record(audit.SERVER, "anything", "anything", "1"),
        catalog.next_revision,
        catalog.next_number,
    ],
    ids=["event", "audit", "revision", "number"],
)
def test_what_has_a_common_order_cannot_be_written_in_an_owners_unit(app: Flask, act: Any) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError, match="one owner's rows"), unit_of_work(of="a"):
            act()
        with unit_of_work():
            act()


def test_many_install_at_once_and_each_has_all(app: Flask, pool: ThreadPoolExecutor) -> None:
    callers = [add_user(app, f"user{number}") for number in range(8)]

    def install(number: int) -> int:
        body = {**INSTALLED, "pluginId": f"com.example.any{number // 8}"}
        return int(callers[number % 8].post(f"{V1}/plugins/install", body).status_code)

    found = list(pool.map(install, range(64)))
    assert set(found) == {200}
    with app.app_context(), unit_of_work(writing=False):
        assert db.session.scalar(db.select(db.func.count()).select_from(Install)) == 64


def test_of_one_user_two_equal_installs_are_one(app: Flask, pool: ThreadPoolExecutor) -> None:
    caller = add_user(app, "somebody")
    calls = [pool.submit(caller.post, f"{V1}/plugins/install", INSTALLED) for _ in range(8)]
    assert sorted(call.result().status_code for call in calls) == [200, *[409] * 7]


def test_a_disabled_user_writes_nothing_more(app: Flask, who: People, pool: ThreadPoolExecutor) -> None:
    """Whoever changes another's account is alone: what a unit of that user has read stays true to its end."""
    for number in range(5):
        caller = add_user(app, f"user{number}", Role.USER)
        me = caller.get(f"{V1}/auth/me").get_json()["data"]["id"]
        both = [
            pool.submit(who.admin.put, f"{V1}/admin/users/{me}", {"is_active": False}),
            pool.submit(caller.post, f"{V1}/notifications/read", {"all": True}),
        ]
        assert both[0].result().status_code == 200
        assert both[1].result().status_code in (200, 401)
        assert caller.post(f"{V1}/notifications/read", {"all": True}).status_code == 401


@pytest.mark.postgresql
def test_counting_a_download_waits_for_no_unit(app: Flask, pool: ThreadPoolExecutor) -> None:
    with held(app, pool, None):
        statement = db.update(Setting).where(Setting.key == "none").values(value="1")
        assert execute_autocommit(app.extensions["microdock"].autocommit, statement, {}) == 0
