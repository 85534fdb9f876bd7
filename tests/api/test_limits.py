"""Rate limits: who is counted, where, and what a refusal says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from microdock_server.api.core import login_throttle, rate_limits
from microdock_server.api.core.rate_limits import SQLiteWindows
from microdock_server.errors import TooMany

from ..conftest import AppFactory, WallClock
from ..support import Api, add_user, signed_in


@pytest.fixture
def limited(make_app: AppFactory, wall_clock: WallClock) -> Flask:
    # No window ends while a test runs.
    wall_clock.stop()
    return make_app(RATELIMIT_ENABLED="true")


def statuses(api: Api, path: str, times: int, **options: object) -> list[int]:
    return [api.get(path, **options).status_code for _ in range(times)]


@pytest.mark.parametrize("path", ["/api/plugins/list", "/api/plugins/list?limit=1", "/api/auth/me"])
def test_the_public_has_a_hundred_a_minute_for_each_address(limited: Flask, path: str) -> None:
    api = Api(limited)
    assert statuses(api, path, 103) == [200] * 100 + [429] * 3
    elsewhere = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
    assert statuses(api, path, 1, **elsewhere) == [200]


def test_a_refusal_says_how_long_to_wait(limited: Flask) -> None:
    api = Api(limited)
    statuses(api, "/api/plugins/list", 100)
    answer = api.get("/api/plugins/list")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 60
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("100", "0")
    assert answer.get_json()["error"] == "too_many_requests"
    market = api.post("/api/v1/auth/refresh")
    assert market.status_code == 429
    assert market.get_json()["error"]["type"] == "RateLimitError"


def test_a_user_is_counted_by_name_and_may_ask_more_often(limited: Flask) -> None:
    users = [add_user(limited, name) for name in ("first", "second")]
    assert statuses(users[0], "/api/v1/plugins/enabled", 150) == [200] * 150
    answer = users[1].get("/api/v1/plugins/enabled")
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("500", "499")
    assert signed_in(limited).get("/api/v1/plugins/enabled").headers["RateLimit-Limit"] == "1000"


def test_logins_are_tighter(limited: Flask) -> None:
    api = Api(limited)
    wrong = {"username": "nobody"}
    assert {api.post("/api/auth/login", wrong).status_code for _ in range(10)} == {422}
    assert api.post("/api/auth/login", wrong).status_code == 429
    assert api.get("/api/plugins/list").status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/health", "/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_what_watches_the_server_is_not_counted(limited: Flask, path: str) -> None:
    statuses(Api(limited), "/api/plugins/list", 101)
    assert Api(limited).get(path).status_code == 200


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteWindows]:
    made = SQLiteWindows(tmp_path / "windows.db")
    yield made
    made.close()


def test_a_window_begins_anew_when_it_has_ended(store: SQLiteWindows, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(rate_limits.time, "time", lambda: now)
    ends = now + 60
    assert [store.hit("key", 60) for _ in range(3)] == [(1, ends), (2, ends), (3, ends)]
    assert store.hit("another", 60) == (1, ends)
    now += 59
    assert store.hit("key", 60) == (4, ends)
    now += 1
    assert store.hit("key", 60) == (1, now + 60)


def test_failed_logins_are_answered_more_and_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(login_throttle.time, "sleep", waited.append)
    for _ in range(9):
        login_throttle.failed("somebody slow", "10.0.0.1")
    assert waited == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
    login_throttle.succeeded("Somebody Slow", "10.0.0.1")
    login_throttle.failed("somebody slow", "10.0.0.1")
    assert len(waited) == 6


def test_too_many_that_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as may wait do so, in threads of their own; the next is sent away, and welcome once one is done."""
    sleeping, wake = threading.Semaphore(0), threading.Event()

    def sleep(_seconds: float) -> None:
        sleeping.release()
        assert wake.wait(60)

    monkeypatch.setattr(login_throttle.time, "sleep", sleep)
    for _ in range(login_throttle.FREE_FAILURES):
        login_throttle.failed("waits", "10.0.0.77")
    with ThreadPoolExecutor(login_throttle.MAX_WAITING) as pool:
        waiting = [pool.submit(login_throttle.failed, "waits", "10.0.0.77") for _ in range(login_throttle.MAX_WAITING)]
        assert all(sleeping.acquire(timeout=60) for _ in waiting)
        with pytest.raises(TooMany):
            login_throttle.failed("waits", "10.0.0.77")
        wake.set()
        assert [one.result() for one in waiting] == [None] * login_throttle.MAX_WAITING
    login_throttle.failed("waits", "10.0.0.77")


def test_ipv6_clients_are_counted_by_their_network(limited: Flask) -> None:
    api = Api(limited)
    path = "/api/plugins/list"
    found = [statuses(api, path, 1, environ_base={"REMOTE_ADDR": f"2001:db8::{n:x}"})[0] for n in range(102)]
    assert found == [200] * 100 + [429] * 2
    assert statuses(api, path, 1, environ_base={"REMOTE_ADDR": "2001:db8:0:1::1"}) == [200]


def test_one_address_is_one_client_however_a_proxy_writes_it(make_app: AppFactory) -> None:
    api = Api(make_app(RATELIMIT_ENABLED="true", TRUSTED_PROXIES="1"))
    ways = (
        "203.0.113.9",
        "203.0.113.9:{n}",
        "[::ffff:203.0.113.9]:{n}",
        "10.0.0.{n}, 203.0.113.9",
        '",{n}, 203.0.113.9',
    )
    found = [
        api.get("/api/auth/me", headers={"X-Forwarded-For": ways[n % len(ways)].format(n=n)}).status_code
        for n in range(102)
    ]
    assert found == [200] * 100 + [429] * 2


def test_failed_logins_of_an_ipv6_network_slow_down_together(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(login_throttle.time, "sleep", slept.append)
    for n in range(5):
        login_throttle.failed("an-ipv6-victim", f"2001:db8:7::{n:x}")
    assert len(slept) == 2
