"""What one request may cost the server in CPU seconds, by who asks; and what a burst of wrong logins costs others."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from .client import Request, ask, ask_once, connect
from .results import Goal, NotMeasured, Row, Section, number, value_row
from .servers import Server
from .sockets import percentiles, seconds_exactly
from .stage import SMALL, Stage, login

SECOND = Goal(1, at_most=True, unit=" s")
NEAR_QUIET = 2
ATTACKERS = 8
TICKS = os.sysconf("SC_CLK_TCK")
WRONG = json.dumps({"username": "admin", "password": "this is not it"})


def measure(stage: Stage) -> Section:
    """The dearest of some candidates; several are asked of a server with a thousand plugins."""
    section = Section("The dearest request, in CPU seconds of the server, and logins that are wrong")
    server = stage.catalogue(SMALL, "WARNING")
    token = {"Authorization": f"Bearer {login(server)}"}
    for who, candidates in (("anonymous", _anonymous()), ("an account", _of_accounts(token))):
        section.rows.append(_dearest(server, who, candidates, stage.plan.rounds))
    section.rows.append(_beside_logins(server, stage))
    section.notes.append(
        "An account is the administrator's here. Pictures and packages of developers are not among these."
    )
    return section


def _anonymous() -> dict[str, Request]:
    form = {"Content-Type": "application/json"}
    many = json.dumps({f"unknown{index}": 1 for index in range(50_000)})
    return {
        "the list, whole": Request("/api/plugins/list"),
        "/openapi.json": Request("/openapi.json"),
        "/readyz": Request("/readyz"),
        "a search of eight words": Request(f"/api/v1/marketplace/plugins?search={quote('a b c d e f g h')}"),
        "the last page": Request("/api/v1/marketplace/plugins?page=1000000&limit=100"),
        "a wrong login": Request("/api/v1/auth/login", "POST", form, WRONG),
        "50,000 unknown fields": Request("/api/v1/auth/login", "POST", form, many),
        "JSON 200,000 deep": Request("/api/v1/auth/login", "POST", form, "[" * 200_000),
    }


def _of_accounts(token: Mapping[str, str]) -> dict[str, Request]:
    ids = json.dumps({"ids": list(range(1, 1001))})
    return {
        "1,000 notifications": Request("/api/v1/notifications/read", "POST", token, ids),
        "the audit's last page": Request("/api/v1/admin/audit?page=1000000", headers=token),
        "what is installed": Request("/api/v1/plugins/installed", headers=token),
    }


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


def _beside_logins(server: Server, stage: Stage) -> Row:
    quiet: list[float] = []
    attacked: list[float] = []
    statuses: Counter[int] = Counter()
    for _ in range(stage.plan.rounds):
        quiet += _asked(server, stage.plan.seconds)
        with _wrong_logins(server, statuses):
            attacked += _asked(server, stage.plan.seconds)
    before, during = percentiles(quiet), percentiles(attacked)
    goal = Goal(max(NEAR_QUIET * before[1], 0.05) * 1000, at_most=True, unit=" ms")
    return Row(
        f"p99 of `/healthz` beside {ATTACKERS} clients with wrong logins",
        "WARNING",
        seconds_exactly(during[1]),
        f"quiet: {seconds_exactly(before[1])}; p50 {seconds_exactly(during[0])}, quiet {seconds_exactly(before[0])}; "
        f"logins answered: {dict(statuses)}",
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
def _wrong_logins(server: Server, statuses: Counter[int]) -> Iterator[None]:
    ended = threading.Event()

    def attack() -> None:
        while not ended.is_set():
            body = json.dumps({"username": f"nobody-{uuid.uuid4().hex[:8]}", "password": "this is not it"})
            statuses[ask_once(server.port, Request("/api/v1/auth/login", "POST", body=body)).status] += 1

    threads = [threading.Thread(target=attack, daemon=True) for _ in range(ATTACKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
