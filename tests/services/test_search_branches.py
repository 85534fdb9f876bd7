"""Searches within a category find what is below it, in the same order, however the tree changes and whoever wrote."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Catalog, Category, Plugin, Setting
from microdock_server.services.audit import Operator
from microdock_server.services.catalog import categories, listing, search, search_index, search_words, touch
from microdock_server.services.catalog.listing import EVERYBODY, Filter, Sort

from ..rows import add_plugins, raw

EVERYTHING = 1000
OPERATOR = Operator("tests")
# All plugins have the first; a part of them each of the others, in names or elsewhere.
WORDS = ("gizmo", "studio 数据", "数", "gadget")
STATUSES = ("published", "published", "published", "draft", "pending")


def make_categories(app: Flask, count: int, chance: random.Random) -> list[str]:
    """A random tree, or several."""
    made: list[str] = []
    with app.app_context(), unit_of_work():
        for number in range(count):
            parents = [one for one in made if len(search.path_of(one)) < categories.MAX_DEPTH]
            parent = chance.choice([None, *parents])
            made.append(categories.create(OPERATOR, {"name": f"c{number}", "parent_id": parent}).id)
    return made


def make_plugins(app: Flask, count: int, places: list[str], chance: random.Random) -> None:
    add_plugins(
        app,
        {
            f"p{number}": {
                "display_name": chance.choice(("Gadget", "studio 图", "数据", f"Plugin {number}")),
                "description": f"gizmo {chance.choice(('studio', '数据', 'studio 大数据', ''))}",
                "status": chance.choice(STATUSES),
                "category_id": chance.choice([None, *places]),
                "downloads": chance.randrange(50),
            }
            for number in range(count)
        },
    )


def move(app: Flask, category_id: str, parent: str | None) -> None:
    with app.app_context(), unit_of_work():
        categories.update(OPERATOR, category_id, {"parent_id": parent})


def move_at_random(app: Flask, places: list[str], chance: random.Random) -> None:
    """Move a category to where it may be."""
    moved = chance.choice(places)
    with app.app_context(), unit_of_work(writing=False):
        below = categories.within(moved).everything
        allowed = [one for one in places if one not in below and len(search.path_of(one)) < 3]
    move(app, moved, chance.choice([None, *allowed]))


def whole(
    words: str, hidden_of: str | None, category_id: str | None, sort: Sort | None = None
) -> tuple[int, list[int]]:
    wanted = Filter(page=1, limit=EVERYTHING, words=words, category=category_id, sort=sort)
    total, numbers = listing.find(wanted, hidden_of)
    return total, list(numbers)


def paged(words: str, hidden_of: str | None, category_id: str, limit: int) -> list[int]:
    found: list[int] = []
    for page in range(1, EVERYTHING):
        wanted = Filter(page=page, limit=limit, words=words, category=category_id)
        _, numbers = listing.find(wanted, hidden_of)
        if not numbers:
            break
        found += numbers
    return found


def brute_force(category_id: str) -> set[int]:
    """The numbers of all plugins below the category: every plugin's way up is walked."""
    parents = {row.id: row.parent_id for row in db.session.execute(select(Category.id, Category.parent_id))}

    def is_below(place: str | None) -> bool:
        return place is not None and (place == category_id or is_below(parents[place]))

    plugins = db.session.execute(select(Plugin.number, Plugin.category_id))
    return {number for number, place in plugins if is_below(place)}


def is_own() -> bool:
    return search._state().is_own


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(getattr(request, "param", 1))


def check(app: Flask, places: list[str]) -> int:
    """Compare every search with what is found everywhere; how many plugins were found in all."""
    found = 0
    with app.app_context(), unit_of_work(writing=False):
        for hidden_of in (None, EVERYBODY):
            for words in WORDS:
                everywhere = {sort: whole(words, hidden_of, None, sort)[1] for sort in (None, Sort.DOWNLOADS)}
                for place in places:
                    below = brute_force(place)
                    for sort, numbers in everywhere.items():
                        expected = [number for number in numbers if number in below]
                        assert whole(words, hidden_of, place, sort) == (len(expected), expected)
                    found += len(expected)
    return found


