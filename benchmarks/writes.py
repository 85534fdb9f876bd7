"""Many users who install at once beside one, on PostgreSQL, with a network between the server and its database."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Sequence
from itertools import count

from sqlalchemy.engine import make_url

from . import peers, relay
from .client import Request, ask, at_once, call, connect
from .results import Goal, NotMeasured, Section, number, ratio_row, warm_race
from .servers import Server
from .stage import DEFAULT_LEVEL, Stage

V1 = "/api/v1"
CLIENTS = 16
MILLISECONDS = 5
TIMES = Goal(8)
LEAST_SECONDS = 3
PASSWORD = "a password of the benchmark's"
ONE, MANY = "one client", f"installs, {CLIENTS} clients at once"


class Installer:
    """A user who installs one plugin after another over a kept connection."""

    def __init__(self, server: Server, number: int) -> None:
        name = f"installer-{number}"
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        call(server.port, f"{V1}/auth/register", body)
        token = call(server.port, f"{V1}/auth/login", {"username": name, "password": PASSWORD})["data"]["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self._port = server.port
        self._numbers = count()

    def install_until(self, ends: float) -> int:
        """How many were installed by then, the last of them perhaps a little later."""
        connection, installed = connect(self._port), 0
        try:
            while time.perf_counter() < ends:
                self._install(connection)
                installed += 1
        finally:
            connection.close()
        return installed

    def _install(self, connection: http.client.HTTPConnection) -> None:
        body = {
            "pluginId": f"com.example.wanted-{next(self._numbers)}",
            "pluginName": "wanted",
            "pluginVersion": "1.0.0",
            "grantedPermissions": ["storage:local"],
        }
        answer = ask(connection, Request(f"{V1}/plugins/install", "POST", self._headers, json.dumps(body)))
        if answer.status // 100 != 2:
            raise NotMeasured(f"an install was answered {answer.status}: {answer.body[:200].decode(errors='replace')}")


def measure(stage: Stage) -> Section:
    section = Section(f"Writes of many, on PostgreSQL with {MILLISECONDS} ms added to every round trip")
    engine = peers.start_postgresql(stage.servers)
    url = make_url(engine.url(engine.create()))
    assert url.port is not None
    with relay.delaying(url.port, MILLISECONDS) as port:
        far = url.set(port=port).render_as_string(hide_password=False)
        server = stage.servers.real("writes", DEFAULT_LEVEL, DATABASE_URL=far)
        try:
            installers = [Installer(server, number) for number in range(CLIENTS)]
            seconds = max(stage.plan.seconds, LEAST_SECONDS)
            runs: dict[str, Callable[[], float]] = {
                ONE: lambda: installs(installers[:1], seconds),
                MANY: lambda: installs(installers, seconds),
            }
            samples = warm_race(runs, stage.plan.rounds)
        finally:
            server.stop()
    row = ratio_row(MANY, samples[MANY], samples[ONE], ONE, TIMES, log=DEFAULT_LEVEL, show=_a_second)
    section.rows.append(row)
    section.notes.append(
        f"- every client is a user of its own, and installs another plugin each time over a kept connection, "
        f"{seconds} s a round; a relay delays what the server sends to its database by {MILLISECONDS} ms"
    )
    return section


def installs(installers: Sequence[Installer], seconds: float) -> float:
    """Installs a second of all of them at once."""
    started = time.perf_counter()
    counts = at_once(lambda installer: installer.install_until(started + seconds), installers)
    return sum(counts) / (time.perf_counter() - started)


def _a_second(value: float) -> str:
    return f"{number(value)} installs/s"
