"""Fast JSON: a schema is compiled to a plan once, instead of being consulted anew for every row or dictionary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import orjson
from marshmallow import fields
from marshmallow.utils import get_value

from ...schemas.base import Schema

Dump = Callable[[Any], dict[str, Any]]

# Columns of these types hold JSON values already.
_AS_IS: Final = (fields.String, fields.Integer, fields.Boolean, fields.List, fields.Dict)
# In a dictionary that is only true where the value has the field's own type: a database's sum may be a Decimal.
_PLAIN: Final = ((fields.String, str), (fields.Integer, int), (fields.Boolean, bool))


def kept_json(value: Any) -> bytes:
    """The value as JSON that is to be kept, in no more memory than it takes: a buffer of orjson's has room for eight
    times as much, and four KiB at least.
    """
    return memoryview(orjson.dumps(value)).tobytes()


def dumper(schema: Schema) -> Dump:
    """A function that dumps as `schema` would, several times faster.

    It takes a row (an object with an attribute per field) or a dictionary; keys missing from a dictionary are left out,
    and so are method fields.
    """
    plan = [_Step.of(name, field) for name, field in schema.dump_fields.items()]

    def of_row(row: Any) -> dict[str, Any]:
        return {
            name: getattr(row, attribute) if is_json else convert(attribute, row)
            for name, attribute, is_json, _, convert in plan
        }

    def of_dictionary(data: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value if value is None or type(value) is plain else convert(attribute, data)
            for name, attribute, _, plain, convert in plan
            if (value := data.get(attribute, data)) is not data
        }

    return lambda data: of_dictionary(data) if isinstance(data, dict) else of_row(data)


class _Step(NamedTuple):
    """How one field of a schema is dumped."""

    name: str
    attribute: str
    # Is a column's value JSON already?
    is_json: bool
    # Types whose values, in a dictionary, are JSON already.
    plain: type | None
    # Reads the value from a row or a dictionary.
    convert: Callable[[str, Any], Any]

    @classmethod
    def of(cls, name: str, field: fields.Field[Any]) -> _Step:
        is_json = type(field) in _AS_IS or isinstance(field, fields.Dict)
        plain = next((plain for kind, plain in _PLAIN if isinstance(field, kind)), None)
        return cls(name, field.attribute or name, is_json, plain, _nested(field) or field.serialize)


def _nested(field: fields.Field[Any]) -> Callable[[str, Any], Any] | None:
    """The plan for a nested schema or a list of one; None where the field is neither."""
    if isinstance(field, fields.Nested) and not field.many:
        inner = dumper(field.schema)  # type: ignore[arg-type]
        return lambda attribute, data: None if (value := get_value(data, attribute)) is None else inner(value)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        every = dumper(field.inner.schema)  # type: ignore[arg-type]
        return lambda attribute, data: [every(item) for item in get_value(data, attribute)]
    return None


def head_renderer(schema: type[Schema], last: str) -> Callable[[Any], bytes]:
    """Render a row up to the value of its field `last`, a number that changes more often than the rest.

    `head + b"42}"` is the complete object. All other fields are as `schema` would dump them.
    """
    dump = dumper(schema(exclude=(last,)))

    def render(row: Any) -> bytes:
        return orjson.dumps(dump(row))[:-1] + b',"%b":' % last.encode()

    return render
