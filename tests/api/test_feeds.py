"""Feeds of what was published: valid Atom, asked for again at no cost, and without anything that is not public."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from microdock_server.api.system import feeds as surface
from microdock_server.clock import iso, utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import PluginVersion, Setting
from microdock_server.services.releases import feeds
from microdock_server.vocabulary import Role

from ..conftest import AppFactory, WallClock
from ..market import PLUGINS, V1, People, add_version, created, data, published_version, suspended
from ..rows import BEGINNING, add_plugin, add_plugins
from ..support import Api, add_user, package, signed_in

ALL = "/feeds/plugins.atom"
BLOCKS = "/feeds/blocks.atom"
ADMIN = f"{V1}/admin/blocks"
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}
ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ENGLISH = {"Accept-Language": "en"}
NAME = "com.example.myplugin"


def of(name: str) -> str:
    return f"/feeds/plugins/{name}.atom"


def valid(response: TestResponse) -> ET.Element:
    """The feed, with all that RFC 4287 requires of it."""
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.content_type == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(response.data)
    assert root.tag == f"{ATOM}feed"
    assert root.get(LANG) == response.headers["Content-Language"]
    entries = root.findall(f"{ATOM}entry")
    for element in (root, *entries):
        # §4.1.1, §4.1.2: exactly one of each.
        for tag in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{tag}")) == 1, tag
        assert uuid.UUID(found(element, "id")).urn == found(element, "id")
        assert found(element, "title").strip()
        assert MOMENT.fullmatch(found(element, "updated"))
        assert found(element.find(f"{ATOM}author"), "name").strip()
        for link in element.findall(f"{ATOM}link"):
            assert link.get("href") and link.get("rel")
    for entry in entries:
        # Without a content there must be an alternate link.
        assert entry.find(f"{ATOM}content").get("type") == "text"
        assert MOMENT.fullmatch(found(entry, "published"))
    ids = [found(element, "id") for element in (root, *entries)]
    assert len(set(ids)) == len(ids)
    assert [link.get("href") for link in root.findall(f"{ATOM}link[@rel='self']")] != []
    assert len(entries) <= 50
    moments = [found(entry, "updated") for entry in entries]
    assert moments == sorted(moments, reverse=True)
    return root


def found(element: ET.Element | None, tag: str) -> str:
    assert element is not None
    child = element.find(f"{ATOM}{tag}")
    assert child is not None and child.text is not None, tag
    return child.text


def titles(response: TestResponse) -> list[str]:
    return [found(entry, "title") for entry in valid(response).findall(f"{ATOM}entry")]


def entry_of(response: TestResponse, title: str) -> ET.Element:
    [entry] = [one for one in valid(response).findall(f"{ATOM}entry") if found(one, "title") == title]
    return entry


def change(app: Flask, model: Any, where: Any, **values: Any) -> None:
    """Written past the services, which number the catalogue's changes; so this does, by an upload."""
    with app.app_context(), unit_of_work():
        db.session.execute(update(model).where(where).values(**values))
    assert signed_in(app).upload(package(name="com.example.bump", version=f"1.0.{next(NUMBERS)}")).status_code == 200


NUMBERS = iter(range(1000))


def block(admin: Api, **changes: Any) -> dict[str, Any]:
    body = {"plugin": NAME, "versions": "<2.0.0", "severity": "disable", "reason": REASON, **changes}
    made: dict[str, Any] = data(admin.post(ADMIN, body), 201)
    return made


