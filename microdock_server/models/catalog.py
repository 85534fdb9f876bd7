"""The catalogue's revision: one row, incremented in every transaction that changes what lists show."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base


class Catalog(Base):
    """The single row with `id` 1. `revision` counts changes; download counts do not change it.

    `last_number` is the number given to the newest plugin. `search_revision` counts changes of the search index.
    `indexed_revision` equals `revision` unless an earlier version of the program, which does not know this column, has
    written since the search index was built.
    """

    __tablename__ = "catalog"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    last_number: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    indexed_revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    search_revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
