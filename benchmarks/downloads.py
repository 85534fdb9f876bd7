"""Counted downloads beside nginx serving the same file, straight from gunicorn and through X-Accel-Redirect."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable
from dataclasses import dataclass

from . import data, wrk
from .client import Request, ask, connect, fetch
from .kernel import bytes_by_call
from .results import (
    Goal,
    NotMeasured,
    Row,
    Section,
    logging_row,
    missing_row,
    number,
    per_second,
    race,
    ratio_row,
    say,
)
from .servers import BEHIND, Server
from .stage import BIG, LEVELS, MEGABYTE, Stage, name_body, publish

DOWNLOAD = "/api/plugins/download"
SMALL_FILE, BIG_FILE = "mebibyte", "hundred"
NGINX, DIRECT, ACCEL = "nginx static", "straight", "through X-Accel-Redirect"
CONNECTIONS = 16
EXACT_CLIENTS, EXACT_EACH = 8, 50
FETCHED = 3


@dataclass(slots=True)
class Source:
    """Where a package is downloaded from, and how many answers were completed there."""

    name: str
    server: Server
    database: Server
    level: str
    completed: int = 0
    runs: int = 0

    def request(self, label: str) -> Request:
        if self.name == NGINX:
            return Request(f"/{label}.zip")
        return Request(DOWNLOAD, "POST", body=name_body(f"com.example.{label}"))

    def load(self, seconds: int) -> float:
        """Downloads of the small file a second."""
        load = wrk.run(self.server.port, self.request(SMALL_FILE), seconds, CONNECTIONS)
        self.completed += load.completed
        self.runs += 1
        return load.rate

    def fetch(self, size: int) -> float:
        """Bytes a second of the big file, to one client: the median of a few, for each takes but 50 ms."""
        return statistics.median(self._fetched(size) for _ in range(FETCHED))

    def _fetched(self, size: int) -> float:
        took, got = fetch(self.server.port, self.request(BIG_FILE))
        if got != size:
            raise NotMeasured(f"{got} of {size} bytes came")
        return got / took


def measure(stage: Stage) -> Section:
    section = Section("Downloads")
    small, big = stage.package(SMALL_FILE, MEGABYTE), stage.package(BIG_FILE, BIG)
    sources = [_static(stage)]
    for level in LEVELS:
        sources += [_direct(stage, level), _accelerated(stage, level)]
    for source in sources[1:]:
        for package in (small, big):
            publish(source.database, package)
    _rates(stage, section, sources)
    section.rows += [_counted(source) for source in sources[1:]]
    section.rows += [_counted_exactly(source) for source in sources[1:3]]
    section.rows.append(_sendfile(sources[1]))
    _transfers(stage, section, [source for source in sources if source.level != "WARNING"], big.stat().st_size)
    return section


def _static(stage: Stage) -> Source:
    location = f"    location / {{ root {stage.servers.directory}; }}"
    server = stage.nginx("static", location)
    return Source(NGINX, server, server, "-")


def _direct(stage: Stage, level: str) -> Source:
    server = stage.files(level)
    return Source(DIRECT, server, server, level)


def _accelerated(stage: Stage, level: str) -> Source:
    behind = stage.files(level, "behind-nginx", X_ACCEL_PREFIX="/internal")
    location = f"""    location / {{
      proxy_pass http://{BEHIND};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }}
    location /internal/uploads/ {{ internal; alias {behind.directory}/uploads/; }}"""
    return Source(ACCEL, stage.nginx(f"proxy-{level}", location, behind), behind, level)


def _rates(stage: Stage, section: Section, sources: list[Source]) -> None:
    for source in sources:
        source.load(1)
    samples = race({_key(one): lambda one=one: one.load(stage.plan.seconds) for one in sources}, stage.plan.rounds)
    for source in sources[1:]:
        goal = Goal(0.25, 0.3) if source.name == DIRECT else Goal(0.3)
        mine, other = samples[_key(source)], samples[NGINX]
        what = f"1 MB download, {source.name}"
        section.rows.append(ratio_row(what, mine, other, NGINX, goal, log=source.level, show=per_second))
    for name in (DIRECT, ACCEL):
        levels = {level: samples[f"{name} {level}"] for level in LEVELS}
        section.rows.append(logging_row(f"1 MB download, {name}", levels, show=per_second))


def _transfers(stage: Stage, section: Section, sources: list[Source], size: int) -> None:
    runs: dict[str, Callable[[], float]] = {_key(one): lambda one=one: one.fetch(size) for one in sources}
    for run in runs.values():
        run()
    samples = race(runs, stage.plan.rounds)
    for source in sources[1:]:
        what = f"100 MB download, {source.name}, one client"
        mine, other = samples[_key(source)], samples[NGINX]
        section.rows.append(ratio_row(what, mine, other, NGINX, Goal(0.9), log=source.level, show=_megabytes))


def _counted(source: Source) -> Row:
    """wrk leaves up to one download a connection unfinished when it stops; those began and are counted."""
    what, goal = f"downloads counted under load, {source.name}", "every one"
    counted = data.downloads(source.database.database, f"com.example.{SMALL_FILE}")
    spare = source.runs * CONNECTIONS
    right = source.completed <= counted <= source.completed + spare
    against = f"completed: {source.completed:,}, cut off: at most {spare}"
    verdict = "met" if right else "**missed**"
    return Row(what, source.level, f"{counted:,}", against, goal=goal, verdict=verdict)


def _counted_exactly(source: Source) -> Row:
    """Several clients at once, each of which reads every answer to its end."""
    what, wanted = f"downloads counted exactly, {source.name}", EXACT_CLIENTS * EXACT_EACH
    name = f"com.example.{SMALL_FILE}"
    before = data.downloads(source.database.database, name)
    threads = [threading.Thread(target=_download, args=(source,)) for _ in range(EXACT_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = data.downloads(source.database.database, name) - before
    verdict = "met" if counted == wanted else "**missed**"
    against = f"made: {wanted}, {EXACT_CLIENTS} at once"
    return Row(what, source.level, str(counted), against, goal="equal", verdict=verdict)


def _download(source: Source) -> None:
    connection = connect(source.server.port)
    for _ in range(EXACT_EACH):
        if ask(connection, source.request(SMALL_FILE)).status != 200:
            break
    connection.close()


def _sendfile(source: Source) -> Row:
    """Do package bytes pass through Python? Seen from the workers' system calls."""
    what, goal = "bytes that Python copies during 100 downloads of 1 MB", "none of the file's"
    try:
        calls = bytes_by_call(source.server.workers, lambda: [_download(source) for _ in range(2)])
    except NotMeasured as reason:
        return missing_row(what, reason, log=source.level, goal=goal)
    say(f"  system calls: {calls}")
    sent, read = calls.get("sendfile", 0), calls.get("read", 0) + calls.get("pread64", 0)
    right = sent >= 100 * MEGABYTE * 0.9 and read < 10 * MEGABYTE
    detail = f"sendfile {number(sent / MEGABYTE)} MiB, read {number(read / MEGABYTE)} MiB"
    return Row(what, source.level, detail, goal=goal, verdict="met" if right else "**missed**")


def _key(source: Source) -> str:
    return source.name if source.level == "-" else f"{source.name} {source.level}"


def _megabytes(rate: float) -> str:
    return f"{number(rate / 1e6)} MB/s"
