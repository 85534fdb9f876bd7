"""A token revoked on one node is refused by all, whatever happens to Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.serving import make_server

from microdock_server.api.websocket import hub

from ..conftest import AppFactory
from ..live import eventually
from ..peers.redis import RedisServer
from ..sockets import Socket
from ..support import Api, add_user, signed_in

pytestmark = pytest.mark.live

SECRET = "a secret of more than thirty-two bytes, made for this test"


@pytest.fixture
def nodes(make_app: AppFactory, redis_server: RedisServer) -> list[Flask]:
    """Two applications on one database and one Redis."""
    first = make_app(REDIS_URL=redis_server.url, JWT_SECRET_KEY=SECRET)
    database = first.extensions["microdock"].settings.database_url
    return [first, make_app(REDIS_URL=redis_server.url, JWT_SECRET_KEY=SECRET, DATABASE_URL=database)]


def status(app: Flask, api: Api) -> int:
    return Api(app, api.token).get("/api/v1/plugins/installed").status_code


def log_out(api: Api) -> None:
    assert api.post("/api/auth/logout").status_code == 200


def test_at_once_on_every_node_and_for_good(nodes: list[Flask], redis_server: RedisServer) -> None:
    first, second = nodes
    leaving, staying = add_user(first, "leaving"), add_user(first, "staying")
    # Both have seen it, and keep what they can of it.
    assert [status(app, api) for app in nodes for api in (leaving, staying)] == [200] * 4
    log_out(leaving)
    assert [status(second, leaving), status(first, leaving)] == [401, 401]
    with redis_server.client() as client:
        client.flushall()
    assert [status(app, leaving) for app in nodes] == [401, 401]
    redis_server.kill()
    assert [status(app, leaving) for app in nodes] == [401, 401]
    assert [status(app, staying) for app in nodes] == [200, 200]


def test_also_while_redis_is_lost(nodes: list[Flask], redis_server: RedisServer) -> None:
    first, second = nodes
    leaving = add_user(first, "leaving")
    assert status(second, leaving) == 200
    redis_server.kill()
    log_out(leaving)
    assert [status(app, leaving) for app in nodes] == [401, 401]
    redis_server.start()
    assert eventually(second.extensions["microdock"].redis.answers)
    assert [status(app, leaving) for app in nodes] == [401, 401]


def test_by_disabling_the_user_and_not_undone_by_enabling(nodes: list[Flask]) -> None:
    first, second = nodes
    somebody, root = add_user(first, "somebody"), signed_in(first)
    user_id = Api(first, somebody.token).get("/api/v1/auth/me").get_json()["data"]["id"]
    assert status(second, somebody) == 200
    for is_active in (False, True):
        answer = root.put(f"/api/v1/admin/users/{user_id}", {"is_active": is_active})
        assert answer.status_code == 200, answer.text
        assert [status(app, somebody) for app in nodes] == [401, 401]
    assert status(second, signed_in(first, "somebody")) == 200


def test_the_database_is_asked_once_about_a_token_that_is_revoked(nodes: list[Flask]) -> None:
    app = nodes[0]
    leaving = add_user(app, "leaving")
    log_out(leaving)
    asked: list[str] = []
    engine = app.extensions["microdock"].autocommit
    event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    assert [status(app, leaving) for _ in range(5)] == [401] * 5
    assert len([statement for statement in asked if "token_epoch" in statement]) == 1


class Served:
    """What a socket needs to know of a server."""

    def __init__(self, port: int) -> None:
        self.port = port


@contextmanager
def served(app: Flask) -> Iterator[Any]:
    """The application in this process, on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield Served(server.port)
    finally:
        server.shutdown()
        serving.join(60)
        server.server_close()


def test_sockets_of_other_nodes_hear_the_bell(nodes: list[Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the bell brings it: nobody looks by the clock."""
    first, second = nodes
    listener, root = add_user(first, "listener"), signed_in(first)
    rounds: list[None] = []
    wait = hub.Hub._wait
    monkeypatch.setattr(hub.Hub, "_wait", lambda self: (wait(self), rounds.append(None)))
    with ExitStack() as stack:
        found = Socket(stack.enter_context(served(second)))
        stack.callback(found.raw.shutdown)
        found.say(type="auth", token=listener.token)
        assert found.hear()["type"] == "auth_ok"
        # Until the poller has heard of nothing, once: from then on the clock alone would take an hour.
        monkeypatch.setattr(hub, "LOOK_EVERY", 3600.0)
        monkeypatch.setattr(hub, "RECHECK_EVERY", 3600.0)
        begun = len(rounds)
        assert eventually(lambda: len(rounds) >= begun + 2)
        announce(root)
        assert found.hear()["event"] == "system_maintenance"
        log_out(Api(first, listener.token))
        assert found.closed_with()[0] == hub.UNAUTHENTICATED


def announce(root: Api) -> None:
    body = {"message": "m", "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}
    answer = root.post("/api/v1/admin/system/maintenance", body)
    assert answer.status_code == 200, answer.text
