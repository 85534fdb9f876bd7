"""Pages of lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, func, select

from ..database.session import db

DEFAULT_LIMIT: Final = 20


def page_of(query: Select[Any], page: int | None, limit: int | None) -> tuple[int, Sequence[Any]]:
    """The total number of rows of `query`, and the entities of one page; all of them if neither number is given."""
    total: int = db.session.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    if page is not None or limit is not None:
        limit = limit or DEFAULT_LIMIT
        query = query.limit(limit).offset(((page or 1) - 1) * limit)
    return total, db.session.scalars(query).all()


def page_count(total: int, size: int) -> int:
    """How many pages of this size hold so many; 0 without any."""
    return -(-total // size)
