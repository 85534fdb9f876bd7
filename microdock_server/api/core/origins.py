"""Host and Origin rules: which names this server answers to, and which browser pages may call it.

A page on another site can make its visitor's browser send requests here, even to a server on the loopback address. CORS
governs who may read the answers; the Origin rule makes sure that such requests change nothing. With DNS rebinding, an
attacker's name that resolves to this machine would make their page same-origin: hence the rule about `Host`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, request

from ...addresses.client import parse
from ...config import Settings, normal_origin
from ...database.session import cors
from ...errors import ForeignOrigin, UnknownHost

SAFE_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS"))
PREFLIGHT_SECONDS: Final = 600
# Every header that the documents promise to clients.
EXPOSED: Final = (
    "Accept-Ranges, Allow, Content-Disposition, Content-Length, Content-Range, Content-Type, Date, Deprecation, ETag, "
    "Last-Modified, Link, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Repr-Digest, Retry-After, "
    "Sunset, WWW-Authenticate, X-Process-Time, X-Request-ID, X-Total-Count"
)

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")


class Origins:
    """The rules, as configured."""

    def __init__(self, settings: Settings) -> None:
        self._pages = frozenset(settings.cors_origins)
        public = urlsplit(settings.public_url or "")
        self._public = _place(f"{public.scheme}://{public.netloc}") if settings.public_url else None
        names = [*settings.allowed_hosts, *([public.hostname] if public.hostname else [])]
        self._names = frozenset(name for name in names if not name.startswith("*"))
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))
        # Our own proxy has decided which names it forwards here, unless the setting lists them in full.
        self._any = "*" in names or (settings.trusted_proxies > 0 and not settings.allowed_hosts)

    def knows_host(self, host: str | None) -> bool:
        """May a request name this `Host`? Names that only a local network can resolve are safe from rebinding."""
        if self._any or not host:
            return True
        found = _HOST.fullmatch(host)
        name = found["name"].lower().removesuffix(".") if found else ""
        if not name or parse(name) is not None:
            return bool(name)
        local = "." not in name or name.endswith(".local")
        return local or name in self._names or (bool(self._suffixes) and name.endswith(self._suffixes))

    def is_welcome(self, environ: Mapping[str, Any]) -> bool:
        """May this request change anything, given the page that sends it? Clients that are not browsers may."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is None or environ.get("HTTP_SEC_FETCH_SITE") == "same-origin":
            return True
        return self.is_allowed(origin) or self._is_own(origin, environ)

    def is_allowed(self, origin: str) -> bool:
        """Is this page one of CORS_ORIGINS?"""
        return "*" in self._pages or normal_origin(origin) in self._pages

    def readable_by(self, origin: str) -> list[tuple[str, str]]:
        """The headers that let a page's script read an answer, for answers that bypass the CORS library."""
        if not origin.isascii() or not origin.isprintable() or not origin or not self.is_allowed(origin):
            return []
        return [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", EXPOSED),
            ("Vary", "Origin"),
        ]

    def _is_own(self, origin: str, environ: Mapping[str, Any]) -> bool:
        # Compared by host and port: TLS may end at a proxy, so https there is http here.
        place = _place(origin)
        scheme = origin.partition(":")[0].lower()
        return place is not None and place in (self._public, _place(f"{scheme}://{environ.get('HTTP_HOST', '')}"))


def guard(app: Flask, settings: Settings) -> Origins:
    """Apply the rules to every request, and send browsers the CORS headers of allowed pages."""
    origins = Origins(settings)

    @app.before_request
    def _ensure() -> None:
        if not origins.knows_host(request.environ.get("HTTP_HOST")):
            raise UnknownHost()
        if request.method not in SAFE_METHODS and not origins.is_welcome(request.environ):
            raise ForeignOrigin()

    cors.init_app(
        app,
        # As patterns of our own: the library takes `http://[::1]` for a regular expression, and does not know `null`.
        origins=[_pattern(page) for page in settings.cors_origins],
        expose_headers=EXPOSED.split(", "),
        always_send=False,
        max_age=PREFLIGHT_SECONDS,
    )
    return origins


def _pattern(page: str) -> str | re.Pattern[str]:
    return page if page == "*" else re.compile(re.escape(page) + r"\Z", re.IGNORECASE)


@lru_cache(1024)
def _place(origin: str) -> tuple[str, int] | None:
    """Host and port of an origin; None for an invalid one, or one without a port."""
    scheme, _, rest = origin.partition("://")
    found = _HOST.fullmatch(rest)
    port = (found["port"] if found else None) or _DEFAULT_PORTS.get(scheme.lower())
    return (found["name"].lower().removesuffix("."), int(port)) if found and port else None
