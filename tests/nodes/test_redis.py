"""Redis while it works, when it is lost, and when it is back."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis.connection import Connection

from microdock_server.addresses.redis import place
from microdock_server.cluster.redis import Redis, RedisLost
from microdock_server.config import ConfigurationError

from ..conftest import AppFactory
from ..live import eventually
from ..peers.redis import RedisServer
from ..support import Api, settings_for

pytestmark = pytest.mark.live

LIST = "/api/plugins/list"
# No promise: after so long something hangs.
SECONDS = 60.0


@pytest.fixture
def nodes(make_app: AppFactory, redis_server: RedisServer) -> list[Flask]:
    """Two applications with rate limits and one Redis."""
    return [make_app(RATELIMIT_ENABLED="true", REDIS_URL=redis_server.url) for _ in range(2)]


def statuses(app: Flask, times: int) -> list[int]:
    return [Api(app).get(LIST).status_code for _ in range(times)]


def ready(app: Flask) -> tuple[int, Any]:
    answer = Api(app).get("/readyz")
    return answer.status_code, answer.get_json()["data"].get("redis")


def gauge(app: Flask) -> list[str]:
    return re.findall(r'^microdock_ready\{check="redis"\} (\S+)$', Api(app).get("/metrics").text, re.MULTILINE)


def is_back(app: Flask) -> bool:
    return ready(app) == (200, "ok")


def test_limits_hold_across_nodes(nodes: list[Flask]) -> None:
    first, second = nodes
    assert statuses(first, 60) == [200] * 60
    answer = Api(second).get(LIST)
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("100", "39")
    assert 1 <= int(answer.headers["RateLimit-Reset"]) <= 60
    assert statuses(second, 39) == [200] * 39
    assert statuses(first, 1) + statuses(second, 1) == [429, 429]


def test_windows_in_redis_end(nodes: list[Flask], redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        before, _ = client.time()
        statuses(nodes[0], 1)
        after, _ = client.time()
        # The moments at which they end, by the same clock.
        minute, hour = sorted(client.expiretime(key) for key in client.keys("microdock:limits:*"))
    assert before + 60 <= minute <= after + 61
    assert before + 3600 <= hour <= after + 3601


def test_lost_and_back(nodes: list[Flask], redis_server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    app = nodes[0]
    assert ready(app) == (200, "ok")
    statuses(app, 60)
    redis_server.kill()
    # Each node counts for itself now, and limits still hold.
    assert statuses(app, 103) == [200] * 100 + [429] * 3
    answer = Api(app).get("/readyz", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.get_json()["data"]["redis"]) == (200, "lost")
    assert answer.get_json()["message"] == "The server is ready, but Redis is lost"
    assert gauge(app) == ["0.0"]
    redis_server.start()
    assert eventually(lambda: is_back(app))
    assert gauge(app) == ["1.0"]
    assert statuses(app, 101) == [200] * 100 + [429]
    assert caplog.text.count("is lost (ConnectionError); the server goes on without it") == 1
    assert eventually(lambda: caplog.text.count("is back") == 1)
    assert [record.levelname for record in caplog.records if record.name.endswith("cluster.redis")] == ["WARNING"] * 2


def test_lost_again_is_said_again(redis: Redis, redis_server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        assert eventually(redis.answers)
        redis_server.kill()
        assert not redis.answers()
        assert not redis.answers()
        redis_server.start()
        assert eventually(lambda: not redis.is_lost)
    assert eventually(lambda: caplog.text.count("is back") == 2)
    assert caplog.text.count("is lost") == 2


def test_closed_while_it_looks_whether_it_is_back_it_says_nothing_more(
    redis: Redis, redis_server: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, goes_on = threading.Event(), threading.Event()

    def answer(*_: object, **__: object) -> bool:
        looks.set()
        return goes_on.wait(SECONDS)

    redis_server.stop()
    assert not redis.answers()
    peer = redis._peer()
    monkeypatch.setattr(peer._quick, "set", answer)
    assert looks.wait(SECONDS)
    closing = threading.Thread(target=redis.close)
    closing.start()
    assert peer._closing.wait(SECONDS)
    goes_on.set()
    closing.join()
    assert peer._waiting is not None and not peer._waiting.is_alive()
    assert "is back" not in caplog.text


def test_that_says_nothing_holds_up_one_request_and_no_more(
    nodes: list[Flask], redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    read = Connection.read_response

    def noted(connection: Connection, *args: Any, **kwargs: Any) -> Any:
        waited.append(threading.get_ident())
        return read(connection, *args, **kwargs)

    statuses(nodes[0], 1)
    monkeypatch.setattr(Connection, "read_response", noted)
    os.kill(redis_server.pid, signal.SIGSTOP)
    try:
        # Another thread looks whether it is back, again and again. Of those who ask, the first waits, and once.
        assert statuses(nodes[0], 60) == [200] * 60
        assert waited.count(threading.get_ident()) == 1
        assert ready(nodes[0]) == (200, "lost")
        assert waited.count(threading.get_ident()) == 1
    finally:
        os.kill(redis_server.pid, signal.SIGCONT)
    assert eventually(lambda: is_back(nodes[0]))


def test_that_is_full_is_lost_until_there_is_room(redis: Redis, redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.config_set("maxmemory", 1)
        with pytest.raises(RedisLost):
            redis.ask(lambda one: one.set("key", "value"))
        with pytest.raises(RedisLost):
            redis.ask(lambda one: one.ping())
        client.config_set("maxmemory", 0)
    assert eventually(lambda: not redis.is_lost)


def test_a_password_is_used_and_never_said(
    make_app: AppFactory, tmp_path: Path, redis_server: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with redis_server.client() as client:
        client.config_set("requirepass", "right-secret")
    for password, state in (("right-secret", "ok"), ("wrong-secret", "lost")):
        url = redis_server.url.replace("//", f"//:{password}@")
        app = make_app(RATELIMIT_ENABLED="true", REDIS_URL=url)
        assert statuses(app, 1) == [200]
        assert ready(app) == (200, state)
        assert "-secret" not in Api(app).get("/readyz").text
    logs = "".join(path.read_text() for path in tmp_path.rglob("logs/*") if path.is_file())
    assert "is lost (AuthenticationError)" in logs
    assert "-secret" not in logs
    assert "-secret" not in "".join(capfd.readouterr())


def test_every_process_has_connections_of_its_own(redis: Redis) -> None:
    def connected() -> object:
        """The client that questions are asked by."""
        return redis.ask(lambda client: client)

    assert redis.answers()
    ours = connected()
    child = os.fork()
    if child == 0:
        is_sound = connected() is not ours and redis.answers() and not redis.is_lost
        os._exit(0 if is_sound else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert connected() is ours
    assert redis.answers()


def test_nothing_is_connected_before_it_is_needed(make_app: AppFactory, redis_server: RedisServer) -> None:
    redis_server.kill()
    app = make_app(REDIS_URL=redis_server.url)
    assert not app.extensions["microdock"].redis.is_lost
    assert ready(app) == (200, "lost")


def test_without_the_setting_nothing_is_said(app: Flask) -> None:
    assert ready(app) == (200, None)
    assert gauge(app) == []


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis:///0",
        "redis://localhost:0",
        "redis://localhost:99999",
        "redis://:hush/hush@localhost",
        "redis://localhost/hush",
        "redis://localhost?socket_timeout=60",
        "redis://localhost#hush",
        "redis://[hush",
        "unix://",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_quoted(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^REDIS_URL must be redis://") as refusal:
        settings_for(tmp_path, REDIS_URL=url)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("query", ["ssl_hush=1", "ssl_cert_reqs=hush", "db=hush"])
def test_an_option_that_does_not_fit_is_refused(tmp_path: Path, query: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^REDIS_URL has options that do not fit$"):
        settings_for(tmp_path, REDIS_URL=f"rediss://localhost?{query}")


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"^REDIS_URL needs the extra: .*microdock-server\[redis\]"):
        settings_for(tmp_path, REDIS_URL="redis://localhost")


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("redis://localhost", "localhost:6379"),
        ("redis://me:hush@10.0.0.1:7000/3", "10.0.0.1:7000"),
        ("rediss://:hush@redis.example.com/0?ssl_cert_reqs=required", "redis.example.com:6379"),
        ("redis://[::1]:7000/1", "[::1]:7000"),
        ("redis://me:%40%3A%2F%3F%23%25%5B%5D%20%C3%A4@[fe80::1]", "[fe80::1]:6379"),
        ("unix:///run/redis.sock?db=2", "/run/redis.sock"),
    ],
)
def test_urls_that_can_be_used(tmp_path: Path, url: str, where: str) -> None:
    assert settings_for(tmp_path, REDIS_URL=url).redis_url == url
    assert place(url) == where
