"""Concurrent callers share one computation."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask

from microdock_server.api.core.list_cache import CatalogCache
from microdock_server.api.core.openapi import specification as openapi
from microdock_server.api.host import details
from microdock_server.api.installs import listing
from microdock_server.api.system import admin_page, health
from microdock_server.caching import LoadingCache, SingleFlight
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.services import resources, statistics
from microdock_server.services.accounts import passwords
from microdock_server.services.accounts.tokens import Actor, Claims
from microdock_server.vocabulary import Period, Role

from .support import Api, package, settings_for

ASKING = 6
WAIT = 30


class Arrivals(dict[Any, Any]):
    """Takes the place of what is being made, and knows when all who ask have come to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.all = threading.Event()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        self.arrive()
        return super().setdefault(key, default)

    def arrive(self) -> None:
        self.count += 1
        if self.count == ASKING:
            self.all.set()


class Slow:
    """Does what it stands for, once all have come; counts."""

    def __init__(self, work: Callable[..., Any], arrivals: Arrivals) -> None:
        self._work, self._arrivals = work, arrivals
        self.calls = 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        assert self._arrivals.all.wait(WAIT)
        return self._work(*arguments)


def answers_of(app: Flask | None, ask: Callable[[], Any]) -> list[Any]:
    def one(_: int) -> Any:
        if app is None:
            return ask()
        with app.app_context():
            return ask()

    with ThreadPoolExecutor(ASKING) as pool:
        return list(pool.map(one, range(ASKING)))


def flight_of(shared: LoadingCache[Any, Any] | SingleFlight[Any, Any]) -> SingleFlight[Any, Any]:
    return shared if isinstance(shared, SingleFlight) else shared._loading


def made(
    shared: LoadingCache[Any, Any] | SingleFlight[Any, Any],
    place: Any,
    name: str,
    ask: Callable[[], Any],
    app: Flask | None = None,
) -> int:
    """How often `place.name` makes what all ask for at once; they are all answered the same."""
    arrivals = Arrivals()
    slow = Slow(getattr(place, name), arrivals)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flight_of(shared), "_calls", arrivals)
        patch.setattr(place, name, slow)
        first, *others = answers_of(app, ask)
    assert all(other == first for other in others)
    return slow.calls


class Maker:
    def __init__(self) -> None:
        self.count = 0

    def make(self) -> int:
        self.count += 1
        return self.count


@pytest.mark.parametrize("cache", [LoadingCache(4), LoadingCache(4, lambda _: False)])
def test_those_who_ask_together_share_what_is_loaded(cache: LoadingCache[str, int]) -> None:
    maker = Maker()
    assert made(cache, maker, "make", lambda: cache.load("key", maker.make)) == 1
    assert flight_of(cache)._calls == {}


def test_those_who_call_together_share_what_comes_of_it() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    maker = Maker()
    assert made(flight, maker, "make", lambda: flight.run("key", maker.make)) == 1
    assert flight._calls == {}


def test_what_is_shared_is_made_anew_for_the_next() -> None:
    shared: SingleFlight[str, int] = SingleFlight()
    maker = Maker()
    assert [shared.run("key", maker.make) for _ in range(3)] == [1, 2, 3]


def test_what_is_not_worth_it_is_not_kept_and_what_is_forgotten_is_gone() -> None:
    cache: LoadingCache[str, int] = LoadingCache(4, lambda value: value < 3)
    maker = Maker()
    assert [cache.load("key", maker.make) for _ in range(2)] == [1, 1]
    cache.invalidate("key")
    cache.invalidate("unknown")
    assert [cache.load("key", maker.make), cache.get("key")] == [2, 2]
    cache.invalidate("key")
    assert [cache.load("key", maker.make), cache.get("key")] == [3, None]


def test_values_that_have_a_size_share_the_limit() -> None:
    cache: LoadingCache[str, str] = LoadingCache(10, lambda value: len(value) <= 8, len)
    for value in ("four", "five.", "nine nine"):
        cache.load(value, lambda value=value: value)  # type: ignore[misc]
    assert [cache.get(value) for value in ("four", "five.", "nine nine")] == ["four", "five.", None]
    cache.put("more", "...")
    assert [cache.get(value) for value in ("four", "five.", "more")] == [None, "five.", "..."]


