"""Roll-ups: windows equal the sum of their days, whatever the clock does; and statistics for administrators."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from microdock_server.services import reviews, statistics

from ..market import (
    PLUGINS,
    V1,
    People,
    add_version,
    created,
    data,
    decide,
    details,
    published,
    published_version,
    rejected,
    restored,
    review_of,
    suspended,
)
from ..rows import Shell, add_plugin, count_downloads, raw, summed, windows
from ..support import Api

STATS = f"{V1}/admin/system/stats"
NAME = "com.example.myplugin"
PERIODS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365, "all": None}
NONE = (0, 0, 0, 0, 0)


class Clock:
    """Noon of a day that begins as the real one."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return self.now.date()

    def forward(self, days: int) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that statistics and reviews look at."""
    clock = Clock()
    for module in (statistics, reviews):
        monkeypatch.setattr(module, "utcnow", clock)
    return clock


def roll(app: Flask, today: date | None = None) -> bool:
    with app.app_context():
        return statistics.roll(today)


def download(app: Flask, clock: Clock, name: str, count: int) -> None:
    """Downloads on the clock's day, as the triggers count them then."""
    with raw(app) as connection, dated(connection, clock.today):
        connection.execute(
            "UPDATE plugin_versions SET download_count = download_count + ? WHERE plugin_name = ?",
            (count, f"com.example.{name}"),
        )


@contextmanager
def dated(shell: Shell, today: date) -> Iterator[None]:
    """Let the database believe that it is noon of `today`."""
    if shell.dialect == "postgresql":
        shell.execute(
            "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
            f"$$ SELECT timestamptz '{today.isoformat()} 12:00+00' $$"
        )
        # Functions of one's own stand before the engine's only where the path says so.
        shell.execute("SET search_path = public, pg_catalog")
        yield
        shell.execute("RESET search_path")
        shell.execute("DROP FUNCTION public.clock_timestamp()")
        return
    calendar = sqlite3.connect(":memory:")

    def date_of(*arguments: str) -> str:
        known = [today.isoformat() if text == "now" else text for text in arguments]
        return str(calendar.execute(f"SELECT date({', '.join('?' * len(known))})", known).fetchone()[0])

    driver: Any = shell.connection.connection.driver_connection
    driver.create_function("date", -1, date_of)
    yield
    # The engine's own function again, in a connection of its own.
    shell.connection.invalidate()
    calendar.close()


def fetch(api: Api, plugin_id: str, number: int = 1) -> None:
    """Real downloads of today."""
    for _ in range(number):
        assert api.get(f"{PLUGINS}/{plugin_id}/download").status_code == 200


def assert_exact(app: Flask, clock: Clock) -> None:
    """Every window is the sum of its days, and every total of a day the sum of its plugins."""
    assert windows(app) == summed(app, clock.today)
    with raw(app) as connection:
        days = "SELECT day, sum(count) FROM download_days GROUP BY day HAVING sum(count) <> 0 ORDER BY day"
        totals = "SELECT day, count FROM download_totals WHERE count <> 0 ORDER BY day"
        assert connection.execute(totals).fetchall() == connection.execute(days).fetchall()


def publicity(app: Flask) -> dict[str, bool]:
    with raw(app) as connection:
        rows = connection.execute("SELECT plugin_name, is_public FROM download_windows").fetchall()
    return {name.removeprefix("com.example."): bool(value) for name, value in rows}


def stats(root: Api, period: str | None = None) -> dict[str, Any]:
    return dict(data(root.get(STATS if period is None else f"{STATS}?period={period}")))


def downloads(root: Api, period: str | None = None) -> dict[str, Any]:
    return dict(stats(root, period)["downloads"])


# Windows


