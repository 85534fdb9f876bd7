"""Lists of the gallery: searches with facets, pages of categories, and what the home page shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from markupsafe import escape
from werkzeug.test import TestResponse

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.messages import text
from microdock_server.models import Developer

from ..market import V1, People, account_id, category, data
from ..rows import add_plugin, add_plugins, count_downloads, move_downloads, raw
from ..support import Api

HTML = {"Accept": "text/html"}
NOBODY = "00000000-0000-4000-8000-000000000000"


def page(app: Flask, path: str, **query: Any) -> TestResponse:
    return app.test_client().get(path, query_string={"lang": "en", **query}, headers=HTML)


def shown(app: Flask, path: str, **query: Any) -> str:
    answer = page(app, path, **query)
    assert (answer.status_code, answer.mimetype) == (200, "text/html"), answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def listed(html: str) -> list[str]:
    """The names of the plugins that a page lists, without their prefix."""
    return re.findall(r'<h3><a href="/plugins/com\.example\.([^"?]+)', html)


def facets(html: str) -> dict[str, int]:
    """Category → count, of those beside a list."""
    [found] = re.findall(r'<nav class="facets".*?</nav>', html, re.DOTALL)
    rows = re.findall(r"<a [^>]*>(?:<bdi>)?(.*?)(?:</bdi>)? <span class=\"count\">([\d,]+)</span></a>", found)
    return {name: int(count.replace(",", "")) for name, count in rows}


def links(html: str) -> set[str]:
    return {address.replace("&amp;", "&") for address in re.findall(r'href="([^"]+)"', html)}


@pytest.fixture
def tree(root: Api) -> dict[str, dict[str, Any]]:
    """Two categories at the top, one with another below it, and one that stays empty."""
    top = category(root, "开发 工具", description="写代码 & <b>更多</b>")
    leaf = category(root, "Editors", parent_id=top["id"])
    return {"top": top, "leaf": leaf, "other": category(root, "Other"), "empty": category(root, "Empty")}


@pytest.fixture
def stocked(app: Flask, tree: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Plugins in these: `clock` is in the names of three."""
    rows: dict[str, dict[str, Any]] = {
        "a": {"category_id": tree["top"]["id"], "display_name": "Clock one", "downloads": 1},
        "b": {"category_id": tree["leaf"]["id"], "display_name": "Clock two", "downloads": 3},
        "c": {"category_id": tree["leaf"]["id"], "display_name": "Editor", "downloads": 2},
        "d": {"category_id": tree["other"]["id"], "display_name": "Clock three"},
        "e": {"display_name": "Clock of none"},
        "hidden": {"category_id": tree["empty"]["id"], "display_name": "Clock", "status": "draft"},
    }
    add_plugins(app, rows)
    return tree


