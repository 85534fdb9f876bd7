"""`flask demo fill`: an empty server becomes a marketplace to look at, once."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from microdock_server.bundle import inspect_package
from microdock_server.bundle.dotnet.assembly_facts import examine_assembly
from microdock_server.cli.demo import NOT_EMPTY
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.demo import pictures
from microdock_server.demo.assemblies import FRAMEWORK, assembly
from microdock_server.demo.packages import package
from microdock_server.demo.texts.entries import ENTRIES
from microdock_server.demo.texts.people import CATEGORIES, MAKERS, RATINGS
from microdock_server.demo.texts.shapes import Entry
from microdock_server.models import (
    Appeal,
    AutoReview,
    Block,
    Category,
    Developer,
    DownloadDay,
    DownloadWindow,
    Install,
    Plugin,
    PluginImage,
    PluginVersion,
    Rating,
    Review,
)
from microdock_server.services import audit
from microdock_server.services.releases import active_rows
from microdock_server.vocabulary import DEFAULT_PERMISSIONS, Risk, Role

from .conftest import AppFactory
from .support import Api, add_user
from .test_cli import run


@pytest.fixture(scope="module")
def filled(make_shared_app: AppFactory) -> Iterator[Flask]:
    """A server that was filled."""
    app = make_shared_app()
    done = run(app, "demo", "fill")
    assert done.exit_code == 0, done.output
    app.config["FILLED"] = done.output
    yield app


@pytest.fixture(autouse=True)
def within(request: pytest.FixtureRequest) -> Iterator[None]:
    """A unit of work for tests that ask the filled server's tables."""
    if "stored" not in request.fixturenames:
        yield
        return
    with request.getfixturevalue("stored").app_context(), unit_of_work(writing=False):
        yield


@pytest.fixture
def stored(filled: Flask) -> Flask:
    """The filled server, whose tables are asked."""
    return filled


def test_plugins_and_versions_are_in_every_state(stored: Flask) -> None:
    statuses = set(db.session.scalars(select(Plugin.status)))
    wanted = {"published", "draft", "pending", "in_review", "rejected", "needs_changes", "suspended"}
    assert statuses == wanted
    assert db.session.scalar(select(func.count()).select_from(Plugin)) == len(ENTRIES) == 40

    rows = db.session.scalars(select(PluginVersion).where(PluginVersion.status == "published")).all()
    assert any(row.is_yanked and row.yank_reason for row in rows)
    assert any(row.rollout == 20 for row in rows)
    assert any(row.is_paused for row in rows)
    assert any(row.available_at and row.available_at > utcnow() for row in rows)
    assert any("-" in row.version for row in rows)
    assert any(row.is_blocked for row in rows)

    every = db.session.scalars(select(Plugin)).all()
    assert any(plugin.recommended_version and plugin.recommended_reason for plugin in every)
    assert any(plugin.is_deprecated and plugin.replacement and plugin.sunset_at for plugin in every)
    assert any(not plugin.is_enabled for plugin in every)
    # A version that waits beside a published one.
    assert db.session.scalar(
        select(Plugin.name).join(PluginVersion).where(Plugin.status == "published", PluginVersion.status == "pending")
    )


def test_people_said_and_decided_things(stored: Flask) -> None:
    assert set(db.session.scalars(select(Developer.verification))) == {"pending", "verified", "rejected"}
    assert {"approved", "rejected", "needs_changes", "pending", "in_review"} == set(
        db.session.scalars(select(Review.status))
    )
    assert db.session.scalars(select(Block.severity).order_by(Block.severity)).all() == ["disable", "warn"]
    assert db.session.scalars(select(Appeal.status)).all() == ["pending"]
    ratings = db.session.scalars(select(Rating)).all()
    assert len(ratings) > 60 and any(rating.is_hidden for rating in ratings)
    assert sum(bool(rating.reply) for rating in ratings) > 10
    assert db.session.scalar(select(func.count()).select_from(Install))
    assert sum(active_rows.by_plugin([entry.name for entry in ENTRIES]).values()) > 500
    assert db.session.scalar(select(func.count()).select_from(Category)) == len(CATEGORIES)
    assert audit.verify().broken_at is None


