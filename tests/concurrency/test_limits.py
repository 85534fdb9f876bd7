"""Quotas and rate limits are exact, however many ask at once and whichever worker answers."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from functools import partial

import pytest
import requests
from PIL import Image
from sqlalchemy import func, select

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services.files import quotas
from microdock_server.vocabulary import Role

from ..live import Server, at_once, statuses
from ..support import add_user, package

pytestmark = pytest.mark.live

PLUGINS = "/api/v1/marketplace/plugins"


def noise_picture() -> bytes:
    """A picture that hardly compresses: some 12 KB."""
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)).save(out, "PNG")
    return out.getvalue()


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


def noise_package(name: str, version: str = "1.0.0") -> bytes:
    """A package that hardly compresses: some 20 KB."""
    return package(name=name, version=version, changelog=os.urandom(10_000).hex())


def kept(server: Server, owner: str | None = None) -> int:
    """The bytes that the server keeps, of an account's plugins or in all, by its rows."""
    with server.application() as app, app.app_context(), unit_of_work(writing=False):
        if owner is None:
            return sum(
                db.session.scalar(select(func.coalesce(func.sum(table.file_size), 0))) for table in quotas.TABLES
            )
        return quotas.used_by(owner)


def on_disk(server: Server) -> int:
    return sum(path.stat().st_size for path in server.files())


def exactly_full(server: Server, calls: list[Callable[[], requests.Response]], refusal: tuple[int, str]) -> None:
    """Some of the calls fit and the rest hear so; those leave nothing behind, and nobody is kept out for nothing."""
    answers = at_once(calls)
    refused = [call for call, answer in zip(calls, answers, strict=True) if answer.status_code == refusal[0]]
    assert set(statuses(answers)) <= {200, 201, refusal[0]}, [answer.text for answer in answers]
    assert 0 < len(refused) < len(calls)
    assert {_slug(answer) for answer in answers if answer.status_code == refusal[0]} == {refusal[1]}
    assert {call().status_code for call in refused} == {refusal[0]}
    assert on_disk(server) == kept(server)


def _slug(answer: requests.Response) -> str:
    error = answer.json()["error"]
    return str(error["slug"] if isinstance(error, dict) else error)


def test_the_servers_quota_is_not_exceeded_by_a_race_of_everything_that_is_kept(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(STORAGE_MAX_BYTES="100000")
    calls = [partial(server.client.back_up, os.urandom(15_000), f"user-key-{number}") for number in range(6)]
    calls += [partial(server.client.upload, noise_package(f"com.example.n{number}")) for number in range(6)]
    exactly_full(server, calls, (507, "storage_quota"))
    assert 100_000 - 15_000 < kept(server) <= 100_000


def test_an_addresses_quota_is_not_exceeded_by_a_race(start_server: Callable[..., Server]) -> None:
    server = start_server(ADDRESS_MAX_BYTES="100000")
    calls = [partial(server.client.back_up, os.urandom(15_000), f"user-key-{number}") for number in range(6)]
    calls += [partial(server.client.upload, noise_package(f"com.example.n{number}")) for number in range(6)]
    exactly_full(server, calls, (409, "address_quota"))
    assert 100_000 - 15_000 < kept(server) <= 100_000


def test_an_accounts_quota_is_not_exceeded_by_a_race_of_all_the_ways_to_its_plugins(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(ACCOUNT_MAX_BYTES="130000")
    with server.application() as app:
        owner = server.client.with_token(str(add_user(app, "owner", Role.DEVELOPER).token))

    def form(name: str, *pictures: bytes) -> requests.Response:
        """The market's, with pictures."""
        parts = [("screenshots", (f"{place}.png", io.BytesIO(data))) for place, data in enumerate(pictures)]
        parts.append(("plugin_file", ("p.zip", io.BytesIO(noise_package(name)))))
        return owner.post(PLUGINS, data={"name": "n", "description": "d"}, files=parts)

    plugin = form("com.example.first").json()["data"]
    path = f"{PLUGINS}/{plugin['id']}"
    key = owner.post(f"{path}/upload-key").json()["data"]["upload_key"]

    def version(number: int) -> requests.Response:
        files = {"plugin_file": ("p.zip", io.BytesIO(noise_package("com.example.first", f"2.{number}.0")))}
        return owner.post(f"{path}/versions", data={"version": f"2.{number}.0"}, files=files)

    def screenshots(name: str) -> requests.Response:
        files = [(name, ("1.png", io.BytesIO(noise_picture())))]
        return owner.call("PUT", path, files=files)

    calls: list[Callable[[], requests.Response]] = [partial(version, number) for number in range(3)]
    calls += [partial(form, f"com.example.n{number}", noise_picture()) for number in range(3)]
    calls += [
        partial(server.client.upload, noise_package("com.example.first", f"3.{number}.0"), key) for number in range(3)
    ]
    answers = at_once([*calls, partial(screenshots, "icon"), partial(screenshots, "screenshots")])
    assert set(statuses(answers)) <= {200, 201, 409}, [answer.text for answer in answers]
    assert {_slug(answer) for answer in answers if answer.status_code == 409} == {"account_quota"}
    assert 130_000 - 60_000 < kept(server, plugin["developer"]["id"]) <= 130_000
    assert on_disk(server) == kept(server)


def test_a_rate_limit_is_exact_across_workers(start_server: Callable[..., Server]) -> None:
    server = start_server(RATELIMIT_ENABLED="true", TRUSTED_PROXIES="1")
    paths = ["/api/plugins/list", "/api/plugins/list?page=1&limit=10"]

    def ask(address: str, number: int) -> list[requests.Response]:
        headers = {"X-Forwarded-For": address}
        return [server.client.get(paths[number % 2], headers=headers) for _ in range(13)]

    for host in range(1, 6):
        address = f"192.0.2.{host}"
        found = at_once([partial(ask, address, number) for number in range(10)])
        answers = [answer for each in found for answer in each]
        if is_one_window(answers):
            break
    assert statuses(answers) == {200: 100, 429: 30}
    refused = server.client.get(paths[1], headers={"X-Forwarded-For": address})
    assert refused.status_code == 429
    assert refused.json()["error"] == "too_many_requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("100", "0")
    # Health and metrics are exempt.
    assert server.client.get("/healthz").status_code == 200
    assert server.client.get("/metrics").status_code == 200


def test_a_restart_forgets_no_count(start_server: Callable[..., Server]) -> None:
    server = start_server(RATELIMIT_ENABLED="true", TRUSTED_PROXIES="1")
    for host in range(1, 6):
        ask = partial(server.client.get, "/api/plugins/list", headers={"X-Forwarded-For": f"192.0.2.{host}"})
        before = ask()
        server.stop()
        server.start()
        after = ask()
        if is_one_window([before, after]):
            break
    assert [answer.headers["RateLimit-Remaining"] for answer in (before, after)] == ["99", "98"]


def is_one_window(answers: Sequence[requests.Response]) -> bool:
    """Were they all counted in one window, which ends at one moment? By the server's own words."""
    ends = [
        parsedate_to_datetime(answer.headers["Date"]).timestamp() + int(answer.headers["RateLimit-Reset"])
        for answer in answers
    ]
    return max(ends) - min(ends) < 30


def test_logins_are_limited_across_workers(start_server: Callable[..., Server]) -> None:
    server = start_server(RATELIMIT_ENABLED="true")
    body = {"username": "nobody", "password": "wrong password"}
    answers = [server.client.post("/api/auth/login", body) for _ in range(13)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 3
