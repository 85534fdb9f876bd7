"""What the ready list costs: the first answer after a write, on each worker, and the memory it is kept in."""

from __future__ import annotations

import gzip
import http.client
import json
import statistics
import time

from .answers import GZIP, LIST
from .client import Answer, Request, ask, call, connect
from .processes import memory, owner
from .results import Goal, NotMeasured, Row, Samples, Section, missing_row, number, ratio_row, seconds, value_row
from .servers import Server
from .stage import LARGE, PUBLISHED, Stage, login

FIRST = Goal(100, at_most=True, unit=" ms")
RESIDENT = Goal(130, at_most=True, unit=" MiB")
MAX_CONNECTIONS = 200


def measure(stage: Stage) -> Section:
    """One write, then one list on each worker; several times."""
    section = Section(f"After a write, and memory, at {LARGE:,} plugins")
    server = stage.catalogue(LARGE, "INFO")
    try:
        _first_lists(stage, server, section)
    except (NotMeasured, http.client.HTTPException) as reason:
        section.rows.append(missing_row("first list after a write", reason, log="INFO", goal=FIRST.text()))
    _memory(server, section)
    return section


def _first_lists(stage: Stage, server: Server, section: Section) -> None:
    connections = each_worker(server)
    token = login(server)
    taken: dict[int, list[float]] = {pid: [] for pid in connections}
    later: list[float] = []
    for turn in range(stage.plan.writes):
        act = "disable" if turn % 2 == 0 else "enable"
        call(server.port, f"/api/plugins/{act}", {"name": PUBLISHED}, token)
        for pid, connection in connections.items():
            taken[pid].append(_after_write(connection, enabled=act == "enable") * 1000)
            later.append(timed(connection) * 1000)
    slower = max(taken.values(), key=statistics.median)
    worst = max(max(values) for values in taken.values())
    detail = f"{stage.plan.writes} writes, {len(taken)} workers; worst {number(worst)} ms; "
    detail += f"the list after that {number(statistics.median(later))} ms"
    section.rows.append(value_row("first list after a write (slower worker)", slower, FIRST, log="INFO", detail=detail))
    section.rows.append(_never_compressed_anew(next(iter(connections.values())), later, stage.plan.rounds))


def each_worker(server: Server) -> dict[int, http.client.HTTPConnection]:
    """A kept connection to every worker, by its process id."""
    workers, found = server.workers, {}
    for _ in range(MAX_CONNECTIONS):
        connection = connect(server.port)
        ask(connection, Request(LIST, headers=GZIP))
        pid = owner(connection, workers)
        if pid is not None:
            found.setdefault(pid, connection)
        if len(found) == len(workers):
            return found
    raise NotMeasured(f"connections reached {len(found)} of {len(workers)} workers")


def timed(connection: http.client.HTTPConnection) -> float:
    """Seconds of one list."""
    started = time.perf_counter()
    ask(connection, Request(LIST, headers=GZIP))
    return time.perf_counter() - started


def _never_compressed_anew(connection: http.client.HTTPConnection, later: list[float], rounds: int) -> Row:
    """A list that is ready takes a small part of the time that compressing it would; each round is a median of some."""
    plain = ask(connection, Request(LIST)).body
    ready = Samples([statistics.median(later[turn::rounds]) / 1000 for turn in range(rounds)])
    anew = Samples()
    for _ in range(rounds):
        started = time.perf_counter()
        gzip.compress(plain, 6)
        anew.values.append(time.perf_counter() - started)
    goal = Goal(0.2, at_most=True)
    return ratio_row("a list that is ready, gzip", ready, anew, "gzip -6 alone", goal, log="INFO", show=seconds)


def _after_write(connection: http.client.HTTPConnection, *, enabled: bool) -> float:
    """Seconds of the first list, which must show what was written."""
    started = time.perf_counter()
    answer = ask(connection, Request(LIST, headers=GZIP))
    took = time.perf_counter() - started
    plugins = json.loads(_unpacked(answer))["data"]
    shown = next(plugin["is_enabled"] for plugin in plugins if plugin["name"] == PUBLISHED)
    if shown is not enabled:
        raise NotMeasured("the first list after a write did not show it")
    return took


def _unpacked(answer: Answer) -> bytes:
    return gzip.decompress(answer.body)


def _memory(server: Server, section: Section) -> None:
    """After lists in both encodings, on every worker."""
    for connection in each_worker(server).values():
        for headers in (GZIP, {}):
            ask(connection, Request(LIST, headers=headers))
        connection.close()
    sizes = [memory(pid) for pid in server.workers]
    largest, shared = max(rss for rss, _ in sizes), max(pss for _, pss in sizes)
    detail = f"proportional (PSS) {number(shared)} MiB"
    section.rows.append(
        value_row("a worker's resident memory after lists", [largest], RESIDENT, log="INFO", detail=detail)
    )