def test_downloads_have_a_history_that_adds_up(stored: Flask) -> None:
    days = dict(
        db.session.execute(
            select(DownloadDay.plugin_name, func.sum(DownloadDay.count)).group_by(DownloadDay.plugin_name)
        ).all()
    )
    windows = {row.plugin_name: row.total for row in db.session.scalars(select(DownloadWindow)) if row.total}
    versions = dict(
        db.session.execute(
            select(PluginVersion.plugin_name, func.sum(PluginVersion.download_count))
            .where(PluginVersion.download_count > 0)
            .group_by(PluginVersion.plugin_name)
        ).all()
    )
    assert days == windows == versions
    assert len(days) == 35
    recent = select(func.count(DownloadDay.day.distinct()))
    assert db.session.scalar(recent) > 90
    assert not any(row.published_at > utcnow() for row in db.session.scalars(select(PluginVersion)) if row.published_at)


def test_every_plugin_has_pictures_and_was_looked_at(stored: Flask) -> None:
    kinds = select(PluginImage.kind, func.count(PluginImage.plugin_name.distinct())).group_by(PluginImage.kind)
    assert dict(db.session.execute(kinds).all()) == {"icon": 40, "screenshot": 40}
    verdicts = [row.verdict for row in db.session.scalars(select(AutoReview)) if row.verdict is not None]
    assert len(verdicts) > 100
    rules = {
        finding["rule"] for verdict in verdicts for finding in verdict["findings"] if finding["severity"] == "high"
    }
    assert rules == set()


def test_those_who_are_shown_can_log_in_and_nobody_fills_it_twice(filled: Flask) -> None:
    words = [line.split() for line in filled.config["FILLED"].splitlines()]
    (password,) = [line[-1] for line in words if line[-2:-1] == ["marrow"]]
    assert Api(filled).log_in("marrow", password).get("/api/plugins/list").status_code == 200
    again = run(filled, "demo", "fill")
    assert again.exit_code == NOT_EMPTY
    assert "already" in again.output


def test_refuses_where_there_is_anybody_else(app: Flask) -> None:
    add_user(app, "somebody", Role.USER)
    done = run(app, "demo", "fill")
    assert (done.exit_code, "accounts besides" in done.output) == (NOT_EMPTY, True)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name.rpartition(".")[2])
def test_every_package_passes_the_inspector_without_a_warning(entry: Entry) -> None:
    maker = next(maker for maker in MAKERS if maker.username == entry.owner)
    for release in entry.releases:
        data = package(entry, release, maker)
        assert data == package(entry, release, maker)
        report = inspect_package(io.BytesIO(data), require_managed_assembly=True, known_permissions=DEFAULT_PERMISSIONS)
        assert (report.problems, report.warnings) == ((), ())
        assert report.manifest is not None and report.manifest.version == release.number


def test_an_assembly_can_be_loaded_and_names_what_it_uses() -> None:
    facts = examine_assembly(assembly("Kite", "Kite.Plugin", "1.2.3", "纸鸢", ["network", "process"]), "Kite.Plugin")
    assert (facts.status, facts.target_framework) == ("ok", FRAMEWORK)
    assert facts.entry is not None and facts.entry.is_public and facts.entry.has_default_constructor
    assert {use.capability for use in facts.uses} == {"network", "process"}


def test_plugins_differ_and_declare_permissions_of_every_risk() -> None:
    assert len({pictures.icon(entry.drawing, entry.colours) for entry in ENTRIES}) == len(ENTRIES)
    declared = {name for entry in ENTRIES for name in entry.permissions or ()}
    assert {DEFAULT_PERMISSIONS[name] for name in declared} == set(Risk)
    names = {entry.name for entry in ENTRIES}
    assert {name for entry in ENTRIES for name in entry.needs} < names
    assert RATINGS.keys() < names
    assert {entry.category for entry in ENTRIES} < CATEGORIES.keys()
