"""Fields that only answers have."""

from __future__ import annotations

from typing import Any, Literal

from marshmallow import fields

from ..vocabulary import NOT_MEASURED


class Measured(fields.Field[Any]):
    """A number, or `not_measured` if it cannot be measured; for answers only."""

    def __init__(self, kind: Literal["number", "integer"] = "number", **kwargs: Any) -> None:
        none = [{"type": "null"}] if kwargs.get("allow_none") else []
        either = [{"type": kind}, {"type": "string", "const": NOT_MEASURED}, *none]
        super().__init__(metadata={**kwargs.pop("metadata", {}), "anyOf": either}, **kwargs)


class Texts(fields.Field[Any]):
    """A text, an object or a list of strings, or null; for answers only."""

    def __init__(self, **kwargs: Any) -> None:
        text = {"type": "string"}
        by_name = {"type": "object", "additionalProperties": text}
        kinds = [text, by_name, {"type": "array", "items": text}, {"type": "null"}]
        super().__init__(metadata={"anyOf": kinds}, **kwargs)


class Counts(fields.Dict):
    """An object of numbers by name, where the names are not known beforehand: days, for example."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Integer(), **kwargs)
