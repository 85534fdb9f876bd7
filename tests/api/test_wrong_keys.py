"""Wrong keys: growing delays, a security event in log and metrics, and no part of the key in either."""

from __future__ import annotations

import logging

import pytest
from cachetools import LRUCache
from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import update

from microdock_server.api.core import login_throttle
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Backup, Plugin
from microdock_server.services.accounts import passwords
from microdock_server.vocabulary import Role

from ..conftest import AppFactory
from ..support import Api, add_user, package

SECRET = "swordfish-is-wrong"


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long answers were made to wait; none does."""
    found: list[float] = []
    for name in ("_failures", "_unknown", "_asked"):
        monkeypatch.setattr(login_throttle, name, LRUCache(login_throttle.MAX_REMEMBERED))
    monkeypatch.setattr(login_throttle.time, "sleep", found.append)
    return found


def counted(event: str) -> float:
    return REGISTRY.get_sample_value("microdock_security_events_total", {"event": event}) or 0.0


def guess(api: Api, name: str = "com.example.myplugin", version: str = "2.0.0") -> int:
    return api.upload(package(name=name, version=version), key=SECRET).status_code


def test_each_wrong_plugin_key_is_slower_until_the_right_one(api: Api, waited: list[float]) -> None:
    api.upload()
    before = counted("plugin_key_wrong")
    assert [guess(api) for _ in range(6)] == [403] * 6
    assert waited == [0.1, 0.2, 0.4]
    assert counted("plugin_key_wrong") - before == 6
    api.upload(package(version="2.0.0"))
    assert guess(api) == 403
    assert len(waited) == 3


def test_guesses_at_one_plugin_do_not_slow_down_another(api: Api, waited: list[float]) -> None:
    api.upload()
    api.upload(package(name="com.example.elsewhere"))
    for _ in range(5):
        guess(api)
    assert len(waited) == 2
    guess(api, "com.example.elsewhere")
    assert len(waited) == 2


def test_a_claim_proves_a_key_as_well(app: Flask, api: Api, waited: list[float]) -> None:
    api.upload()
    dora = add_user(app, "dora", Role.DEVELOPER)
    path = "/api/v1/marketplace/plugins/com.example.myplugin/claim"
    assert [dora.post(path, {"plugin_key": SECRET}).status_code for _ in range(5)] == [403] * 5
    assert waited == [0.1, 0.2]


def test_guessed_user_keys_are_slowed_down_by_address(api: Api, root: Api, waited: list[float]) -> None:
    number = api.back_up().get_json()["data"]["id"]
    before = counted("user_key_wrong")
    for guessed in range(3):
        body = {"user_key": f"{SECRET}-{guessed}", "id": number}
        assert api.post("/api/backups/download", body).status_code == 404
        assert root.post("/api/backups/delete", body).status_code == 404
    assert waited == [0.1, 0.2, 0.4]
    assert counted("user_key_wrong") - before == 6


def test_a_wrong_upload_secret_is_slowed_down(make_app: AppFactory, waited: list[float]) -> None:
    api = Api(make_app(UPLOAD_SECRET_KEY="the secret of the server"))
    assert [api.upload(upload_secret=SECRET).status_code for _ in range(4)] == [403] * 4
    assert waited == [0.1]


def test_nothing_of_a_key_is_logged_or_counted(api: Api, waited: list[float], caplog: pytest.LogCaptureFixture) -> None:
    api.upload()
    with caplog.at_level(logging.WARNING, logger=login_throttle.log.name):
        guess(api)
    [record] = [record for record in caplog.records if getattr(record, "event", "") == "plugin_key_wrong"]
    assert record.guarded == "com.example.myplugin"  # type: ignore[attr-defined]
    assert SECRET not in str(vars(record))
    assert SECRET not in api.get("/metrics").get_data(as_text=True)


def test_when_too_many_wait_already_further_guesses_are_sent_away(
    api: Api, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    api.upload()
    for _ in range(3):
        guess(api)
    full = login_throttle.threading.BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr(login_throttle, "_waiting", full)
    assert guess(api) == 429
    assert waited == []


def test_short_keys_that_are_in_use_stay_good(app: Flask, api: Api) -> None:
    api.upload()
    api.back_up()
    with app.app_context(), unit_of_work():
        db.session.execute(update(Plugin).values(upload_key_hash=passwords.hash_key("k")))
        db.session.execute(update(Backup).values(user_key="u"))
    assert api.upload(package(version="2.0.0"), key="k").status_code == 200
    assert api.back_up(user_key="u").status_code == 200


def test_a_backup_of_ones_own_excuses_no_guesses(api: Api, waited: list[float]) -> None:
    number = api.back_up().get_json()["data"]["id"]
    own = {"user_key": "user123abc", "id": number}
    for guessed in range(4):
        assert api.post("/api/backups/download", {"user_key": f"{SECRET}-{guessed}", "id": number}).status_code == 404
        assert api.post("/api/backups/download", own).status_code == 200
    assert waited == [0.1]


def list_of(api: Api, key: str) -> int:
    return api.post("/api/backups/list", {"user_key": key}).status_code


def test_many_different_unknown_user_keys_are_guesses(
    api: Api, waited: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("user_key_unknown")
    with caplog.at_level(logging.INFO, "microdock_server.security"):
        found = [list_of(api, f"{SECRET}-{number}") for number in range(login_throttle.FREE_UNKNOWN + 5)]
    assert found == [200] * (login_throttle.FREE_UNKNOWN + 5)
    # As with wrong keys, the first are free once more.
    assert waited == [0.1, 0.2]
    assert counted("user_key_unknown") - before == login_throttle.FREE_UNKNOWN + 5
    assert {getattr(record, "event", None) for record in caplog.records} == {"user_key_unknown"}
    assert [record.levelno for record in caplog.records].count(logging.WARNING) == 5
    assert all(SECRET not in str(vars(record)) for record in caplog.records)
    assert SECRET not in api.get("/metrics").get_data(as_text=True)


def test_a_host_that_asks_for_its_empty_list_is_never_slowed_down(api: Api, waited: list[float]) -> None:
    before = counted("user_key_unknown")
    assert {list_of(api, "a-new-user") for _ in range(3 * login_throttle.FREE_UNKNOWN)} == {200}
    assert (waited, counted("user_key_unknown") - before) == ([], 1)
    for number in range(login_throttle.FREE_UNKNOWN + 5):
        list_of(api, f"{SECRET}-{number}")
    waited.clear()
    # Neither is one beside somebody who guesses.
    assert {list_of(api, "a-new-user") for _ in range(10)} == {200}
    assert waited == []


def test_lists_of_keys_that_have_backups_are_no_guesses(api: Api, waited: list[float]) -> None:
    api.back_up()
    before = counted("user_key_unknown")
    assert {list_of(api, "user123abc") for _ in range(login_throttle.FREE_UNKNOWN + 5)} == {200}
    assert (waited, counted("user_key_unknown")) == ([], before)


def test_unknown_user_keys_of_a_quarter_of_an_hour_ago_are_forgotten(
    api: Api, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(login_throttle.time, "monotonic", lambda: now)
    for number in range(3 * login_throttle.FREE_UNKNOWN):
        list_of(api, f"{SECRET}-{number}")
        now += login_throttle.MEMORY_SECONDS / login_throttle.FREE_UNKNOWN
    assert waited == []


def test_what_is_remembered_of_unknown_keys_is_bounded(
    api: Api, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert login_throttle._asked.maxsize == login_throttle._unknown.maxsize == login_throttle.MAX_REMEMBERED
    for table in ("_asked", "_unknown"):
        monkeypatch.setattr(login_throttle, table, LRUCache(10))
    for number in range(30):
        login_throttle.unknown("user_key", f"{SECRET}-{number}", f"10.0.0.{number}")
    assert len(login_throttle._asked) == len(login_throttle._unknown) == 10
