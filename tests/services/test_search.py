"""Search results and their order, and that the index matches the plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DatabaseError

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Developer, User
from microdock_server.services.catalog import search
from microdock_server.services.catalog.search import Scope
from microdock_server.vocabulary import Role

from ..market import (
    PLUGINS,
    V1,
    category,
    created,
    data,
    decide,
    people,
    published,
    restored,
    suspended,
)
from ..rows import add_plugin, add_plugins, raw
from ..support import Api, add_user, package, signed_in, unchanged


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Totals and ranks are kept by the catalogue's revision, which rows that tests add by themselves do not raise."""
    search._counts._values.clear()
    search._rankings._values.clear()
    yield


def found(api: Api, words: str, **query: Any) -> list[str]:
    """The last parts of the names of what a search finds, in its order."""
    answer = data(api.get(PLUGINS, query_string={"search": words, "limit": 100, **query}))
    names = [row["plugin_name"].removeprefix("com.example.") for row in answer["plugins"]]
    assert answer["pagination"]["total"] == len(names)
    return names


def walked(api: Api, words: str, limit: int, **query: Any) -> list[str]:
    """All pages of a search, one after the other."""
    names: list[str] = []
    page = 0
    while True:
        page += 1
        answer = data(api.get(PLUGINS, query_string={"search": words, "limit": limit, "page": page, **query}))
        if not answer["plugins"]:
            assert page > answer["pagination"]["pages"]
            return names
        names += [row["plugin_name"] for row in answer["plugins"]]