def test_where_making_fails_the_next_that_waits_tries() -> None:
    cache: LoadingCache[str, int] = LoadingCache(4)
    maker = Maker()

    def make() -> int:
        if maker.make() == 1:
            raise ValueError
        return maker.count

    with pytest.raises(ValueError):
        cache.load("key", make)
    assert cache.load("key", make) == 2


def upload(api: Api) -> str:
    form = {"plugin_key": "some-long-key-of-it", "file": (io.BytesIO(package()), "p.zip")}
    answer = api.post("/api/plugins/upload", data=form)
    assert answer.status_code in (200, 201)
    return str(answer.get_json()["data"]["name"])


@pytest.mark.parametrize("largest", [1 << 20, 0])
def test_a_plugin_is_rendered_once(app: Flask, api: Api, largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = upload(api)
    monkeypatch.setattr(details, "LARGEST", largest)
    ask = lambda: orjson.dumps(details.detail(name))  # noqa: E731
    assert made(details._rendered, details, "_render", ask, app) == 1


def test_a_plugin_that_changes_while_it_is_rendered_is_rendered_again(
    app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = upload(api)
    render = details._render
    calls: list[str] = []

    def changing(name: str) -> details._Rendered:
        calls.append(name)
        found = render(name)
        return replace(found, revision=found.revision + 1) if len(calls) == 1 else found

    monkeypatch.setattr(details, "_render", changing)
    with app.app_context():
        assert orjson.loads(orjson.dumps(details.detail(name)))["plugin"]["name"] == name
    assert len(calls) == 2


@pytest.mark.parametrize("largest", [1 << 20, 0])
def test_an_installed_set_is_rendered_once(app: Flask, largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LARGEST", largest)
    claims = Claims("id", "access", "somebody", 1, "", utcnow(), utcnow())
    actor = Actor("somebody", "somebody", Role.USER, claims, largest)
    ask = lambda: orjson.dumps(listing.installed(actor))  # noqa: E731
    assert made(listing._rendered, listing, "_render", ask, app) == 1


def test_the_openapi_document_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache: LoadingCache[str, bytes] = LoadingCache(1)
    monkeypatch.setattr(openapi, "LoadingCache", lambda _: cache)
    document = openapi.document(settings_for(tmp_path), [])
    assert made(cache, openapi, "_spec", document) == 1


def test_readiness_is_checked_once_for_all_who_ask_and_anew_for_the_next(app: Flask) -> None:
    assert made(health._checking, health, "_checked", health.readiness, app) == 1
    assert made(health._checking, health, "_checked", health.readiness, app) == 1


def test_metrics_are_gathered_once(app: Flask) -> None:
    client = Api(app)
    assert made(health._scraping, health, "_scraped", lambda: client.get("/metrics").status_code) == 1


def test_statistics_and_sums_are_made_once(app: Flask) -> None:
    period = next(iter(Period))
    assert made(statistics._flights, statistics, "_of_system", lambda: statistics.of_system(period), app) == 1
    ask = lambda: resources._flights.run(str(db.engine.url), resources._stored)  # noqa: E731
    assert made(resources._flights, resources, "_stored", ask, app) == 1


def test_a_static_file_is_hashed_once(tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_bytes(b"page")
    assert made(admin_page._tags, admin_page, "_digest", lambda: admin_page._tag(file, 1)) == 1


def test_the_hash_of_nobody_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_decoy", LoadingCache(1))
    monkeypatch.setattr(passwords, "matches", lambda stored, _: stored)
    assert made(passwords._decoy, passwords, "hash_password", lambda: passwords.waste_time("x")) == 1


def test_the_list_is_put_together_once(monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = Arrivals()

    class Lock:
        inner = threading.Lock()
        counting = threading.Lock()

        def __enter__(self) -> None:
            with self.counting:
                arrivals.arrive()
            self.inner.acquire()

        def __exit__(self, *_: object) -> None:
            self.inner.release()

    cache = CatalogCache.__new__(CatalogCache)
    slow = Slow(lambda *_: object(), arrivals)
    cache._lock, cache._bodies = Lock(), {}  # type: ignore[assignment]
    monkeypatch.setattr(cache, "_is_stale", lambda: False)
    monkeypatch.setattr(cache, "_assemble", slow)
    answers = answers_of(None, lambda: cache._body("en", True, lambda: None))  # type: ignore[arg-type, return-value]
    assert slow.calls == 1
    assert len(set(map(id, answers))) == 1
