"""Small answers under load: the list, a 304, detail, versions, installs; beside a hello-world and a naive list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import wrk
from .client import Answer, Request, ask_once
from .results import Goal, NotMeasured, Samples, Section, logging_row, per_second, race, ratio_row
from .servers import Server
from .stage import LARGE, LEVELS, PUBLISHED, SMALL, Stage, name_body, with_installs

LIST = "/api/plugins/list"
GZIP = {"Accept-Encoding": "gzip"}
HELLO, NAIVE = "hello-world", "naive list"
UNCHANGED, DETAIL, VERSIONS, INSTALLED = (
    "304 of the list",
    "plugin detail",
    "versions of a plugin",
    "installed list (token)",
)
READS = {DETAIL: Goal(0.35), VERSIONS: Goal(0.45), INSTALLED: Goal(0.45)}


@dataclass(frozen=True, slots=True)
class Contender:
    """A server and what it is asked. `prepare` makes the request anew before each run."""

    name: str
    server: Server
    prepare: Callable[[], Request]
    status: int = 200
    connections: int = wrk.CONNECTIONS
    least_seconds: int = 1

    def run(self, seconds: int) -> float:
        """Requests a second, after one request that shows that the answer is the wanted one."""
        request = self.prepare()
        self._check(request, ask_once(self.server.port, request))
        return wrk.run(self.server.port, request, max(seconds, self.least_seconds), self.connections).rate

    def _check(self, request: Request, answer: Answer) -> None:
        if answer.status != self.status:
            raise NotMeasured(f"{self.name} answered {answer.status}, not {self.status}")
        packed = answer.headers.get("content-encoding") == "gzip"
        if request.path == LIST and answer.status == 200 and "naive" not in self.name and not packed:
            raise NotMeasured(f"{self.name} was not compressed")


def lists(stage: Stage) -> Section:
    """The whole list, and being told that it is unchanged."""
    section = Section("The list (wrk, kept connections)")
    _lists(stage, section, SMALL, Goal(0.55, 0.8), Goal(40))
    _lists(stage, section, LARGE, Goal(0.4), None)
    _unchanged(stage, section)
    return section


def _lists(stage: Stage, section: Section, size: int, goal: Goal, naive_goal: Goal | None) -> None:
    what = f"list of {size:,} plugins, gzip"
    contenders = [_hello(stage), *(_list(stage, size, level) for level in LEVELS)]
    # Few connections: an answer takes a second, and wrk counts only whole ones.
    contenders.append(
        Contender(NAIVE, stage.naive(size), lambda: Request(LIST, headers=GZIP), connections=4, least_seconds=5)
    )
    samples = _race(stage, contenders)
    for level in LEVELS:
        _row(section, what, level, samples, HELLO, goal)
    for level in LEVELS:
        _row(section, what, level, samples, NAIVE, naive_goal)
    section.rows.append(logging_row(what, samples, show=per_second))


def _unchanged(stage: Stage, section: Section) -> None:
    contenders = [_hello(stage)]
    for level in LEVELS:
        server = stage.catalogue(SMALL, level)
        contenders.append(Contender(level, server, lambda server=server: conditional(server), 304))
    samples = _race(stage, contenders)
    for level in LEVELS:
        _row(section, UNCHANGED, level, samples, HELLO, Goal(0.7, 0.9))
    section.rows.append(logging_row(UNCHANGED, samples, show=per_second))


def reads(stage: Stage) -> Section:
    """Answers that ask the database every time."""
    section = Section("Other small answers (wrk, kept connections)")
    body = name_body(PUBLISHED)
    requests = {
        DETAIL: lambda _: Request("/api/plugins/detail", "POST", body=body),
        VERSIONS: lambda _: Request("/api/plugins/versions", "POST", body=body),
        INSTALLED: installed,
    }
    contenders = [_hello(stage)]
    for level in LEVELS:
        server = stage.catalogue(SMALL, level)
        for what, make in requests.items():
            request = make(server)
            contenders.append(Contender(f"{what} {level}", server, lambda request=request: request))
    samples = _race(stage, contenders)
    for what in requests:
        for level in LEVELS:
            _row(section, what, level, samples, HELLO, READS[what], name=f"{what} {level}")
        levels = {level: samples[f"{what} {level}"] for level in LEVELS}
        section.rows.append(logging_row(what, levels, show=per_second))
    return section


def _race(stage: Stage, contenders: list[Contender]) -> dict[str, Samples]:
    for contender in contenders:
        try:
            contender.run(1)
        except (NotMeasured, OSError):
            continue  # the race will say so
    runs = {one.name: lambda one=one: one.run(stage.plan.seconds) for one in contenders}
    return race(runs, stage.plan.rounds)


def _row(
    section: Section,
    what: str,
    level: str,
    samples: dict[str, Samples],
    against: str,
    goal: Goal | None,
    name: str = "",
) -> None:
    mine, other = samples[name or level], samples[against]
    section.rows.append(ratio_row(what, mine, other, against, goal, log=level, show=per_second))


def _hello(stage: Stage) -> Contender:
    return Contender(HELLO, stage.hello(), lambda: Request("/"))


def _list(stage: Stage, size: int, level: str) -> Contender:
    return Contender(level, stage.catalogue(size, level), lambda: Request(LIST, headers=GZIP))


def conditional(server: Server) -> Request:
    """The list, by a client that has it already."""
    etag = ask_once(server.port, Request(LIST, headers=GZIP)).headers["etag"]
    return Request(LIST, headers={**GZIP, "If-None-Match": etag})


def installed(server: Server) -> Request:
    """What a user has installed, with a token that was made just now."""
    return Request("/api/v1/plugins/installed", headers={"Authorization": f"Bearer {with_installs(server)}"})
