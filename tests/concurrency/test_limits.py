"""Quotas and rate limits are exact, however many ask at once and whichever worker answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

import pytest

from ..live import Server, at_once, statuses

pytestmark = pytest.mark.live


def test_a_quota_of_backups_is_not_exceeded_by_a_race(start_server: Callable[..., Server]) -> None:
    server = start_server(BACKUP_MAX_COUNT="5", BACKUP_MAX_BYTES="1000000")
    answers = at_once([partial(server.client.back_up, os.urandom(1000))] * 16)
    assert statuses(answers) == {200: 5, 409: 11}
    assert server.client.post("/api/backups/list", {"user_key": "user123abc"}).json()["data"]["total"] == 5
    # Another user has a quota of their own.
    assert server.client.back_up(b"bytes", user_key="another-user").status_code == 200
    assert len(server.files()) == 6


def test_a_quota_of_bytes_is_not_exceeded_by_a_race(start_server: Callable[..., Server]) -> None:
    server = start_server(BACKUP_MAX_COUNT="100", BACKUP_MAX_BYTES="35000")
    answers = at_once([partial(server.client.back_up, os.urandom(10_000))] * 16)
    assert statuses(answers) == {200: 3, 409: 13}
    assert len(server.files()) == 3
    assert server.client.back_up(os.urandom(5_000)).status_code == 200
    assert server.client.back_up(b"x").status_code == 409


def test_a_rate_limit_is_exact_across_workers(start_server: Callable[..., Server]) -> None:
    server = start_server(RATELIMIT_ENABLED="true")
    paths = ["/api/plugins/list", "/api/plugins/list?page=1&limit=10"]

    def ask(number: int) -> list[int]:
        return [server.client.get(paths[number % 2]).status_code for _ in range(13)]

    begun = time.monotonic()
    seen = [status for found in at_once([partial(ask, number) for number in range(10)]) for status in found]
    # The window begins with the first request, so that all of them fall into it.
    assert time.monotonic() - begun < 55
    assert (seen.count(200), seen.count(429)) == (100, 30)
    refused = server.client.get(paths[1])
    assert refused.status_code == 429
    assert refused.json()["error"] == "too_many_requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("100", "0")
    # Health and metrics are exempt; a restart forgets nothing.
    assert server.client.get("/healthz").status_code == 200
    assert server.client.get("/metrics").status_code == 200
    server.stop()
    server.start()
    assert server.client.get(paths[1]).status_code == 429


def test_logins_are_limited_across_workers(start_server: Callable[..., Server]) -> None:
    server = start_server(RATELIMIT_ENABLED="true")
    body = {"username": "nobody", "password": "wrong password"}
    answers = [server.client.post("/api/auth/login", body) for _ in range(13)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 3