class TestFormat:
    def test_what_was_published_is_told_newest_first(self, api: Api) -> None:
        for name, version in (("a", "1.0.0"), ("b", "0.1.0"), ("a", "1.1.0-rc.1")):
            manifest = {"name": f"com.example.{name}", "displayName": name.upper(), "changelog": f"to {version}"}
            assert api.upload(package(version=version, **manifest)).status_code == 200
        assert set(titles(api.get(ALL))) == {"A 1.0.0", "A 1.1.0-rc.1", "B 0.1.0"}
        assert titles(api.get(of("com.example.a"))) == ["A 1.1.0-rc.1", "A 1.0.0"]
        entry = entry_of(api.get(ALL), "B 0.1.0")
        assert found(entry, "content") == "to 0.1.0"
        assert found(entry, "summary") == "这是一个示例插件"
        assert found(entry.find(f"{ATOM}author"), "name") == "开发者姓名"
        [page, related] = entry.findall(f"{ATOM}link")
        assert page.attrib == {"rel": "alternate", "href": "/plugins/com.example.b/0.1.0", "type": "text/html"}
        assert data(api.get(related.get("href")))["version"] == "0.1.0"
        categories = entry_of(api.get(ALL, headers=ENGLISH), "A 1.1.0-rc.1").findall(f"{ATOM}category")
        assert [(one.get("term"), one.get("label")) for one in categories] == [("preview", "preview")]

    def test_an_empty_catalogue_has_an_empty_feed(self, api: Api) -> None:
        assert titles(api.get(ALL)) == []

    @pytest.mark.parametrize("accepted", ["", "zh", "en", "en;q=0.4, zh-CN", "fr"])
    def test_in_the_language_of_the_request(self, api: Api, accepted: str) -> None:
        api.upload()
        answer = api.get(of(NAME), headers={"Accept-Language": accepted})
        language = "en" if accepted == "en" else "zh"
        assert (answer.headers["Content-Language"], valid(answer).get(LANG)) == (language, language)
        assert "Accept-Language" in answer.headers["Vary"]
        assert ("versions of" in found(valid(answer), "title")) is (language == "en")

    def test_nothing_that_a_changelog_contains_breaks_it(self, api: Api) -> None:
        every = "".join(map(chr, range(1, 0x20))) + "\x7f\x85\u2028\ufffe\uffff]]><script>&amp;\U0001f600"
        assert api.upload(package(changelog=every, displayName="<b>&\"'</b>")).status_code == 200
        entry = entry_of(api.get(ALL), "<b>&\"'</b> 1.0.0")
        shown = found(entry, "content")
        assert shown.endswith("]]><script>&amp;\U0001f600")
        assert "\x01" not in shown and "\ufffd" in shown and "\t\n" in shown

    def test_long_changelogs_are_cut_off_and_missing_ones_said_so(self, api: Api) -> None:
        api.upload(package(version="1.0.0", changelog="字" * 4000))
        api.upload(package(version="1.1.0", changelog="字" * 4001))
        api.upload(package(version="1.2.0", changelog=""))
        feed = api.get(ALL, headers=ENGLISH)
        shown = {found(entry, "title")[-5:]: found(entry, "content") for entry in valid(feed).iter(f"{ATOM}entry")}
        assert shown == {"1.0.0": "字" * 4000, "1.1.0": "字" * 4000 + "…", "1.2.0": "No changelog"}

    def test_links_are_absolute_where_the_address_is_known(self, make_app: AppFactory) -> None:
        api = Api(make_app(PUBLIC_URL="https://plugins.example.com/base"))
        api.upload()
        for path in (ALL, of(NAME)):
            root = valid(api.get(path))
            [self_, page] = root.findall(f"{ATOM}link")
            assert (page.get("rel"), page.get("type")) == ("alternate", "text/html")
            assert self_.attrib == {
                "rel": "self",
                "type": "application/atom+xml",
                "href": f"https://plugins.example.com/base{path}",
            }
            assert all(link.get("href", "").startswith("https://") for link in root.iter(f"{ATOM}link"))

    def test_fifty_are_told(self, app: Flask, api: Api) -> None:
        moments = {f"p{number:02}": BEGINNING + timedelta(days=number) for number in range(60)}
        add_plugins(app, {name: {"created_at": moment, "display_name": name} for name, moment in moments.items()})
        with app.app_context(), unit_of_work():
            for name, moment in moments.items():
                of_plugin = PluginVersion.plugin_name == f"com.example.{name}"
                db.session.execute(update(PluginVersion).where(of_plugin).values(published_at=moment))
        assert titles(api.get(ALL)) == [f"p{number:02} 1.0.0" for number in range(59, 9, -1)]


