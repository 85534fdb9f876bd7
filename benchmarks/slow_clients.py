"""What others notice while one address holds as many slow uploads and half-sent heads as it can open."""

from __future__ import annotations

import http.client
import time
from itertools import cycle
from pathlib import Path

from tests.peers.nginx import Nginx

from .attackers import HEADS, UPLOADS, attacking
from .client import TIMEOUT, Request, ask, connect
from .results import NotMeasured, Row, Section
from .sockets import near_quiet_row
from .stage import DEFAULT_LEVEL, Stage

ASKED = (
    Request("/healthz"),
    Request("/readyz"),
    Request("/api/plugins/list"),
    Request("/api/plugins/detail", "POST", body='{"name": "com.example.unknown"}'),
)
CONNECTIONS = 4
# By what was asked: the seconds of the answers of each round.
Rounds = dict[str, list[list[float]]]


class Way:
    """A way to the server: directly, or through nginx."""

    def __init__(self, name: str, port: int, nginx: Nginx | None = None) -> None:
        self.name, self.port, self._nginx = name, port, nginx

    @property
    def certificate(self) -> Path | None:
        return self._nginx.certificate if self._nginx else None

    def connect(self) -> http.client.HTTPConnection:
        if self._nginx is None:
            return connect(self.port)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=TIMEOUT, context=self._nginx.tls)


def measure(stage: Stage) -> Section:
    section = Section(f"One address holds {UPLOADS} slow uploads and {HEADS} half-sent heads")
    direct = stage.files(DEFAULT_LEVEL, "slow-clients")
    section.rows += _rows(Way("directly", direct.port), stage)
    behind = stage.files(DEFAULT_LEVEL, "slow-clients-nginx", TRUSTED_PROXIES="1")
    nginx = Nginx(behind.directory / "nginx", behind.directory, [f"127.0.0.1:{behind.port}"])
    try:
        nginx.start()
        section.rows += _rows(Way("through nginx", nginx.port, nginx), stage)
    finally:
        nginx.stop()
    section.notes.append("Goal of each: p99 ≤ max(2 × quiet, 50 ms).")
    return section


def _rows(way: Way, stage: Stage) -> list[Row]:
    quiet: Rounds = {one.path: [] for one in ASKED}
    attacked: Rounds = {one.path: [] for one in ASKED}
    for _ in range(stage.plan.rounds):
        _ask_all(way, stage.plan.seconds, quiet)
        with attacking(way.port, way.certificate):
            _ask_all(way, stage.plan.seconds, attacked)
    return [near_quiet_row(f"p99 of `{path}`, {way.name}", quiet[path], attacked[path]) for path in quiet]


def _ask_all(way: Way, length: int, rounds: Rounds) -> None:
    """Every request in turn, one at a time, over kept connections."""
    taken: dict[str, list[float]] = {path: [] for path in rounds}
    found = [way.connect() for _ in range(CONNECTIONS)]
    try:
        ends, connections = time.perf_counter() + length * len(ASKED), cycle(found)
        while time.perf_counter() < ends:
            for request in ASKED:
                begun = time.perf_counter()
                answer = ask(next(connections), request)
                taken[request.path].append(time.perf_counter() - begun)
                if answer.status not in (200, 404):
                    raise NotMeasured(f"{request.path} answered {answer.status}")
    finally:
        for one in found:
            one.close()
    for path, values in taken.items():
        rounds[path].append(values)
