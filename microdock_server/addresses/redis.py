"""Where Redis is: `REDIS_URL`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from .urls import joined, parse


def place(url: str) -> str:
    """The host and database that a URL names, without any secret in it."""
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else joined(parts.hostname or "", parts.port or 6379)


def ensure_redis_url(text: str) -> None:
    """Raise ValueError, which quotes nothing of `text`, unless it is empty or a URL that can be used here."""
    if not text:
        return
    if not _is_sound(text):
        raise ValueError(
            "must be redis://[user:password@]host[:port][/number] (rediss:// with TLS) or unix:///path/to/socket"
        )
    if find_spec("redis") is None:
        raise ValueError("needs the extra: pip install 'microdock-server[redis]'")
    try:
        # This makes no connection.
        import_module("redis").ConnectionPool.from_url(text).make_connection()
    except Exception:
        # The original error is left out: it may quote the URL.
        raise ValueError("has options that do not fit") from None


def _is_sound(text: str) -> bool:
    try:
        parts = parse(text)
    except ValueError:
        return False
    if parts.port == 0 or parts.fragment or any(not _is_option(name) for name in _options(parts)):
        return False
    if parts.scheme == "unix":
        return len(parts.path) > 1
    number = parts.path.removeprefix("/")
    return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and (not number or number.isdecimal())


def _options(parts: SplitResult) -> list[str]:
    return [unquote(name) for name in parse_qs(parts.query, keep_blank_values=True)]


def _is_option(name: str) -> bool:
    # Other parameters would change our timeouts or the encoding of what is read.
    return name == "db" or name.startswith("ssl_")
