"""Parsing URLs without quoting them (a mistyped one may hold a password), and joining hosts with ports."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def parse(url: str) -> SplitResult:
    """The parts of `url`; the port is a number or None. Raises ValueError, whose message quotes nothing of the URL."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (it is where a wrong port shows)
    except ValueError:
        raise ValueError("is no address: its host or port cannot be read") from None
    return parts


def joined(host: str, port: int | str) -> str:
    """`host:port` as URLs and gunicorn write it: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
