"""How the cost of a request grows with the marketplace: from 1,000 plugins to as many as are planned."""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import create_engine, select, update

from microdock_server.models import Plugin, PluginVersion
from microdock_server.services.catalog.listing import Sort
from microdock_server.vocabulary import PluginStatus

from . import peers, wrk
from .answers import GZIP, LIST
from .client import Request, ask_once, call, fetch
from .downloads import DOWNLOAD
from .engines import LIST_PAGE, SEARCH_PAGE
from .market import Market
from .results import Goal, Section, number, race, ratio_row, say
from .servers import Server
from .stage import DEFAULT_LEVEL, MEGABYTE, SMALL, Stage, login, name_body

FLAT = Goal(1.5, at_most=True)
# How many plugins are asked for in turn, and get files: the same number whatever the size.
ASKED = 200
FILE = 4096
# After two writes each.
SEARCHED = 4
DETAIL = "/api/plugins/detail"
SOME, FEW, LEAST_SECONDS = 16, 4, 5


@dataclass(frozen=True, slots=True)
class Place:
    """A server with so many plugins, and the ones among them that are asked for."""

    server: Server
    names: tuple[str, ...]
    seconds: int

    def by_name(self, path: str) -> float:
        """Seconds of the server for one answer, under load that asks for another plugin every time."""
        request, bodies = Request(path, "POST", body="{}"), [name_body(name) for name in self.names]
        return 1 / wrk.run(self.server.port, request, self.seconds, SOME, bodies).rate

    def per_page(self, path: str) -> float:
        """Seconds of the server for a page of the marketplace, likewise; wrk counts only whole answers."""
        return 1 / wrk.run(self.server.port, Request(path), max(self.seconds, LEAST_SECONDS), SOME).rate

    def per_megabyte(self, headers: Mapping[str, str]) -> float:
        """Seconds of the server for a megabyte of the list, as it comes over the connection."""
        request = Request(LIST, headers=headers)
        size = len(ask_once(self.server.port, request).body)
        # wrk counts only whole answers.
        load = wrk.run(self.server.port, request, max(self.seconds, LEAST_SECONDS), FEW)
        return MEGABYTE / (load.rate * size)

    def after_write(self, token: str) -> float:
        """Seconds for a megabyte of the first list after a write, to one client."""
        fetched = self._after_writes(LIST, token)
        return sum(seconds for seconds, _ in fetched) * MEGABYTE / sum(size for _, size in fetched)

    def searched_after_write(self, token: str) -> float:
        """Seconds for the first page of a search after a write, to one client: nothing of it is kept then.

        The median of several, for one alone says little.
        """
        fetched = [each for _ in range(SEARCHED) for each in self._after_writes(SEARCH_PAGE, token)]
        return statistics.median(seconds for seconds, _ in fetched)

    def _after_writes(self, path: str, token: str) -> list[tuple[float, int]]:
        """The seconds and bytes of an answer, once after each of two writes."""
        fetched = []
        for act in ("disable", "enable"):
            call(self.server.port, f"/api/plugins/{act}", {"name": self.names[0]}, token)
            fetched.append(fetch(self.server.port, Request(path)))
        return fetched


def sqlite(stage: Stage) -> Section:
    """On SQLite, over HTTP."""
    section = _section(stage, "SQLite")
    places = [_place(stage, one) for one in _markets(stage)]
    _measure(stage, section, *places)
    return section


def postgresql(stage: Stage) -> Section:
    """On PostgreSQL, with the very same rows and files."""
    section = _section(stage, "PostgreSQL")
    engine = peers.start_postgresql(stage.servers)
    places = []
    for one in _markets(stage):
        say(f"  {one.size:,} plugins into PostgreSQL …")
        _keep_files(one)
        started, url = time.perf_counter(), engine.url(engine.create())
        peers.copy_database(one.database, url, one.database.parent / "copied")
        took = time.perf_counter() - started
        peers.analyze(url)
        section.notes.append(f"- `flask db copy` of {one.size:,} plugins, every row compared: {took:.0f} s")
        places.append(_place(stage, one, DATABASE_URL=url))
    _measure(stage, section, *places)
    return section


def _section(stage: Stage, engine: str) -> Section:
    section = Section(f"Growth from {SMALL:,} to {stage.plan.plugins:,} plugins on {engine}")
    section.notes.append(
        f"- one answer: the server's time for it, under load; {ASKED} plugins are asked for in turn. The list is "
        "compared by the megabyte that comes over the connection: its cost may grow with its bytes alone"
    )
    return section


def _markets(stage: Stage) -> list[Market]:
    """A small one and a large one."""
    return [stage.grown(size) for size in (SMALL, stage.plan.plugins)]


def _place(stage: Stage, one: Market, **settings: str) -> Place:
    names = _keep_files(one)
    return Place(stage.servers.over(one.database.parent, DEFAULT_LEVEL, **settings), names, stage.plan.seconds)


def _keep_files(one: Market) -> tuple[str, ...]:
    """Give the plugins that are asked for a file each; their names, always the same."""
    table, plugins = PluginVersion.__table__, Plugin.__table__
    published = select(plugins.c.name).where(plugins.c.status == PluginStatus.PUBLISHED).order_by(plugins.c.name)
    engine = create_engine(f"sqlite:///{one.database}")
    with engine.begin() as connection:
        names = random.Random(ASKED).sample(connection.execute(published).scalars().all(), ASKED)
        keys = select(table.c.storage_key).where(table.c.plugin_name.in_(names))
        for key in connection.execute(keys).scalars().all():
            content = hashlib.shake_256(key.encode()).digest(FILE)
            path = one.database.parent / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            connection.execute(update(table).where(table.c.storage_key == key).values(file_hash=digest, file_size=FILE))
    engine.dispose()
    return tuple(names)


def _measure(stage: Stage, section: Section, small: Place, large: Place) -> None:
    """Both sizes in turn; then both servers end, so that others may have their directories."""
    here, there = _runs(small), _runs(large)
    contenders = {}
    for what, run in here.items():
        contenders |= {f"{what} {SMALL}": run, what: there[what]}
    samples = race(contenders, stage.plan.rounds)
    for what in here:
        mine, other = samples[what], samples[f"{what} {SMALL}"]
        against = f"{SMALL:,} plugins"
        section.rows.append(ratio_row(what, mine, other, against, FLAT, log=DEFAULT_LEVEL, show=_milliseconds))
    for place in (small, large):
        place.server.stop()


def _runs(place: Place) -> dict[str, Callable[[], float]]:
    """What is measured, in seconds: for an answer, or for a megabyte of the list."""
    token = login(place.server)
    return {
        "plugin detail": lambda: place.by_name(DETAIL),
        "counted download, 4 KiB": lambda: place.by_name(DOWNLOAD),
        "market list page": lambda: place.per_page(LIST_PAGE),
        "market list page, by downloads": lambda: place.per_page(f"{LIST_PAGE}&sort={Sort.DOWNLOADS}"),
        "search page, a common word": lambda: place.per_page(SEARCH_PAGE),
        "search page, a common word, first after a write": lambda: place.searched_after_write(token),
        "host list, plain, a megabyte": lambda: place.per_megabyte({}),
        "host list, gzip, a megabyte": lambda: place.per_megabyte(GZIP),
        "first host list after a write, plain, a megabyte": lambda: place.after_write(token),
    }


def _milliseconds(value: float) -> str:
    return f"{number(value * 1000)} ms"