class TestCategoryPages:
    def test_they_show_what_is_in_the_category_and_below_it(self, app: Flask, stocked: Any) -> None:
        html = shown(app, "/categories/开发-工具")
        assert listed(html) == ["b", "c", "a"]
        assert listed(shown(app, "/categories/开发-工具", sort="new")) == ["c", "b", "a"]
        assert listed(shown(app, "/categories/editors")) == ["b", "c"]
        assert "<h1><bdi>开发 工具</bdi></h1>" in html
        assert "写代码 &amp; &lt;b&gt;更多&lt;/b&gt;" in html
        assert {"/categories/editors?lang=en"} <= links(html)
        # And the way back.
        assert f"/categories/{quote('开发-工具')}?lang=en" in links(shown(app, "/categories/editors"))

    @pytest.mark.parametrize("given", ["id", "ID", "case"])
    def test_an_id_and_another_case_lead_to_the_slug(self, app: Flask, stocked: Any, given: str) -> None:
        number = stocked["leaf"]["id"]
        answer = page(app, f"/categories/{ {'id': number, 'ID': number.upper(), 'case': 'EDITORS'}[given] }", page=2)
        assert (answer.status_code, answer.headers["Location"]) == (301, "/categories/editors?page=2&lang=en")

    @pytest.mark.parametrize("given", [NOBODY, "nothing", "x" * 500])
    def test_what_is_no_category_is_404(self, app: Flask, given: str) -> None:
        answer = page(app, f"/categories/{given}")
        assert (answer.status_code, answer.mimetype) == (404, "text/html")

    def test_an_empty_one_says_so(self, app: Flask, stocked: Any) -> None:
        html = shown(app, "/categories/empty")
        assert listed(html) == []
        assert text("page.category.none", "en") in html
        assert page(app, "/categories/empty", page=2).status_code == 404

    def test_changes_show_at_the_next_request(self, app: Flask, root: Api, stocked: Any) -> None:
        shown(app, "/categories/editors")
        place = f"{V1}/admin/categories/{stocked['leaf']['id']}"
        data(root.put(place, {"name": "Schreiber", "description": "neu"}))
        html = shown(app, "/categories/editors")
        assert "<h1><bdi>Schreiber</bdi></h1>" in html and "neu" in html
        below = category(root, "Below", parent_id=stocked["leaf"]["id"])
        add_plugin(app, "f", category_id=below["id"])
        assert "/categories/below?lang=en" in links(shown(app, "/categories/editors"))
        assert listed(shown(app, "/categories/below")) == ["f"]
        gone = category(root, "Gone")
        shown(app, "/categories/gone")
        data(root.delete(f"{V1}/admin/categories/{gone['id']}"))
        assert page(app, "/categories/gone").status_code == 404

    def test_one_of_an_earlier_version_is_shown_by_its_id(self, app: Flask, root: Api, stocked: Any) -> None:
        with raw(app) as connection:
            connection.execute("UPDATE categories SET slug = NULL WHERE id = ?", (stocked["other"]["id"],))
        assert listed(shown(app, f"/categories/{stocked['other']['id']}")) == ["d"]
        category(root, "More")
        assert page(app, f"/categories/{stocked['other']['id']}").status_code == 301


