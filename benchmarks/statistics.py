"""What administrators' numbers cost after millions of downloads, and what counting them by day costs a download."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import execute_autocommit, unit_of_work
from microdock_server.models import DownloadDay
from microdock_server.services.plugins.downloads import _COUNT
from microdock_server.services.statistics import TOP, of_system
from microdock_server.vocabulary import Period

from .market import Market, dropped_triggers, fill_downloads
from .results import Goal, Section, number, race, ratio_row, value_row
from .stage import Stage

ANSWER: Final = Goal(50, at_most=True, unit=" ms")
REPEATED: Final = 5
COUNTED: Final = 200


def measure(stage: Stage) -> Section:
    """Statistics of each period, then single downloads."""
    market = stage.market()
    made = fill_downloads(market, stage.plan.downloads)
    section = Section(f"Statistics at {market.size:,} plugins and {made:,} downloads in a year")
    with market.app.app_context():
        _periods(stage.plan.rounds, section)
        _counting(market, stage.plan.rounds, section)
    section.notes.append(
        f"- by GROUP BY: the sums, the days and the {TOP} most downloaded, over the rows of plugins and days, "
        "once a round"
    )
    return section


def _periods(rounds: int, section: Section) -> None:
    runs: dict[str, Callable[[], float]] = {}
    for period in Period:
        runs[period] = _repeated(lambda period=period: of_system(period))
        runs[f"{period} grouped"] = _timed(lambda period=period: grouped(period))
    samples = race(runs, rounds)
    for period in Period:
        mine, other = samples[period], samples[f"{period} grouped"]
        what = f"statistics of {period.value}"
        section.rows.append(value_row(what, mine.values, ANSWER))
        section.rows.append(ratio_row(f"the same by GROUP BY: {what}", other, mine, "rolled up", None, show=_ms))


def grouped(period: Period) -> None:
    """Downloads of a period without anything rolled up."""
    columns = DownloadDay.plugin_name, func.sum(DownloadDay.count)
    with unit_of_work(writing=False):
        within = []
        if period.days is not None:
            within = [DownloadDay.day >= (utcnow() - timedelta(days=period.days - 1)).date().isoformat()]
        top = select(*columns).where(*within).group_by(DownloadDay.plugin_name).order_by(columns[1].desc()).limit(TOP)
        db.session.execute(top).all()
        by_day = select(DownloadDay.day, columns[1]).where(*within).group_by(DownloadDay.day)
        db.session.execute(by_day).all()


def _counting(market: Market, rounds: int, section: Section) -> None:
    """One download counted as the server does it, and by the same statement on tables that nothing watches."""
    engine = market.app.extensions["microdock"].autocommit
    with unit_of_work(writing=False):
        names = list(db.session.scalars(select(DownloadDay.plugin_name).distinct().limit(COUNTED)))
    connection = sqlite3.connect(market.database, isolation_level=None, timeout=15)

    def count() -> float:
        started = time.perf_counter()
        for name in names:
            execute_autocommit(engine, _COUNT, {"name": name, "number": "1.0.0"})
        return (time.perf_counter() - started) * 1000 / len(names)

    def plain() -> float:
        triggers = dropped_triggers(connection)
        try:
            # The other connections read the changed schema before they are timed.
            execute_autocommit(engine, _COUNT, {"name": names[0], "number": "1.0.0"})
            return count()
        finally:
            for statement in triggers.values():
                connection.execute(statement)
            execute_autocommit(engine, _COUNT, {"name": names[0], "number": "1.0.0"})

    samples = race({"with": count, "without": plain}, rounds)
    connection.close()
    section.rows.append(
        ratio_row("counting one download", samples["with"], samples["without"], "without triggers", None, show=_ms)
    )


def _repeated(act: Callable[[], object]) -> Callable[[], float]:
    run = _timed(act)
    return lambda: statistics.median(run() for _ in range(REPEATED))


def _timed(act: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        started = time.perf_counter()
        act()
        return (time.perf_counter() - started) * 1000

    return run


def _ms(value: float) -> str:
    return f"{number(value)} ms"