class TestWords:
    @pytest.fixture(scope="class")
    @classmethod
    def app(cls, make_shared_app: Callable[[], Flask]) -> Iterator[Flask]:
        app = make_shared_app()
        add_plugin(app, "sync", display_name="数据同步", description="把文件同步到云端。", tags=["备份", "Cloud"])
        add_plugin(app, "chart", display_name="MyChartPlugin", description="Draws charts", author="王小明")
        add_plugin(app, "mixed", display_name="AI助手2号", description="用GPT写代码, naïve Straße")
        add_plugin(app, "other", display_name="Nothing", description="据说 完全 无关")
        with unchanged(app):
            yield app

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ("数", ["sync"]),
            ("云", ["sync"]),
            ("数据", ["sync"]),
            ("据同", ["sync"]),
            ("数据同步", ["sync"]),
            ("据说", ["other"]),
            ("数据 同步", ["sync"]),
            ("同步 云端", ["sync"]),
            ("文件 无关", []),
            ("数同", []),
            ("云数", []),
        ],
    )
    def test_chinese_is_found_by_any_run_of_its_characters(self, api: Api, words: str, names: list[str]) -> None:
        assert found(api, words) == names

    @pytest.mark.parametrize("words", ["AI助手", "ai 助手", "AI助手2号", "2号", "助", "用GPT写代码", "gpt", "写代码"])
    def test_scripts_in_one_word_are_found_together_and_apart(self, api: Api, words: str) -> None:
        assert found(api, words) == ["mixed"]

    @pytest.mark.parametrize(
        "words", ["MyChartPlugin", "mychartplugin", "chart", "Plugin", "mych", "CHART my", "ｃｈａｒｔ"]
    )
    def test_the_humps_of_a_word_are_words(self, api: Api, words: str) -> None:
        assert "chart" in found(api, words)

    @pytest.mark.parametrize("words", ["naive", "naïve", "STRASSE", "straße"])
    def test_accents_and_case_do_not_matter(self, api: Api, words: str) -> None:
        assert found(api, words) == ["mixed"]

    def test_the_beginning_of_a_word_is_enough_and_its_end_is_not(self, api: Api) -> None:
        assert found(api, "noth") == ["other"]
        assert found(api, "othing") == []

    def test_all_words_must_be_there(self, api: Api) -> None:
        assert found(api, "draws charts") == ["chart"]
        assert found(api, "draws nothing") == []

    @pytest.mark.parametrize(
        ("words", "name"), [("备份", "sync"), ("cloud", "sync"), ("王小明", "chart"), ("王", "chart")]
    )
    def test_tags_and_authors_are_searched(self, api: Api, words: str, name: str) -> None:
        assert found(api, words) == [name]

    def test_words_may_be_in_different_places(self, api: Api) -> None:
        assert found(api, "备份 云端 sync") == ["sync"]

    def test_the_package_name_is_searched_by_its_parts(self, api: Api) -> None:
        assert found(api, "com.example.chart") == ["chart"]
        assert len(found(api, "com.example")) == 4

    @pytest.mark.parametrize("words", ["...", "，。", "\"'", "*", "_", "- +", " ", "😀", "()"])
    def test_punctuation_alone_finds_nothing(self, api: Api, words: str) -> None:
        assert found(api, words) == []
        assert found(api, words, sort="downloads") == []

    @pytest.mark.parametrize(
        "words",
        [
            'chart"',
            '"chart',
            "chart*",
            "(chart",
            "chart)",
            "name:chart",
            "chart NEAR",
            "chart AND",
            "AND",
            "NOT chart",
            "chart OR",
            "{name} : chart",
            "^chart",
            "chart - nothing",
            "chart; DROP TABLE plugins",
            "%",
            "chart\\",
            ":match",
            "facets : xqz",
            "' OR 1=1 --",
        ],
    )
    def test_the_index_language_is_not_spoken(self, api: Api, words: str) -> None:
        assert set(found(api, words)) <= {"chart"}

    def test_quotes_do_not_hide_a_word(self, api: Api) -> None:
        assert found(api, '"chart"') == ["chart"]

    @pytest.mark.parametrize("words", ["\0", "chart\0", "\x1f", "\ufffe"])
    def test_what_is_no_text_is_harmless(self, app: Flask, words: str) -> None:
        with app.app_context(), unit_of_work(writing=False):
            total, numbers = search.find(words, Scope(), 1, 10)
        assert total == len(numbers) <= 1

    def test_very_many_words_are_no_error(self, app: Flask) -> None:
        with app.app_context(), unit_of_work(writing=False):
            assert search.find("chart " * 5000, Scope(), 1, 10)[0] == 1
            assert search.find("图" * 5000, Scope(), 1, 10)[0] == 0


