"""Pages of the marketplace over HTTP, asked for the first time since a change and again, beside hello-world."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, select

from microdock_server.models import Plugin
from microdock_server.services.catalog.listing import Sort
from microdock_server.vocabulary import PluginStatus

from . import gallery, market, wrk
from .answers import HELLO
from .client import Request, ask_once, call
from .engines import LIST_PAGE, SEARCH_PAGE
from .results import Goal, NotMeasured, Section, logging_row, per_second, ratio_row, warm_race
from .servers import Server
from .stage import DEFAULT_LEVEL, LARGE, LEVELS, Stage, login

FIRST, KEPT = "asked for the first time", "kept"
GOALS = {
    f"market list page, {FIRST}": Goal(0.25),
    f"market list page, {KEPT}": Goal(0.5),
    f"search page, {FIRST}": Goal(0.2),
    f"search page, {KEPT}": Goal(0.5),
}
LIMIT = 20
# Of each order; a market of 10,000 plugins has more that are published.
PAGES = 400


@dataclass(frozen=True, slots=True)
class Site:
    """A server with a marketplace, and a plugin of it that may be turned on and off."""

    server: Server
    plugin: str
    token: str
    seconds: int

    def kept(self, path: str) -> float:
        """Answers a second of one page that is asked for all the time."""
        return wrk.run(self.server.port, Request(path), self.seconds).rate

    def first(self, paths: Sequence[str]) -> float:
        """Answers a second of pages that are all different, after a change of the catalogue: nothing is kept then."""
        for act in ("disable", "enable"):
            call(self.server.port, f"/api/plugins/{act}", {"name": self.plugin}, self.token)
        return wrk.run(self.server.port, Request(paths[0]), self.seconds, paths=paths).rate


def measure(stage: Stage) -> Section:
    section = Section(f"Pages of the marketplace over HTTP, {LARGE:,} plugins (wrk, kept connections)")
    hello, lists, searches = stage.hello(), list_paths(), search_paths()
    runs: dict[str, Callable[[], float]] = {
        HELLO: lambda: wrk.run(hello.port, Request("/"), stage.plan.seconds).rate,
    }
    sites = _sites(stage)
    for level, site in sites.items():
        for what, run in _runs(site, lists, searches).items():
            runs[f"{what} {level}"] = run
    one = sites[DEFAULT_LEVEL]
    shown = gallery.paths(one.server.database, one.plugin)
    runs |= gallery.kept_runs({level: site.server for level, site in sites.items()}, shown, stage.plan.seconds)
    samples = warm_race(runs, stage.plan.rounds)
    for what, goal in GOALS.items():
        levels = {level: samples[f"{what} {level}"] for level in LEVELS}
        for level, mine in levels.items():
            section.rows.append(ratio_row(what, mine, samples[HELLO], HELLO, goal, log=level, show=per_second))
        section.rows.append(logging_row(what, levels, show=per_second))
    gallery.kept_rows(section, samples, HELLO)
    gallery.rendered_rows(section, one.server, shown, gallery.changed(one.server, one.plugin, one.token))
    gallery.size_rows(section, one.server, shown)
    for site in sites.values():
        site.server.stop()
    section.notes += [
        f"- {FIRST}: a plugin changes, then {len(lists):,} pages of {LIMIT} plugins in every order, or the first pages "
        f"of {len(searches):,} words, are asked for in turn; {KEPT}: one page is asked for all the time",
        "- gallery: as a browser asks, gzip; not kept: after each change every worker is asked for every page once; "
        "the server's own time counts (`X-Process-Time`)",
    ]
    return section


def list_paths() -> list[str]:
    """The first pages of each order of the list, mixed, always in the same way."""
    paths = [
        f"/api/v1/marketplace/plugins?limit={LIMIT}&page={page}&sort={sort.value}&order={order}"
        for sort in Sort
        for order in ("desc", "asc")
        for page in range(1, PAGES + 1)
    ]
    random.Random(PAGES).shuffle(paths)
    return paths


def search_paths() -> list[str]:
    """The first pages of searches for one word each, mixed likewise."""
    paths = [f"{LIST_PAGE}&search={quote(word)}" for word in market.search_words()]
    random.Random(len(paths)).shuffle(paths)
    return paths


def _runs(site: Site, lists: Sequence[str], searches: Sequence[str]) -> dict[str, Callable[[], float]]:
    runs: tuple[Callable[[], float], ...] = (
        lambda: site.first(lists),
        lambda: site.kept(LIST_PAGE),
        lambda: site.first(searches),
        lambda: site.kept(SEARCH_PAGE),
    )
    return dict(zip(GOALS, runs, strict=True))


def _sites(stage: Stage) -> dict[str, Site]:
    """The same marketplace for each level, copied before anybody serves it."""
    one = stage.grown(LARGE)
    places: dict[str, Path] = {}
    for level in LEVELS:
        places[level] = one.database.parent
        if level != DEFAULT_LEVEL:
            places[level] = stage.servers.directory / f"pages-{level}"
            shutil.copytree(one.database.parent, places[level])
    plugin = _published(one.database)
    return {level: _site(stage, place, level, plugin) for level, place in places.items()}


def _site(stage: Stage, place: Path, level: str, plugin: str) -> Site:
    server = stage.servers.over(place, level)
    for path in (*list_paths()[:3], *search_paths()[:3], SEARCH_PAGE):
        if (status := ask_once(server.port, Request(path)).status) != 200:
            raise NotMeasured(f"{path} answered {status}")
    return Site(server, plugin, login(server), stage.plan.seconds)


def _published(database: Path) -> str:
    """The name of a plugin that everybody sees."""
    engine = create_engine(f"sqlite:///{database}")
    table = Plugin.__table__
    with engine.connect() as connection:
        query = select(table.c.name).where(table.c.status == PluginStatus.PUBLISHED).order_by(table.c.name).limit(1)
        name = str(connection.execute(query).scalar_one())
    engine.dispose()
    return name
