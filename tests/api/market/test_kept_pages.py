"""Pages of the list that are rendered once: what they show is what a new one would, and nobody sees another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask

from microdock_server.api.core.page_cache import LARGEST, PAGES, PageCache, RenderedPage
from microdock_server.services.catalog import listing

from ...market import PLUGINS, V1, People, category, created, data, png, published, rated, suspended
from ...market import file as file_of

WANTED = [{}, {"search": "myplugin"}, {"sort": "downloads"}, {"sort": "rating", "order": "asc"}]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was looked up for pages, one entry each."""
    asked: list[object] = []
    real = listing.find

    def find(wanted: listing.Filter, hidden_of: str | None) -> Any:
        asked.append(wanted)
        return real(wanted, hidden_of)

    monkeypatch.setattr(listing, "find", find)
    return asked


def rows(api: Any, **query: Any) -> list[dict[str, Any]]:
    return list(data(api.get(PLUGINS, query_string=query))["plugins"])


def test_a_page_is_rendered_once_for_all_who_see_the_same(
    who: People, published_plugin: dict[str, Any], rendered: list[object]
) -> None:
    answers = [rows(caller) for caller in (who.nobody, who.user, who.nobody, who.reviewer)]
    assert answers == [answers[0]] * 4
    assert len(rendered) == 1
    rows(who.nobody, limit=7)
    rows(who.nobody, search="x")
    assert len(rendered) == 3


@pytest.mark.parametrize("query", WANTED)
def test_downloads_are_exact(who: People, published_plugin: dict[str, Any], query: dict[str, str]) -> None:
    for count in range(3):
        assert [row["downloads"] for row in rows(who.nobody, **query)] == [count]
        assert who.nobody.get(f"{PLUGINS}/{published_plugin['id']}/download").status_code == 200


def test_an_order_by_downloads_is_never_an_old_one(who: People, published_plugin: dict[str, Any]) -> None:
    other = published(who.developer, who.reviewer, name="com.example.other")
    for plugin in (published_plugin, other, other, published_plugin, published_plugin):
        who.nobody.get(f"{PLUGINS}/{plugin['id']}/download")
        found = rows(who.nobody, sort="downloads")
        assert [row["downloads"] for row in found] == sorted((row["downloads"] for row in found), reverse=True)


def _rename_category(who: People, plugin: dict[str, Any]) -> str:
    data(who.admin.put(f"{V1}/admin/categories/{plugin['category']['id']}", {"name": "renamed"}))
    return "renamed"


def _rename_developer(who: People, plugin: dict[str, Any]) -> str:
    data(who.developer.put(f"{V1}/developers/{plugin['developer']['id']}", {"display_name": "renamed"}))
    return "renamed"


def _rename(who: People, plugin: dict[str, Any]) -> str:
    data(who.developer.put(f"{PLUGINS}/{plugin['id']}", {"name": "renamed"}))
    return "renamed"


def _rate(who: People, plugin: dict[str, Any]) -> str:
    rated(who.user, plugin["id"], 4)
    return '"rating":4.0'


def _draw(who: People, plugin: dict[str, Any]) -> str:
    before = plugin["files"]["icon"]
    data(who.developer._call("PUT", f"{PLUGINS}/{plugin['id']}", data={"icon": file_of(png(32, 32), "i.png")}))
    after = str(data(who.nobody.get(f"{PLUGINS}/{plugin['id']}"))["files"]["icon"])
    assert after != before
    return after


@pytest.mark.parametrize("change", [_rename_category, _rename_developer, _rename, _rate, _draw])
def test_a_change_shows_at_the_next_request(who: People, change: Callable[[People, dict[str, Any]], str]) -> None:
    found = category(who.admin, "before")
    plugin = published(who.developer, who.reviewer, {"category_id": found["id"]})
    page = who.nobody.get(PLUGINS).get_data(as_text=True)
    shown = change(who, plugin)
    assert shown not in page
    assert shown in who.nobody.get(PLUGINS).get_data(as_text=True)


def test_a_moved_category_is_found_below_its_new_parent(who: People) -> None:
    above, below = category(who.admin, "above"), category(who.admin, "below")
    published(who.developer, who.reviewer, {"category_id": below["id"]})
    assert rows(who.nobody, category=above["id"]) == []
    data(who.admin.put(f"{V1}/admin/categories/{below['id']}", {"parent_id": above["id"]}))
    assert len(rows(who.nobody, category=above["id"])) == 1


def test_nobody_sees_what_only_others_may(who: People, published_plugin: dict[str, Any]) -> None:
    waiting = created(who.developer, name="com.example.waiting")["id"]
    callers = {"nobody": 1, "user": 1, "other": 1, "developer": 2, "reviewer": 2, "admin": 2}
    for _ in range(2):
        for caller, count in callers.items():
            found = [row["id"] for row in rows(getattr(who, caller))]
            assert (len(found), waiting in found) == (count, count == 2), caller
    suspended(who.admin, published_plugin["id"])
    assert rows(who.nobody) == rows(who.other) == []


def test_other_databases_have_other_pages(app: Flask, who: People, make_app: Any, rendered: list[object]) -> None:
    assert rows(who.nobody) == []
    another = make_app()
    assert data(another.test_client().get(PLUGINS))["plugins"] == []
    assert len(rendered) == 2


def test_a_text_that_looks_like_a_count_stays_a_text() -> None:
    evil = f'"downloads":{(1 << 53) - 1}'
    row = {"name": evil, "downloads": 5, "text": f"{{{evil}}}", "更": "多"}
    page = RenderedPage.of(["a", "b"], [row, row], "downloads", 2)
    assert orjson.loads(page.json({"a": 7})) == [{**row, "downloads": 7}, {**row, "downloads": 0}]
    assert list(orjson.loads(page.json({}))[0]) == list(row)
    assert RenderedPage.of([], [], "downloads", 0).json({}) == b"[]"


def test_what_is_kept_is_bounded() -> None:
    cache = PageCache()
    small = RenderedPage(("a",), ((b"x" * 10, b""),), 1)
    large = RenderedPage(("a",), ((b"x" * LARGEST, b"x"),), 1)
    assert cache.load(("large",), lambda: large) is large
    assert cache.get(("large",)) is None
    for number in range(PAGES + 1):
        cache.load((number,), lambda: small)
    assert cache.get((0,)) is None
    assert cache.get((PAGES,)) is small