def test_a_download_is_in_every_window_at_once(app: Flask, who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    assert windows(app) == {NAME: NONE}
    fetch(who.nobody, plugin_id, 3)
    assert windows(app) == {NAME: (3, 3, 3, 3, 3)}


def test_downloads_of_all_versions_are_in_the_plugins_windows(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    plugin_id = published_plugin["id"]
    published_version(who.developer, who.reviewer, plugin_id, "2.0.0")
    for version in ("1.0.0", "2.0.0", "2.0.0"):
        assert who.nobody.get(f"{PLUGINS}/{plugin_id}/versions/{version}/download").status_code == 200
    assert windows(app) == {NAME: (3, 3, 3, 3, 3)}


def test_downloads_from_before_days_were_kept_are_in_no_window_but_the_total(app: Flask, clock: Clock) -> None:
    add_plugin(app, "a", downloads=5)
    download(app, clock, "a", 2)
    assert windows(app) == {"com.example.a": (7, 2, 2, 2, 2)}
    clock.forward(1)
    roll(app)
    assert windows(app) == {"com.example.a": (7, 2, 2, 2, 2)}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (6, (1, 1, 1, 1, 1)),
        (7, (1, 0, 1, 1, 1)),
        (29, (1, 0, 1, 1, 1)),
        (30, (1, 0, 0, 1, 1)),
        (89, (1, 0, 0, 1, 1)),
        (90, (1, 0, 0, 0, 1)),
        (364, (1, 0, 0, 0, 1)),
        (365, (1, 0, 0, 0, 0)),
        (4000, (1, 0, 0, 0, 0)),
    ],
)
@pytest.mark.parametrize("step", [1, 100, 4000])
def test_a_window_holds_today_and_the_days_before_it(
    app: Flask, clock: Clock, days: int, expected: tuple[int, ...], step: int
) -> None:
    add_plugin(app, "a")
    download(app, clock, "a", 1)
    last = clock.today + timedelta(days=days)
    for _ in range(3):
        clock.forward(min(step, (last - clock.today).days))
        roll(app, clock.today)
    clock.now = datetime.combine(last, clock.now.timetz())
    roll(app)
    assert windows(app) == {"com.example.a": expected}
    assert_exact(app, clock)


def test_windows_are_what_their_days_add_up_to_whenever_they_are_rolled(app: Flask, clock: Clock) -> None:
    chance = random.Random(4)
    names = ["a", "b", "c"]
    for name in names:
        add_plugin(app, name, downloads=chance.randrange(3))
    for _ in range(60):
        clock.forward(chance.choice([0, 1, 1, 1, 2, 5, 7, 8, 30, 31, 91, 200]))
        # Before and after: the first downloads of a day may come before its roll.
        if chance.random() < 0.5:
            download(app, clock, chance.choice(names), chance.randrange(1, 9))
        roll(app)
        assert_exact(app, clock)
        download(app, clock, chance.choice(names), chance.randrange(1, 9))
        assert_exact(app, clock)


@pytest.mark.parametrize("pause", [1, 6, 7, 8, 30, 89, 364, 365, 366, 1000])
def test_after_a_long_pause_one_roll_is_enough(app: Flask, clock: Clock, pause: int) -> None:
    add_plugin(app, "a")
    for day in range(9):
        clock.forward(1)
        download(app, clock, "a", 1 << day)
    clock.forward(pause)
    download(app, clock, "a", 1000)
    assert roll(app) is True
    assert_exact(app, clock)
    found = windows(app)["com.example.a"]
    assert (found[0], found[1]) == (1511, 1000 + sum(1 << day for day in range(9) if 8 - day + pause < 7))


def test_rolling_twice_is_harmless(app: Flask, clock: Clock) -> None:
    add_plugin(app, "a")
    download(app, clock, "a", 3)
    clock.forward(8)
    download(app, clock, "a", 2)
    assert [roll(app) for _ in range(3)] == [True, False, False]
    assert windows(app) == {"com.example.a": (5, 2, 5, 5, 5)}


def test_of_many_who_roll_at_once_one_does(app: Flask, clock: Clock) -> None:
    add_plugin(app, "a")
    download(app, clock, "a", 3)
    clock.forward(8)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: roll(app), range(4))) == [False, False, False, True]
    assert windows(app) == {"com.example.a": (3, 0, 3, 3, 3)}


def test_a_clock_that_is_set_back_and_forth_takes_nothing_twice(app: Flask, clock: Clock) -> None:
    add_plugin(app, "a")
    download(app, clock, "a", 1)
    for days in (8, -5, 5, -8, 9, -1, 1, 30, -30, 31):
        clock.forward(days)
        roll(app)
    assert windows(app) == {"com.example.a": (1, 0, 0, 1, 1)}
    assert_exact(app, clock)


@pytest.mark.parametrize("ahead", [1, 6, 8, 40, 400])
def test_downloads_while_the_clock_was_set_back_leave_the_windows_in_their_time(
    app: Flask, clock: Clock, ahead: int
) -> None:
    add_plugin(app, "a")
    download(app, clock, "a", 1)
    clock.forward(ahead)
    roll(app)
    clock.forward(-ahead)
    assert roll(app) is False
    download(app, clock, "a", 2)
    clock.forward(ahead + 1)
    roll(app)
    assert_exact(app, clock)


def test_what_is_counted_before_a_server_knows_the_time_is_in_no_window(app: Flask, clock: Clock) -> None:
    add_plugin(app, "a")
    right = clock.now
    clock.now = datetime(1970, 1, 1, tzinfo=UTC)
    download(app, clock, "a", 1)
    clock.now = right + timedelta(days=1)
    roll(app)
    assert_exact(app, clock)
    clock.forward(400)
    roll(app)
    assert windows(app) == {"com.example.a": (1, 0, 0, 0, 0)}


