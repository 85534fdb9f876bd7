"""Where traces go: `OTEL_EXPORTER_OTLP_ENDPOINT`."""

from __future__ import annotations

from .urls import parse


def ensure_collector_url(url: str) -> None:
    """Raise ValueError unless traces can be sent there."""
    parts = parse(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be an http(s) address such as http://127.0.0.1:4318")
    if parts.username or parts.password:
        raise ValueError("must not carry a password: use OTEL_EXPORTER_OTLP_HEADERS")
