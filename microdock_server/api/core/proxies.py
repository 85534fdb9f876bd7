"""Reverse proxies in front of the server: whose headers about the client are trusted.

Headers that only a proxy may set (client address, host, scheme, original URL) reach the application from trusted
proxies alone, and only in the form it understands; all others of their kind are removed from every request. Whether
there were any is remembered: see `is_direct`. (Werkzeug's ProxyFix counts hops and trusts any peer.)
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
# Headers to which each proxy adds an entry; the last entries are those of our proxies.
_LISTED: Final = (FORWARDED_FOR, "HTTP_X_FORWARDED_HOST", FORWARDED_PROTO)
# Headers in which proxies, tunnels and CDNs describe the client, or which redirect them internally.
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
    """Middleware that takes client address, host and scheme from the headers of the `hops` trusted proxies in front;
    0: none.
    """

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
        """The entry of our outermost proxy, counted from the end, whatever the client put before it; "" if there is
        none.

        Split by commas alone: an unclosed quotation mark from a client must not swallow what a proxy adds.
        """
        entries = value.split(",")
        return entries[-self._hops].strip().replace('"', "") if len(entries) >= self._hops else ""


def _tidy(environ: Environ) -> None:
    if FORWARDED_FOR in environ:
        # What cannot be parsed is `unknown`: not the proxy's own address, which may be this machine's.
        environ[FORWARDED_FOR] = str(parse(environ[FORWARDED_FOR]) or UNKNOWN)
    if environ.get(FORWARDED_PROTO, "").lower() not in ("http", "https"):
        environ.pop(FORWARDED_PROTO, None)


def is_direct(environ: Mapping[str, Any]) -> bool:
    """Does a client on this machine connect directly, and not through a local proxy on behalf of somebody else?

    An undeclared proxy shows itself by the headers it adds, by the host name it was asked for, or, where it adds
    nothing and sends our own name, as nginx's `proxy_pass` does by default, by HTTP/1.0, which clients no longer use.
    """
    host = environ.get("HTTP_HOST", "").lower()
    name = host.partition(":")[0].removesuffix(".")
    is_local = not host or name == "localhost" or is_loopback(host)
    is_forwarded = environ.get(FORWARDED, True) or environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return is_local and not is_forwarded and is_loopback(environ.get("REMOTE_ADDR", ""))
