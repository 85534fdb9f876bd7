"""Prometheus metrics that are counted where things happen, and summed over the processes of a machine.

Gauges that are read from the database or the disk per scrape are in api/system/metrics.py. Label values are a fixed set
of our own words: never a path, a name or an id that a client chose.
"""

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from ..vocabulary import AboutInstalled, HostAction, WhyNot

# From a statement on a warm cache to a request at its time limit.
_SHORT: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15)
_LONG: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS: Final = Counter(
    "microdock_http_requests_total",
    "Requests by surface, route, method and status.",
    ("surface", "route", "method", "status"),
)
SECONDS: Final = Histogram(
    "microdock_http_request_seconds",
    "Time until an answer began, by surface and route.",
    ("surface", "route"),
    buckets=_LONG,
)
UPLOADS: Final = Counter("microdock_uploads_total", "Accepted files, by what they are.", ("kind",))
UPLOADED: Final = Counter("microdock_received_bytes_total", "Bytes of accepted files, by what they are.", ("kind",))
SOCKETS: Final = Gauge("microdock_websocket_connections", "WebSockets that are open.", multiprocess_mode="livesum")
REFUSED: Final = Counter("microdock_refused_packages_total", "Refused packages by the first broken rule.", ("rule",))
SECURITY: Final = Counter(
    "microdock_security_events_total",
    "Failed logins and wrong keys, by what was tried; nothing of the name or the key.",
    ("event",),
)
FULL: Final = Counter("microdock_refused_for_space_total", "Uploads refused because the disk is nearly full.")
CUT: Final = Counter(
    "microdock_clients_cut_off_total",
    "Connections that were ended for being too slow, or one too many of an address, by what was going on: head, body, "
    "answer, or idle.",
    ("kind",),
)
BUSY: Final = Counter(
    "microdock_refused_busy_total",
    "Requests that were refused because others of their kind held all places: upload, or socket.",
    ("kind",),
)
# Exported from the start: an attack shows as a rise from 0.
for _kind in ("head", "body", "answer", "idle"):
    CUT.labels(_kind)
for _kind in ("upload", "socket"):
    BUSY.labels(_kind)
