"""Reverse proxies in front: who is believed about the client, and that nobody else is.

What only a proxy may say (where a request came from, by which name and scheme, what it was before) reaches the
application from trusted proxies alone, and only in the form that it understands; all other headers of that kind are
taken out of every request. That there were any is remembered: see `is_direct`. (Werkzeug's ProxyFix counts hops, and
believes whoever connects.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from werkzeug.middleware.proxy_fix import ProxyFix

from ...addresses.client import UNKNOWN, is_loopback, parse
from .wsgi import Environ, StartResponse, Wsgi

FORWARDED: Final = "microdock.forwarded"
FORWARDED_FOR: Final = "HTTP_X_FORWARDED_FOR"
FORWARDED_PROTO: Final = "HTTP_X_FORWARDED_PROTO"
# What each proxy adds an entry to; the last ones are those of the proxies that are ours.
_LISTED: Final = (FORWARDED_FOR, "HTTP_X_FORWARDED_HOST", FORWARDED_PROTO)
# Headers that proxies, tunnels and delivery networks tell of the client in, or take orders by.
_OF_PROXIES: Final = frozenset(
    f"HTTP_{name}"
    for name in (
        *("FORWARDED", "VIA", "X_REAL_IP", "X_CLIENT_IP", "CLIENT_IP", "TRUE_CLIENT_IP", "X_CLUSTER_CLIENT_IP"),
        *("FASTLY_CLIENT_IP", "X_PROXYUSER_IP", "CDN_LOOP", "X_SCRIPT_NAME", "X_REMOTE_USER", "REMOTE_USER"),
        *("X_REWRITE_URL", "X_HTTP_METHOD_OVERRIDE", "X_SENDFILE", "X_SENDFILE_TYPE", "X_URL_SCHEME"),
        *("FRONT_END_HTTPS", "SCRIPT_NAME", "PATH_INFO", "REMOTE_ADDR", "PROXY", "X_ARR_SSL", "X_NGINX_PROXY"),
    )
)
_FAMILIES: Final = tuple(
    f"HTTP_{name}"
    for name in (
        *("X_FORWARDED", "X_ORIGINAL_", "X_ACCEL_", "X_REMOTE_", "X_ENVOY_", "X_AMZN_", "X_AZURE_", "X_VERCEL_"),
        *("CF_", "FLY_", "TAILSCALE_", "X_APPENGINE_"),
    )
)


class Proxies:
    """Takes client address, host and scheme from the headers of the `hops` proxies that stand in front; 0: of none."""

    def __init__(self, inner: Wsgi, hops: int) -> None:
        self._hops = hops
        self._inner: Wsgi = ProxyFix(inner, x_for=1, x_proto=1, x_host=1) if hops else inner

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        said = {name: environ[name] for name in environ if name in _OF_PROXIES or name.startswith(_FAMILIES)}
        environ[FORWARDED] = bool(said)
        for name in said:
            del environ[name]
        if self._hops:
            environ |= {name: self._entry(said[name]) for name in _LISTED if name in said}
            _tidy(environ)
        return self._inner(environ, start_response)

    def _entry(self, value: str) -> str:
        """What our outermost proxy said, counted from the end, whatever a client put before it; empty: nothing.

        By commas alone: a quotation mark that a client leaves open must not swallow what a proxy adds.
        """
        entries = value.split(",")
        return entries[-self._hops].strip().replace('"', "") if len(entries) >= self._hops else ""


def _tidy(environ: Environ) -> None:
    if FORWARDED_FOR in environ:
        # What cannot be read is nobody's address, and not the proxy's either: that one may be this machine's.
        environ[FORWARDED_FOR] = str(parse(environ[FORWARDED_FOR]) or UNKNOWN)
    if environ.get(FORWARDED_PROTO, "").lower() not in ("http", "https"):
        environ.pop(FORWARDED_PROTO, None)


def is_direct(environ: Mapping[str, Any]) -> bool:
    """Does a client on this machine ask us, and no proxy on it for somebody else?

    A proxy that nobody told us of shows itself by what it adds, by the name that it was asked for, or, where it adds
    nothing and names us, as nginx's `proxy_pass` does by itself, by HTTP/1.0, which clients have not spoken for long.
    """
    host = environ.get("HTTP_HOST", "").lower()
    name = host.partition(":")[0].removesuffix(".")
    is_local = not host or name == "localhost" or is_loopback(host)
    is_forwarded = environ.get(FORWARDED, True) or environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return is_local and not is_forwarded and is_loopback(environ.get("REMOTE_ADDR", ""))