class TestIds:
    def test_ids_stay_what_they_are_in_every_language_and_process(
        self, app: Flask, api: Api, make_app: AppFactory
    ) -> None:
        api.upload()

        def ids(**headers: str) -> list[str]:
            root = valid(api.get(ALL, headers=headers))
            return [found(element, "id") for element in (root, *root.iter(f"{ATOM}entry"))]

        before = ids()
        api.upload(package(version="1.1.0", displayName="另一个名字"))
        assert set(before) < set(ids(**ENGLISH))
        detail = data(api.get(f"{PLUGINS}/{NAME}"))
        # As documented: UUIDv5 of the version in the namespace of the plugin's id.
        assert before[1] == uuid.uuid5(uuid.UUID(detail["id"]), "version:1.0.0").urn
        # Another server has another feed.
        other = valid(Api(make_app()).get(ALL))
        with app.app_context(), unit_of_work(writing=False):
            assert feeds.feed_id("plugins").urn == before[0]
        assert found(other, "id") == before[0], "a copy of the data is the same installation"

    def test_installations_have_ids_of_their_own(self, app: Flask) -> None:
        with app.app_context():
            with unit_of_work(writing=False):
                before = feeds.feed_id("plugins")
            with unit_of_work():
                db.session.delete(db.session.get_one(Setting, feeds.INSTALLATION))
            with unit_of_work():
                feeds.ensure_installation_id()
                assert feeds.feed_id("plugins") not in (before, feeds.feed_id("blocks"))


class TestWhatIsNotPublic:
    def test_what_waits_for_review_is_not_told(self, api: Api, who: People) -> None:
        plugin = created(who.developer)
        draft = created(who.developer, {"draft": "true"}, name="com.example.draft")
        assert titles(api.get(ALL)) == []
        for reference in (plugin["plugin_name"], draft["plugin_name"], "com.example.none", "x"):
            refused = api.get(of(reference))
            assert refused.status_code == 404
            assert refused.get_json()["error"] == "plugin_not_found"

    def test_a_version_that_waits_is_not_told_before_it_is_published(
        self, api: Api, who: People, published_plugin: dict[str, Any]
    ) -> None:
        data(add_version(who.developer, published_plugin["id"], "1.5.0"), 201)
        assert len(titles(api.get(ALL))) == len(titles(api.get(of(NAME)))) == 1
        published_version(who.developer, who.reviewer, published_plugin["id"], "1.6.0")
        assert [title[-5:] for title in titles(api.get(of(NAME)))] == ["1.6.0", "1.0.0"]

    def test_a_suspended_plugin_leaves_and_comes_back(
        self, api: Api, who: People, published_plugin: dict[str, Any]
    ) -> None:
        assert len(titles(api.get(ALL))) == 1
        suspended(who.admin, published_plugin["id"])
        assert titles(api.get(ALL)) == []
        assert api.get(of(NAME)).status_code == 404
        # Nor for those who see it elsewhere: feeds are the same for everybody.
        assert who.admin.get(of(NAME)).status_code == 404
        data(who.admin.post(f"{V1}/admin/plugins/{published_plugin['id']}/status", {"status": "published"}))
        assert len(titles(api.get(of(NAME)))) == len(titles(api.get(ALL))) == 1

    def test_a_disabled_plugin_is_told_by_its_own_feed_alone(self, app: Flask, api: Api) -> None:
        api.upload()
        assert len(titles(api.get(ALL))) == 1
        assert signed_in(app).post("/api/plugins/disable", {"name": NAME}).status_code == 200
        assert titles(api.get(ALL)) == []
        assert len(titles(api.get(of(NAME)))) == 1

    def test_a_deleted_plugin_is_gone(self, app: Flask, api: Api) -> None:
        api.upload()
        assert len(titles(api.get(of(NAME.upper())))) == 1
        assert signed_in(app).post("/api/plugins/delete", {"name": NAME}).status_code == 200
        assert titles(api.get(ALL)) == []
        assert api.get(of(NAME)).status_code == 404

    def test_what_was_yanked_says_why(self, app: Flask, api: Api) -> None:
        api.upload()
        yanked = {"is_yanked": True, "yank_reason": "it eats files"}
        change(app, PluginVersion, PluginVersion.plugin_name == NAME, **yanked)
        entry = entry_of(api.get(of(NAME), headers=ENGLISH), "我的插件 1.0.0")
        assert [one.get("term") for one in entry.iter(f"{ATOM}category")] == ["yanked"]
        assert found(entry, "content").startswith("This version was yanked: it eats files\n\n修复")

    def test_a_yank_and_its_undoing_are_news_of_the_same_entry(
        self, api: Api, who: People, published_plugin: dict[str, Any], wall_clock: WallClock
    ) -> None:
        wall_clock.stop()
        wall_clock.turn(60)
        published_version(who.developer, who.reviewer, NAME, "1.1.0")
        path = f"{PLUGINS}/{NAME}/versions/1.0.0"
        title = "我的插件 1.0.0"
        for feed in (ALL, of(NAME)):
            assert found(valid(api.get(feed)), "updated") == found(entry_of(api.get(feed), "我的插件 1.1.0"), "updated")
        first = entry_of(api.get(ALL), title)
        assert found(first, "updated") == found(first, "published")
        before = found(first, "updated")
        for act, body in (("yank", {"reason": "崩溃"}), ("unyank", {})):
            wall_clock.turn(60)
            data(who.developer.post(f"{path}/{act}", body))
            for feed in (ALL, of(NAME)):
                entry = entry_of(api.get(feed), title)
                assert found(entry, "updated") == iso(utcnow()) > before
                assert found(entry, "published") == found(first, "published")
                assert found(entry, "id") == found(first, "id")
                assert found(valid(api.get(feed)), "updated") == iso(utcnow())
                assert titles(api.get(feed)) == [title, "我的插件 1.1.0"]
            before = iso(utcnow())
            # What is there already is no news.
            wall_clock.turn(60)
            data(who.developer.post(f"{path}/{act}", body))
            assert found(entry_of(api.get(of(NAME)), title), "updated") == before