# Deletion


def test_a_deleted_plugin_takes_its_counts_with_it(app: Flask, who: People, clock: Clock) -> None:
    plugin_id = published(who.developer, who.reviewer)["id"]
    another = published(who.other, who.reviewer, name="com.example.another")["id"]
    fetch(who.nobody, plugin_id, 3)
    fetch(who.nobody, another, 2)
    assert downloads(who.admin)["total"] == 5
    data(who.developer.delete(f"{PLUGINS}/{plugin_id}"))
    assert windows(app) == {"com.example.another": (2, 2, 2, 2, 2)}
    assert_exact(app, clock)
    found = downloads(who.admin)
    assert (found["total"], found["all_time"], list(found["by_day"].values())) == (2, 2, [2])
    assert [row["plugin_id"] for row in found["top_plugins"]] == [another]
    clock.forward(8)
    roll(app)
    assert windows(app) == {"com.example.another": (2, 0, 2, 2, 2)}


def test_a_name_that_comes_back_begins_at_nothing(app: Flask, who: People, clock: Clock) -> None:
    fetch(who.nobody, published(who.developer, who.reviewer)["id"], 3)
    data(who.developer.delete(f"{PLUGINS}/{NAME}"))
    again = published(who.developer, who.reviewer, version="2.0.0")["id"]
    assert windows(app) == {NAME: NONE}
    fetch(who.nobody, again)
    clock.forward(7)
    roll(app)
    assert windows(app) == {NAME: (1, 0, 1, 1, 1)}


# What everybody may see


def test_publicity_follows_the_plugins_status(app: Flask, who: People) -> None:
    created(who.developer, {"draft": "true"}, name="com.example.draft")
    rejected(who.developer, who.reviewer, name="com.example.rejected")
    plugin_id = created(who.developer)["id"]
    assert publicity(app) == {"draft": False, "rejected": False, "myplugin": False}
    data(who.reviewer.post(f"{V1}/admin/reviews/{review_of(who.reviewer, plugin_id)['id']}/start"))
    assert publicity(app)["myplugin"] is False
    decide(who.reviewer, plugin_id)
    assert publicity(app) == {"draft": False, "rejected": False, "myplugin": True}
    suspended(who.admin, plugin_id)
    assert publicity(app)["myplugin"] is False
    restored(who.admin, plugin_id)
    assert publicity(app)["myplugin"] is True


