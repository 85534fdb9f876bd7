"""Where each surface is mounted, what it is called in metrics, and which envelope answers come in there."""

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
    """A prefix; the name of its blueprint and of its surface in metrics and traces; and the envelope of its answers."""

    prefix: str
    surface: str
    envelope: HostEnvelope = HOST
    # False: what answers there is not a surface's blueprint, and is made known to the application in another way.
    is_surface: bool = True


# What stands below the one stands below the other as well. Documents name it once.
ALIASES: Final = {"/v1": "/api/v1"}

# Surfaces in the order of the API's document.
MOUNTS: Final = (
    Mount("", "system"),
    Mount("/api", "host"),
    Mount("/api/v1/plugins", "installs", INSTALLS),
    Mount("/v1/plugins", "installs", INSTALLS),
    Mount("/api/v1", "market", MARKET),
    Mount("/v1", "market", MARKET),
    # Health is asked of the whole, whatever it is called.
    Mount("/api/health", "system", is_surface=False),
    Mount(SOCKET, "live", is_surface=False),
    Mount(ADMIN, "page", is_surface=False),
)
_LONGEST_FIRST: Final = sorted(MOUNTS, key=lambda mount: len(mount.prefix), reverse=True)


def mount_of(path: str) -> Mount:
    """The mount whose prefix fits a path, or the rule of a route, best."""
    fits = (one for one in _LONGEST_FIRST if path == one.prefix or path.startswith(f"{one.prefix}/"))
    # `OPTIONS *` asks the server as a whole.
    return next(fits, MOUNTS[0])


def rendered(refusal: Refusal, path: str, accept_language: str, request_id: str) -> bytes:
    """A refusal's body as JSON, for what is refused outside of the framework."""
    return orjson.dumps(mount_of(path).envelope.failure(refusal, language_of(accept_language), request_id))
