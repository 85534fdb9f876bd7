"""The table of mounts: each surface's prefix, its name in metrics, and its envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from ...messages import language_of
from .envelopes import HOST, INSTALLS, MARKET, HostEnvelope, Refusal

SOCKET: Final = "/ws"
ADMIN: Final = "/admin"


@dataclass(frozen=True, slots=True)
class Mount:
    """A prefix, the name of its blueprint and of its surface in metrics and traces, and the envelope of its answers."""

    prefix: str
    surface: str
    envelope: HostEnvelope = HOST
    # False: what answers there is not a surface's blueprint and is registered with the application separately.
    is_surface: bool = True


# Paths below the first are also served below the second. Documents name them once.
ALIASES: Final = {"/v1": "/api/v1"}

# In the order of the API document.
MOUNTS: Final = (
    Mount("", "system"),
    Mount("/api", "host"),
    Mount("/api/v1/plugins", "installs", INSTALLS),
    Mount("/v1/plugins", "installs", INSTALLS),
    Mount("/api/v1", "market", MARKET),
    Mount("/v1", "market", MARKET),
    # Health endpoints answer under both names.
    Mount("/api/health", "system", is_surface=False),
    Mount(SOCKET, "live", is_surface=False),
    Mount(ADMIN, "page", is_surface=False),
)
_LONGEST_FIRST: Final = sorted(MOUNTS, key=lambda mount: len(mount.prefix), reverse=True)


def mount_of(path: str) -> Mount:
    """The mount with the longest prefix of a path or route rule."""
    fits = (one for one in _LONGEST_FIRST if path == one.prefix or path.startswith(f"{one.prefix}/"))
    # `OPTIONS *` is about the server as a whole.
    return next(fits, MOUNTS[0])


def rendered(refusal: Refusal, path: str, accept_language: str, request_id: str) -> bytes:
    """A refusal's body as JSON, for refusals outside of the framework."""
    return orjson.dumps(mount_of(path).envelope.failure(refusal, language_of(accept_language), request_id))
