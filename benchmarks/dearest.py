"""What one request may cost the server in CPU seconds, by who asks, and what bursts of wrong secrets cost others."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from . import costly
from .client import Request, ask, ask_once, connect
from .results import Goal, NotMeasured, Row, Section, number, value_row
from .servers import Server
from .sockets import percentiles, seconds_exactly
from .stage import SMALL, Stage

SECOND = Goal(1, at_most=True, unit=" s")
NEAR_QUIET = 2
ATTACKERS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def measure(stage: Stage) -> Section:
    """The dearest of some candidates; each is asked several times of a server with a thousand plugins."""
    section = Section("The dearest request, in CPU seconds of the server, and secrets that are wrong")
    server = stage.catalogue(SMALL, "WARNING")
    for who, candidates in costly.candidates(server, stage).items():
        section.rows.append(_dearest(server, who, candidates, stage.plan.rounds))
    for name, request in costly.inspections(stage).items():
        cost = max(_cost(server, request) for _ in range(stage.plan.rounds))
        section.rows.append(Row(f"an inspection: {name}", "WARNING", f"{number(cost)} s"))
    package = stage.package("published", 4096).read_bytes()
    for what, attempt in (("logins", costly.wrong_login), ("upload keys", partial(costly.wrong_key, package))):
        section.rows.append(_beside(server, stage, what, attempt))
    section.notes.append(
        "Limits of requests are off here; an inspection has no bound, but each address has one at a time."
    )
    return section


def _dearest(server: Server, who: str, candidates: Mapping[str, Request], rounds: int) -> Row:
    costs = {name: max(_cost(server, request) for _ in range(rounds)) for name, request in candidates.items()}
    name = max(costs, key=lambda one: costs[one])
    detail = ", ".join(f"{other}: {number(cost)} s" for other, cost in costs.items())
    return value_row(f"dearest request of {who}: {name}", costs[name], SECOND, log="WARNING", detail=detail)


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
    quiet: list[float] = []
    attacked: list[float] = []
    statuses: Counter[int] = Counter()
    for _ in range(stage.plan.rounds):
        quiet += _asked(server, stage.plan.seconds)
        with _attempts(server, attempt, statuses):
            attacked += _asked(server, stage.plan.seconds)
    before, during = percentiles(quiet), percentiles(attacked)
    goal = Goal(max(NEAR_QUIET * before[1], 0.05) * 1000, at_most=True, unit=" ms")
    return Row(
        f"p99 of `/healthz` beside {ATTACKERS} clients with wrong {what}",
        "WARNING",
        seconds_exactly(during[1]),
        f"quiet: {seconds_exactly(before[1])}; p50 {seconds_exactly(during[0])}, quiet {seconds_exactly(before[0])}; "
        f"answered: {dict(statuses)}",
        f"{number(during[1] / before[1])}×",
        goal.text(),
        goal.verdict(during[1] * 1000),
    )


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
