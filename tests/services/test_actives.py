"""Counts of active hosts: each once a week and version, by any number of processes, and nobody can be told."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from microdock_server.clock import iso_week, utcnow
from microdock_server.context import Context
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.errors import DatabaseBusy
from microdock_server.jobs import active_hosts
from microdock_server.jobs.active_hosts import ActiveHosts
from microdock_server.jobs.maintenance import WORK
from microdock_server.models import ActiveSalt, ActiveSketch, PluginVersion
from microdock_server.services.releases import active_rows, actives
from microdock_server.services.releases.actives import Actives
from microdock_server.services.releases.sketch import Sketch

from ..conftest import WallClock
from ..live import eventually
from ..rows import add_plugin, salt_alike

A, B = "com.example.a", "com.example.b"
WEEK = 7 * 86_400


@pytest.fixture
def app(app: Flask) -> Flask:
    """With two plugins; versions 1.0.0 and 2.0.0 of the first, 1.0.0 of the second."""
    add_plugin(app, "a")
    add_plugin(app, "b")
    with app.app_context(), unit_of_work():
        row = db.session.get_one(PluginVersion, (A, "1.0.0"))
        values = {column.key: getattr(row, column.key) for column in PluginVersion.__mapper__.column_attrs}
        values.pop("channel", None)
        again = {**values, "version": "2.0.0", "precedence": f"{row.precedence}2", "storage_key": "uploads/2"}
        db.session.add(PluginVersion(**again))
    return app


@pytest.fixture
def clock(wall_clock: WallClock) -> WallClock:
    """Noon of a Wednesday."""
    now = datetime.fromtimestamp(wall_clock.read(), UTC)
    noon = (now - timedelta(days=now.weekday() - 2)).replace(hour=12, minute=0, second=0, microsecond=0)
    wall_clock.stop()
    wall_clock.turn((noon - now).total_seconds())
    return wall_clock


@pytest.fixture(autouse=True)
def salted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With salts that are the same in every run: of a few hosts too, two may fall into one class by chance."""
    salt_alike(monkeypatch)


def mine(app: Flask) -> Actives:
    context: Context = app.extensions["microdock"]
    return context.actives


def another(app: Flask) -> Actives:
    """Those of another process on the same database."""
    return Actives(app.extensions["microdock"].autocommit)


def keep(app: Flask, *of: Actives) -> int:
    with app.app_context():
        return sum(one.keep() for one in of or (mine(app),))


def versions(app: Flask, name: str = A) -> dict[str, int]:
    with app.app_context(), unit_of_work(writing=False):
        return active_rows.by_version(name)


def whole(app: Flask, *names: str) -> dict[str, int]:
    with app.app_context(), unit_of_work(writing=False):
        return active_rows.by_plugin(names)


def salts(app: Flask) -> dict[str, str]:
    with app.app_context(), unit_of_work(writing=False):
        return {row.week: row.salt for row in db.session.scalars(select(ActiveSalt))}


def weeks(app: Flask) -> list[str]:
    with app.app_context(), unit_of_work(writing=False):
        return list(db.session.scalars(select(ActiveSketch.week).distinct().order_by(ActiveSketch.week)))


def sketches(app: Flask) -> dict[tuple[str, str], bytes]:
    with app.app_context(), unit_of_work(writing=False):
        return {(row.plugin_name, row.version): row.registers for row in db.session.scalars(select(ActiveSketch))}


def hosts(number: int, of: str = "host") -> list[str]:
    return [f"{of}-{index}" for index in range(number)]


def check(app: Flask, ids: list[str], *installed: tuple[str, str], counted: Actives | None = None) -> None:
    with app.app_context():
        for client_id in ids:
            (counted or mine(app)).count(client_id, list(installed))


def test_a_host_counts_once_a_week_for_each_version(app: Flask, clock: WallClock) -> None:
    check(app, hosts(3), (A, "1.0.0"), (B, "1.0.0"))
    check(app, hosts(5), (A, "2.0.0"))
    check(app, hosts(3), (A, "1.0.0"), (B, "1.0.0"))
    assert keep(app) == 3
    assert versions(app) == {"1.0.0": 3, "2.0.0": 5}
    # Of the plugin, who went from one version to the other is one host.
    assert whole(app, A, B, "com.example.none") == {A: 5, B: 3}


def test_asking_again_writes_nothing(app: Flask, clock: WallClock) -> None:
    check(app, hosts(3), (A, "1.0.0"))
    assert keep(app) == 1
    clock.turn(3 * 3600)
    check(app, hosts(3), (A, "1.0.0"))
    assert keep(app) == 0
    check(app, hosts(4), (A, "1.0.0"))
    assert keep(app) == 1
    assert versions(app) == {"1.0.0": 4}


