"""Values that depend on the catalogue's revision: computed once, and cached for later requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from sqlalchemy import func, select

from ...caching import LoadingCache
from ...database.session import db, table_of
from ...database.unit_of_work import read_once
from ...models import Catalog, Plugin

V = TypeVar("V")
# Built once, because that costs more than running it.
_REVISION: Final = select(table_of(Catalog).c.revision)
_NUMBER: Final = table_of(Plugin).c.number
_EXTENT: Final = select(func.count(), func.max(_NUMBER)).select_from(table_of(Plugin))


class RevisionCache(LoadingCache[tuple[object, ...], V], Generic[V]):
    """Values by key. Databases and revisions do not share them."""

    def at(self, revision: int, work: Callable[[], V], *what: object) -> V:
        """The value for `what`: computed by `work` on the first request in a revision."""
        return self.load((str(db.engine.url), revision, *what), work)


def current() -> int:
    """The catalogue's revision, as seen by this transaction."""
    return read_once("catalogue revision", lambda: int(db.session.execute(_REVISION).scalar_one()))


def extent() -> tuple[int, int]:
    """How many plugins there are, published or not, and the highest number that one has (0 without any), as seen by
    this transaction: tells of deleted ones, which leave no trace by name.
    """

    def read() -> tuple[int, int]:
        count, last = db.session.execute(_EXTENT).one()
        return int(count), int(last or 0)

    return read_once("extent of the catalogue", read)
