"""Attacks that once succeeded, one test each; complete tests stand beside their subject."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import stat
import struct
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cachetools import LRUCache
from flask import Flask
from PIL import Image
from sqlalchemy import update
from sqlalchemy.engine import make_url

from microdock_server import create_app
from microdock_server.api.core import login_throttle
from microdock_server.api.core.early_refusals import EarlyRefusals
from microdock_server.api.core.inspections import Inspections
from microdock_server.api.core.rate_limits import SQLiteWindows
from microdock_server.api.websocket.hub import MAX_STRANGERS
from microdock_server.bootstrap import prepare
from microdock_server.bundle import Limits
from microdock_server.bundle.contents import survey
from microdock_server.bundle.manifest.json_text import BadJson, load
from microdock_server.caching import LoadingCache
from microdock_server.config import ConfigurationError
from microdock_server.context import Context
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import _current as current_unit
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.errors import ServerBusy, WrongPassword
from microdock_server.jobs.maintenance import Maintainer
from microdock_server.models import Plugin, PluginTombstone, User
from microdock_server.services import accounts, files, jobs, maintenance, notifications
from microdock_server.services.accounts import hashing, passwords
from microdock_server.services.accounts.hashing import FairQueue
from microdock_server.services.plugins import texts
from microdock_server.vocabulary import Event, Role

from . import slow
from .bundle.craft import UTF8, Item, Zip, extra
from .bundle.packages import plugin_dll, real_dll
from .bundle.test_contents import with_references
from .conftest import AppFactory, WallClock, release
from .live import Client, Server, prepared_server
from .market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    audited,
    create,
    created,
    data,
    details,
    file,
    people,
    published,
    review_of,
    run_jobs,
    slug,
)
from .peers import postgresql
from .snapshots.helpers import restore, snapshot
from .support import Api, add_user, manifest, multipart, package, settings_for, signed_in, stored_files

NAME = "com.example.myplugin"


PACKAGE = "/api/v1/marketplace/plugins/com.example.myplugin/download"

# --- Who may publish what -------------------------------------------------------------------------------------------


def _new_key(who: People, maker: str = "developer") -> str:
    return str(data(getattr(who, maker).post(f"{PLUGINS}/{NAME}/upload-key"))["upload_key"])


def _current(who: People) -> str:
    return str(data(who.nobody.get(f"{PLUGINS}/{NAME}"))["version"])


def _approve(who: People, by: str, **fields: object) -> str:
    """What somebody hears who approves what waits."""
    path = f"{V1}/admin/reviews/{review_of(who.reviewer, NAME)['id']}"
    getattr(who, by).post(f"{path}/start")
    return slug(getattr(who, by).post(f"{path}/submit", {"result": "approved", **fields}), 403)


@pytest.mark.usefixtures("published_plugin")
def test_a_key_upload_to_an_owned_plugin_is_reviewed(who: People) -> None:
    assert who.nobody.upload(package(version="2.0.0"), key=_new_key(who)).status_code == 200
    assert _current(who) == "1.0.0"
    assert review_of(who.reviewer, NAME)["plugin"]["version"] == "2.0.0"


@pytest.mark.usefixtures("published_plugin")
def test_an_upload_by_key_is_audited_without_the_key(who: People) -> None:
    key = _new_key(who)
    assert who.nobody.upload(package(version="2.0.0"), key=key).status_code == 200
    entry = audited(who.admin, "version.uploaded")[0]
    assert (entry["details"]["version"], entry["details"]["way"]) == ("2.0.0", "key")
    assert key not in str(entry)


@pytest.mark.usefixtures("published_plugin")
def test_an_administrator_does_not_approve_their_own_upload_into_somebodys_plugin(who: People) -> None:
    data(add_version(who.admin, NAME, "2.0.0"), 201)
    assert _approve(who, "admin") == "own_submission"
    assert _current(who) == "1.0.0"


@pytest.mark.usefixtures("published_plugin")
def test_an_administrator_does_not_approve_what_came_by_a_key_they_made(who: People) -> None:
    assert who.nobody.upload(package(version="2.0.0"), key=_new_key(who, "admin")).status_code == 200
    assert _approve(who, "admin") == "own_submission"
    assert _current(who) == "1.0.0"


@pytest.mark.usefixtures("published_plugin")
def test_an_override_beside_another_reviewer_is_refused(who: People) -> None:
    data(add_version(who.admin, NAME, "2.0.0"), 201)
    path = f"{V1}/admin/reviews/{review_of(who.reviewer, NAME)['id']}/submit"
    answer = who.admin.post(path, {"result": "approved", "override": True, "reason": "in a hurry"})
    assert slug(answer) == "override_refused"
    assert _current(who) == "1.0.0"


def test_the_only_reviewers_override_is_marked_in_the_audit_log(app: Flask, who: People) -> None:
    created(who.admin)
    path = f"{V1}/admin/reviews/{review_of(who.reviewer, NAME)['id']}/submit"
    with app.app_context(), unit_of_work():
        db.session.execute(update(User).where(User.username == "reviewer").values(is_active=False))
    assert slug(who.admin.post(path, {"result": "approved"}), 403) == "own_plugin"
    data(who.admin.post(path, {"result": "approved", "override": True, "reason": "alone here"}))
    assert audited(who.admin, "review.approved")[0]["details"]["override_reason"] == "alone here"


@pytest.mark.usefixtures("published_plugin")
def test_a_deleted_owned_name_is_not_free(who: People) -> None:
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert who.nobody.upload(package(version="2.0.0"), key="squatters-key").status_code == 403
    assert slug(create(who.other, name="Com.Example.MyPlugin", version="2.0.0")) == "plugin_exists"


@pytest.mark.usefixtures("published_plugin")
def test_a_deleted_owned_version_takes_no_other_bytes(who: People) -> None:
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert slug(create(who.developer, author="other bytes")) == "version_retired"


def test_an_owner_does_not_lift_a_suspension_of_which_nobody_knows_whose_it_is(app: Flask, who: People) -> None:
    plugin, other = published(who.admin, who.reviewer), add_user(app, "other admin", Role.ADMIN)
    with app.app_context(), unit_of_work():
        db.session.execute(update(Plugin).values(status="suspended"))
    path, body = f"{V1}/admin/plugins/{plugin['id']}/status", {"status": "published", "reason": "mine"}
    assert slug(who.admin.post(path, body), 403) == "own_plugin"
    data(other.post(path, body))


def test_a_key_is_proved_while_nobody_waits_for_the_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    original, open_units = passwords.hash_key, []

    def and_meanwhile(key: str) -> str:
        hashed = original(key)
        with app.app_context(), unit_of_work():
            db.session.add(PluginTombstone(name_key=NAME, upload_key_hash=hashed + "of somebody else"))
        return hashed

    def watched(stored: str, key: str) -> bool:
        open_units.append(current_unit.get())
        return False

    monkeypatch.setattr(passwords, "hash_key", and_meanwhile)
    monkeypatch.setattr(passwords, "matches", watched)
    assert Api(app).upload().status_code == 403
    assert open_units == [None]


# --- Names that pass for others, and keys ---------------------------------------------------------------------------

NAMED = {"email": "new@example.com", "password": "long enough"}


@pytest.mark.parametrize(
    "name",
    [
        "аdmin",
        "АDMIN",
        "ａｄｍｉｎ",
        "ᴀdmin",
        "adm\u200bin",
        "\u3164\u3164",
        "administrator",
        "Root",
        "r00t",
        "Support",
        "microdock",
        "MicroDock_Server",
        "sysadmin",
    ],
)
def test_a_username_that_passes_for_the_servers_own_is_refused(api: Api, name: str) -> None:
    assert api.post("/api/v1/auth/register", {"username": name, **NAMED}).status_code in (409, 422)


def test_a_username_that_looks_like_an_existing_one_is_refused(app: Flask, api: Api) -> None:
    add_user(app, "scope")
    answer = api.post("/api/v1/auth/register", {"username": "ѕсоре", **NAMED})
    assert (answer.status_code, answer.get_json()["error"]["details"][0]["field"]) == (409, "username")


@pytest.mark.parametrize("name", ["\u200b\u2060", "\u3164", "harmless\u202egpj.exe", "\u2066x\u2069"])
def test_a_display_name_that_hides_what_it_is_is_refused(root: Api, api: Api, name: str) -> None:
    assert root.post("/api/v1/admin/categories", {"name": name}).status_code == 422
    developer = {"username": "dora", "display_name": name, **NAMED}
    assert api.post("/api/v1/developers/register", developer).status_code == 422
    packed = api.upload(package(displayName=name))
    assert (packed.status_code, packed.get_json()["details"][0]["field"]) == (400, "displayName")


def test_prose_does_not_change_the_order_of_what_stands_around_it(app: Flask, api: Api) -> None:
    dora = add_user(app, "dora", Role.DEVELOPER)
    for text in ("exe\u202egnp", "never ended: \u2067"):
        assert api.upload(package(description=text)).status_code == 400
        answer = dora.put(f"{V1}/developers/{account_id(dora)}", {"bio": text})
        assert set(details(answer)) == {"bio"}


def test_a_key_upload_one_letter_from_a_popular_plugin_is_warned_about(api: Api) -> None:
    api.upload(package(name="com.example.weather"))
    answer = api.upload(package(name="com.evil.weathre")).get_json()
    assert [(found["rule"], found["name"]) for found in answer["data"]["warnings"]] == [
        ("lookalike", "com.example.weather")
    ]


def test_a_name_below_a_reserved_prefix_is_refused_to_others(root: Api, api: Api) -> None:
    root.put("/api/v1/admin/system/config", {"reserved_prefixes": [{"prefix": "com.microdock", "owner_ids": []}]})
    assert api.upload(package(name="com.MicroDock.tools")).status_code == 403
    assert api.upload(package(name="com.microdockx.tools")).status_code == 200


def test_an_account_in_other_letters_does_not_take_an_existing_address(app: Flask, api: Api) -> None:
    assert api.post("/api/v1/auth/register", {"username": "first", **NAMED}).status_code == 201
    taken = {**NAMED, "username": "second", "email": "ｎｅｗ@example.com"}
    assert api.post("/api/v1/auth/register", taken).status_code == 409


def test_a_short_key_does_not_guard_a_new_name_or_new_backups(api: Api) -> None:
    assert api.upload(key="short-1").status_code == 422
    assert api.back_up(user_key="short-1").status_code == 422


def test_wrong_keys_slow_down_and_are_counted_without_the_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("microdock_server.api.core.login_throttle.time.sleep", waited.append)
    api.upload(package(name="com.example.guarded"))
    for number in range(5):
        wrong = api.upload(package(name="com.example.guarded", version="2.0.0"), key=f"swordfish-{number}")
        assert wrong.status_code == 403
    assert waited == [0.1, 0.2]
    metrics = api.get("/metrics").get_data(as_text=True)
    assert 'microdock_security_events_total{event="plugin_key_wrong"}' in metrics
    assert "swordfish" not in metrics


def test_guesses_at_user_keys_by_their_lists_slow_down_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    for table in ("_failures", "_unknown", "_asked"):
        monkeypatch.setattr(login_throttle, table, LRUCache(login_throttle.MAX_REMEMBERED))
    monkeypatch.setattr(login_throttle.time, "sleep", waited.append)
    for number in range(login_throttle.FREE_UNKNOWN + 10):
        assert api.post("/api/backups/list", {"user_key": f"guess-{number}"}).status_code == 200
    assert len(waited) == 7


# --- Load that one client can make: connections ---------------------------------------------------------------------


@pytest.mark.live
class TestConnections:
    """Of one address, at a real server with the defaults: everybody else is answered meanwhile."""

    def answers(self, server: Server) -> list[int]:
        paths = ("/healthz", "/readyz", "/api/plugins/list", "/api/health")
        return [server.client.get(path, timeout=30).status_code for path in paths for _ in range(3)]

    def test_uploads_of_a_few_bytes_a_second_stop_nobody(self, server: Server) -> None:
        with slow.many(server, slow.upload(), 100) as connections, slow.dripping(connections):
            assert self.answers(server) == [200] * 12

    def test_half_sent_heads_stop_nobody(self, server: Server) -> None:
        with slow.many(server, b"GET /healthz HTTP/1.1\r\n", 900):
            assert self.answers(server) == [200] * 12

    def test_half_a_head_behind_a_whole_request_stops_nobody(self, server: Server) -> None:
        whole = slow.head(path="/healthz", method="GET")
        with slow.many(server, whole + whole[:-2], 900):
            assert self.answers(server) == [200] * 12

    def test_bodies_that_nobody_reads_stop_nobody(self, server: Server) -> None:
        with slow.many(server, slow.head("Content-Length: 100000", path="/healthz", method="GET"), 900):
            assert self.answers(server) == [200] * 12

    def test_half_of_a_small_body_stops_nobody(self, server: Server) -> None:
        lines = ("Content-Type: application/json", "Content-Length: 100")
        with slow.many(server, slow.head(*lines, path="/api/auth/login") + b"{", 900):
            assert self.answers(server) == [200] * 12

    def test_connections_that_are_closed_but_not_by_the_client_stop_nobody(self, server: Server) -> None:
        with slow.many(server, slow.head("Connection: close", path="/healthz", method="GET"), 300):
            assert self.answers(server) == [200] * 12

    def test_sockets_without_a_user_take_no_places_of_others(self, server: Server) -> None:
        lines = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
        asked = slow.head(*lines, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", path="/ws", method="GET")
        with slow.many(server, asked, 200) as connections:
            statuses = [one.recv(12)[9:] for one in connections]
        assert set(statuses) == {b"101", b"429"}
        # Two workers.
        assert statuses.count(b"101") <= 2 * MAX_STRANGERS


# --- Load that one client can make: costs and quotas ----------------------------------------------------------------


def costly(kind: str) -> str:
    """100 KB of Markdown that once took seconds, or minutes."""
    table = "|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "a\n" * 650 + "\n"
    return {"links": "![[" * 33_000, "tables": table * 58, "marks": "a*_~~" * 9_000}[kind]


def test_a_text_that_costs_too_much_is_refused_and_says_why(app: Flask) -> None:
    developer = add_user(app, "developer", Role.DEVELOPER)
    form = {"plugin_file": file(package(), "p.zip"), "name": "n", "description": "d"}
    refused = developer.post(PLUGINS, data={**form, "changelog": costly("tables")})
    assert "table cells" not in details(refused)["changelog"] and "表格" in details(refused)["changelog"]
    plugin = data(developer.post(PLUGINS, data={**form, "plugin_file": file(package(), "p.zip")}), 201)
    for kind in ("links", "marks"):
        text = costly(kind)[:50_000]
        answer = developer.put(f"{PLUGINS}/{plugin['id']}", {"long_description": text})
        assert list(details(answer)) == ["long_description"]
    assert Api(app).upload(package(name="com.a.b", changelog=costly("tables"))).status_code == 400


def test_a_text_is_rendered_once_when_it_is_written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    developer = add_user(app, "developer", Role.DEVELOPER)
    form = {"plugin_file": file(package(), "p.zip"), "name": "n", "description": "d", "long_description": "*once*"}
    plugin = data(developer.post(PLUGINS, data=form), 201)
    monkeypatch.setattr(texts, "_rendered", None)
    for _ in range(2):
        assert data(developer.get(f"{PLUGINS}/{plugin['id']}"))["long_description_html"] == "<p><em>once</em></p>\n"


def test_pictures_of_one_request_are_bounded_together(app: Flask) -> None:
    developer = add_user(app, "developer", Role.DEVELOPER)
    out = io.BytesIO()
    Image.new("RGB", (4_000, 2_200)).save(out, "PNG")
    shots = [file(out.getvalue(), f"{place}.png") for place in range(3)]
    form = {"plugin_file": file(package(), "p.zip"), "name": "n", "description": "d", "screenshots": shots}
    assert list(details(developer.post(PLUGINS, data=form))) == ["screenshots.2"]


def test_a_costly_text_leaves_less_for_the_pictures_beside_it(app: Flask) -> None:
    developer = add_user(app, "developer", Role.DEVELOPER)
    plugin = data(developer.post(PLUGINS, data={"plugin_file": file(package(), "p.zip")}), 201)
    out = io.BytesIO()
    Image.new("RGB", (4_000, 2_200)).save(out, "PNG")

    def updated(text: str) -> Any:
        form = {"long_description": text, "screenshots": [file(out.getvalue(), "1.png")]}
        return developer.put(f"{PLUGINS}/{plugin['id']}", data=form)

    assert list(details(updated(("*a " * 50_000)[:50_000]))) == ["screenshots.0"]
    assert updated("*a*").status_code == 200


def test_texts_of_one_request_are_bounded_together(app: Flask) -> None:
    developer = add_user(app, "developer", Role.DEVELOPER)
    text = ("*a " * 50_000)[:49_000]
    form = {"plugin_file": file(package(), "p.zip"), "changelog": text, "long_description": text + "*b*"}
    assert list(details(developer.post(PLUGINS, data=form))) == ["long_description"]


def test_dry_runs_have_a_limit_of_their_own(make_app: AppFactory) -> None:
    api = Api(make_app(RATELIMIT_ENABLED="true"))
    statuses = [
        api.post("/api/plugins/validate", data={"file": file(package(), "p.zip")}).status_code for _ in range(22)
    ]
    assert statuses == [200] * 20 + [429] * 2


def test_good_logins_lock_nobody_out_and_failures_do(make_app: AppFactory) -> None:
    """Successes use nothing up, also between failures; what is used up is refused even with the right password."""
    api = Api(make_app(RATELIMIT_ENABLED="true"))
    good, wrong = {"username": "admin", "password": "admin"}, {"username": "nobody"}
    assert {api.post("/api/auth/login", good).status_code for _ in range(30)} == {200}
    for _ in range(10):
        assert api.post("/api/auth/login", wrong).status_code == 422
    assert api.post("/api/auth/login", good).status_code == 429


def test_one_client_has_one_package_looked_into_at_a_time(tmp_path: Path) -> None:
    # Two of them: what two workers of one machine have.
    here, there = Inspections(tmp_path, wait_seconds=0), Inspections(tmp_path, wait_seconds=0)
    with here.of("10.0.0.1"):
        with pytest.raises(ServerBusy), here.of("10.0.0.1"):
            pass
        with there.of("10.0.0.2"):
            pass
    with here.of("10.0.0.1"):
        pass


def test_an_account_keeps_no_more_than_it_may(make_app: AppFactory) -> None:
    app = make_app(ACCOUNT_MAX_BYTES=str(len(package()) + 100))
    developer, other = add_user(app, "developer", Role.DEVELOPER), add_user(app, "other", Role.DEVELOPER)
    form = {"name": "n", "description": "d"}
    assert developer.post(PLUGINS, data={**form, "plugin_file": file(package(), "p.zip")}).status_code == 201
    second = {**form, "plugin_file": file(package(name="com.example.second"), "p.zip")}
    refused = developer.post(PLUGINS, data=second)
    assert slug(refused) == "account_quota"
    second = {**form, "plugin_file": file(package(name="com.example.second"), "p.zip")}
    assert other.post(PLUGINS, data=second).status_code == 201


def test_a_deleted_plugin_that_comes_back_by_key_counts_for_its_owner(make_app: AppFactory) -> None:
    who = people(make_app(ACCOUNT_MAX_BYTES=str(len(package()) + 100)))
    published(who.developer, who.reviewer)
    key = _new_key(who)
    assert who.admin.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    data(create(who.developer, name="com.example.second"), 201)
    refused = who.nobody.upload(package(version="2.0.0"), key=key)
    assert (refused.status_code, refused.get_json()["error"]) == (409, "account_quota")


def test_the_server_keeps_no_more_than_it_may(make_app: AppFactory) -> None:
    app = make_app(STORAGE_MAX_BYTES="3000")
    assert Api(app).back_up(b"x" * 2_000).status_code == 200
    refused = Api(app).back_up(b"x" * 2_000, user_key="another_key")
    assert (refused.status_code, refused.get_json()["error"]) == (507, "storage_quota")
    assert Api(app).back_up(b"x" * 1_000, user_key="another_key").status_code == 200


def test_an_address_keeps_no_more_than_it_may(make_app: AppFactory) -> None:
    api = Api(make_app(ADDRESS_MAX_BYTES="3000"))
    assert api.back_up(b"x" * 2_000).status_code == 200
    refused = api.back_up(b"x" * 2_000, user_key="another_key")
    assert (refused.status_code, refused.get_json()["error"]) == (409, "address_quota")


def test_two_uploads_at_once_do_not_both_take_the_last_place(
    make_app: AppFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(STORAGE_MAX_BYTES="3000")
    original, waiting = files.new_key, ["another-key-still"]

    def and_meanwhile(area: str) -> str:
        if waiting:
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(Api(app).back_up, b"x" * 2_000, user_key=waiting.pop()).result().status_code == 200
        return original(area)

    monkeypatch.setattr(files, "new_key", and_meanwhile)
    assert Api(app).back_up(b"x" * 2_000).status_code == 507


def test_a_burst_of_hashes_waits_behind_itself_and_is_bounded() -> None:
    queue = FairQueue(most=5, most_each=3)
    for number in range(3):
        queue.put("attacker", number)
    with pytest.raises(ServerBusy):
        queue.put("attacker", 3)
    queue.put("somebody", "login")
    assert [queue.take() for _ in range(4)] == [0, "login", 1, 2]


def test_two_addresses_that_fill_the_queue_keep_nobody_out() -> None:
    queue = FairQueue(most=4, most_each=3)
    for number in range(2):
        queue.put("one", f"one {number}")
        queue.put("other", f"other {number}")
    assert queue.put("somebody", "login") == "one 1"
    assert [queue.take() for _ in range(4)] == ["one 0", "other 0", "login", "other 1"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads priorities of their own")
def test_hashing_gives_way_to_everything_else() -> None:
    nice = hashing.run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert nice == hashing.NICE > os.getpriority(os.PRIO_PROCESS, 0)


def test_a_body_of_many_faults_is_told_of_a_hundred(api: Api) -> None:
    answer = api.post("/api/v1/auth/login", json={f"unknown{number}": 1 for number in range(5_000)})
    assert answer.status_code == 422
    assert len(answer.get_json()["error"]["details"]) == 100


@pytest.mark.parametrize("body", ["[" * 200_000 + "]" * 200_000, '{"a":' * 100_000, '{"name":' + "9" * 500_000 + "}"])
@pytest.mark.parametrize("path", ["/api/plugins/detail", "/api/v1/auth/login"])
def test_json_that_is_deep_or_huge_is_malformed(api: Api, path: str, body: str) -> None:
    answer = api.post(path, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_what_many_ask_for_at_once_is_made_once() -> None:
    cache: LoadingCache[str, int] = LoadingCache(4)
    made: list[int] = []
    together = threading.Barrier(8)

    def make() -> int:
        made.append(1)
        return len(made)

    def ask(_: int) -> int:
        together.wait()
        return cache.load("key", make)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {1}
    assert made == [1]


# --- Browsers, proxies, addresses -----------------------------------------------------------------------------------


def test_a_page_of_another_site_uploads_nothing_to_a_server_on_the_loopback(api: Api) -> None:
    form = {"plugin_key": "some-long-key", "file": (io.BytesIO(package()), "p.zip")}
    answer = api.post("/api/plugins/upload", data=form, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert api.get("/api/plugins/list").get_json()["data"] == []


def test_a_name_that_was_rebound_to_this_machine_reads_nothing(api: Api) -> None:
    for path in ("/api/plugins/list", "/api/health", "/docs/", "/admin/"):
        assert api.get(path, headers={"Host": "rebound.example:8000"}).status_code == 400


def test_the_documented_password_opens_nothing_behind_a_proxy_that_nobody_told_of(api: Api) -> None:
    login = {"username": "admin", "password": "admin"}
    for path in ("/api/auth/login", "/api/v1/auth/login"):
        for told in ({"X-Forwarded-For": "127.0.0.1"}, {"Via": "1.1 proxy"}, {"Host": "192.168.1.7"}):
            assert api.post(path, login, headers=told).status_code == 401
        assert api.post(path, login).status_code == 200


def test_a_quotation_mark_left_open_does_not_swallow_the_address_that_a_proxy_adds(make_app: AppFactory) -> None:
    api = Api(make_app(TRUSTED_PROXIES="1", RATELIMIT_ENABLED="true"))
    left = [
        api.get("/api/auth/me", headers={"X-Forwarded-For": f'"10.0.0.{n}, 203.0.113.9:{n}'}).headers
        for n in range(1, 4)
    ]
    assert [headers["RateLimit-Remaining"] for headers in left] == ["99", "98", "97"]


def test_a_client_does_not_escape_its_limit_within_its_own_ipv6_network(make_app: AppFactory) -> None:
    api = Api(make_app(RATELIMIT_ENABLED="true"))
    left = [
        api.get("/api/auth/me", environ_base={"REMOTE_ADDR": f"2001:db8::{n}"}).headers["RateLimit-Remaining"]
        for n in range(1, 4)
    ]
    assert left == ["99", "98", "97"]


@pytest.mark.live
def test_headers_that_only_a_proxy_may_send_are_nobodys(start_server: Callable[..., Server]) -> None:
    server = start_server()
    for name, value in {
        "SCRIPT_NAME": "/api",
        "Script-Name": "/api",
        "PATH_INFO": "/metrics",
        "X-Forwarded-Prefix": "/x",
        "X-Forwarded-Proto": "https",
        "X_Forwarded_For": "10.0.0.1",
        "X-Accel-Redirect": "/internal/",
        "X-Original-URL": "/metrics",
    }.items():
        answer = server.client.get("/api/health", headers={name: value})
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, "healthy"), name


def test_a_page_reads_why_a_head_was_refused_only_where_it_may(app: Flask) -> None:
    refuse = EarlyRefusals(app)
    for page, may_read in (("http://localhost:3000", True), ("https://evil.example.com", False)):
        sent = f"GET /api/v1/x HTTP/1.1\r\nAccept-Language: en\r\nOrigin: {page}\r\nX : y\r\n\r\n".encode()
        answer = refuse(400, "malformed_request", sent)
        assert (f"Access-Control-Allow-Origin: {page}".encode() in answer) is may_read
        assert b'"code":400' in answer and answer.isascii()


def test_a_slash_at_the_end_makes_no_other_path(app: Flask) -> None:
    seen = []
    inner = app.wsgi_app._inner._inner  # type: ignore[attr-defined]
    app.wsgi_app._inner._inner = lambda environ, start: seen.append(environ["PATH_INFO"]) or inner(environ, start)  # type: ignore[attr-defined]
    for path in ("/ws/", "/ws%2f", "/metrics/", "/metrics%2f", "/api/auth/me///", "/", "/docs/", "/admin/"):
        Api(app).get(path)
    assert seen == ["/ws", "/ws", "/metrics", "/metrics", "/api/auth/me", "/", "/docs/", "/admin/"]


def test_a_line_break_in_a_path_or_a_name_begins_no_line_of_the_log(make_app: AppFactory) -> None:
    app = make_app(LOG_LEVEL="INFO")
    api = Api(app)
    for path in ("/%0aFORGED", "/api/v1/plugins/x%0d%0aFORGED/permissions", "/%E2%80%A8FORGED", "/%1b[2JFORGED"):
        assert api.get(path).status_code in (401, 404)
    api.post("/api/auth/login", {"username": "x\nFORGED", "password": "y\nFORGED"}, headers={"User-Agent": "a"})
    logging.getLogger("a.test").error("said %s", "x\nFORGED \x1b[2J \u2028FORGED", exc_info=ValueError("y\nFORGED"))
    written = app.extensions["microdock"].settings.log_file.read_text(encoding="utf-8")
    assert "FORGED" in written and "\x1b" not in written
    assert not [line for line in written.splitlines() if line.startswith("FORGED")]


@pytest.mark.parametrize("name", ["what?timeout=1", "a#b", "a%20b", "a b", "[1]", "$d;e'f\"g", "数据"])
def test_a_data_directory_is_where_the_setting_says_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    directory = tmp_path / name
    app = create_app(settings_for(directory, AUTO_MIGRATE="true", DATABASE_URL="", RATELIMIT_ENABLED="true"))
    prepare(app)
    assert Api(app).get("/readyz").status_code == 200
    release(app)
    settings = app.extensions["microdock"].settings
    assert settings.sqlite_path == directory / "microdock.db"
    assert settings.sqlite_path.stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.live
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_a_server_listens_on_an_ipv6_address(prepared_data: Path, tmp_path: Path, host: str) -> None:
    server = prepared_server(prepared_data, tmp_path / "data", HOST=host)
    server.client = Client(f"http://[::1]:{server.port}")
    try:
        server.start()
        assert server.client.log_in().token
    finally:
        server.kill()
        postgresql.forget(server.data)


@pytest.mark.parametrize("char", "@/?#%[] ")
def test_a_character_of_a_password_leads_to_no_other_database(tmp_path: Path, char: str) -> None:
    try:
        given = f"postgresql://me:rainbow{char}trout@db.example.com/microdock"
        url = settings_for(tmp_path, DATABASE_URL=given).database_url
    except ConfigurationError as refused:
        assert "rainbow" not in str(refused)
    else:
        assert (make_url(url).password, make_url(url).host) == (f"rainbow{char}trout", "db.example.com")


# --- HTTP, forms and files ------------------------------------------------------------------------------------------


def test_a_resume_of_another_file_is_refused(api: Api) -> None:
    assert api.upload(package()).status_code == 200
    headers = {"Range": "bytes=10-", "If-Match": '"what it was before"'}
    assert api.get(PACKAGE, headers=headers).status_code == 412


def test_the_head_of_a_file_is_of_all_of_it_whatever_the_range(api: Api) -> None:
    assert api.upload(package()).status_code == 200
    answer = api._call("HEAD", PACKAGE, headers={"Range": "bytes=0-0"})
    assert (answer.status_code, answer.content_length) == (200, len(api.get(PACKAGE).data))


def test_a_file_name_of_windows_keeps_its_separators(api: Api) -> None:
    user = ("Content-Disposition: form-data; name=user_key", b"user123abc")
    kind = ("Content-Disposition: form-data; name=backup_type", b"program")
    file = (r'Content-Disposition: form-data; name=file; filename="C:\Users\new\backup.zip"', b"x")
    answer = api.post("/api/backups/upload", **multipart(user, kind, file))
    assert answer.get_json()["data"]["file_name"] == "backup.zip"


def test_a_plus_in_a_version_of_a_query_is_understood(app: Flask) -> None:
    who = people(app)
    plugin = created(who.developer, {"draft": "true"}, version="1.0.0+b.1")
    answer = who.developer.post(f"/api/v1/marketplace/plugins/{plugin['id']}/submit?version=1.0.0+b.1")
    assert answer.status_code == 200, answer.get_json()
    for written in ("1.0.0+b.1", "1.0.0%2Bb.1", "1.0.0%20b.1"):
        answer = who.developer.get(f"/api/v1/marketplace/plugins/{plugin['id']}/versions/{written}")
        assert answer.status_code == 200, answer.get_json()
    assert who.admin.get("/api/v1/admin/audit?since=2026-01-01T00:00:00+08:00").status_code == 200


def test_what_is_uploaded_is_the_servers_own_whatever_the_umask(app: Flask, api: Api) -> None:
    before = os.umask(0)
    try:
        assert api.upload(package()).status_code == 200
    finally:
        os.umask(before)
    uploads = app.extensions["microdock"].settings.upload_dir
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (uploads, *uploads.rglob("*"))}
    assert modes == {0o600, 0o700}


# --- Sessions, clocks, restores -------------------------------------------------------------------------------------

PASSWORD = "correct horse"


def new_session(app: Flask) -> dict[str, Any]:
    """A login of a new user."""
    with app.app_context():
        accounts.create("Alice", PASSWORD)
    answer = Api(app).post("/api/v1/auth/login", {"username": "Alice", "password": PASSWORD, "remember_me": True})
    data: dict[str, Any] = answer.get_json()["data"]
    return data


def refreshed(app: Flask, token: str) -> Any:
    return Api(app, token).post("/api/v1/auth/refresh")


def test_two_tabs_that_refresh_at_once_stay_logged_in(app: Flask) -> None:
    token = new_session(app)["refresh_token"]
    tabs = [refreshed(app, token).get_json()["data"] for _ in range(2)]
    assert tabs[0]["refresh_token"] == tabs[1]["refresh_token"]
    for tab in tabs:
        assert Api(app, tab["access_token"]).get("/api/v1/notifications").status_code == 200


def test_a_refresh_token_stolen_and_used_later_ends_the_login(app: Flask, wall_clock: WallClock) -> None:
    token = new_session(app)["refresh_token"]
    fresh = refreshed(app, token).get_json()["data"]
    wall_clock.turn(32)
    assert refreshed(app, token).status_code == 401
    assert refreshed(app, fresh["refresh_token"]).status_code == 401


def test_a_chain_of_refreshes_ends_ninety_days_after_its_login(app: Flask, wall_clock: WallClock) -> None:
    token = new_session(app)["refresh_token"]
    day = 86_400
    for _ in range(3):
        wall_clock.turn(29 * day)
        token = refreshed(app, token).get_json()["data"]["refresh_token"]
    wall_clock.turn(3 * day)
    assert refreshed(app, token).status_code == 401


def test_of_two_password_changes_with_one_old_password_one_wins(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = new_session(app)["user"]["id"]
    original = passwords.matches

    def and_meanwhile(stored: str, secret: str) -> bool:
        monkeypatch.setattr(passwords, "matches", original)
        answer = original(stored, secret)
        accounts.change_password(user_id, PASSWORD, "the first new one")
        return answer

    monkeypatch.setattr(passwords, "matches", and_meanwhile)
    with app.app_context():
        with pytest.raises(WrongPassword):
            accounts.change_password(user_id, PASSWORD, "the second new one")
        assert accounts.authenticate("Alice", "the first new one").id == user_id


@pytest.mark.sqlite
def test_a_client_that_saw_more_than_the_backup_knows_misses_nothing(app: Flask, tmp_path: Path) -> None:
    made = snapshot(app, tmp_path / "archives")
    for known in range(3):
        notify_all(app, known)
    last_id = latest(app)
    restore(made.path, tmp_path / "new")
    restored = create_app(settings_for(tmp_path / "new"))
    notify_all(restored, 3)
    assert latest(restored) > last_id
    release(restored)


@pytest.mark.sqlite
def test_a_restore_makes_no_revoked_token_good_again(app: Flask, tmp_path: Path) -> None:
    caller = signed_in(app)
    made = snapshot(app, tmp_path / "archives")
    assert caller.post("/api/v1/auth/logout").status_code == 200
    restore(made.path, tmp_path / "new")
    restored = create_app(settings_for(tmp_path / "new", JWT_SECRET_KEY=context_of(app).settings.jwt_secret_key))
    assert Api(restored, caller.token).get("/api/v1/auth/me").status_code == 401
    release(restored)


def test_a_clock_set_back_an_hour_keeps_nobody_out_for_an_hour(app: Flask, wall_clock: WallClock) -> None:
    windows = SQLiteWindows(context_of(app).settings.data_dir / "windows.db")
    assert [windows.hit("login", 60)[0] for _ in range(2)] == [1, 2]
    with app.app_context():
        assert maintenance.claim("gc", 3600, "one") is not None
        with unit_of_work():
            job_id = jobs.enqueue("auto_review").id
        wall_clock.turn(-3600)
        assert windows.hit("login", 60)[0] == 1
        assert maintenance.claim("gc", 3600, "two") is not None
        assert jobs.lease(job_id, "two") is not None
    windows.close()


def test_a_clock_set_forward_by_mistake_deletes_no_backup(make_app: AppFactory, wall_clock: WallClock) -> None:
    app = make_app(BACKUP_RETENTION_DAYS="30")
    assert Api(app).back_up().status_code == 200
    Maintainer(app, "one").round()
    wall_clock.turn(365 * 86_400)
    Maintainer(app, "one").round()
    assert len(stored_files(app)) == 1


def notify_all(app: Flask, number: int) -> None:
    with app.app_context(), unit_of_work():
        notifications.notify(None, Event.STATUS_CHANGED, n=number)


def latest(app: Flask) -> int:
    return notifications.latest_id(context_of(app).autocommit)


def context_of(app: Flask) -> Context:
    found = app.extensions["microdock"]
    assert isinstance(found, Context)
    return found


# --- Packages that readers take for different things ----------------------------------------------------------------


def _zipped(*items: Item) -> bytes:
    entries = [Item(b"plugin.json", json.dumps(manifest()).encode()), Item(b"MyPlugin.dll", b"MZ")]
    return Zip([*entries, *items]).build()


def _broken_rules(app: Flask, *items: Item) -> set[str]:
    answer = Api(app).upload(_zipped(*items))
    assert answer.status_code == 400 and stored_files(app) == []
    return {one["rule"] for one in answer.get_json()["details"]}


def test_a_backslash_leaves_the_root_no_more_than_a_slash(app: Flask) -> None:
    assert _broken_rules(app, Item(b"..\\evil.dll")) == {"path-escapes"}
    assert _broken_rules(app, Item(b"lib\\..\\..\\evil.dll")) == {"path-escapes"}
    assert _broken_rules(app, Item(b"\\evil.dll")) == {"path-absolute"}


def test_a_file_does_not_lie_twice_by_both_separators(app: Flask) -> None:
    assert "name-backslash" in _broken_rules(app, Item(b"lib/a.dll", b"good"), Item(b"lib\\a.dll", b"evil"))


def test_an_unflagged_name_is_no_second_file_of_a_flagged_one(app: Flask) -> None:
    raw = "é.dll".encode()
    assert _broken_rules(app, Item(raw, b"good", flags=UTF8), Item(raw, b"evil")) == {"duplicate-name"}


def test_an_extra_field_gives_no_entry_another_name(app: Flask) -> None:
    other = struct.pack("<BL", 1, zlib.crc32(b"a.txt")) + b"evil.dll"
    assert _broken_rules(app, Item(b"a.txt", b"x", extra=extra(0x7075, other))) == {"unicode-extra"}


def test_a_local_header_has_no_name_in_another_encoding(app: Flask) -> None:
    """Compared as text, both said `é`."""
    item = Item("é.dll".encode(), b"x", flags=UTF8, local={"name": b"\x82.dll"})
    assert _broken_rules(app, item) == {"headers-disagree"}


def test_a_comment_hides_no_field_from_the_host(app: Flask) -> None:
    """Where the host stops reading, nothing is read here either."""
    text = json.dumps(manifest()).replace('"main":', '"main" /* x */ :')
    entries = [Item(b"plugin.json", text.encode()), Item(b"MyPlugin.dll", b"MZ")]
    answer = Api(app).upload(Zip(entries).build())
    assert (answer.status_code, answer.get_json()["details"][0]["rule"]) == (400, "manifest-not-json")


def test_comments_without_end_cost_no_more_than_their_length(app: Flask) -> None:
    """Were each beginning a search to the end, this would take minutes."""
    hostile = b'{"a":1}' + b"/*" * 40_000 + b'"\\' * 10_000
    with pytest.raises(BadJson):
        load(hostile)


def test_a_plugin_is_not_called_like_a_device(app: Flask) -> None:
    answer = Api(app).upload(package(name="com.nul.plugin"))
    assert (answer.status_code, answer.get_json()["details"][0]["rule"]) == (400, "field-device-name")


# --- What an automatic review overlooks -----------------------------------------------------------------------------


def _reviewed(app: Flask, who: People, beside: dict[str, bytes], **changes: Any) -> tuple[str, set[str]]:
    """Submit a good plugin with more files beside it where no person has to look: where it stands then, and the rules
    that found something."""
    settled = {"manual_review_required": False, "auto_approve_threshold": 0}
    data(who.admin.put(f"{V1}/admin/system/config", {"review_settings": settled}))
    texts = {"entryClass": "Clock.Plugin", "description": "A plugin that is described at some length", **changes}
    content = {"plugin.json": json.dumps(manifest(**texts)).encode(), "MyPlugin.dll": plugin_dll(), **beside}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in content.items():
            archive.writestr(name, body)
    data(create(who.developer, {"plugin_file": file(buffer.getvalue(), "p.zip")}, **changes), 201)
    run_jobs(app)
    found = data(who.reviewer.get(f"{V1}/admin/plugins/{NAME}/auto-review/result"))
    assert found["status"] == "completed", found
    return data(who.developer.get(f"{PLUGINS}/{NAME}"))["status"], {issue["rule"] for issue in found["issues"]}


def test_an_honest_plugin_publishes_itself_where_nobody_has_to_look(app: Flask, who: People) -> None:
    """What the following refuse, this does not do."""
    status, rules = _reviewed(app, who, {"README.md": b"# Clock"})
    assert (status, "incomplete" in rules) == ("published", False)


@pytest.mark.parametrize("name", ["Evil.dll", "logo.png", "lib/data.bin"])
def test_what_an_assembly_beside_the_main_one_does_is_found(app: Flask, who: People, name: str) -> None:
    _, rules = _reviewed(app, who, {name: real_dll()})
    assert {"uses_reflection_emit", "uses_dynamic_loading", "native_imports"} <= rules


def test_metadata_above_the_limits_is_no_way_to_publication(app: Flask, who: People) -> None:
    status, rules = _reviewed(app, who, {"Long.dll": with_references(100_001)})
    assert (status, "incomplete" in rules) == ("pending", True)


def test_an_assembly_that_cannot_be_read_is_no_way_to_publication(app: Flask, who: People) -> None:
    status, rules = _reviewed(app, who, {"Evil.dll": real_dll().replace(b"BSJB", b"bsjb", 1)})
    assert (status, "incomplete" in rules) == ("pending", True)


def test_a_program_is_no_way_to_publication_whatever_its_name(app: Flask, who: People) -> None:
    program = b"\x7fELF\2\1\1" + bytes(9) + b"\2\0" + bytes(100)
    status, rules = _reviewed(app, who, {"icon.png": program})
    assert (status, "executable" in rules) == ("pending", True)


def test_a_class_without_the_hosts_interface_is_no_plugin(app: Flask, who: People) -> None:
    status, rules = _reviewed(app, who, {}, entryClass="Clock.NoPlugin")
    assert (status, "entry_class_no_interface" in rules) == ("pending", True)


def test_a_main_assembly_leaves_the_package_by_no_backslash(app: Flask) -> None:
    """Read as the host does on Windows, and then judged as any other path."""
    for main in ("..\\MyPlugin.dll", "\\MyPlugin.dll", "a\\..\\MyPlugin.dll", "bin/a\\MyPlugin.dll"):
        entries = [Item(b"plugin.json", json.dumps(manifest(main=main)).encode()), Item(b"MyPlugin.dll", b"MZ")]
        answer = Api(app).upload(Zip(entries).build())
        assert (answer.status_code, answer.get_json()["details"][0]["rule"]) == (400, "field-main"), main
    assert stored_files(app) == []


def test_an_assembly_written_as_text_is_read(app: Flask) -> None:
    found = survey(io.BytesIO(_zipped(Item(b"icon.txt", base64.b64encode(real_dll())))), Limits())
    assert [(item.path, item.name) for item in found.assemblies] == [("icon.txt!0!", "Python.Runtime")]


def test_a_bomb_inside_a_package_makes_the_review_incomplete(app: Flask) -> None:
    found = survey(io.BytesIO(_zipped(Item(b"a.gz", zlib.compress(bytes(1 << 25))))), Limits())
    assert found.incomplete == [("too_large", "a.gz")]


# --- Two tabs -------------------------------------------------------------------------------------------------------


def _stale(by: Api, path: str, theirs: dict[str, Any], mine: dict[str, Any]) -> int:
    """What somebody hears who saves what they read before another saved."""
    seen = by.get(path).headers["ETag"]
    data(by.put(path, theirs, headers={"If-Match": seen}))
    return int(by.put(path, mine, headers={"If-Match": seen}).status_code)


def test_a_forgotten_tab_does_not_turn_manual_review_off_again(who: People) -> None:
    path = f"{V1}/admin/system/config"
    data(who.admin.put(path, {"review_settings": {"manual_review_required": False}}))
    on, off = ({"review_settings": {"manual_review_required": value}} for value in (True, False))
    assert _stale(who.admin, path, on, off) == 412
    assert data(who.admin.get(path))["review_settings"]["manual_review_required"] is True


def test_a_stale_form_does_not_enable_an_account_that_was_disabled_meanwhile(who: People) -> None:
    path = f"{V1}/admin/users/{account_id(who.user)}"
    assert _stale(who.admin, path, {"is_active": False}, {"is_active": True, "role": "reviewer"}) == 412
    assert data(who.admin.get(path))["is_active"] is False


def test_a_stale_form_does_not_overwrite_a_plugin_s_texts(who: People, waiting_plugin: dict[str, Any]) -> None:
    path = f"{PLUGINS}/{waiting_plugin['id']}"
    assert _stale(who.developer, path, {"description": "theirs"}, {"description": "mine"}) == 412
    assert data(who.developer.get(path))["description"] == "theirs"
