"""Update checks and plans: a whole host in one question, at five versions of each plugin; the index behind them."""

from __future__ import annotations

import http.client
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import create_engine, select, update

from microdock_server.models import Plugin, PluginVersion
from microdock_server.vocabulary import PluginStatus

from . import wrk
from .answers import HELLO
from .client import Answer, Request, ask, call
from .market import Market
from .processes import resident
from .refresh import each_worker
from .results import Goal, NotMeasured, Section, number, per_second, race, ratio_row, value_row
from .servers import Server
from .stage import DEFAULT_LEVEL, LARGE, MEGABYTE, Stage, login

UPDATES, RESOLVE = "/api/plugins/updates", "/api/plugins/resolve"
VERSIONS = 5
INSTALLED = 50
HOSTS = 200
CHAIN = 10
ENGINES = {"MicroDock": "1.0.0"}
CHECK = "update check of 50 plugins"
PLAN = "plan of one plugin with a chain of ten"
BATCH = 500
GOALS = {CHECK: Goal(0.30), PLAN: Goal(0.15)}
FIRST = Goal(50, at_most=True, unit=" ms")
INDEX = Goal(40, at_most=True, unit=" MiB")


@dataclass(frozen=True, slots=True)
class Place:
    """A server with so many plugins, of these names; the first of them need one another in a chain."""

    server: Server
    names: Sequence[str]
    # Plugins that need no other, the most popular first.
    free: Sequence[str]

    def checks(self) -> list[str]:
        """What different hosts ask, each with plugins of its own: the one of rank r is on 1/r as many hosts."""
        chance = random.Random(HOSTS)
        weights = [1 / rank for rank in range(1, len(self.names) + 1)]
        return [
            _body(installed=_installed(_some(self.names, weights, chance), chance), client_id=f"host-{number}")
            for number in range(HOSTS)
        ]

    def plans(self) -> list[str]:
        """The same hosts want the first plugin of the chain, and have none of it."""
        chance = random.Random(CHAIN)
        weights = [1 / rank for rank in range(1, len(self.free) + 1)]
        wanted = [{"name": self.names[0]}]
        return [
            _body(installed=_installed(_some(self.free, weights, chance), chance), install=wanted) for _ in range(HOSTS)
        ]


def measure(stage: Stage) -> Section:
    section = Section(f"Releases: {LARGE:,} and {stage.plan.plugins:,} plugins with {VERSIONS} versions each")
    place = _place(stage, stage.released(LARGE))
    _answers(stage, section, place, GOALS)
    _after_a_write(stage, section, place)
    _memory(section, place)
    place.server.stop()
    large = _place(stage, stage.released(stage.plan.plugins))
    _answers(stage, section, large, dict.fromkeys(GOALS))
    large.server.stop()
    section.notes.append(
        f"- {HOSTS} hosts in turn, which every worker has answered once before, each with {INSTALLED} plugins in "
        "versions picked at random; a plugin's chance to be among them is that of its rank, 1/r; a plan is asked for "
        "by hosts whose dependencies all hold"
    )
    return section


def _place(stage: Stage, one: Market) -> Place:
    engine = create_engine(f"sqlite:///{one.database}")
    plugins, versions = Plugin.__table__, PluginVersion.__table__
    published = select(plugins.c.name).where(plugins.c.status == PluginStatus.PUBLISHED).order_by(plugins.c.number)
    with engine.begin() as connection:
        names = list(connection.execute(published).scalars())
        for name, needed in pairwise(names[: CHAIN + 1]):
            own = versions.c.plugin_name == name
            connection.execute(update(versions).where(own).values(dependencies={needed: ">=1.0.0"}))
        last = versions.c.plugin_name == names[CHAIN]
        connection.execute(update(versions).where(last).values(dependencies={}))
        rows = connection.execute(select(versions.c.plugin_name, versions.c.dependencies))
        needing = {name for name, dependencies in rows if dependencies}
    engine.dispose()
    free = [name for name in names[CHAIN + 1 :] if name not in needing]
    return Place(stage.servers.over(one.database.parent, DEFAULT_LEVEL), names, free)


def _answers(stage: Stage, section: Section, place: Place, goals: dict[str, Goal] | dict[str, None]) -> None:
    seconds = stage.plan.seconds
    hello = stage.hello()
    runs: dict[str, Callable[[], float]] = {HELLO: lambda: wrk.run(hello.port, Request("/"), seconds).rate}
    for what, path, bodies in ((CHECK, UPDATES, place.checks()), (PLAN, RESOLVE, place.plans())):
        _ensure_good(place.server, path, bodies[0])
        runs[what] = _asked(place.server, path, bodies, seconds)
        _warm_up(place.server, path, bodies)
    samples = race(runs, stage.plan.rounds)
    size = f"{len(place.names):,} published plugins"
    for what, goal in goals.items():
        row = ratio_row(
            f"{what}, {size}", samples[what], samples[HELLO], HELLO, goal, log=DEFAULT_LEVEL, show=per_second
        )
        section.rows.append(row)