class TestScripts:
    """Scripts without spaces between words, and others that are written with marks."""

    @pytest.fixture(scope="class")
    @classmethod
    def app(cls, make_shared_app: Callable[[], Flask]) -> Iterator[Flask]:
        app = make_shared_app()
        add_plugin(app, "thai", display_name="ปลั๊กอินสำหรับแปลภาษา", description="ช่วยแปลข้อความ ๑๒๓")
        add_plugin(app, "lao", display_name="ປັກອິນແປພາສາ")
        add_plugin(app, "khmer", display_name="កម្មវិធីបកប្រែភាសា", author="សុខា")
        add_plugin(app, "burmese", display_name="ဘာသာပြန်ပလပ်အင်", tags=["မြန်မာ"])
        add_plugin(app, "hindi", display_name="हिन्दी अनुवाद")
        add_plugin(app, "arabic", display_name="العَرَبِيَّة")
        add_plugin(app, "tamil", display_name="தமிழ் மொழி")
        with unchanged(app):
            yield app

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ("ปลั๊กอิน", ["thai"]),
            ("แปล", ["thai"]),
            ("ภาษา", ["thai"]),
            ("สำหรับ", ["thai"]),
            ("ลั๊ก", ["thai"]),
            ("แปลภาษา ข้อความ", ["thai"]),
            ("ป", ["thai"]),
            ("๑๒๓", ["thai"]),
            ("ภาษาแปล", []),
            ("ปลี", []),
            ("ພາສາ", ["lao"]),
            ("ອິນ", ["lao"]),
            ("ភាសា", ["khmer"]),
            ("បកប្រែ", ["khmer"]),
            ("បក\u200bប្រែ", ["khmer"]),
            ("សុខា", ["khmer"]),
            ("ប្រូ", []),
            ("ပလပ်အင်", ["burmese"]),
            ("ပြန်", ["burmese"]),
            ("မြန်မာ", ["burmese"]),
            ("မာမြန်", []),
        ],
    )
    def test_middle_words_are_found_as_in_chinese(self, api: Api, words: str, names: list[str]) -> None:
        assert found(api, words) == names

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ("हिन्दी", ["hindi"]),
            ("अनुवाद", ["hindi"]),
            ("हि", ["hindi"]),
            ("नुवाद", []),
            ("हान्दी", []),
            ("العربية", ["arabic"]),
            ("العَرَب", ["arabic"]),
            ("தமிழ்", ["tamil"]),
            ("தம", ["tamil"]),
            ("மழ", []),
        ],
    )
    def test_a_mark_parts_no_word(self, api: Api, words: str, names: list[str]) -> None:
        assert found(api, words) == names

    @pytest.mark.parametrize(
        "words", ["\U000f0e25", "\U000f0e1b\U000f0e25", "\U000fffff", "\u0e31", "\u200b", "\ue001"]
    )
    def test_how_characters_stand_in_the_index_is_no_language(self, api: Api, words: str) -> None:
        assert set(found(api, words)) <= {"thai"}


@pytest.mark.parametrize(
    "words",
    ["s", "x", "sq", "sqz", "sqzpublished", "spublished", "cqz", "xquiet", "\ue000s", "\ue000", "published"],
)
def test_only_what_a_plugin_says_is_searched(api: Api, app: Flask, words: str) -> None:
    kind = category(signed_in(app))
    add_user(app, "owner", Role.DEVELOPER)
    add_plugin(app, "quiet", owner="owner", display_name="Later", description="Text", category_id=kind["id"])
    assert "quiet" not in found(api, words)


def test_characters_of_two_sentences_are_no_word(app: Flask, api: Api) -> None:
    add_plugin(app, "sync", display_name="数据同步")
    add_plugin(app, "sentences", display_name="句", description="有数据，据说很多")
    assert set(found(api, "数据")) == {"sentences", "sync"}
    assert found(api, "数据说") == []


class TestCase:
    """Names in every script that has case."""

    PAIRS = (
        ("ЖАННА", "жанна"), ("Жанна", "ЖАННА"), ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"), ("Straße", "STRASSE"), ("ÉCOLE", "école"),
        ("Արամ", "ԱՐԱՄ"), ("ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი"), ("ᏣᎳᎩ", "ꮳꮃꭹ"), ("ⲔⲎⲘⲈ", "ⲕⲏⲙⲉ"), ("ⰃⰎⰀ", "ⰳⰾⰰ"),
        ("𐐔𐐇", "𐐼𐐯"), ("𞤀𞤁", "𞤢𞤣"), ("𐓀𐓁", "𐓨𐓩"), ("Ｃｈａｒｔ", "CHART"), ("Ǆungla", "ǆUNGLA"),
        ("İBRAHİM", "ibrahim"), ("İbrahim", "İBRAHİM"), ("ışık", "IŞIK"), ("IŞIK", "ışık"),
    )  # fmt: skip

    @pytest.mark.parametrize(("name", "words"), PAIRS)
    def test_plugins_authors_users_and_developers(self, app: Flask, api: Api, name: str, words: str) -> None:
        add_plugin(app, "named", display_name=name, author="x")
        add_plugin(app, "written", display_name="y", author=f"z {name}")
        assert set(found(api, words)) == set(found(api, name)) == {"named", "written"}
        with app.app_context(), unit_of_work():
            person = User(username="person", username_key="person", password_hash="x", role=Role.DEVELOPER)
            db.session.add(person)
            db.session.flush()
            person.username = f"{name}-x"
            db.session.add(Developer(user_id=person.id, display_name=f"y {name}", company=f"z {name}"))
        root = signed_in(app)
        for place in ("users", "developers"):
            for text in (words, words[1:], f"{words}-x"):
                rows = data(root.get(f"{V1}/admin/{place}", query_string={"search": text}))[place]
                assert [row["username"] for row in rows] == [f"{name}-x"], (place, text)


