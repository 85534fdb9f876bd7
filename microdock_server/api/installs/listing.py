"""A user's installed set as JSON, rendered once a change.

Hosts ask for it at every start. The revision of the set comes with the answer to who is asking, so that an unchanged
set costs no further query.
"""

from __future__ import annotations

from typing import Final

import orjson

from ...caching import LoadingCache
from ...database.unit_of_work import unit_of_work
from ...services import installs
from ...services.accounts.tokens import Actor
from ..core.rendering import dumper
from . import schemas

# Sets that are kept, and the largest that is: 16 MiB in all at the worst.
LARGEST: Final = 32 * 1024
_rendered: Final[LoadingCache[tuple[str, int], bytes]] = LoadingCache(512, lambda answer: len(answer) <= LARGEST)
_dump = dumper(schemas.Install())


def installed(actor: Actor) -> orjson.Fragment:
    """What the actor has installed, newest first."""
    # Read after the revision was: it may be newer than that, and then is rendered again, but never older.
    return orjson.Fragment(_rendered.load((actor.id, actor.installs_revision), lambda: _render(actor.id)))


def _render(user_id: str) -> bytes:
    with unit_of_work(writing=False):
        return orjson.dumps([_dump(row) for row in installs.listed(user_id)])
