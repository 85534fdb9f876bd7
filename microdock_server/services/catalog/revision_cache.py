"""Values that depend on the catalogue's revision: computed once, and cached for later requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import select

from ...caching import LoadingCache
from ...database.session import db
from ...models import Catalog

V = TypeVar("V")


class RevisionCache(LoadingCache[tuple[object, ...], V], Generic[V]):
    """Values by key. Databases and revisions do not share them."""

    def at(self, revision: int, work: Callable[[], V], *what: object) -> V:
        """The value for `what`: computed by `work` on the first request in a revision."""
        return self.load((str(db.engine.url), revision, *what), work)


def current() -> int:
    """The catalogue's revision, as seen by this transaction."""
    return int(db.session.execute(select(Catalog.revision)).scalar_one())
