"""The same operations on SQLite and the local disk, and on PostgreSQL, a bucket and Redis."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import market, peers, wrk
from .answers import GZIP, LIST, conditional
from .client import Request, ask_once, fetch
from .downloads import DOWNLOAD
from .results import NotMeasured, Section, number, per_second, race, ratio_row
from .servers import Server
from .stage import DEFAULT_LEVEL, MEGABYTE, SMALL, Stage, name_body, publish, with_installs
from .uploads import Uploader

LIST_PAGE = "/api/v1/marketplace/plugins?limit=20"
SEARCH_PAGE = f"{LIST_PAGE}&search={market.COMMON[0]}"
ONE, MANY = "SQLite + disk", "PostgreSQL + S3 + Redis"
PROXIED = f"{MANY}, proxied"
# The packages' labels, and how many downloads of them are timed together.
LITTLE, LARGE, PUSHED, PUSHED_LARGE = "little", "tenfold", "pushed", "pushedlarge"
SIZES = {LITTLE: 64 << 10, LARGE: 10 * MEGABYTE, PUSHED: 64 << 10, PUSHED_LARGE: 10 * MEGABYTE}
REPEATED = {LITTLE: 20, LARGE: 3, PUSHED: 4, PUSHED_LARGE: 2}
DOWNLOADS = {"64 KiB": LITTLE, "10 MB": LARGE}

Run = Callable[[], float]


@dataclass(slots=True)
class Engine:
    """A server on its engines, with everything that the operations need."""

    server: Server
    stage: Stage
    uploader: Uploader
    token: str

    def load(self, request: Request, status: int = 200) -> Run:
        """Answers a second under load, after one that shows that it is the wanted one."""
        answer = ask_once(self.server.port, request)
        if answer.status != status:
            raise NotMeasured(f"{request.path} answered {answer.status}, not {status}")
        return lambda: wrk.run(self.server.port, request, self.stage.plan.seconds).rate

    def kept(self, label: str, keep: Callable[[Uploader], Callable[..., float]]) -> Run:
        """Uploads a second, one at a time; each is deleted again, which is not timed."""
        package, act = self.stage.package(label, SIZES[label]), keep(self.uploader)
        return lambda: REPEATED[label] / sum(act(package) for _ in range(REPEATED[label]))


def measure(stage: Stage) -> Section:
    """Answers under load; whole downloads and uploads one after another."""
    section = Section(f"One machine's engines beside many machines', at {SMALL:,} plugins")
    one, many, proxied = _engines(stage)
    here, there = _operations(one), _operations(many)
    runs: dict[str, Run] = {}
    for what, run in here.items():
        runs |= {f"{what} {ONE}": run, f"{what} {MANY}": there[what]}
    for what, label in DOWNLOADS.items():
        for name, server in ((ONE, one.server), (MANY, many.server), (PROXIED, proxied)):
            runs[f"download of {what} {name}"] = lambda server=server, label=label: downloaded(server, label)
    samples = race(runs, stage.plan.rounds)
    for what in here:
        mine, other = samples[f"{what} {MANY}"], samples[f"{what} {ONE}"]
        section.rows.append(ratio_row(what, mine, other, ONE, None, log=DEFAULT_LEVEL, show=per_second))
    for what in DOWNLOADS:
        other = samples[f"download of {what} {ONE}"]
        for name, shown in ((MANY, "by a signed link"), (PROXIED, "through the server")):
            mine = samples[f"download of {what} {name}"]
            row = f"counted download of {what}, one client, {shown}"
            section.rows.append(ratio_row(row, mine, other, ONE, None, log=DEFAULT_LEVEL, show=_megabytes))
    section.notes += _notes()
    return section


def _notes() -> list[str]:
    return [
        f"- measured: {MANY}; the ratio is what is left of the speed of {ONE}: below 1× it is slower. No goals: all "
        "engines share these cores here, and no network lies between them",
        "- the bucket is moto, a test server written in Python that keeps everything in memory: what waits for it "
        "bounds the server's own cost from above, and says nothing about a real bucket",
        "- PostgreSQL syncs what it commits (fsync=on) and has been given statistics (VACUUM ANALYZE); rate limits are "
        "off on both sides, so Redis only delivers",
    ]


def _engines(stage: Stage) -> tuple[Engine, Engine, Server]:
    """The same rows on both; the third is a node beside the second that passes files through itself."""
    seed = market.make(stage.servers.directory / "engines-one", SMALL)
    postgresql = peers.start_postgresql(stage.servers)
    redis, s3 = peers.start_redis(stage.servers), peers.start_s3(stage.servers)
    database = postgresql.url(postgresql.create())
    peers.copy_database(seed.database, database, stage.servers.directory / "engines-copy")
    peers.analyze(database)
    settings = {"DATABASE_URL": database, "REDIS_URL": redis.url, **s3.settings(s3.make_bucket())}
    settings["JWT_SECRET_KEY"] = "the nodes of a benchmark sign alike"
    one = stage.servers.over(seed.database.parent, DEFAULT_LEVEL)
    many = stage.servers.real("engines-many", DEFAULT_LEVEL, **settings)
    proxied = stage.servers.real("engines-proxied", DEFAULT_LEVEL, **settings, STORAGE_DOWNLOADS="proxy")
    return _engine(stage, one), _engine(stage, many), proxied


def _engine(stage: Stage, server: Server) -> Engine:
    for label in DOWNLOADS.values():
        publish(server, stage.package(label, SIZES[label]))
    return Engine(server, stage, Uploader(server), with_installs(server))


def _operations(engine: Engine) -> dict[str, Run]:
    """What is asked, and how to ask it for a while: operations a second."""
    bearer = {"Authorization": f"Bearer {engine.token}"}
    detail = name_body(f"com.example.{LITTLE}")
    return {
        "list, plain": engine.load(Request(LIST)),
        "list, gzip": engine.load(Request(LIST, headers=GZIP)),
        "304 of the list": engine.load(conditional(engine.server), 304),
        "plugin detail": engine.load(Request("/api/plugins/detail", "POST", body=detail)),
        "me (token)": engine.load(Request("/api/auth/me", headers=bearer)),
        "installed list (token)": engine.load(Request("/api/v1/plugins/installed", headers=bearer)),
        "market list page": engine.load(Request(LIST_PAGE)),
        "search page, a common word": engine.load(Request(SEARCH_PAGE)),
        "upload of 64 KiB, inspected": engine.kept(PUSHED, lambda uploader: uploader.plugin),
        "upload of 10 MB, inspected": engine.kept(PUSHED_LARGE, lambda uploader: uploader.plugin),
        "backup upload of 10 MB": engine.kept(PUSHED_LARGE, lambda uploader: uploader.backup),
    }


def downloaded(server: Server, label: str) -> float:
    """Bytes a second of a package to one client, who goes where the answer sends it."""
    request = Request(DOWNLOAD, "POST", body=name_body(f"com.example.{label}"))
    least, total, started = SIZES[label] // 2, 0, time.perf_counter()
    for _ in range(REPEATED[label]):
        got = _whole(server.port, request)
        if got < least:
            raise NotMeasured(f"{got} bytes of {label} came")
        total += got
    return total / (time.perf_counter() - started)


def _whole(port: int, request: Request) -> int:
    """How many bytes of the file came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(request.method, request.path, body=request.body, headers=request.all_headers)
        response = connection.getresponse()
        body = response.read()
        if response.status == 200:
            return len(body)
        if response.status != 303:
            raise NotMeasured(f"{request.path} answered {response.status}")
        link = urlsplit(response.headers["Location"])
    finally:
        connection.close()
    assert link.port is not None
    return fetch(link.port, Request(f"{link.path}?{link.query}"))[1]


def _megabytes(value: float) -> str:
    return f"{number(value / MEGABYTE)} MB/s"
