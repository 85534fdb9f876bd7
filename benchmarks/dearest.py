"""What one request may cost the server in CPU seconds, by who asks, and what bursts of wrong secrets cost others."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

from . import costly
from .client import Request, ask, ask_once, connect
from .results import Goal, NotMeasured, Row, Section, number, spread_of, worst_row
from .servers import Server
from .sockets import near_quiet_row, percentiles, seconds_exactly
from .stage import DEFAULT_LEVEL, SMALL, Stage

SECOND = Goal(1, at_most=True, unit=" s")
ATTACKERS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def measure(stage: Stage) -> Section:
    """The dearest of some candidates; each is asked several times of a server with a thousand plugins."""
    section = Section("The dearest request, in CPU seconds of the server, and secrets that are wrong")
    server = stage.catalogue(SMALL, DEFAULT_LEVEL)
    for who, candidates in costly.candidates(server, stage).items():
        section.rows.append(_dearest(server, who, candidates, stage.plan.rounds))
    for name, request in costly.inspections(stage).items():
        costs = [_cost(server, request) for _ in range(stage.plan.rounds)]
        measured, spread = f"{number(max(costs))} s", spread_of(costs, " s")
        section.rows.append(
            Row(f"an inspection: {name}", DEFAULT_LEVEL, measured, spread=spread, rounds={"measured": costs})
        )
    package = stage.package("published", 4096).read_bytes()
    for what, attempt in (("logins", costly.wrong_login), ("upload keys", partial(costly.wrong_key, package))):
        section.rows.append(_beside(server, stage, what, attempt))
    section.notes.append(
        "Limits of requests are off here; an inspection has no bound, but each address has one at a time."
    )
    return section


def _dearest(server: Server, who: str, candidates: Mapping[str, Request], rounds: int) -> Row:
    costs = {name: [_cost(server, request) for _ in range(rounds)] for name, request in candidates.items()}
    name = max(costs, key=lambda one: max(costs[one]))
    detail = ", ".join(f"{other}: {number(max(cost))} s" for other, cost in costs.items())
    return worst_row(f"dearest request of {who}: {name}", costs[name], SECOND, log=DEFAULT_LEVEL, detail=detail)


def _cost(server: Server, request: Request) -> float:
    """What all workers used meanwhile; the system counts hundredths."""
    before = sum(map(_used, server.workers))
    status = ask_once(server.port, request).status
    if status in (413, 429) or status >= 500:
        raise NotMeasured(f"{request.path} answered {status}")
    return sum(map(_used, server.workers)) - before


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _beside(server: Server, stage: Stage, what: str, attempt: Callable[[], Request]) -> Row:
    quiet: list[list[float]] = []
    attacked: list[list[float]] = []
    statuses: Counter[int] = Counter()
    for _ in range(stage.plan.rounds):
        quiet.append(_asked(server, stage.plan.seconds))
        with _attempts(server, attempt, statuses):
            attacked.append(_asked(server, stage.plan.seconds))
    during, calm = (seconds_exactly(percentiles(list(chain.from_iterable(one)))[0]) for one in (attacked, quiet))
    detail = f"; p50 {during}, quiet {calm}; answered: {dict(statuses)}"
    return near_quiet_row(f"p99 of `/healthz` beside {ATTACKERS} clients with wrong {what}", quiet, attacked, detail)


def _asked(server: Server, length: int) -> list[float]:
    taken: list[float] = []
    connection = connect(server.port)
    ends = time.perf_counter() + length
    try:
        while time.perf_counter() < ends:
            begun = time.perf_counter()
            ask(connection, Request("/healthz"))
            taken.append(time.perf_counter() - begun)
    finally:
        connection.close()
    return taken


@contextmanager
def _attempts(server: Server, attempt: Callable[[], Request], statuses: Counter[int]) -> Iterator[None]:
    ended = threading.Event()

    def attack() -> None:
        while not ended.is_set():
            statuses[ask_once(server.port, attempt()).status] += 1

    threads = [threading.Thread(target=attack, daemon=True) for _ in range(ATTACKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