@pytest.mark.parametrize("chance", [1, 2], indirect=True)
def test_searches_within_random_trees_are_those_of_brute_force(app: Flask, chance: random.Random) -> None:
    places = make_categories(app, 8, chance)
    make_plugins(app, 40, places, chance)
    assert check(app, places) > 50
    for _ in range(2):
        move_at_random(app, places, chance)
        with app.app_context(), unit_of_work():
            plugin = db.session.scalars(select(Plugin).where(Plugin.category_id.is_not(None)).limit(1)).one()
            plugin.category_id = chance.choice(places)
            touch(plugin)
        assert check(app, places) > 50
    with app.app_context():
        with unit_of_work(writing=False):
            assert is_own()
        search.rebuild()
    assert check(app, places) > 50
    with app.app_context(), unit_of_work(writing=False):
        assert not db.session.scalar(select(Category.id).where(Category.has_stale_index).limit(1))


def ages(app: Flask) -> None:
    """What an earlier version does when it changes what lists show."""
    with raw(app) as connection:
        connection.execute("UPDATE catalog SET revision = revision + 1")


def test_the_order_is_the_same_with_the_terms_of_this_version_and_without(app: Flask, chance: random.Random) -> None:
    # More than are ranked, so that every stage of a ranking ends before its hits do.
    places = make_categories(app, 4, chance)
    make_plugins(app, 450, places, chance)
    move_at_random(app, places, chance)

    def answers() -> Mapping[Any, Any]:
        return {
            (words, hidden_of, place): (whole(words, hidden_of, place), paged(words, hidden_of, place, 150))
            for words in WORDS
            for hidden_of in (None, EVERYBODY)
            for place in places
        }

    with app.app_context():
        with unit_of_work(writing=False):
            assert is_own()
            mine = answers()
            for (total, everything), by_page in mine.values():
                assert by_page == everything and len(set(everything)) == total
        ages(app)
        with unit_of_work(writing=False):
            assert not is_own()
            assert answers() == mine
    assert max(total for (total, _), _ in mine.values()) > search.ANYWHERE


@pytest.fixture
def tree(app: Flask) -> Iterator[dict[str, str]]:
    """top > middle > leaf, and beside; a plugin in the leaf."""
    ids: dict[str, str] = {}
    with app.app_context(), unit_of_work():
        for name, parent in (("top", None), ("middle", "top"), ("leaf", "middle"), ("beside", None)):
            values = {"name": name, "parent_id": ids[parent] if parent else None}
            ids[name] = categories.create(OPERATOR, values).id
    add_plugins(app, {"gizmo": {"category_id": ids["leaf"]}})
    yield ids


def places_of(app: Flask, tree: dict[str, str], words: str = "gizmo") -> set[str]:
    """The categories within which something is found."""
    with app.app_context(), unit_of_work(writing=False):
        return {name for name, number in tree.items() if whole(words, None, number)[0]}


def test_a_branch_that_was_not_moved_is_one_term(app: Flask, tree: dict[str, str]) -> None:
    with app.app_context(), unit_of_work(writing=False):
        branch = categories.within(tree["top"])
        assert set(branch.everything) == {tree["top"], tree["middle"], tree["leaf"]}
        assert (branch.whole, branch.single) == ((tree["top"],), ())


def test_a_branch_that_was_moved_is_found_where_it_is(app: Flask, tree: dict[str, str]) -> None:
    assert places_of(app, tree) == {"top", "middle", "leaf"}
    move(app, tree["middle"], tree["beside"])
    assert places_of(app, tree) == {"beside", "middle", "leaf"}
    with app.app_context(), unit_of_work(writing=False):
        branch = categories.within(tree["beside"])
        assert (branch.whole, branch.single) == ((tree["middle"],), (tree["beside"],))
    add_plugins(app, {"gadget": {"category_id": tree["leaf"]}})
    move(app, tree["middle"], tree["top"])
    assert places_of(app, tree) == places_of(app, tree, "gadget") == {"top", "middle", "leaf"}


def test_moving_what_has_no_plugins_leaves_the_index_as_good_as_it_was(app: Flask, tree: dict[str, str]) -> None:
    move(app, tree["beside"], tree["top"])
    with app.app_context(), unit_of_work(writing=False):
        assert categories.within(tree["top"]).single == ()
    assert places_of(app, tree) == {"top", "middle", "leaf"}


def test_a_plugin_that_an_earlier_version_indexed_is_found_within_all_above_it(
    app: Flask, tree: dict[str, str]
) -> None:
    add_plugins(app, {"gadget": {}})
    with app.app_context():
        with unit_of_work():
            plugin = db.session.scalars(select(Plugin).where(Plugin.name == "com.example.gadget")).one()
            plugin.category_id = tree["leaf"]
            entry = search._entry(plugin, (), ())
            search_index.delete(search.PUBLIC, plugin.number)
            search_index.insert(search.PUBLIC, [entry])
            db.session.execute(update(Catalog).values(revision=Catalog.revision + 1))
        assert places_of(app, tree, "gadget") == {"top", "middle", "leaf"}
        add_plugins(app, {"third": {}})
        assert places_of(app, tree, "gadget") == {"top", "middle", "leaf"}
        with unit_of_work(writing=False):
            assert not is_own()
        assert search.ensure_built() == 3
        with unit_of_work(writing=False):
            assert is_own()
        assert search.ensure_built() == 0
    assert places_of(app, tree, "gadget") == {"top", "middle", "leaf"}