class TestOrder:
    def test_what_is_called_exactly_so_comes_first(self, app: Flask, api: Api) -> None:
        add_plugin(app, "exact", display_name="Note")
        for number in range(30):
            add_plugin(app, f"note-taker{number}", display_name=f"Note Note {number}", tags=["note"])
        assert found(api, "note")[0] == "exact"

    def test_an_exact_thai_name_comes_first(self, app: Flask, api: Api) -> None:
        add_plugin(app, "thai", display_name="ปลั๊กอินสำหรับแปลภาษา", description="ช่วยแปลข้อความ ๑๒๓")
        for number in range(3):
            add_plugin(app, f"more{number}", display_name=f"ภาษา{number} ภาษา")
        add_plugin(app, "exact", display_name="ภาษา")
        add_plugin(app, "last", display_name="ภาษาใหม่")
        assert found(api, "ภาษา")[0] == "exact"

    @pytest.mark.parametrize("words", ["com.example.markdown", "Markdown"])
    def test_a_package_name_or_its_last_part_is_a_name(self, app: Flask, api: Api, words: str) -> None:
        add_plugin(app, "markdown", display_name="Writer")
        for number in range(5):
            add_plugin(app, f"other{number}", display_name="Markdown Example Com", description="com.example.markdown")
        assert found(api, words)[0] == "markdown"

    def test_an_exact_chinese_name_comes_first(self, app: Flask, api: Api) -> None:
        add_plugin(app, "exact", display_name="图表")
        for number in range(5):
            add_plugin(app, f"more{number}", display_name=f"图表大师{number}")
        assert found(api, "图表")[0] == "exact"

    def test_names_come_before_descriptions(self, app: Flask, api: Api) -> None:
        add_plugin(app, "named", display_name="Kanban board")
        add_plugins(app, {f"told{number}": {"description": "A kanban, too"} for number in range(200)})
        assert data(api.get(f"{PLUGINS}?search=kanban"))["plugins"][0]["plugin_name"] == "com.example.named"

    def test_all_pages_together_are_all_hits_once_in_the_same_order(self, app: Flask, api: Api) -> None:
        rows: dict[str, dict[str, Any]] = {}
        for number in range(60):
            rows[f"named{number}"] = {"display_name": f"Gadget {number}"}
            rows[f"tagged{number}"] = {"tags": ["gadget"], "description": "words"}
            for more in range(6):
                rows[f"told{number}-{more}"] = {"description": "some gadget"}
        add_plugins(app, rows)
        names = walked(api, "gadget", 7)
        assert len(names) == len(set(names)) == 480
        for limit in (7, 31, 100):
            assert walked(api, "gadget", limit) == names

    def test_pages_of_what_only_some_may_see_are_whole_as_well(self, app: Flask) -> None:
        owner = add_user(app, "owner", Role.DEVELOPER)
        rows: dict[str, dict[str, Any]] = {}
        for number in range(350):
            status = "draft" if number % 3 else "published"
            rows[f"gadget{number}"] = {"owner": "owner", "status": status, "description": "gizmo"}
            if number % 2:
                rows[f"told{number}"] = {"status": "pending", "description": "gizmo"}
        add_plugins(app, rows)
        everything = walked(add_user(app, "reviewer", Role.REVIEWER), "gizmo", 40)
        assert len(everything) == len(set(everything)) == 525
        own = walked(owner, "gizmo", 23)
        assert len(own) == len(set(own)) == 350
        assert walked(owner, "gizmo", 90) == own

    def test_a_page_behind_the_last_is_empty(self, app: Flask, api: Api) -> None:
        add_plugin(app, "one")
        answer = data(api.get(f"{PLUGINS}?search=one&page=1000000&limit=100"))
        assert answer["plugins"] == []
        assert answer["pagination"] == {"page": 1_000_000, "limit": 100, "total": 1, "pages": 1}

    @pytest.mark.parametrize("sort", ["created_at", "updated_at", "downloads", "rating"])
    def test_hits_can_be_sorted_like_any_list(self, app: Flask, api: Api, sort: str) -> None:
        for number in (2, 1, 3):
            add_plugin(app, f"gadget{number}", downloads=number, rating_average=float(number), rating_count=1)
        add_plugin(app, "other")
        names = found(api, "gadget1", sort=sort) + found(api, "example", sort=sort, order="asc")
        assert names[0] == "gadget1"
        assert len(names) == 5
        if sort in ("downloads", "rating"):
            assert [name for name in names[1:] if name != "other"] == ["gadget1", "gadget2", "gadget3"]


