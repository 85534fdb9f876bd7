"""Fast rendering gives the same JSON as marshmallow, from rows and from dictionaries."""

from __future__ import annotations

import sys
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import fields as plain

from microdock_server.api.core.rendering import dumper, kept_json
from microdock_server.schemas import fields
from microdock_server.schemas.base import Schema


class Part(Schema):
    id = plain.String()
    size = plain.Integer(attribute="length")


class Whole(Schema):
    name = plain.String()
    count = plain.Integer()
    is_ready = plain.Boolean()
    rating = plain.Float()
    at = fields.Moment()
    tags = plain.List(plain.String())
    part = plain.Nested(Part)
    parts = plain.List(plain.Nested(Part))


@dataclass
class Row:
    id: str
    length: int


MOMENT = datetime(2026, 11, 1, 12, 30, 15, 250_000, tzinfo=UTC)
FULL: dict[str, Any] = {
    "name": "插件",
    "count": 3,
    "is_ready": False,
    "rating": 4.25,
    "at": MOMENT,
    "tags": ["a", "b"],
    "part": {"id": "x", "length": 7},
    "parts": [{"id": "y", "length": 8}, {"id": "z", "length": 9}],
    "left out": "by the schema",
}


@pytest.mark.parametrize(
    "data",
    [
        FULL,
        {**FULL, "part": Row("x", 7), "parts": [Row("y", 8)]},
        dict.fromkeys(["name", "count", "is_ready", "rating", "at"]),
        {"count": Decimal(12), "name": 5},
        {"parts": [], "tags": []},
        {},
    ],
)
def test_a_dictionary_is_dumped_as_the_schema_says(data: dict[str, Any]) -> None:
    expected = Whole().dump(data)
    dumped = dumper(Whole())(data)
    assert dumped == expected
    assert [type(value) for value in dumped.values()] == [type(value) for value in expected.values()]


def test_what_may_be_none_is_dumped_as_none() -> None:
    assert dumper(Whole())({"part": None}) == {"part": None}


def test_a_row_is_dumped_as_the_schema_says() -> None:
    row = Row("x", 7)
    assert dumper(Part())(row) == Part().dump(row) == {"id": "x", "size": 7}


def test_json_that_is_kept_takes_no_more_room_than_it_has_bytes() -> None:
    tracemalloc.start()
    try:
        kept = [kept_json({"number": number}) for number in range(1000)]
        assert tracemalloc.get_traced_memory()[0] < 2 * sum(map(sys.getsizeof, kept))
    finally:
        tracemalloc.stop()
