"""Reverse proxies in front: who is believed about the client, and that nobody else is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from werkzeug.middleware.proxy_fix import ProxyFix

from ..client_address import UNKNOWN, parse
from .wsgi import Environ, StartResponse, Wsgi

FORWARDED_FOR: Final = "HTTP_X_FORWARDED_FOR"
# What each proxy adds an entry to; the last ones are those of the proxies that are ours.
_LISTED: Final = (FORWARDED_FOR, "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO")


class TrustedProxies:
    """Takes client address, host and scheme from the headers of the `hops` proxies that stand in front."""

    def __init__(self, inner: Wsgi, hops: int) -> None:
        self._hops = hops
        self._fixed: Wsgi = ProxyFix(inner, x_for=1, x_proto=1, x_host=1)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        for name in _LISTED:
            if name in environ:
                environ[name] = self._entry(environ[name])
        if FORWARDED_FOR in environ:
            # What cannot be read is nobody's address, and not the proxy's either: that one may be this machine's.
            environ[FORWARDED_FOR] = str(parse(environ[FORWARDED_FOR]) or UNKNOWN)
        return self._fixed(environ, start_response)

    def _entry(self, value: str) -> str:
        """What our outermost proxy said, counted from the end, whatever a client put before it; empty: nothing.

        By commas alone: a quotation mark that a client leaves open must not swallow what a proxy adds.
        """
        entries = value.split(",")
        return entries[-self._hops].strip().replace('"', "") if len(entries) >= self._hops else ""
