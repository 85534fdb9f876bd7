"""A user's installed set as JSON, rendered once per change.

Hosts ask for it at every start. The query that authenticates the caller also returns the set's revision, so an
unchanged set needs no further query.
"""

from __future__ import annotations

from typing import Final

import orjson

from ...caching import LoadingCache
from ...database.unit_of_work import unit_of_work
from ...services import installs
from ...services.accounts.tokens import Actor
from ..core.rendering import dumper, kept_json
from . import schemas

# How many sets are cached, and how large one may be: 16 MiB in all at most.
LARGEST: Final = 32 * 1024
_rendered: Final[LoadingCache[tuple[str, int], bytes]] = LoadingCache(512, lambda answer: len(answer) <= LARGEST)
_dump = dumper(schemas.Install())


def installed(actor: Actor) -> orjson.Fragment:
    """What the actor has installed, newest first."""
    # The rows are read after the revision: they may be newer, and are then rendered again, but never older.
    return orjson.Fragment(_rendered.load((actor.id, actor.installs_revision), lambda: _render(actor.id)))


def _render(user_id: str) -> bytes:
    with unit_of_work(writing=False):
        return kept_json([_dump(row) for row in installs.listed(user_id)])