class TestVisibility:
    @pytest.fixture(scope="class")
    @classmethod
    def app(cls, make_shared_app: Callable[[], Flask]) -> Iterator[Flask]:
        app = make_shared_app()
        for name in ("owner", "stranger"):
            add_user(app, name, Role.DEVELOPER)
        add_plugin(app, "open", owner="owner", description="gizmo")
        add_plugin(app, "foreign", owner="stranger", description="gizmo")
        for status in ("draft", "pending", "in_review", "rejected", "needs_changes", "suspended"):
            add_plugin(app, status.replace("_", "-"), owner="owner", status=status, description="gizmo")
        for name, role in (("somebody", Role.USER), ("reviewer", Role.REVIEWER)):
            add_user(app, name, role)
        with unchanged(app):
            yield app

    @pytest.fixture
    def user(self, app: Flask) -> Api:
        return signed_in(app, "somebody")

    def test_nobody_finds_what_is_not_published(self, app: Flask, api: Api, user: Api) -> None:
        for caller in (api, user, signed_in(app, "stranger")):
            assert set(found(caller, "gizmo")) == {"open", "foreign"}
            assert set(found(caller, "gizmo", sort="downloads")) == {"open", "foreign"}

    def test_owners_find_their_own_and_reviewers_all(self, app: Flask) -> None:
        for caller in (signed_in(app, "owner"), signed_in(app, "reviewer"), signed_in(app)):
            assert len(found(caller, "gizmo")) == len(found(caller, "gizmo", sort="created_at")) == 8

    @pytest.mark.parametrize("status", ["draft", "pending", "in_review", "rejected", "needs_changes", "suspended"])
    @pytest.mark.parametrize("sort", [{}, {"sort": "downloads"}])
    def test_a_status_restricts_to_it(self, app: Flask, api: Api, status: str, sort: dict[str, str]) -> None:
        name = status.replace("_", "-")
        for caller in (signed_in(app, "owner"), signed_in(app)):
            assert found(caller, "gizmo", status=status, **sort) == [name]
        for caller in (api, signed_in(app, "stranger")):
            assert found(caller, "gizmo", status=status, **sort) == []

    @pytest.mark.parametrize("sort", [{}, {"sort": "downloads"}])
    def test_what_is_published_is_found_by_everybody_who_asks_for_it(
        self, app: Flask, api: Api, user: Api, sort: dict[str, str]
    ) -> None:
        for caller in (api, user, signed_in(app, "stranger"), signed_in(app, "owner"), signed_in(app)):
            assert set(found(caller, "gizmo", status="published", **sort)) == {"open", "foreign"}

    def test_a_developer_restricts_to_theirs(self, app: Flask, api: Api) -> None:
        owner = str(data(signed_in(app, "owner").get(f"{V1}/auth/me"))["id"])
        assert found(api, "gizmo", developer=owner) == ["open"]
        assert len(found(signed_in(app, "owner"), "gizmo", developer=owner)) == 7
        assert found(signed_in(app, "stranger"), "gizmo", developer=owner) == ["open"]

    @pytest.mark.parametrize("developer", ["nobody", '"', "AND", "(", "oqz"])
    def test_a_developer_or_a_category_that_is_none_finds_nothing(self, api: Api, developer: str) -> None:
        assert found(api, "gizmo", developer=developer) == []
        assert found(api, "gizmo", category=developer) == []


