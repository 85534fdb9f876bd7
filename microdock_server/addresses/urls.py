"""Taking addresses apart, without quoting them (what an operator mistyped may hold a password), and joining them."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def parse(url: str) -> SplitResult:
    """The parts of `url`, whose port is a number or None. Raises ValueError, which quotes nothing of it."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (it is where a wrong port shows)
    except ValueError:
        raise ValueError("is no address: its host or port cannot be read") from None
    return parts


def joined(host: str, port: int | str) -> str:
    """`host:port` as URLs and gunicorn have it: IPv6 stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