def test_processes_and_nodes_count_together(app: Flask, clock: WallClock) -> None:
    here, there, elsewhere = mine(app), another(app), another(app)
    check(app, hosts(40), (A, "1.0.0"), counted=here)
    check(app, hosts(60), (A, "1.0.0"), counted=there)
    check(app, hosts(20, "other"), (A, "1.0.0"), counted=elsewhere)
    keep(app, elsewhere, here, there)
    keep(app, here, there, elsewhere)
    assert abs(versions(app)["1.0.0"] - 80) <= 4
    assert len(salts(app)) == 1


def test_however_many_merge_at_the_same_time(app: Flask, clock: WallClock) -> None:
    every = [another(app) for _ in range(6)]
    for number, one in enumerate(every):
        check(app, hosts(10, f"of {number}"), (A, "1.0.0"), (B, "1.0.0"), counted=one)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: keep(app, one), every))
    together = another(app)
    for number in range(6):
        check(app, hosts(10, f"of {number}"), (A, "1.0.0"), (B, "1.0.0"), counted=together)
    assert keep(app, together) == 0
    assert abs(versions(app)["1.0.0"] - 60) <= 4


def test_what_the_catalogue_does_not_have_is_not_kept(app: Flask, clock: WallClock) -> None:
    check(app, hosts(2), (A, "1.0.0"), (A, "9.9.9"), ("com.example.none", "1.0.0"))
    assert keep(app) == 1
    assert list(sketches(app)) == [(A, "1.0.0")]
    with app.app_context(), unit_of_work():
        db.session.execute(delete(PluginVersion).where(PluginVersion.version == "2.0.0"))
    check(app, hosts(2), (A, "2.0.0"))
    assert keep(app) == 0


class TestNobodyCanBeTold:
    def test_neither_ids_nor_what_they_are_hashed_with_outlive_the_week(self, app: Flask, clock: WallClock) -> None:
        check(app, ["known-host"], (A, "1.0.0"))
        keep(app)
        [(week, salt)] = salts(app).items()
        assert (week, len(salt)) == (iso_week(utcnow()), 64)
        clock.turn(WEEK)
        check(app, ["known-host"], (A, "1.0.0"))
        keep(app)
        [(later, new)] = salts(app).items()
        assert later == iso_week(utcnow()) > week
        assert new != salt
        assert weeks(app) == [week, later]

    def test_the_same_host_leaves_another_trace_in_every_week_and_plugin(self, app: Flask, clock: WallClock) -> None:
        """Of 20 hosts in a week: fewer bits would be the same by chance."""
        seen = []
        for _ in range(2):
            check(app, hosts(20), (A, "1.0.0"), (B, "1.0.0"))
            keep(app)
            with app.app_context(), unit_of_work():
                seen += list(db.session.scalars(select(ActiveSketch.registers)))
                db.session.execute(delete(ActiveSketch))
            clock.turn(WEEK)
        assert len(seen) == 4 == len(set(seen))
        for one in seen:
            together = [Sketch.read(one)]
            for other in set(seen) - {one}:
                united = Sketch.read(other)
                united.merge(together[0])
                # As different as those of 20 others: hardly any is in the same class.
                assert united.estimate() > 33

    @pytest.mark.sqlite
    def test_a_salt_that_is_forgotten_is_nowhere_in_the_file(self, app: Flask, clock: WallClock) -> None:
        check(app, ["known-host"], (A, "1.0.0"))
        keep(app)
        [salt] = salts(app).values()
        clock.turn(WEEK)
        keep(app)
        settings = app.extensions["microdock"].settings
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
            app.extensions["microdock"].autocommit.dispose()
        # The log was written back when the last connection was closed.
        assert salt.encode() not in settings.sqlite_path.read_bytes()
        assert salt not in salts(app).values()

    def test_a_salt_for_the_next_week_is_there_in_time(self, app: Flask, clock: WallClock) -> None:
        keep(app)
        week = iso_week(utcnow())
        assert list(salts(app)) == [week]
        clock.turn(4.5 * 86_400 - 60)
        keep(app)
        assert iso_week(utcnow()) == week
        assert sorted(salts(app)) == [week, iso_week(utcnow() + timedelta(minutes=2))]


