"""Cached renderings equal what the schemas would dump now, after any change."""

from __future__ import annotations

import gzip
import tracemalloc
from typing import Any

import pytest
from flask import Flask

from microdock_server.api.core import list_cache
from microdock_server.api.host import schemas
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import catalog, plugins
from microdock_server.services.plugins import versions

from ...rows import add_plugins
from ...support import Api, package

NAME = "com.example.myplugin"
GZIP = {"headers": {"Accept-Encoding": "gzip"}}


def dumped(app: Flask, *names: str) -> list[dict[str, Any]]:
    with app.app_context(), unit_of_work(writing=False):
        found: list[dict[str, Any]] = schemas.Plugin(many=True).dump([plugins.get(name) for name in names])
    return found


def listed(api: Api) -> list[dict[str, Any]]:
    plain = api.get("/api/plugins/list")
    assert gzip.decompress(api.get("/api/plugins/list", **GZIP).data) == plain.data
    data: list[dict[str, Any]] = plain.get_json()["data"]
    return data


def ensure_details(app: Flask, api: Api) -> None:
    with app.app_context(), unit_of_work(writing=False):
        expected = schemas.Version(many=True).dump(versions.of(plugins.get(NAME)))
    detail = api.post("/api/plugins/detail", {"name": NAME}).get_json()["data"]
    assert detail == {"plugin": dumped(app, NAME)[0], "versions": expected}
    assert api.post("/api/plugins/versions", {"name": NAME}).get_json()["data"] == expected


def test_list_and_details_follow_every_change(app: Flask, api: Api, root: Api) -> None:
    assert listed(api) == []
    changes = [
        lambda: api.upload(package()),
        lambda: api.upload(package(version="2.0.0", displayName="另一个")),
        lambda: root.post("/api/plugins/disable", {"name": NAME}),
        lambda: root.post("/api/plugins/enable", {"name": NAME}),
        lambda: root.post("/api/plugins/version/deprecate", {"name": NAME, "version": "2.0.0"}),
        lambda: root.post("/api/plugins/deprecate", {"name": NAME}),
    ]
    for change in changes:
        assert change().status_code == 200
        assert listed(api) == dumped(app, NAME)
        ensure_details(app, api)


def test_a_plugin_that_was_deleted_and_came_again_has_nothing_of_the_old_one(app: Flask, api: Api, root: Api) -> None:
    api.upload(package())
    api.post("/api/plugins/download", {"name": NAME})
    ensure_details(app, api)
    root.post("/api/plugins/delete", {"name": NAME})
    assert listed(api) == []
    assert api.post("/api/plugins/detail", {"name": NAME}).status_code == 404
    api.upload(package(), key="another-key")
    assert listed(api)[0]["total_download_count"] == 0
    ensure_details(app, api)


def test_details_count_exactly_and_the_list_soon(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.upload(package())
    assert listed(api)[0]["total_download_count"] == 0
    for _ in range(3):
        api.post("/api/plugins/download", {"name": NAME})
    ensure_details(app, api)
    monkeypatch.setattr(list_cache, "TOTALS_AGE", 0.0)
    assert listed(api)[0]["total_download_count"] == 3


def test_a_change_compresses_only_the_chunk_that_holds_it(
    app: Flask, api: Api, root: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every plugin a chunk of its own.
    monkeypatch.setattr(list_cache, "CHUNK_PLUGINS", 1)
    names = [f"com.example.p{number}" for number in range(5)]
    for name in names:
        assert api.upload(package(name=name)).status_code == 200
    assert listed(api) == dumped(app, *names)
    compressed: list[bytes] = []
    deflate = list_cache._deflate
    monkeypatch.setattr(list_cache, "_deflate", lambda data: compressed.append(data) or deflate(data))
    root.post("/api/plugins/disable", {"name": names[3]})
    assert listed(api) == dumped(app, *names)
    assert [names[3] in data.decode() for data in compressed].count(True) == 1
    assert not any(name in data.decode() for data in compressed for name in (names[1], names[2], names[4]))


def test_the_first_list_never_holds_the_texts_of_all_plugins(app: Flask, api: Api) -> None:
    size, count = 32 << 10, 2 * catalog.AT_ONCE + 10
    texts = {f"p{index}": {"long_description": f"{index:<{size}}"} for index in range(count)}
    add_plugins(app, texts)
    tracemalloc.start()
    try:
        listed = api.get("/api/plugins/list").get_json()["data"]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {plugin["name"] for plugin in listed} == {f"com.example.{name}" for name in texts}
    assert most < 0.75 * size * count
