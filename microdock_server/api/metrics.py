"""Prometheus metrics that add up across workers."""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS: Final = Counter(
    "microdock_http_requests_total", "Requests by route, method and status.", ("route", "method", "status")
)
SECONDS: Final = Histogram(
    "microdock_http_request_seconds",
    "Time until an answer began, by route.",
    ("route",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
UPLOADED: Final = Counter("microdock_received_bytes_total", "Bytes of accepted files, by what they are.", ("kind",))
SOCKETS: Final = Gauge("microdock_websocket_connections", "WebSockets that are open.", multiprocess_mode="livesum")
REFUSED: Final = Counter("microdock_refused_packages_total", "Refused packages by the first broken rule.", ("rule",))

_children: dict[tuple[str, str, str], Counter] = {}
_timers: dict[str, Histogram] = {}


def observe(route: str, method: str, status: str, seconds: float) -> None:
    """Count one request. Children are kept: looking them up costs more than counting."""
    key = (route, method, status)
    child = _children.get(key)
    if child is None:
        child = _children[key] = REQUESTS.labels(*key)
    timer = _timers.get(route)
    if timer is None:
        timer = _timers[route] = SECONDS.labels(route)
    child.inc()
    timer.observe(seconds)


def received(kind: str, size: int) -> None:
    """Count the bytes of a file that was accepted."""
    UPLOADED.labels(kind).inc(size)


def refused(rule: str) -> None:
    """Count a refused package, by the first rule that it breaks."""
    REFUSED.labels(rule).inc()


def exposition() -> tuple[bytes, str]:
    """All metrics, of every worker, in Prometheus' text format, and its media type."""
    registry: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
