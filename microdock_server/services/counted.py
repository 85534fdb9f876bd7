"""Numbers that hold for one revision of the catalogue: counted once, and kept for the pages that follow the first."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from ..extensions import db
from ..kept import Kept
from ..models import Catalog


class Counted(Kept[tuple[object, ...], int]):
    """Counts by what was counted. Databases and revisions do not share them."""

    def of(self, count: Callable[[], int], *what: object) -> int:
        """How many of `what` there are: as `count` says, the first time it is asked for in a revision."""
        key = (str(db.engine.url), revision(), *what)
        found = self.get(key)
        if found is None:
            found = count()
            self.put(key, found)
        return found


def revision() -> int:
    """The catalogue's revision, in this transaction."""
    return int(db.session.execute(select(Catalog.revision)).scalar_one())