class TestWeeks:
    def test_the_larger_of_this_week_and_the_last_one_is_shown(self, app: Flask, clock: WallClock) -> None:
        check(app, hosts(9), (A, "1.0.0"))
        check(app, hosts(2), (A, "2.0.0"))
        keep(app)
        clock.turn(WEEK)
        check(app, hosts(4), (A, "1.0.0"), (A, "2.0.0"))
        keep(app)
        assert versions(app) == {"1.0.0": 9, "2.0.0": 4}
        clock.turn(WEEK)
        assert versions(app) == {"1.0.0": 4, "2.0.0": 4}
        clock.turn(WEEK)
        assert versions(app) == {}
        assert whole(app, A) == {}

    def test_what_was_counted_before_midnight_belongs_to_the_week_before(self, app: Flask, clock: WallClock) -> None:
        check(app, hosts(3), (A, "1.0.0"))
        before = iso_week(utcnow())
        clock.turn(WEEK)
        check(app, hosts(2), (A, "1.0.0"))
        keep(app)
        assert weeks(app) == [before, iso_week(utcnow())]

    @pytest.mark.parametrize(
        ("day", "week"), [("2026-12-31", "2026-W53"), ("2027-01-03", "2026-W53"), ("2027-01-04", "2027-W01")]
    )
    def test_weeks_are_those_of_iso(self, day: str, week: str) -> None:
        assert iso_week(datetime.fromisoformat(f"{day}T23:59:59+00:00")) == week

    def test_the_newest_twelve_are_kept(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(active_rows, "DELETED_AT_ONCE", 7)
        data = bytes(Sketch([1]))
        rows = [
            {"week": f"2026-W{week:02}", "plugin_name": f"com.example.p{number}", "version": "1.0.0", "registers": data}
            for week in range(10, 25)
            for number in range(5)
        ]
        with app.app_context(), unit_of_work():
            db.session.execute(insert(ActiveSketch), rows)
        with app.app_context():
            WORK["rollup"](app.extensions["microdock"], lambda: False)
            assert weeks(app) == [f"2026-W{week}" for week in range(13, 25)]
            assert active_rows.prune() == 0


class TestProblems:
    def test_what_cannot_be_merged_is_kept_for_the_next_time(
        self, app: Flask, clock: WallClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        check(app, hosts(3), (A, "1.0.0"))
        with monkeypatch.context() as broken:
            broken.setattr(active_rows, "_write", busy)
            with pytest.raises(DatabaseBusy):
                keep(app)
        check(app, hosts(5), (A, "1.0.0"))
        keep(app)
        assert versions(app) == {"1.0.0": 5}

    def test_without_a_database_a_check_goes_on_uncounted(
        self, app: Flask, clock: WallClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(actives, "read_autocommit", busy)
            check(app, hosts(3), (A, "1.0.0"))
        keep(app)
        assert versions(app) == {}

    def test_more_than_a_process_keeps_wakes_it_and_is_left_out(
        self, app: Flask, clock: WallClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(actives, "MOST", 4)
        check(app, ["host"], (A, "1.0.0"), (A, "2.0.0"))
        assert not mine(app).is_full.is_set()
        check(app, ["host"], *((f"com.example.made{number}", "1.0.0") for number in range(50)))
        assert mine(app).is_full.is_set()
        keep(app)
        assert not mine(app).is_full.is_set()
        assert "48 plugins of hosts were not counted" in caplog.text
        assert versions(app) == {"1.0.0": 1, "2.0.0": 1}

    def test_ids_of_any_text_are_counted(self, app: Flask, clock: WallClock) -> None:
        check(app, ["", "\0", "宿主", "\ud800", "x" * 128], (A, "1.0.0"))
        keep(app)
        assert versions(app) == {"1.0.0": 5}


class TestThread:
    @pytest.fixture
    def thread(self, app: Flask) -> Iterator[ActiveHosts]:
        made = ActiveHosts(app)
        made.start()
        yield made
        made.stop()

    def test_a_process_that_ends_in_order_loses_nothing(self, app: Flask, thread: ActiveHosts) -> None:
        # It makes the week's salt when it begins.
        assert eventually(lambda: bool(salts(app)))
        check(app, hosts(3), (A, "1.0.0"))
        thread.stop()
        assert not thread.is_alive()
        assert versions(app) == {"1.0.0": 3}

    def test_it_merges_every_minute_whatever_went_wrong(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(active_hosts, "EVERY", 0.02)
        monkeypatch.setattr(active_rows, "_write", busy)
        made = ActiveHosts(app)
        made.start()
        try:
            check(app, hosts(3), (A, "1.0.0"))
            assert eventually(lambda: "it will be tried again" in caplog.text)
            monkeypatch.undo()
            mine(app).is_full.set()
            assert eventually(lambda: versions(app) == {"1.0.0": 3})
        finally:
            made.stop()


def test_counting_many_hosts_of_many_plugins(app: Flask, clock: WallClock) -> None:
    """Every sketch by itself is right, of a few and of many."""
    source, sizes = random.Random(7), {(A, "1.0.0"): 3000, (A, "2.0.0"): 700, (B, "1.0.0"): 40}
    for one, size in sizes.items():
        check(app, [f"{source.getrandbits(128):x}" for _ in range(size)], one)
    keep(app)
    for (name, version), size in sizes.items():
        assert abs(versions(app, name)[version] / size - 1) < 0.12
    assert abs(whole(app, A)[A] / 3700 - 1) < 0.12


def busy(*_: Any, **__: Any) -> Any:
    raise DatabaseBusy()
