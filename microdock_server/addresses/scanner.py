"""Where the virus scanner is: `CLAMAV_URL`."""

from __future__ import annotations

from typing import Final

from .urls import parse

# The longest path of a Unix socket that the kernel takes, without the final NUL.
SOCKET_PATH_MAX: Final = 107


def ensure_scanner_url(text: str) -> None:
    """Raise ValueError unless `text` is empty (no scanner), `tcp://host:port` or `unix:///path/clamd.sock`."""
    if text:
        scanner_address(text)


def scanner_address(url: str) -> tuple[str, int] | str:
    """Where clamd listens: a host and port, or the path of a socket. Raises ValueError."""
    parts = parse(url)
    if parts.query or parts.fragment or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise ValueError("a scanner's address has no query, fragment, space or control character")
    if parts.scheme == "tcp":
        return _tcp(parts.hostname, parts.port, alone=parts.path in ("", "/") and "@" not in parts.netloc)
    if parts.scheme == "unix":
        return _unix(parts.netloc, parts.path)
    raise ValueError("a scanner's address is tcp://host:port or unix:///path/clamd.sock")


def _tcp(host: str | None, port: int | None, *, alone: bool) -> tuple[str, int]:
    if not host or not port:
        raise ValueError("a scanner's tcp address needs a host and a port from 1 to 65535: tcp://host:port")
    if not alone:
        raise ValueError("a scanner's tcp address is a host and a port alone: tcp://host:port")
    return host, port


def _unix(netloc: str, path: str) -> str:
    if netloc or not path.startswith("/") or path.endswith("/"):
        raise ValueError("a scanner's socket needs an absolute path: unix:///path/clamd.sock")
    if len(path.encode()) > SOCKET_PATH_MAX:
        raise ValueError(f"the path of a scanner's socket has at most {SOCKET_PATH_MAX} bytes")
    return path