CHECKS: Final = Counter("microdock_update_checks_total", "Update checks that were answered.")
OFFERS: Final = Counter(
    "microdock_update_answers_total",
    "Installed plugins that hosts asked about, by what they were told to do.",
    ("action",),
)
REASONS: Final = Counter(
    "microdock_update_reasons_total", "Installed plugins whose answer gave a reason, by its code.", ("code",)
)
BLOCK_LISTS: Final = Counter(
    "microdock_block_lists_total",
    "Answers to hosts that asked for the list of blocks: sent, or unchanged.",
    ("answer",),
)
# By all labels that there are, exported from the start.
_OFFERS: Final = {action: OFFERS.labels(action.value) for action in HostAction}
_REASONS: Final = {code: REASONS.labels(code.value) for kind in (WhyNot, AboutInstalled) for code in kind}
_BLOCK_LISTS: Final = {answer: BLOCK_LISTS.labels(answer) for answer in ("sent", "unchanged")}
JOB_ENDS: Final = Counter(
    "microdock_job_attempts_total",
    "Attempts at background jobs, by kind and outcome: done, retried (it will be tried again) or failed (given up).",
    ("kind", "outcome"),
)
JOB_SECONDS: Final = Histogram(
    "microdock_job_attempt_seconds",
    "Time that attempts at background jobs took, by kind.",
    ("kind",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
)
STATEMENT: Final = Histogram(
    "microdock_database_seconds",
    "Time that the database took for a statement, without fetching its rows, or for a commit.",
    ("operation",),
    buckets=_SHORT,
)
STORED: Final = Histogram(
    "microdock_storage_seconds",
    "Time that the storage took, by operation and backend; opening a file is not reading it.",
    ("operation", "backend"),
    buckets=_SHORT,
)

_children: dict[tuple[str, str, str, str], Counter] = {}
_timers: dict[tuple[str, str], Histogram] = {}
_PID: Final = re.compile(r"gauge_live\w+_(\d+)\.db")


def observe(surface: str, route: str, method: str, status: str, seconds: float) -> None:
    """Count one request. Labelled children are cached: looking them up costs more than counting."""
    key = (surface, route, method, status)
    child = _children.get(key)
    if child is None:
        child = _children[key] = REQUESTS.labels(*key)
    timer = _timers.get(key[:2])
    if timer is None:
        timer = _timers[key[:2]] = SECONDS.labels(surface, route)
    child.inc()
    timer.observe(seconds)


def received(kind: str, size: int) -> None:
    """Count an accepted file, and its bytes."""
    UPLOADS.labels(kind).inc()
    UPLOADED.labels(kind).inc(size)


def refused(rule: str) -> None:
    """Count a refused package, by the first rule that it breaks."""
    REFUSED.labels(rule).inc()


def cut(kind: str) -> None:
    """Count a client that was disconnected, by what it was doing."""
    CUT.labels(kind).inc()


def busy(kind: str) -> None:
    """Count a request that was refused because all places of a kind were taken."""
    BUSY.labels(kind).inc()


def answered(actions: Mapping[HostAction, int], reasons: Mapping[WhyNot | AboutInstalled, int]) -> None:
    """Count an update check: how many of its plugins got each action, and each reason. Costs one step for each of
    these, however many plugins there are.
    """
    CHECKS.inc()
    for action, number in actions.items():
        _OFFERS[action].inc(number)
    for code, number in reasons.items():
        _REASONS[code].inc(number)


def block_list(*, is_sent: bool) -> None:
    """Count an answer with the list of blocks, or one that says that it has not changed."""
    _BLOCK_LISTS["sent" if is_sent else "unchanged"].inc()


@contextmanager
def timed(timer: Histogram) -> Iterator[None]:
    """Measure how long the context lasts, however it ends."""
    started = time.perf_counter()
    try:
        yield
    finally:
        timer.observe(time.perf_counter() - started)


def exposition(state: Iterable[Metric]) -> tuple[bytes, str]:
    """All metrics of every process in Prometheus' text format, with the gauges of `state`; and the media type."""
    moment = CollectorRegistry()
    moment.register(_Given(state))
    return generate_latest(_counted()) + generate_latest(moment), CONTENT_TYPE_LATEST


def _counted() -> CollectorRegistry:
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not directory:
        return REGISTRY
    _forget_dead(Path(directory))
    registry = CollectorRegistry()
    registry.register(_Processes(Path(directory)))
    return registry


def _forget_dead(directory: Path) -> None:
    """Remove gauges of processes that have ended, in whatever way."""
    pids = {int(found[1]) for path in directory.glob("gauge_live*.db") if (found := _PID.fullmatch(path.name))}
    for pid in pids:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):
                mark_process_dead(pid, glob.escape(str(directory)))  # type: ignore[no-untyped-call]
        except PermissionError:
            continue


def _begun(directory: Path) -> list[str]:
    """The metric files of processes, without empty ones.

    A starting process creates its files empty and fills them a moment later; the library fails on an empty one, and the
    whole scrape would fail with it.
    """
    found = []
    for path in sorted(directory.glob("*.db")):
        # Another worker may have removed the same file.
        with suppress(FileNotFoundError):
            if path.stat().st_size:
                found.append(str(path))
    return found


class _Given(Collector):
    """A collector of metrics that are computed already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


class _Processes(Collector):
    """What all processes counted, with the help texts that the processes' files lack."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        words = {found.name: found.documentation for found in REGISTRY.collect()}
        for metric in MultiProcessCollector.merge(_begun(self._directory)):  # type: ignore[no-untyped-call]
            metric.documentation = words.get(metric.name, metric.documentation)
            yield metric
