"""Rows by keys of two columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, tuple_


def is_any_of(columns: tuple[Any, Any], keys: Collection[tuple[Any, Any]]) -> ColumnElement[bool]:
    """Does a row have one of these keys? `columns` are the first ones of an index.

    The first column is named by itself as well: by pairs alone SQLite uses no index, but looks at every row.
    """
    return and_(columns[0].in_({first for first, _ in keys}), tuple_(*columns).in_(keys))