class TestSearches:
    def test_a_category_is_named_by_slug_or_id(self, app: Flask, stocked: Any) -> None:
        for given in ("开发-工具", stocked["top"]["id"]):
            assert listed(shown(app, "/plugins", category=given)) == ["b", "c", "a"]
            assert sorted(listed(shown(app, "/plugins", category=given, q="clock"))) == ["a", "b"]
        for given in (NOBODY, "nothing"):
            assert page(app, "/plugins", category=given).status_code == 404

    def test_facets_count_what_matches_wherever_it_is(self, app: Flask, stocked: Any) -> None:
        assert facets(shown(app, "/plugins")) == {"All": 5, "开发 工具": 3, "Other": 1}
        assert facets(shown(app, "/plugins", q="clock")) == {"All": 4, "开发 工具": 2, "Other": 1}
        chosen = {"All": 4, "开发 工具": 2, "Editors": 1, "Other": 1}
        for place in ("top", "leaf"):
            assert facets(shown(app, "/plugins", q="clock", category=stocked[place]["slug"])) == chosen
        # One that was chosen stays, though nothing is in it.
        assert facets(shown(app, "/plugins", q="editor", category="other")) == {"All": 1, "开发 工具": 1, "Other": 0}

    def test_each_count_is_that_of_the_list_it_leads_to(self, app: Flask, stocked: Any) -> None:
        for words in ("", "clock", "editor"):
            html = shown(app, "/plugins", q=words)
            [found] = re.findall(r'<nav class="facets".*?</nav>', html, re.DOTALL)
            for address, count in re.findall(r'href="([^"]+)".*?class="count">(\d+)<', found):
                there = app.test_client().get(address.replace("&amp;", "&"), headers=HTML).get_data(as_text=True)
                assert len(listed(there)) == int(count)

    def test_links_keep_words_category_order_and_language(self, app: Flask, stocked: Any) -> None:
        html = shown(app, "/plugins", q="clock", category="开发-工具", sort="new")
        kept = f"q=clock&category={quote('开发-工具')}"
        assert f"/plugins?{kept}&sort=downloads&lang=en" in links(html)
        assert f"/plugins?{kept}&lang=en" in links(html)
        assert "/plugins?q=clock&sort=new&lang=en" in links(html)
        assert f"/plugins?{kept}&sort=new&lang=zh" in links(html)

    @pytest.mark.parametrize("sort", ["", "nothing", "relevance", "Rating", "created_at"])
    def test_an_unknown_order_is_the_default(self, app: Flask, stocked: Any, sort: str) -> None:
        assert listed(shown(app, "/plugins", sort=sort)) == listed(shown(app, "/plugins")) == ["b", "c", "a", "e", "d"]

    def test_24_are_on_a_page_and_past_the_end_there_is_none(self, app: Flask) -> None:
        add_plugins(app, {f"p{number}": {} for number in range(49)})
        pages = [listed(shown(app, "/plugins", sort="new", page=number)) for number in (1, 2, 3)]
        assert [len(one) for one in pages] == [24, 24, 1]
        assert [name for one in pages for name in one] == [f"p{number}" for number in reversed(range(49))]
        for path, query in (("/plugins", {}), ("/plugins", {"q": "plugin"})):
            for number in ("4", "0004", "999999999999999999999"):
                assert page(app, path, page=number, **query).status_code == 404
        for number in ("0", "x", "-1", "", "1.5", "²"):
            assert listed(shown(app, "/plugins", sort="new", page=number)) == pages[0]
        html = shown(app, "/plugins", sort="new", page=2)
        assert {"/plugins?sort=new&lang=en", "/plugins?sort=new&page=3&lang=en"} <= links(html)
        assert "/plugins?sort=new&page=2&lang=zh" in links(html)

    def test_of_the_words_a_hundred_characters_are_kept(self, app: Flask) -> None:
        html = shown(app, "/plugins", q="x" * 101)
        assert f'value="{"x" * 100}"' in html and "x" * 101 not in html

    def test_words_are_marked_and_nothing_else_is_markup(self, app: Flask) -> None:
        title, words = "<b>Clock</b> 世界时钟", "clock 时钟"
        description = f"A clock & <script>alert(1)</script> {'long ' * 100}時 时钟"
        add_plugin(app, "a", display_name=title, description=description)
        html = shown(app, "/plugins", q=words)
        assert "&lt;b&gt;<mark>Clock</mark>&lt;/b&gt; 世界<mark>时钟</mark>" in html
        assert "A <mark>clock</mark> &amp; &lt;script&gt;" in html
        assert "<script>alert" not in html
        assert "<mark>" not in shown(app, "/plugins")

    def test_descriptions_are_cut_but_not_before_the_words_that_were_found(self, app: Flask) -> None:
        add_plugin(app, "a", description=f"{'word ' * 300}zephyr{' more' * 300}")
        add_plugin(app, "b", description="长" * 9_000)
        html = shown(app, "/plugins")
        assert "zephyr" not in html and "长" * 240 + "…" in html and "长" * 241 not in html
        found = shown(app, "/plugins", q="zephyr")
        assert re.search(r"<bdi>…(word )+<mark>zephyr</mark>( more)+", found)
        assert len(re.findall("word|more", found)) < 60


class TestWithoutResults:
    def test_they_lead_out_of_the_category(self, app: Flask, stocked: Any) -> None:
        html = shown(app, "/plugins", q="editor", category="other")
        assert text("page.results.elsewhere", "en") in html
        assert "/plugins?q=editor&lang=en" in links(html)
        assert listed(shown(app, "/plugins", q="editor")) == ["c"]

    def test_each_word_that_finds_something_is_offered_alone(self, app: Flask, stocked: Any) -> None:
        html = shown(app, "/plugins", q="clock zebra editor")
        assert re.findall(
            r'<a href="/plugins\?q=(\w+)&amp;lang=en"><bdi>\w+</bdi> <span class="count">(\d+)', html
        ) == [
            ("clock", "4"),
            ("editor", "1"),
        ]

    def test_what_many_download_is_shown(self, app: Flask, stocked: Any) -> None:
        count_downloads(app, "d", 2)
        count_downloads(app, "hidden", 9)
        assert listed(shown(app, "/plugins", q="zebra")) == ["d"]
        assert str(escape("zebra")) in shown(app, "/plugins", q="zebra")

    @pytest.mark.parametrize("words", ["…", "no\x00thing", "' OR 1=1 --", '"', "*", "<x>", "%"])
    def test_words_that_find_nothing_are_no_error(self, app: Flask, stocked: Any, words: str) -> None:
        html = shown(app, "/plugins", q=words)
        assert text("page.results.none", "en") in html
        assert "<x>" not in html

    def test_words_of_controls_alone_are_none(self, app: Flask, stocked: Any) -> None:
        assert listed(shown(app, "/plugins", q="\x00\x1f")) == listed(shown(app, "/plugins"))