class TestConditions:
    def test_the_same_feed_is_not_sent_twice(self, api: Api) -> None:
        api.upload()
        for path in (ALL, of(NAME)):
            first = api.get(path)
            assert re.fullmatch(r'"[0-9a-f]{32}"', first.headers["ETag"])
            for condition in (
                {"If-None-Match": first.headers["ETag"]},
                {"If-None-Match": f'"other", W/{first.headers["ETag"]}'},
                {"If-None-Match": "*"},
                {"If-Modified-Since": first.headers["Last-Modified"]},
                {"If-Modified-Since": format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)},
            ):
                again = api.get(path, headers=condition)
                assert (again.status_code, again.data) == (304, b""), condition
                for name in ("ETag", "Cache-Control", "Vary"):
                    assert again.headers[name] == first.headers[name]

    @pytest.mark.parametrize(
        "condition",
        [
            {"If-None-Match": '"other"'},
            {"If-Modified-Since": "Wed, 01 Jan 2020 00:00:00 GMT"},
            {"If-Modified-Since": "yesterday"},
            # The tag is the better witness: a date beside it is not asked.
            {"If-None-Match": '"other"', "If-Modified-Since": "Wed, 01 Jan 2120 00:00:00 GMT"},
        ],
    )
    def test_another_one_is(self, api: Api, condition: dict[str, str]) -> None:
        api.upload()
        for path in (ALL, of(NAME)):
            assert len(titles(api.get(path, headers=condition))) == 1

    def test_languages_have_tags_of_their_own(self, api: Api) -> None:
        api.upload()
        chinese, english = api.get(ALL), api.get(ALL, headers=ENGLISH)
        assert chinese.headers["ETag"] != english.headers["ETag"]
        known = {"If-None-Match": chinese.headers["ETag"]}
        assert api.get(ALL, headers=ENGLISH | known).status_code == 200

    def test_every_change_has_a_new_tag_and_a_later_date(self, app: Flask, api: Api) -> None:
        tags, dates = [], []
        calls = (
            api.upload,
            lambda: api.upload(package(version="1.1.0")),
            lambda: signed_in(app).post("/api/plugins/disable", {"name": NAME}),
            lambda: signed_in(app).post("/api/plugins/enable", {"name": NAME}),
            lambda: signed_in(app).post("/api/plugins/delete", {"name": NAME}),
        )
        for call in calls:
            assert call().status_code == 200
            answer = api.get(ALL)
            tags.append(answer.headers["ETag"])
            dates.append(parsedate_to_datetime(answer.headers["Last-Modified"]))
        # Disabled and deleted, the feed is empty; enabled again, it is what it was.
        assert len(set(tags)) == 3 and tags[1:3] == tags[3:]
        assert dates == sorted(dates)
        # Not even by leaving the feed does anything make its date earlier.
        assert dates[-1] >= datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)

    def test_head_answers_the_same_headers(self, api: Api) -> None:
        api.upload()
        for path in (ALL, of(NAME)):
            get, head = api.get(path), api._call("HEAD", path)
            assert (head.status_code, head.data) == (200, b"")
            for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control"):
                assert head.headers[name] == get.headers[name]
            assert api._call("HEAD", path, headers={"If-None-Match": get.headers["ETag"]}).status_code == 304
        assert api._call("HEAD", of("com.example.none")).status_code == 404

    def test_if_match_of_another_is_refused(self, api: Api) -> None:
        assert api.get(ALL, headers={"If-Match": '"other"'}).status_code == 412

    def test_nothing_is_asked_twice_of_the_same_catalogue(
        self, app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api.upload()
        made: list[str] = []
        real = surface.atom.rendered
        monkeypatch.setattr(surface.atom, "rendered", lambda feed: made.append(feed.language) or real(feed))
        for _ in range(3):
            for headers in ({}, ENGLISH):
                assert len(titles(api.get(ALL, headers=headers))) == 1
                assert len(titles(api.get(of(NAME), headers=headers))) == 1
                assert len(titles(api.get(of(NAME.upper()), headers=headers))) == 1
        assert sorted(made) == ["en", "en", "zh", "zh"]
        api.upload(package(version="1.1.0"))
        assert len(titles(api.get(ALL))) == 2
        assert len(made) == 5


class TestBlocks:
    def test_blocks_in_force_are_told_the_last_changed_first(
        self, api: Api, who: People, wall_clock: WallClock
    ) -> None:
        assert titles(api.get(BLOCKS)) == []
        wall_clock.stop()
        first = block(who.admin, versions=">=1.0.0 <2.0.0", advisory_url="https://example.com/advisory")
        wall_clock.turn(60)
        hashes = ["ab" * 32, "cd" * 32]
        second = block(who.admin, plugin="com.example.gone", versions=None, sha256=hashes, severity="warn")
        feed = api.get(BLOCKS, headers=ENGLISH)
        assert titles(feed) == ["com.example.gone (2 packages): warning", f"{NAME} >=1.0.0 <2.0.0: to be disabled"]
        entry = valid(feed).findall(f"{ATOM}entry")[1]
        assert found(entry, "content") == REASON["en"]
        assert found(entry, "published") == found(entry, "updated") == first["created_at"]
        assert [link.attrib for link in entry.findall(f"{ATOM}link")] == [
            {"rel": "related", "href": "https://example.com/advisory"}
        ]
        [category] = entry.findall(f"{ATOM}category")
        assert category.attrib == {"term": "disable", "label": "to be disabled"}
        # Whatever readers have seen of a block stays the same entry, and comes back as news.
        wall_clock.turn(60)
        data(who.admin.put(f"{ADMIN}/{first['id']}", {"severity": "warn"}))
        again = api.get(BLOCKS)
        assert titles(again) == [f"{NAME} >=1.0.0 <2.0.0：警告", "com.example.gone （2 个安装包）：警告"]
        changed = valid(again).find(f"{ATOM}entry")
        assert changed is not None
        assert found(changed, "id") == found(entry, "id") == uuid.uuid5(uuid.UUID(first["id"]), "block").urn
        assert found(changed, "content") == REASON["zh"]
        assert found(changed, "updated") > found(changed, "published") == first["created_at"]
        # Also when its reason alone is another one.
        wall_clock.turn(60)
        data(who.admin.put(f"{ADMIN}/{second['id']}", {"reason": {"zh": "别的", "en": "Something else"}}))
        changed = valid(api.get(BLOCKS)).find(f"{ATOM}entry")
        assert (found(changed, "content"), found(changed, "updated")) == ("别的", iso(utcnow()))
        # One that is revoked leaves, which is news of the feed.
        wall_clock.turn(60)
        data(who.admin.post(f"{ADMIN}/{second['id']}/revoke", {"reason": "harmless"}))
        assert len(titles(api.get(BLOCKS))) == 1
        assert found(valid(api.get(BLOCKS)), "updated") == iso(utcnow())

    def test_one_that_waits_for_a_second_person_counts_as_disable(self, api: Api, who: People, app: Flask) -> None:
        made = block(who.admin, severity="remove")
        assert made["status"] == "pending"
        assert titles(api.get(BLOCKS, headers=ENGLISH)) == [f"{NAME} <2.0.0: to be disabled"]
        data(add_user(app, "second", Role.ADMIN).post(f"{ADMIN}/{made['id']}/approve", {}))
        assert titles(api.get(BLOCKS, headers=ENGLISH)) == [f"{NAME} <2.0.0: to be removed"]

    def test_one_that_expires_leaves_by_itself(self, api: Api, who: People, wall_clock: WallClock) -> None:
        wall_clock.stop()
        block(who.admin, expires_at=iso(utcnow() + timedelta(hours=1)))
        before = api.get(BLOCKS)
        assert len(titles(before)) == 1
        wall_clock.turn(3600)
        for condition in (
            {"If-None-Match": before.headers["ETag"]},
            {"If-Modified-Since": before.headers["Last-Modified"]},
        ):
            assert titles(api.get(BLOCKS, headers=condition)) == []

    def test_the_same_conditions_as_of_other_feeds(self, api: Api, who: People) -> None:
        block(who.admin)
        first = api.get(BLOCKS)
        for condition in (
            {"If-None-Match": first.headers["ETag"]},
            {"If-Modified-Since": first.headers["Last-Modified"]},
        ):
            assert api.get(BLOCKS, headers=condition).status_code == 304
        assert api._call("HEAD", BLOCKS).headers["ETag"] == first.headers["ETag"]
        ids = [found(valid(api.get(path)), "id") for path in (ALL, BLOCKS)]
        assert len(set(ids)) == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_feeds_are_only_read(api: Api, method: str) -> None:
    assert api._call(method, ALL).status_code == 405


def test_feeds_count_as_what_everybody_asks(make_app: AppFactory) -> None:
    app = make_app(RATELIMIT_ENABLED="true")
    add_plugin(app, "a")
    answer = Api(app).get(ALL)
    assert int(answer.headers["RateLimit-Remaining"]) > 0
    assert Api(app).get(ALL, headers={"Host": "evil.example.com"}).status_code == 400


@pytest.mark.sqlite
@pytest.mark.parametrize("is_analyzed", [False, True])
def test_the_newest_are_found_by_an_index(app: Flask, is_analyzed: bool) -> None:
    """No statement reads or sorts all versions, or all plugins; PostgreSQL plans by how many there are."""
    add_plugins(app, {f"p{number}": {} for number in range(100)})
    with app.app_context():
        if is_analyzed:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
        with unit_of_work(writing=False):
            connection = db.session.connection()
            sql = feeds._NEWEST.compile(connection, compile_kwargs={"literal_binds": True})
            steps = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert steps[0].startswith("SEARCH plugin_versions USING INDEX ix_plugin_versions_status_published_at")
    assert not [step for step in steps if step.startswith("SCAN") or step == "USE TEMP B-TREE FOR ORDER BY"], steps
