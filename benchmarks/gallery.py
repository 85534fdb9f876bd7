"""The gallery's pages: kept ones beside hello-world, the server's time for those that are not, and what they weigh."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import create_engine, select

from microdock_server.models import Category

from . import market, wrk
from .client import Answer, Request, ask, ask_once, call
from .refresh import each_worker
from .results import (
    Goal,
    NotMeasured,
    Samples,
    Section,
    logging_row,
    number,
    per_second,
    ratio_row,
    value_row,
    worst_row,
)
from .servers import Server
from .stage import DEFAULT_LEVEL, LEVELS

HOME, PLUGIN = "start page", "a plugin's page"
KEPT: Final = Goal(0.5)
RENDERED: Final = Goal(15, at_most=True, unit=" ms")
WIRE: Final = Goal(60, at_most=True, unit=" KiB")
STYLE: Final = Goal(20, at_most=True, unit=" KiB")
_BROWSER: Final = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip"}
_ASSETS: Final = re.compile(rb'(?:href|src)="(/gallery/[^"]+\.(?:css|js))"')


def paths(database: Path, plugin: str) -> dict[str, str]:
    """The pages that are measured, by what they are called."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        category = connection.execute(select(Category.__table__.c.id).limit(1)).scalar_one()
    engine.dispose()
    return {
        HOME: "/",
        PLUGIN: f"/plugins/{quote(plugin)}",
        "results": "/plugins",
        "results of a category": f"/plugins?category={category}",
        "a search": f"/plugins?q={quote(market.search_words()[0])}",
    }


def kept_runs(servers: Mapping[str, Server], pages: Mapping[str, str], seconds: int) -> dict[str, Callable[[], float]]:
    """Requests a second of the pages that have a goal when kept, by their name and the log level."""

    def run(server: Server, path: str) -> Callable[[], float]:
        return lambda: wrk.run(server.port, Request(path, headers=_BROWSER), seconds).rate

    return {f"{what} {level}": run(server, pages[what]) for level, server in servers.items() for what in (HOME, PLUGIN)}


def kept_rows(section: Section, samples: Mapping[str, Samples], hello: str) -> None:
    """What the race of these runs and of hello-world says."""
    for what in (HOME, PLUGIN):
        levels = {level: samples[f"{what} {level}"] for level in LEVELS}
        for level, mine in levels.items():
            row = ratio_row(f"gallery, {what}, kept", mine, samples[hello], hello, KEPT, log=level, show=per_second)
            section.rows.append(row)
        section.rows.append(logging_row(f"gallery, {what}, kept", levels, show=per_second))


def rendered_rows(section: Section, server: Server, pages: Mapping[str, str], change: Callable[[str], object]) -> None:
    """After each change of the catalogue every worker is asked for every page once: nothing is kept then."""
    connections = each_worker(server)
    taken: dict[str, list[float]] = {what: [] for what in pages}
    try:
        for act in ("disable", "enable") * 4:
            change(act)
            for connection in connections.values():
                for what, path in pages.items():
                    answer = ask(connection, Request(path, headers=_BROWSER))
                    _ensure_page(path, answer)
                    taken[what].append(float(answer.headers["x-process-time"]) * 1000)
    finally:
        for connection in connections.values():
            connection.close()
    for what, values in taken.items():
        detail = f"{len(values)} requests, {len(connections)} workers; worst {number(max(values))} ms"
        row = value_row(f"gallery, {what}, not kept: server's time", values, RENDERED, log=DEFAULT_LEVEL, detail=detail)
        section.rows.append(row)


def size_rows(section: Section, server: Server, pages: Mapping[str, str]) -> None:
    """What comes over the wire before any picture."""
    for what, path in pages.items():
        page = ask_once(server.port, Request(path, headers=_BROWSER))
        _ensure_page(path, page)
        assets = {
            name: len(ask_once(server.port, Request(name.decode(), headers=_BROWSER)).body) / 1024
            for name in dict.fromkeys(_ASSETS.findall(_plain(server, path).body))
        }
        whole = len(page.body) / 1024 + sum(assets.values())
        if what == HOME:
            styles = [size for name, size in assets.items() if name.endswith(b".css")]
            section.rows.append(worst_row("gallery, stylesheet, gzipped", [sum(styles)], STYLE, log=DEFAULT_LEVEL))
        row = worst_row(f"gallery, {what}: HTML, CSS and script, gzipped", [whole], WIRE, log=DEFAULT_LEVEL)
        section.rows.append(row)


def changed(server: Server, plugin: str, token: str) -> Callable[[str], object]:
    """A function that disables or enables a plugin."""
    return lambda act: call(server.port, f"/api/plugins/{act}", {"name": plugin}, token)


def _plain(server: Server, path: str) -> Answer:
    return ask_once(server.port, Request(path, headers={"Accept": "text/html"}))


def _ensure_page(path: str, answer: Answer) -> None:
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
        raise NotMeasured(f"{path} answered {answer.status}, or no page")
    if answer.headers.get("content-encoding") != "gzip":
        raise NotMeasured(f"{path} was not compressed")