def test_a_category_means_everything_below_it(app: Flask, root: Api, api: Api) -> None:
    top = category(root, "top")["id"]
    middle = category(root, "middle", parent_id=top)["id"]
    leaf = category(root, "leaf", parent_id=middle)["id"]
    beside = category(root, "beside")["id"]
    for name, place in (("a", top), ("b", middle), ("c", leaf), ("d", beside), ("e", None)):
        add_plugin(app, f"gizmo-{name}", category_id=place)
    for place, names in ((top, {"a", "b", "c"}), (middle, {"b", "c"}), (leaf, {"c"}), (beside, {"d"})):
        wanted = {f"gizmo-{name}" for name in names}
        assert set(found(api, "gizmo", category=place)) == wanted
        assert set(found(api, "gizmo", category=place, sort="rating")) == wanted
        assert set(found(api, "example", category=place, status="published")) == wanted


class TestTheIndexFollows:
    def test_a_plugin_is_found_by_others_once_it_is_published(self, app: Flask) -> None:
        who = people(app)
        plugin = created(who.developer, displayName="Gizmo")
        assert found(who.nobody, "gizmo") == found(who.other, "gizmo") == []
        assert len(found(who.developer, "gizmo")) == len(found(who.reviewer, "gizmo")) == 1
        decide(who.reviewer, plugin["id"])
        assert len(found(who.nobody, "gizmo")) == len(found(who.other, "gizmo")) == 1

    def test_a_suspended_plugin_is_not_found_until_it_is_restored(self, app: Flask) -> None:
        who = people(app)
        plugin = published(who.developer, who.reviewer, displayName="Gizmo")
        suspended(who.admin, plugin["id"])
        assert found(who.nobody, "gizmo") == []
        assert len(found(who.developer, "gizmo")) == 1
        restored(who.admin, plugin["id"])
        assert len(found(who.nobody, "gizmo")) == 1

    def test_a_change_is_found_and_what_was_said_before_is_not(self, app: Flask) -> None:
        who = people(app)
        plugin = published(who.developer, who.reviewer, displayName="Gizmo", description="before")
        change = {"name": "Gadget", "description": "after", "metadata": {"tags": ["标签"]}}
        data(who.developer.put(f"{PLUGINS}/{plugin['id']}", change))
        assert found(who.nobody, "gizmo") == found(who.nobody, "before") == []
        assert [len(found(who.nobody, words)) for words in ("gadget", "after", "标签")] == [1, 1, 1]

    def test_the_order_is_made_anew_after_a_change(self, app: Flask) -> None:
        who = people(app)
        plugin = published(who.developer, who.reviewer, displayName="Toolbox", description="A gizmo")
        add_plugin(app, "named", display_name="Gizmo maker")
        assert found(who.nobody, "gizmo") == found(who.nobody, "gizmo") == ["named", "myplugin"]
        data(who.developer.put(f"{PLUGINS}/{plugin['id']}", {"name": "Gizmo"}))
        assert found(who.nobody, "gizmo") == ["myplugin", "named"]

    def test_a_deleted_plugin_is_not_found_by_anybody(self, app: Flask) -> None:
        who = people(app)
        plugin = published(who.developer, who.reviewer, displayName="Gizmo")
        data(who.developer.delete(f"{PLUGINS}/{plugin['id']}"))
        for caller in (who.nobody, who.developer, who.admin):
            assert found(caller, "gizmo") == []

    def test_an_upload_by_key_is_found_at_once(self, app: Flask, api: Api) -> None:
        assert api.upload(package(displayName="Gizmo")).status_code == 200
        assert len(found(api, "gizmo")) == 1
        listed = api.post("/api/plugins/list?search=gizmo").get_json() or api.get("/api/plugins/list?search=gizmo")
        assert listed

    def test_plugins_are_found_by_the_new_name_of_their_developer(self, app: Flask, root: Api, api: Api) -> None:
        developer = add_user(app, "somebody-else", Role.DEVELOPER)
        add_plugin(app, "owned", owner="somebody-else")
        own = str(data(developer.get(f"{V1}/auth/me"))["id"])
        data(developer.put(f"{V1}/developers/{own}", {"display_name": "星辰工作室"}))
        assert found(api, "星辰") == ["owned"]
        assert found(api, "somebody") == ["owned"]
        data(root.put(f"{V1}/developers/{own}", {"display_name": "月光"}))
        assert found(api, "星辰") == []
        assert found(api, "月光") == ["owned"]


