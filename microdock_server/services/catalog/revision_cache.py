"""What holds for one revision of the catalogue: worked out once, and kept for the requests that follow the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import select

from ...caching import LoadingCache
from ...database.session import db
from ...models import Catalog

V = TypeVar("V")


class RevisionCache(LoadingCache[tuple[object, ...], V], Generic[V]):
    """Values by what they are about. Databases and revisions do not share them."""

    def at(self, revision: int, work: Callable[[], V], *what: object) -> V:
        """What is so of `what`: as `work` says, the first time it is asked for in a revision."""
        return self.load((str(db.engine.url), revision, *what), work)


def current() -> int:
    """The catalogue's revision, in this transaction."""
    return int(db.session.execute(select(Catalog.revision)).scalar_one())
