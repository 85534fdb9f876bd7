"""What changed in the catalogue since it was last read, for what a process keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam

from ...database.session import db, table_of
from ...models import Plugin
from . import revision_cache

# With more changes than this everything is read anew.
MOST: Final = 2000

_PLUGIN: Final = table_of(Plugin)


@dataclass(frozen=True, slots=True)
class Seen:
    """The catalogue as it was: its revision, how many plugins there were, published or not, and the highest number
    that one had. Plugins that are deleted leave no trace by name; these tell of them.
    """

    revision: int
    count: int
    last: int


class Changes:
    """Of plugins, by the rows of a statement that has the column `number`. Not for several threads at once."""

    def __init__(self, rows: Select[Any]) -> None:
        self._rows = rows.where(_PLUGIN.c.revision > bindparam("known")).limit(MOST + 1)
        self._seen: Seen | None = None

    @property
    def revision(self) -> int:
        """That of the catalogue as it was last taken; -1 before."""
        return -1 if self._seen is None else self._seen.revision

    def read(self) -> tuple[Seen, Sequence[Row[Any]] | None]:
        """The catalogue as it is, and the rows that changed since `took`; None where plugins were deleted, too many
        changed, it is another database, or nothing was taken before: then all has to be read. Within a unit of work.
        """
        seen, known = Seen(revision_cache.current(), *revision_cache.extent()), self._seen
        if known is None or known.revision > seen.revision:
            return seen, None
        changed = db.session.execute(self._rows, {"known": known.revision}).all()
        created = sum(1 for row in changed if row.number > known.last)
        is_known = len(changed) <= MOST and seen.count == known.count + created
        return seen, changed if is_known else None

    def took(self, seen: Seen) -> None:
        """Say that everything up to there was taken. After a failure it is not said, and read again."""
        self._seen = seen