def contents(app: Flask) -> list[tuple[Any, ...]]:
    with raw(app) as connection:
        number, rest = ("rowid", "description, facets") if connection.dialect == "sqlite" else ("number", "words")
        columns = f"{number}, name, display_name, tags, author, {rest}"
        return [
            (table, *row)
            for table in (search.PUBLIC, search.HIDDEN)
            for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY {number}")
        ]


def test_making_the_index_anew_makes_the_same(app: Flask) -> None:
    who = people(app)
    hidden = created(who.developer, {"metadata": {"tags": ["一个"]}}, name="com.example.hidden")
    shown = published(who.developer, who.reviewer, name="com.example.shown", displayName="数据 MyPlugin")
    suspended(who.admin, shown["id"])
    published(who.other, who.reviewer, name="com.example.other")
    gone = published(who.other, who.reviewer, name="com.example.gone")
    data(who.other.delete(f"{PLUGINS}/{gone['id']}"))
    before = contents(app)
    assert len(before) == 3
    with app.app_context():
        assert search.rebuild() == 3
    assert contents(app) == before
    assert hidden["id"] not in str(found(who.nobody, "一个"))


def test_an_index_of_another_program_version_is_made_anew_and_of_this_one_is_not(app: Flask) -> None:
    add_plugin(app, "gizmo")
    with raw(app) as connection:
        connection.execute(f"DELETE FROM {search.PUBLIC}")
    with app.app_context():
        assert search.ensure_built() == 0
    assert contents(app) == []
    with raw(app) as connection:
        connection.execute("UPDATE settings SET value = 'old' WHERE key = ?", (search.VERSION_KEY,))
    with app.app_context():
        assert search.ensure_built() == 1
        assert search.ensure_built() == 0
    assert len(contents(app)) == 1


@pytest.mark.sqlite
def test_the_index_is_sound_after_all_this(app: Flask, api: Api) -> None:
    for number in range(20):
        add_plugin(app, f"gizmo{number}")
    with raw(app) as connection:
        for table in (search.PUBLIC, search.HIDDEN):
            try:
                connection.execute(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")
            except DatabaseError as reason:
                pytest.fail(f"{table}: {reason}")
    assert len(found(api, "gizmo")) == 20


def test_two_applications_in_one_process_do_not_share_totals(make_app: Any) -> None:
    first, second = make_app(), make_app()
    add_plugin(first, "gizmo")
    add_plugin(second, "gadget")
    assert found(Api(first), "gizmo") == ["gizmo"]
    assert found(Api(second), "gizmo") == []
