"""Categories: an acyclic tree, unique names among siblings, and no deletion of categories in use."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services.catalog import categories
from microdock_server.services.catalog.categories import MAX_DEPTH
from microdock_server.vocabulary import Role

from ...market import PLUGINS, V1, audited, category, data, details, slug
from ...rows import add_plugin, raw
from ...support import Api, add_user

CATEGORIES = f"{V1}/admin/categories"
LISTED = f"{V1}/marketplace/categories"
NOBODY = "00000000-0000-4000-8000-000000000000"


def names(api: Api) -> list[str]:
    return [row["name"] for row in data(api.get(LISTED))]


def chain(root: Api, length: int, prefix: str = "level") -> list[str]:
    """Categories each below the one before."""
    ids: list[str] = []
    for level in range(length):
        ids.append(category(root, f"{prefix} {level}", parent_id=ids[-1] if ids else None)["id"])
    return ids


def move(root: Api, number: str, parent: str | None) -> Any:
    return root.put(f"{CATEGORIES}/{number}", {"parent_id": parent})


def test_everybody_sees_the_tree_in_its_order(root: Api, api: Api) -> None:
    top = category(root, "工具", sort_order=2, icon="wrench", description="说明")
    category(root, "Beta", sort_order=1)
    category(root, "alpha", sort_order=1)
    below = category(root, "below", parent_id=top["id"], sort_order=3)
    assert names(api) == ["alpha", "Beta", "工具", "below"]
    rows = {row["name"]: row for row in data(api.get(LISTED))}
    assert rows["below"]["parent_id"] == top["id"]
    assert rows["工具"]["parent_id"] is None
    assert (rows["工具"]["icon"], rows["工具"]["description"], rows["工具"]["sort_order"]) == ("wrench", "说明", 2)
    assert rows["below"] == below


def test_only_published_plugins_are_counted_and_only_where_they_are(app: Flask, root: Api, api: Api) -> None:
    top, leaf = chain(root, 2)
    for name, status in (("a", "published"), ("b", "published"), ("c", "draft")):
        add_plugin(app, name, status=status, category_id=leaf)
    counts = {row["id"]: row["plugins_count"] for row in data(api.get(LISTED))}
    assert counts == {top: 0, leaf: 2}


def test_only_administrators_may_change_categories(app: Flask, root: Api, api: Api) -> None:
    number = category(root)["id"]
    assert api.post(CATEGORIES, {"name": "x"}).status_code == 401
    for role in (Role.USER, Role.DEVELOPER, Role.REVIEWER):
        caller = add_user(app, f"a-{role}", role)
        assert caller.post(CATEGORIES, {"name": "x"}).status_code == 403
        assert caller.put(f"{CATEGORIES}/{number}", {"name": "x"}).status_code == 403
        assert caller.delete(f"{CATEGORIES}/{number}").status_code == 403


class TestNames:
    @pytest.mark.parametrize("twin", ["Tools", "TOOLS", "tools"])
    def test_siblings_differ_by_more_than_case(self, root: Api, twin: str) -> None:
        category(root, "Tools")
        assert root.post(CATEGORIES, {"name": twin}).status_code == 409

    def test_below_another_the_name_is_free(self, root: Api, api: Api) -> None:
        top = category(root, "Tools")["id"]
        below = category(root, "Tools", parent_id=top)["id"]
        assert slug(root.post(CATEGORIES, {"name": "tools", "parent_id": top})) == slug(move(root, below, None))
        assert len(names(api)) == 2

    def test_a_category_may_be_renamed_but_not_to_its_siblings_name(self, root: Api) -> None:
        category(root, "First")
        second = category(root, "Second")["id"]
        assert root.put(f"{CATEGORIES}/{second}", {"name": "FIRST"}).status_code == 409
        assert data(root.put(f"{CATEGORIES}/{second}", {"name": "SECOND"}))["name"] == "SECOND"

    @pytest.mark.parametrize("name", ["", "x" * 101, None, 5, "a\nb"])
    def test_what_is_no_name_is_422(self, root: Api, name: Any) -> None:
        assert "name" in details(root.post(CATEGORIES, {"name": name}))


class TestTree:
    def test_a_category_is_never_below_itself(self, root: Api) -> None:
        top, middle, leaf = chain(root, 3)
        for place in (top, middle, leaf):
            assert "parent_id" in details(move(root, top, place))
        assert "parent_id" in details(move(root, middle, leaf))
        assert data(move(root, leaf, top))["parent_id"] == top

    def test_a_subtree_can_be_moved_to_the_top(self, root: Api, api: Api) -> None:
        _, middle, leaf = chain(root, 3)
        data(move(root, middle, None))
        parents = {row["id"]: row["parent_id"] for row in data(api.get(LISTED))}
        assert (parents[middle], parents[leaf]) == (None, middle)

    def test_the_parent_must_exist(self, root: Api) -> None:
        number = category(root)["id"]
        assert "parent_id" in details(root.post(CATEGORIES, {"name": "x", "parent_id": NOBODY}))
        assert "parent_id" in details(move(root, number, NOBODY))

    def test_the_tree_is_no_deeper_than_its_bound(self, root: Api) -> None:
        deepest = chain(root, MAX_DEPTH)[-1]
        assert "parent_id" in details(root.post(CATEGORIES, {"name": "x", "parent_id": deepest}))

    def test_nor_does_moving_a_subtree_make_it_deeper(self, root: Api) -> None:
        deep = chain(root, MAX_DEPTH - 1)
        high = chain(root, 2, "other")
        assert "parent_id" in details(move(root, high[0], deep[-1]))
        assert move(root, high[0], deep[-2]).status_code == 200

    def test_what_does_not_exist_is_404(self, root: Api) -> None:
        assert root.put(f"{CATEGORIES}/{NOBODY}", {"name": "x"}).status_code == 404
        assert root.delete(f"{CATEGORIES}/{NOBODY}").status_code == 404


class TestDeletion:
    def test_an_empty_category_can_go_and_its_name_is_free_again(self, root: Api, api: Api) -> None:
        number = category(root, "Tools")["id"]
        data(root.delete(f"{CATEGORIES}/{number}"))
        assert names(api) == []
        category(root, "Tools")

    def test_a_category_with_children_stays(self, root: Api) -> None:
        top, leaf = chain(root, 2)
        assert root.delete(f"{CATEGORIES}/{top}").status_code == 409
        data(root.delete(f"{CATEGORIES}/{leaf}"))
        data(root.delete(f"{CATEGORIES}/{top}"))

    @pytest.mark.parametrize("status", ["published", "draft", "suspended"])
    def test_a_category_with_plugins_stays_whatever_their_status(self, app: Flask, root: Api, status: str) -> None:
        number = category(root)["id"]
        add_plugin(app, "a", status=status, category_id=number)
        assert root.delete(f"{CATEGORIES}/{number}").status_code == 409


def test_the_audit_log_says_who_changed_what(root: Api) -> None:
    number = category(root, "Tools")["id"]
    data(root.put(f"{CATEGORIES}/{number}", {"name": "Utilities", "icon": ""}))
    data(root.delete(f"{CATEGORIES}/{number}"))
    deleted, updated, made = audited(root, "category.")
    assert [row["action"] for row in (made, updated, deleted)] == [
        "category.created",
        "category.updated",
        "category.deleted",
    ]
    assert updated["details"]["changes"] == {"name": {"from": "Tools", "to": "Utilities"}}
    assert {row["target"]["id"] for row in (made, updated, deleted)} == {number}
    assert {row["actor"]["username"] for row in (made, updated, deleted)} == {"admin"}


def test_a_refused_change_leaves_nothing_behind(root: Api, api: Api) -> None:
    top, leaf = chain(root, 2)
    before, entries = data(api.get(LISTED)), len(audited(root, "category."))
    root.put(f"{CATEGORIES}/{top}", {"name": "changed", "parent_id": leaf})
    root.post(CATEGORIES, {"name": "level 0"})
    assert data(api.get(LISTED)) == before
    assert len(audited(root, "category.")) == entries


class TestSlugs:
    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            ("Developer  tools", "developer-tools"),
            ("开发工具", "开发工具"),
            ("音频 / 视频", "音频-视频"),
            ("ＦＵＬＬ width", "full-width"),
            ("C#", "c"),
            ("★", "category"),
            ("हिन्दी", "हिन्दी"),
            ("Everything that helps people with writing", "everything-that-helps-people"),
            ("x" * 100, "x" * 32),
            ("00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000"),
        ],
    )
    def test_it_is_made_from_the_name(self, root: Api, api: Api, name: str, wanted: str) -> None:
        assert category(root, name)["slug"] == wanted
        assert [row["slug"] for row in data(api.get(LISTED))] == [wanted]

    def test_it_is_unique_among_all(self, root: Api) -> None:
        top = category(root, "Tools")
        found = [category(root, "Tools", parent_id=top["id"]), category(root, "tools!"), category(root, "y" * 32)]
        found.append(category(root, "y" * 33))
        assert [row["slug"] for row in found] == ["tools-2", "tools-3", "y" * 32, f"{'y' * 30}-2"]

    def test_it_stays_when_the_category_is_renamed_and_goes_with_it(self, root: Api) -> None:
        made = category(root, "Tools")
        renamed = data(root.put(f"{CATEGORIES}/{made['id']}", {"name": "Utilities"}))
        assert renamed["slug"] == "tools"
        assert category(root, "Tools")["slug"] == "tools-2"
        data(root.delete(f"{CATEGORIES}/{made['id']}"))
        assert category(root, "tools?")["slug"] == "tools"

    def test_clients_cannot_set_it(self, root: Api) -> None:
        assert "slug" in details(root.post(CATEGORIES, {"name": "x", "slug": "y"}))
        assert "slug" in details(root.put(f"{CATEGORIES}/{category(root)['id']}", {"slug": "y"}))

    def test_plugins_show_it_and_are_found_by_it(self, app: Flask, root: Api, api: Api) -> None:
        top = category(root, "开发 Tools")
        leaf = category(root, "leaf", parent_id=top["id"])
        for name, place in (("a", top), ("b", leaf), ("c", None)):
            add_plugin(app, name, category_id=place and place["id"], display_name="clock")
        for words in ({}, {"search": "clock"}, {"search": "clock", "sort": "best_rated"}, {"sort": "downloads"}):
            for wanted in (top["slug"], top["id"], "开发-TOOLS"):
                rows = data(api.get(PLUGINS, query_string={"category": wanted, **words}))["plugins"]
                assert {row["plugin_name"] for row in rows} == {"com.example.a", "com.example.b"}
        shown = data(api.get(f"{PLUGINS}/com.example.a"))["category"]
        assert shown == {"id": top["id"], "slug": "开发-tools", "name": "开发 Tools", "description": ""}
        assert {row["category"]["slug"] for row in rows} == {"开发-tools", "leaf"}
        assert data(api.get(PLUGINS, query_string={"category": "nothing"}))["plugins"] == []

    def test_what_an_earlier_version_made_is_known_by_its_id_until_it_gets_one(
        self, app: Flask, root: Api, api: Api
    ) -> None:
        category(root, "Tools")
        older = category(root, "tools!")
        add_plugin(app, "a", category_id=older["id"])
        with raw(app) as connection:
            connection.execute("UPDATE categories SET slug = NULL WHERE id = ?", (older["id"],))
        assert {row["slug"] for row in data(api.get(LISTED))} == {"tools", older["id"]}
        [row] = data(api.get(PLUGINS, query_string={"category": older["id"]}))["plugins"]
        assert row["category"]["slug"] == older["id"]
        # The one that was there first is numbered first.
        assert category(root, "tools?")["slug"] == "tools-3"
        assert {row["slug"] for row in data(api.get(LISTED))} == {"tools", "tools-2", "tools-3"}
        [row] = data(api.get(PLUGINS, query_string={"category": older["id"]}))["plugins"]
        assert row["category"]["slug"] == "tools-2"

    def test_every_start_gives_those_that_are_missing(self, app: Flask, root: Api, api: Api) -> None:
        category(root, "Tools")
        with raw(app) as connection:
            connection.execute("UPDATE categories SET slug = NULL")
        with app.app_context(), unit_of_work():
            assert (categories.complete(), categories.complete()) == (1, 0)
        assert [row["slug"] for row in data(api.get(LISTED))] == ["tools"]
