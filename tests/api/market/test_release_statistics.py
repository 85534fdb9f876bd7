"""Releases in the statistics: versions in cooldown, blocks, and the versions most in use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from microdock_server.clock import iso, iso_week, utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import ActiveSketch
from microdock_server.services.releases import active_rows

from ...conftest import WallClock
from ...market import V1, People, data, published, published_version
from ...rows import salt_alike
from ...support import Api, package
from .test_actives import check, keep

NAME = "com.example.myplugin"
CONFIG = f"{V1}/admin/system/config"
BLOCKS = f"{V1}/admin/blocks"
BLOCK = {"plugin": NAME, "versions": "*", "severity": "disable", "reason": {"zh": "有漏洞", "en": "A hole"}}


@pytest.fixture(autouse=True)
def salted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a few hosts too, two may fall into one class by chance, and count as one."""
    salt_alike(monkeypatch)


def releases(root: Api) -> dict[str, Any]:
    return dict(data(root.get(f"{V1}/admin/system/stats"))["releases"])


def test_on_an_empty_server_there_is_nothing(who: People) -> None:
    assert releases(who.admin) == {"in_cooldown": 0, "active_blocks": 0, "pending_blocks": 0, "top_active": []}


def test_a_version_is_in_cooldown_until_it_ends(who: People, wall_clock: WallClock) -> None:
    data(who.admin.put(CONFIG, {"release_settings": {"cooldown_hours": 2}}))
    plugin = published(who.developer, who.reviewer)
    published_version(who.developer, who.reviewer, plugin["id"], "1.1.0")
    assert releases(who.admin)["in_cooldown"] == 2
    wall_clock.turn(2 * 3600 + 1)
    assert releases(who.admin)["in_cooldown"] == 0


def test_blocks_count_while_they_are_in_force(who: People, wall_clock: WallClock) -> None:
    data(who.admin.post(BLOCKS, {**BLOCK, "severity": "remove"}), 201)
    data(who.admin.post(BLOCKS, BLOCK), 201)
    ends = iso(utcnow() + timedelta(hours=1))
    data(who.admin.post(BLOCKS, {**BLOCK, "expires_at": ends}), 201)
    gone = data(who.admin.post(BLOCKS, {**BLOCK, "severity": "warn"}), 201)
    data(who.admin.post(f"{BLOCKS}/{gone['id']}/revoke", {"reason": "no"}))
    found = releases(who.admin)
    assert (found["active_blocks"], found["pending_blocks"]) == (2, 1)
    wall_clock.turn(2 * 3600)
    assert releases(who.admin)["active_blocks"] == 1


def test_the_versions_most_in_use_come_first_of_this_week_or_the_last(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")
    for number in range(7):
        check(who.nobody, (NAME, "1.0.0"), client_id=f"host {number}")
    for number in range(3):
        check(who.nobody, (NAME, "1.1.0"), client_id=f"host {number}")
    assert releases(who.admin)["top_active"] == []
    keep(app)
    about = {"plugin_id": published_plugin["id"], "plugin_name": NAME, "name": published_plugin["name"]}
    older, newer = {**about, "version": "1.0.0"}, {**about, "version": "1.1.0"}
    found = releases(who.admin)["top_active"]
    assert found == [older | {"active_estimate": 7}, newer | {"active_estimate": 3}]

    for number in range(9):
        check(who.nobody, (NAME, "1.1.0"), client_id=f"host {number}")
    keep(app)
    found = releases(who.admin)["top_active"]
    assert found == [newer | {"active_estimate": 9}, older | {"active_estimate": 7}]


def test_what_is_kept_beside_a_sketch_is_what_it_says(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    for number in range(40):
        check(who.nobody, (NAME, "1.0.0"), client_id=f"host {number}")
        if number % 9 == 0:
            keep(app)
    keep(app)
    with app.app_context(), unit_of_work(writing=False):
        [row] = db.session.scalars(select(ActiveSketch))
        assert row.estimate == active_rows.by_version(NAME)["1.0.0"]


def test_a_block_s_preview_says_about_how_many_hosts_it_would_reach(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    published_version(who.developer, who.reviewer, published_plugin["id"], "1.1.0")

    def reached(versions: str) -> Any:
        return data(who.admin.post(f"{BLOCKS}/preview", {**BLOCK, "versions": versions}))["active_hosts"]

    assert reached("*") == "not_measured"
    for number in range(5):
        check(who.nobody, (NAME, "1.0.0"), client_id=f"host {number}")
    for number in range(3):
        check(who.nobody, (NAME, "1.1.0"), client_id=f"host {number}")
    keep(app)
    # Who went from one version to the other is one host.
    assert [reached(versions) for versions in ("*", "1.0.0", "1.1.0", ">=2.0.0")] == [5, 5, 3, 0]


def test_a_plugin_that_is_deleted_is_not_named(app: Flask, who: People, api: Api) -> None:
    assert api.upload(package()).status_code == 200
    check(who.nobody, (NAME, "1.0.0"), client_id="host")
    keep(app)
    assert len(releases(who.admin)["top_active"]) == 1
    data(who.admin.post("/api/plugins/delete", {"name": NAME}))
    assert releases(who.admin)["top_active"] == []


# The plan of a small table says nothing on PostgreSQL.
@pytest.mark.sqlite
def test_the_largest_are_found_by_an_index(app: Flask) -> None:
    query = "SELECT version FROM active_sketches WHERE week = :week AND estimate > 0 ORDER BY estimate DESC LIMIT 10"
    cooling = "SELECT count(*) FROM plugin_versions WHERE available_at > :week"
    with app.app_context(), unit_of_work(writing=False):
        for statement, index in (
            (query, "ix_active_sketches_week_estimate"),
            (cooling, "ix_plugin_versions_available_at"),
        ):
            plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {statement}"), {"week": iso_week(utcnow())})
            assert index in str(plan.all())
