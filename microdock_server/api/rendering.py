"""Rows as JSON, quickly: what a schema says of a row, without asking it anew for every row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson
from marshmallow import fields

from ..schemas.base import Schema

# Columns hold these as JSON writes them: there is nothing to convert.
_AS_IS: Final = (fields.String, fields.Integer, fields.Boolean, fields.List, fields.Dict)


def dumper(schema: Schema) -> Callable[[Any], dict[str, Any]]:
    """A function that dumps a row (an object with a column for every field) as `schema` would, several times faster."""
    plan = []
    for name, found in schema.dump_fields.items():
        convert = None if type(found) in _AS_IS or isinstance(found, fields.Dict) else found.serialize
        plan.append((name, found.attribute or name, convert))

    def dump(row: Any) -> dict[str, Any]:
        return {
            name: getattr(row, attribute) if convert is None else convert(attribute, row)
            for name, attribute, convert in plan
        }

    return dump


def head_renderer(schema: type[Schema], last: str) -> Callable[[Any], bytes]:
    """How a row becomes JSON up to the value of its field `last`, a number that changes more often than the rest.

    `head + b"42}"` is the whole object. Everything else is as `schema` would dump it.
    """
    dump = dumper(schema(exclude=(last,)))

    def render(row: Any) -> bytes:
        return orjson.dumps(dump(row))[:-1] + b',"%b":' % last.encode()

    return render