@pytest.mark.parametrize("is_counted", [True, False])
def test_a_branch_that_an_earlier_version_moved_is_found_where_it_is(
    app: Flask, tree: dict[str, str], is_counted: bool
) -> None:
    with raw(app) as connection:
        values = (tree["beside"], tree["beside"], tree["middle"])
        connection.execute("UPDATE categories SET parent_id = ?, parent_key = ? WHERE id = ?", values)
    if is_counted:
        # The first versions did not count this as a change of lists.
        ages(app)
    assert places_of(app, tree) == {"beside", "middle", "leaf"}
    if not is_counted:
        add_plugins(app, {"gadget": {"category_id": tree["leaf"]}})
        move(app, tree["middle"], tree["top"])
        for words in ("gizmo", "gadget"):
            assert places_of(app, tree, words) == {"top", "middle", "leaf"}
        return
    with app.app_context():
        assert search.ensure_built() == 1
    assert places_of(app, tree) == {"beside", "middle", "leaf"}


def test_an_index_that_an_earlier_version_built_is_not_asked_for_what_it_lacks(
    app: Flask, tree: dict[str, str]
) -> None:
    with app.app_context():
        with unit_of_work():
            plugin = db.session.scalars(select(Plugin)).one()
            search_index.clear()
            search_index.insert(search.PUBLIC, [search._entry(plugin, (), ())])
            db.session.merge(Setting(key=search.VERSION_KEY, value="5"))
        assert places_of(app, tree) == {"top", "middle", "leaf"}


@pytest.mark.parametrize("words", ["studio", "数据", "数据 studio", "stud", "示例数据"])
def test_names_are_searched_by_their_own_words(app: Flask, words: str) -> None:
    add_plugins(
        app,
        {
            "studio-data": {"display_name": "示例 数据"},
            "a": {"display_name": "示例数据 Studio"},
            "b": {"display_name": "My Studio", "description": "示例数据"},
            "studio": {"display_name": "数据", "description": "示例"},
            "c": {"display_name": "c", "description": "studio 示例数据"},
        },
    )
    with app.app_context(), unit_of_work(writing=False):
        found = {}
        for marked in (True, False):
            query = search_index.query_of_names(words, marked=marked)
            assert query is not None
            found[marked] = [row[0] for row in search_index.newest(search.PUBLIC, query, 10)]
        assert found[True] == found[False] != []
        assert len(found[True]) < 5


def changes() -> int:
    return int(db.session.execute(select(Catalog.search_revision)).scalar_one())


def test_what_is_counted_stays_while_no_word_changes(app: Flask) -> None:
    add_plugins(app, {"gizmo": {"description": "数据"}})
    with app.app_context():
        with unit_of_work():
            before = changes()
            plugin = db.session.scalars(select(Plugin)).one()
            plugin.is_enabled = False
            touch(plugin)
        with unit_of_work():
            assert changes() == before
            plugin = db.session.scalars(select(Plugin)).one()
            assert search_index.holds(search.PUBLIC, search._entry(plugin, (), ()))
            plugin.description = "同步"
            assert not search_index.holds(search.PUBLIC, search._entry(plugin, (), ()))
            touch(plugin)
        with unit_of_work():
            assert changes() > before
            assert whole("数据", None, None) == (0, [])
            before = changes()
            plugin = db.session.scalars(select(Plugin)).one()
            plugin.status = "suspended"
            touch(plugin)
        with unit_of_work(writing=False):
            assert changes() > before
            assert whole("同步", None, None) == (0, [])
            assert whole("同步", EVERYBODY, None)[0] == 1
            assert db.session.scalar(select(func.count()).select_from(Plugin)) == 1


def test_facets_are_words_that_no_text_has(app: Flask, tree: dict[str, str]) -> None:
    # Columns are not named in queries for them, because that costs a third more.
    facet = search_words.facet("a", tree["top"])
    add_plugins(app, {"copycat": {"description": facet, "tags": [facet], "author": facet, "display_name": facet}})
    with app.app_context(), unit_of_work(writing=False):
        assert whole("copycat", None, tree["top"]) == (0, [])
        assert whole("copycat", None, None)[0] == 1
