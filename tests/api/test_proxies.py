"""Which headers of proxies are trusted, and how clients behind them are counted."""

from __future__ import annotations

from typing import Any

import pytest

from microdock_server.api.core.proxies import Proxies


def seen(hops: int, **headers: str) -> dict[str, Any]:
    """The environment as the application sees it behind so many proxies."""
    found: dict[str, Any] = {}

    def inner(environ: dict[str, Any], _start: Any) -> list[bytes]:
        found.update(environ)
        return []

    environ = {"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "HTTP_HOST": "app:8000", "SERVER_NAME": "app"}
    Proxies(inner, hops)({**environ, "SERVER_PORT": "8000", **headers}, None)
    return found


@pytest.mark.parametrize(
    ("hops", "header", "address"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "203.0.113.9:5678", "203.0.113.9"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, '"[2001:db8::1]:443"', "2001:db8::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
        # What a client put before it: nothing, garbage, or a quotation mark that it left open.
        (1, ",,, 203.0.113.9", "203.0.113.9"),
        (2, ", , 203.0.113.9,192.0.2.1", "203.0.113.9"),
        (1, 'x"y, 203.0.113.9', "203.0.113.9"),
        (1, '10.0.0.1, "10.0.0.2, 203.0.113.9', "203.0.113.9"),
        (1, "\\, 203.0.113.9", "203.0.113.9"),
        # What our proxy could not say is nobody's address: not the proxy's own, which may be this machine's.
        (1, "unknown", "unknown"),
        (1, "203.0.113.9,", "unknown"),
        (1, "", "unknown"),
        (2, "203.0.113.9", "unknown"),
    ],
)
def test_the_client_is_who_our_outermost_proxy_saw(hops: int, header: str, address: str) -> None:
    assert seen(hops, HTTP_X_FORWARDED_FOR=header)["REMOTE_ADDR"] == address


def test_who_comes_without_a_proxy_is_who_they_are() -> None:
    assert seen(1)["REMOTE_ADDR"] == "127.0.0.1"


def test_host_and_scheme_are_those_that_our_outermost_proxy_saw() -> None:
    told = {"HTTP_X_FORWARDED_HOST": 'evil.example, "a, good.example', "HTTP_X_FORWARDED_PROTO": "gopher, https"}
    found = seen(1, **told)
    assert (found["HTTP_HOST"], found["wsgi.url_scheme"]) == ("good.example", "https")