def _asked(server: Server, path: str, bodies: Sequence[str], seconds: int) -> Callable[[], float]:
    request = Request(path, "POST", body="{}")
    return lambda: wrk.run(server.port, request, seconds, bodies=bodies).rate


def _warm_up(server: Server, path: str, bodies: Sequence[str]) -> None:
    """Every worker answers every question once: what the first host with a plugin waits for is not in the figures."""
    connections = each_worker(server)
    # In turn: a server closes a connection that waits for long.
    for body in bodies:
        for connection in connections.values():
            if ask(connection, Request(path, "POST", body=body)).status != 200:
                raise NotMeasured("a question of the warm-up was refused")
    _close(connections)


def _ensure_good(server: Server, path: str, body: str) -> None:
    """That the answer is the wanted one: all plugins, or the whole chain."""
    data = call(server.port, path, json.loads(body))["data"]
    if path == UPDATES and len(data["updates"]) != INSTALLED:
        raise NotMeasured("an update check did not answer for every plugin")
    if path == RESOLVE and sum(one["action"] == "install" for one in data["plan"]) != CHAIN + 1:
        raise NotMeasured("a plan did not install the chain")


def _after_a_write(stage: Stage, section: Section, place: Place) -> None:
    """A plugin of the host's is disabled and enabled in turn, and each worker asked once; the slower one counts."""
    connections = each_worker(place.server)
    token, name = login(place.server), place.names[CHAIN + 1]
    body = _body(installed=_installed(place.names[CHAIN + 1 : CHAIN + 1 + INSTALLED], random.Random(1)))
    check = Request(UPDATES, "POST", body=body)
    taken: dict[int, list[float]] = {pid: [] for pid in connections}
    for turn in range(stage.plan.writes):
        act = "disable" if turn % 2 == 0 else "enable"
        call(place.server.port, f"/api/plugins/{act}", {"name": name}, token)
        for pid, connection in connections.items():
            started = time.perf_counter()
            answer = ask(connection, check)
            taken[pid].append((time.perf_counter() - started) * 1000)
            _ensure_shown(answer, is_disabled=act == "disable")
    _close(connections)
    slower = max(taken.values(), key=statistics.median)
    detail = f"{stage.plan.writes} writes, {len(taken)} workers; worst {number(max(map(max, taken.values())))} ms"
    row = value_row("first update check after a write (slower worker)", slower, FIRST, log=DEFAULT_LEVEL, detail=detail)
    section.rows.append(row)


def _ensure_shown(answer: Answer, *, is_disabled: bool) -> None:
    first = json.loads(answer.body)["data"]["updates"][0]
    if ("disabled" in {reason["code"] for reason in first["reasons"]}) is not is_disabled:
        raise NotMeasured("the first update check after a write did not show it")


def _memory(section: Section, place: Place) -> None:
    """Every worker is asked about every plugin."""
    connections = each_worker(place.server)
    before = {pid: resident(pid) for pid in connections}
    for connection in connections.values():
        for start in range(0, len(place.names), BATCH):
            body = _body(installed=[{"name": name, "version": "1.0.0"} for name in place.names[start : start + BATCH]])
            if ask(connection, Request(UPDATES, "POST", body=body)).status != 200:
                raise NotMeasured("an update check of 500 plugins was refused")
    grown = [(resident(pid) - size) / MEGABYTE for pid, size in before.items()]
    _close(connections)
    detail = f"after checks of all {len(place.names):,} published plugins, answers kept for the next hosts included"
    section.rows.append(value_row("a worker's growth", [max(grown)], INDEX, log=DEFAULT_LEVEL, detail=detail))


def _some(names: Sequence[str], weights: Sequence[float], chance: random.Random) -> list[str]:
    """As many different ones as a host has installed."""
    found: dict[str, None] = {}
    while len(found) < INSTALLED:
        found |= dict.fromkeys(chance.choices(names, weights, k=INSTALLED))
    return list(found)[:INSTALLED]


def _installed(names: Sequence[str], chance: random.Random) -> list[dict[str, Any]]:
    return [{"name": name, "version": f"1.{chance.randrange(VERSIONS)}.0"} for name in names]


def _body(**fields: Any) -> str:
    return json.dumps({"engines": ENGINES, **fields})


def _close(connections: dict[int, http.client.HTTPConnection]) -> None:
    for connection in connections.values():
        connection.close()
