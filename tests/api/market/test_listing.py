"""The marketplace's list without a search: sorted, filtered, counted, and limited to what the caller may see."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.vocabulary import Role

from ...market import PLUGINS, V1, People, category, created, data, details, published, rate, suspended
from ...rows import BEGINNING, add_plugin, add_plugins, count_downloads
from ...support import Api, add_user, signed_in


def listed(api: Api, **query: Any) -> list[str]:
    """The last parts of the names of what the list shows."""
    answer = data(api.get(PLUGINS, query_string={"limit": 100, **query}))
    names = [row["plugin_name"].removeprefix("com.example.") for row in answer["plugins"]]
    assert answer["pagination"]["total"] == len(names)
    return names


class TestOrder:
    @pytest.fixture(autouse=True)
    def plugins(self, app: Flask) -> None:
        """Each key sorts them in another way; two are equal in all but the number."""
        rows = {
            name: {
                "downloads": downloads,
                "rating_average": rating,
                "rating_count": 0 if rating is None else 4,
                "created_at": BEGINNING.replace(day=day),
                "updated_at": BEGINNING.replace(month=2, hour=hour),
            }
            for name, day, hour, downloads, rating in (
                ("a", 1, 9, 5, 3.0),
                ("b", 2, 8, 0, None),
                ("c", 3, 7, 7, 4.5),
                ("d", 4, 6, 6, 1.25),
                ("e", 4, 6, 6, 1.25),
            )
        }
        add_plugins(app, rows)

    @pytest.mark.parametrize(
        ("sort", "names"),
        [("created_at", "edcba"), ("updated_at", "abced"), ("downloads", "cedab"), ("rating", "caedb")],
    )
    def test_each_key_sorts_descending_unless_asked_otherwise(self, api: Api, sort: str, names: str) -> None:
        assert listed(api, sort=sort) == listed(api, sort=sort, order="desc") == list(names)

    @pytest.mark.parametrize(
        ("sort", "names"),
        [("created_at", "abcde"), ("updated_at", "decba"), ("downloads", "badec"), ("rating", "deacb")],
    )
    def test_ascending_is_the_other_way_but_the_unrated_stay_last(self, api: Api, sort: str, names: str) -> None:
        assert listed(api, sort=sort, order="asc") == list(names)

    def test_without_a_key_the_newest_come_first(self, api: Api) -> None:
        assert listed(api) == list("edcba")
        assert listed(api, order="asc") == list("abcde")

    @pytest.mark.parametrize("sort", ["created_at", "updated_at", "downloads", "rating", "best_rated"])
    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_pages_together_are_the_list(self, app: Flask, api: Api, sort: str, order: str) -> None:
        at = {"created_at": BEGINNING, "updated_at": BEGINNING}
        add_plugins(app, {f"more{number}": {**at, "downloads": number % 2} for number in range(8)})
        whole = listed(api, sort=sort, order=order)
        pages = []
        for page in range(1, 6):
            query = {"sort": sort, "order": order, "limit": 3, "page": page}
            answer = data(api.get(PLUGINS, query_string=query))
            assert answer["pagination"] == {"page": page, "limit": 3, "total": 13, "pages": 5}
            pages += [row["plugin_name"].removeprefix("com.example.") for row in answer["plugins"]]
        assert pages == whole
        assert len(set(whole)) == 13

    def test_a_download_and_a_rating_are_seen_by_the_next_list(self, app: Flask, api: Api, user: Api) -> None:
        count_downloads(app, "b", 100)
        assert listed(api, sort="downloads")[0] == "b"
        data(rate(user, "com.example.b", 5), 201)
        assert listed(api, sort="rating")[0] == "b"

    def test_both_are_shown_as_they_are_sorted(self, api: Api) -> None:
        rows = data(api.get(f"{PLUGINS}?sort=downloads"))["plugins"]
        assert [row["downloads"] for row in rows] == [7, 6, 6, 5, 0]
        rows = data(api.get(f"{PLUGINS}?sort=rating"))["plugins"]
        assert [row["rating"] for row in rows] == [4.5, 3.0, 1.25, 1.25, None]


def test_best_rated_weighs_ratings_against_ten_of_the_mean_of_all(app: Flask, api: Api) -> None:
    rated = {"one": (5, 1), "many": (2400, 500), "few": (46, 10), "bad": (100, 60)}
    mean = sum(total for total, _ in rated.values()) / sum(count for _, count in rated.values())
    weighed = {name: (total + 10 * mean) / (count + 10) for name, (total, count) in rated.items()}
    wanted = sorted(weighed, key=weighed.__getitem__, reverse=True)
    # Not as by the plain mean, where the only rating of 5 comes first.
    assert wanted == ["many", "few", "one", "bad"]
    rows: dict[str, dict[str, Any]] = {
        name: {"rating_sum": total, "rating_count": count, "rating_average": total / count}
        for name, (total, count) in {**rated, "hidden": (1000, 1000)}.items()
    }
    # What nobody sees counts for nothing.
    rows["hidden"]["status"] = "suspended"
    add_plugins(app, {**rows, "unrated": {}})
    assert listed(api, sort="rating") == ["one", "many", "few", "bad", "unrated"]
    for query in ({}, {"search": "plugin"}, {"status": "published"}, {"search": "plugin", "status": "published"}):
        assert listed(api, sort="best_rated", **query) == [*wanted, "unrated"]
        assert listed(api, sort="best_rated", order="asc", **query) == [*reversed(wanted), "unrated"]


class TestFilters:
    def test_a_category_means_everything_below_it(self, app: Flask, root: Api, api: Api) -> None:
        top = category(root, "top")["id"]
        leaf = category(root, "leaf", parent_id=top)["id"]
        beside = category(root, "beside")["id"]
        for name, place in (("a", top), ("b", leaf), ("c", beside), ("d", None)):
            add_plugin(app, name, category_id=place)
        assert listed(api, category=top) == ["b", "a"]
        assert listed(api, category=leaf) == ["b"]
        assert listed(api, category="nothing") == []
        assert listed(api, category=top, sort="downloads", order="asc") == ["a", "b"]

    def test_a_developer_means_their_plugins(self, app: Flask, who: People) -> None:
        add_plugin(app, "mine", owner="developer")
        add_plugin(app, "draft", owner="developer", status="draft")
        add_plugin(app, "theirs", owner="other")
        own = str(data(who.developer.get(f"{V1}/auth/me"))["id"])
        assert listed(who.nobody, developer=own) == listed(who.other, developer=own) == ["mine"]
        assert listed(who.developer, developer=own) == listed(who.reviewer, developer=own) == ["draft", "mine"]
        assert listed(who.nobody, developer="nobody") == []

    def test_filters_add_up(self, app: Flask, who: People, root: Api) -> None:
        kind = category(root)["id"]
        own = str(data(who.developer.get(f"{V1}/auth/me"))["id"])
        add_plugin(app, "all", owner="developer", category_id=kind, status="draft")
        add_plugin(app, "published", owner="developer", category_id=kind)
        add_plugin(app, "elsewhere", owner="developer", status="draft")
        add_plugin(app, "foreign", owner="other", category_id=kind, status="draft")
        query = {"developer": own, "category": kind, "status": "draft"}
        assert listed(who.developer, **query) == listed(who.admin, **query) == ["all"]
        assert listed(who.other, **query) == listed(who.nobody, **query) == []

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("sort", "name"),
            ("order", "up"),
            ("status", "gone"),
            ("page", "0"),
            ("page", "x"),
            ("page", "1000001"),
            ("limit", "0"),
            ("limit", "101"),
            ("search", "x" * 201),
            ("search", "a\0b"),
            ("category", "x" * 37),
        ],
    )
    def test_what_is_no_filter_is_422_and_named(self, api: Api, field: str, value: str) -> None:
        assert field in details(api.get(PLUGINS, query_string={field: value}))

    def test_an_empty_search_is_none(self, app: Flask, api: Api) -> None:
        add_plugin(app, "a")
        assert listed(api, search="") == ["a"]


class TestVisibility:
    STATUSES = ("draft", "pending", "in_review", "published", "rejected", "needs_changes", "suspended")

    @pytest.fixture(autouse=True)
    def plugins(self, app: Flask, who: People) -> None:
        rows = {
            f"{owner}-{status.replace('_', '-')}": {"owner": owner, "status": status}
            for owner in ("developer", "other")
            for status in self.STATUSES
        }
        add_plugins(app, rows)

    @pytest.mark.parametrize("sort", ["created_at", "updated_at", "downloads", "rating"])
    def test_everybody_sees_the_published_owners_their_own_and_reviewers_all(self, who: People, sort: str) -> None:
        assert len(listed(who.nobody, sort=sort)) == len(listed(who.user, sort=sort)) == 2
        assert len(listed(who.developer, sort=sort)) == len(listed(who.other, sort=sort)) == 8
        assert len(listed(who.reviewer, sort=sort)) == len(listed(who.admin, sort=sort)) == 14

    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("sort", ["created_at", "downloads", "rating"])
    def test_a_status_shows_no_more(self, who: People, status: str, sort: str) -> None:
        public = status == "published"
        for caller in (who.nobody, who.user):
            assert len(listed(caller, status=status, sort=sort)) == (2 if public else 0)
        assert len(listed(who.developer, status=status, sort=sort)) == (2 if public else 1)
        assert len(listed(who.reviewer, status=status, sort=sort)) == 2

    def test_who_has_nothing_hidden_sees_what_everybody_does(self, app: Flask, who: People) -> None:
        fresh = add_user(app, "fresh", Role.DEVELOPER)
        assert set(listed(fresh)) == set(listed(who.nobody))


def test_totals_follow_what_is_published_and_suspended(app: Flask, who: People) -> None:
    first = published(who.developer, who.reviewer, name="com.example.first")
    created(who.developer, name="com.example.second")
    assert listed(who.nobody) == ["first"]
    assert sorted(listed(who.developer)) == ["first", "second"]
    suspended(who.admin, first["id"])
    assert listed(who.nobody) == []
    assert len(listed(signed_in(app, "developer"))) == 2


def test_an_item_shows_what_the_document_lists(who: People) -> None:
    kind = category(who.admin)
    form = {"category_id": kind["id"], "metadata": {"tags": ["标签"]}}
    published(who.developer, who.reviewer, form)
    row = data(who.nobody.get(PLUGINS))["plugins"][0]
    assert row["category"] == {"id": kind["id"], "slug": kind["slug"], "name": kind["name"]}
    assert row["developer"]["username"] == row["developer"]["display_name"] == "developer"
    assert (row["tags"], row["version"], row["status"]) == (["标签"], "1.0.0", "published")
    assert (row["downloads"], row["rating"], row["reviews_count"], row["icon"]) == (0, None, 0, None)