class TestHome:
    def test_most_downloaded_is_of_30_days(self, app: Flask, stocked: Any) -> None:
        for name, count in (("a", 5), ("d", 7), ("e", 6), ("hidden", 8)):
            count_downloads(app, name, count)
        move_downloads(app, "d", datetime.now(UTC).date() - timedelta(days=40), 7)
        html = shown(app, "/")
        shelf = html[html.index(text("page.home.popular", "en")) :]
        assert listed(shelf)[:3] == ["d", "e", "a"]
        assert text("page.lately", "en", {"count": 6}) in shelf

    def test_best_rated_is_weighed_and_shows_the_plain_mean(self, app: Flask) -> None:
        rated = {"one": (5, 1), "many": (2400, 500), "bad": (100, 60)}
        rows: dict[str, dict[str, Any]] = {
            name: {"rating_sum": total, "rating_count": count, "rating_average": total / count}
            for name, (total, count) in rated.items()
        }
        add_plugins(app, {**rows, **{f"unrated-{number}": {} for number in range(6)}})
        html = shown(app, "/")
        shelf = html[html.index(text("page.home.rated", "en")) : html.index(text("page.home.new", "en"))]
        assert listed(shelf) == ["many", "one", "bad"]
        assert "★ 4.8 (500)" in shelf and "★ 5.0 (1)" in shelf
        assert listed(shown(app, "/plugins", sort="rating"))[:3] == ["many", "one", "bad"]

    def test_categories_at_the_top_lead_to_their_pages(self, app: Flask, stocked: Any) -> None:
        html = shown(app, "/")
        found = {address for address in links(html) if address.startswith("/categories/")}
        assert found == {f"/categories/{quote('开发-工具')}?lang=en", "/categories/other?lang=en"}


def test_cards_say_at_once_what_is_disabled_or_deprecated(app: Flask) -> None:
    add_plugins(app, {"a": {"is_enabled": False}, "b": {"is_deprecated": True}, "c": {}})
    html = shown(app, "/plugins")
    cards = dict(zip(listed(html), html.split('<li class="card">')[1:], strict=True))
    chips = {name: re.findall(r'class="chip \w+">(\w+)<', card) for name, card in cards.items()}
    assert chips == {"a": ["Disabled"], "b": ["Deprecated"], "c": []}


class TestDevelopers:
    @pytest.fixture
    def developer(self, app: Flask, who: People) -> str:
        """One with 30 published plugins."""
        owner = data(who.developer.get(f"{V1}/auth/me"))["username"]
        rows = {f"p{place}": {"owner": owner, "downloads": place} for place in range(30)}
        add_plugins(app, {**rows, "hidden": {"owner": owner, "status": "draft"}, "other": {}})
        return f"/developers/{account_id(who.developer)}"

    def test_all_that_they_published_is_counted_and_listed(self, app: Flask, developer: str) -> None:
        first, second = shown(app, developer), shown(app, developer, page=2)
        assert listed(first) + listed(second) == [f"p{place}" for place in reversed(range(30))]
        for html in (first, second):
            assert text("page.results.count", "en", {"count": "30"}) in html
        assert f"{developer}?page=2&lang=en" in links(first)
        # In the other language the same page.
        assert {f"{developer}?lang=en", f"{developer}?page=2&lang=zh"} <= links(second)
        assert page(app, developer, page=3).status_code == 404

    def test_they_are_developers_since_they_became_it(self, app: Flask, who: People, developer: str) -> None:
        data(who.developer.put(f"{V1}{developer}", {"company": "Ada & Sons"}))
        with app.app_context(), unit_of_work():
            db.session.get_one(Developer, account_id(who.developer)).created_at = datetime(2031, 2, 3, tzinfo=UTC)
        assert "2031-02-03" in shown(app, developer)
        assert "2031-02-03" in shown(app, "/plugins/com.example.p1")
