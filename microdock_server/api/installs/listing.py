"""A user's installed set as JSON, rendered once a change.

Hosts ask for it at every start. The revision of the set comes with the answer to who is asking, so that an unchanged
set costs no further query.
"""

from __future__ import annotations

from typing import Final

import orjson

from ...kept import Kept
from ...services import installs
from ...services.tokens import Actor
from ...uow import unit_of_work
from ..rendering import dumper
from . import schemas

# Sets that are kept, and the largest that is: 16 MiB in all at the worst.
LARGEST: Final = 32 * 1024
_kept: Final[Kept[str, tuple[int, bytes]]] = Kept(512)
_dump = dumper(schemas.Install())


def installed(actor: Actor) -> orjson.Fragment:
    """What the actor has installed, newest first."""
    found = _kept.get(actor.id)
    if found is None or found[0] != actor.installs_revision:
        # Read after the revision was: it may be newer than that, and then is rendered again, but never older.
        with unit_of_work(writing=False):
            rows = installs.listed(actor.id)
        found = (actor.installs_revision, orjson.dumps([_dump(row) for row in rows]))
        if len(found[1]) <= LARGEST:
            _kept.put(actor.id, found)
    return orjson.Fragment(found[1])