def test_a_further_version_in_review_leaves_the_plugin_public(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    plugin_id = published_plugin["id"]
    data(add_version(who.developer, plugin_id, "2.0.0"), 201)
    decide(who.reviewer, plugin_id, "rejected", "2.0.0")
    assert publicity(app) == {"myplugin": True}


def test_a_key_upload_is_public_at_once(app: Flask, api: Api) -> None:
    assert api.upload().status_code == 200
    assert publicity(app) == {"myplugin": True}


# What administrators are told


def test_downloads_are_of_the_period(app: Flask, root: Api, clock: Clock) -> None:
    ledger: list[tuple[str, date, int]] = []
    for name in ("a", "b"):
        add_plugin(app, name)
    for days, name, count in (
        (0, "a", 1),
        (1, "a", 2),
        (275, "b", 4),
        (1, "a", 8),
        (58, "b", 16),
        (1, "a", 32),
        (22, "a", 64),
        (1, "b", 128),
        (5, "a", 256),
        (1, "b", 512),
    ):
        clock.forward(days)
        download(app, clock, name, count)
        ledger.append((name, clock.today, count))
    assert_told(root, clock, ledger)
    clock.forward(1)
    assert_told(root, clock, ledger)


def assert_told(root: Api, clock: Clock, ledger: list[tuple[str, date, int]]) -> None:
    """The answer for every period is what the ledger adds up to."""
    for period, length in PERIODS.items():
        since = clock.today - timedelta(days=(length or 10_000) - 1)
        within = [(name, day, count) for name, day, count in ledger if day >= since]
        sums = {name: sum(count for other, _, count in within if other == name) for name in ("a", "b")}
        shown = clock.today - timedelta(days=min(length or 31, 31) - 1)
        found = stats(root, period)
        assert found["period"] == period
        assert found["downloads"]["total"] == sum(sums.values()), period
        assert found["downloads"]["all_time"] == 1023
        assert found["downloads"]["this_month"] == sum(
            count for _, day, count in ledger if (day.year, day.month) == (clock.today.year, clock.today.month)
        )
        assert list(found["downloads"]["by_day"].items()) == [
            (day.isoformat(), count) for _, day, count in ledger if day >= shown
        ]
        top = [(row["plugin_name"], row["downloads"]) for row in found["downloads"]["top_plugins"]]
        assert top == [(f"com.example.{name}", sums[name]) for name in sorted(sums, key=lambda name: -sums[name])]


def test_the_period_is_a_month_unless_asked_otherwise(app: Flask, root: Api, clock: Clock) -> None:
    add_plugin(app, "a")
    download(app, clock, "a", 1)
    clock.forward(29)
    assert (stats(root)["period"], downloads(root)["total"]) == ("30d", 1)
    clock.forward(1)
    assert (downloads(root)["total"], downloads(root)["top_plugins"]) == (0, [])


@pytest.mark.parametrize("period", ["", "30", "1d", "7D", "ALL", "-7d", "365 d", "30d,7d"])
def test_there_are_no_other_periods(root: Api, period: str) -> None:
    assert list(details(root.get(STATS, query_string={"period": period}))) == ["period"]


def test_the_ten_most_downloaded_are_named(app: Flask, root: Api) -> None:
    ids = {}
    for number in range(12):
        ids[number] = add_plugin(app, f"p{number}", display_name=f"插件 {number}")
        if number:
            count_downloads(app, f"p{number}", number)
    assert downloads(root, "7d")["top_plugins"] == [
        {
            "plugin_id": ids[number],
            "plugin_name": f"com.example.p{number}",
            "name": f"插件 {number}",
            "downloads": number,
        }
        for number in range(11, 1, -1)
    ]


@pytest.mark.usefixtures("published_plugin")
def test_plugins_are_counted_by_where_they_stand(who: People) -> None:
    suspended(who.admin, published(who.other, who.reviewer, name="com.example.b")["id"])
    rejected(who.developer, who.reviewer, name="com.example.c")
    created(who.developer, {"draft": "true"}, name="com.example.d")
    created(who.developer, name="com.example.e")
    begun = created(who.developer, name="com.example.f")["id"]
    data(who.reviewer.post(f"{V1}/admin/reviews/{review_of(who.reviewer, begun)['id']}/start"))
    decide(who.reviewer, created(who.developer, name="com.example.g")["id"], "needs_changes")
    assert stats(who.admin)["plugins"] == {
        "total": 7,
        "published": 1,
        "suspended": 1,
        "rejected": 1,
        "draft": 1,
        "pending_review": 2,
        "needs_changes": 1,
    }


def test_where_nothing_was_decided_there_is_no_average(root: Api) -> None:
    assert stats(root)["reviews"] == {
        "completed": 0,
        "pending": 0,
        "oldest_pending_at": None,
        "average_time": None,
        "approval_rate": None,
    }


def test_decisions_are_of_the_period(who: People, clock: Clock) -> None:
    names = [f"com.example.{letter}" for letter in "abcde"]
    for name in names[:4]:
        created(who.developer, name=name)
    clock.forward(1)
    decide(who.reviewer, names[0])
    clock.forward(1)
    decide(who.reviewer, names[1], "rejected")
    clock.forward(25)
    decide(who.reviewer, names[2])
    clock.forward(1)
    oldest = review_of(who.reviewer, names[3])["submitted_at"]
    created(who.developer, name=names[4])
    for period, completed, days, rate in (
        ("7d", 1, 27.0, 1.0),
        ("30d", 3, 10.0, 0.6667),
        ("all", 3, 10.0, 0.6667),
    ):
        assert stats(who.admin, period)["reviews"] == {
            "completed": completed,
            "pending": 2,
            "oldest_pending_at": oldest,
            "average_time": days,
            "approval_rate": rate,
        }
    clock.forward(3)
    assert stats(who.admin, "30d")["reviews"]["completed"] == 2
    assert stats(who.admin, "90d")["reviews"]["completed"] == 3


def test_developers_are_active_who_submitted_in_the_period(who: People, clock: Clock) -> None:
    assert stats(who.admin, "7d")["developers"] == {"total": 2, "active": 0, "new_this_month": 2}
    created(who.developer)
    assert stats(who.admin, "7d")["developers"]["active"] == 1
    clock.forward(6)
    assert stats(who.admin, "7d")["developers"]["active"] == 1
    clock.forward(1)
    assert [stats(who.admin, period)["developers"]["active"] for period in PERIODS] == [0, 1, 1, 1, 1]
    clock.forward(31)
    found = stats(who.admin, "all")["developers"]
    assert found == {"total": 2, "active": 1, "new_this_month": 0}


def test_only_administrators_are_told(who: People) -> None:
    for api in (who.user, who.developer, who.reviewer):
        assert api.get(STATS).status_code == 403
    assert who.nobody.get(STATS).status_code == 401
