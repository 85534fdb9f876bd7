"""Fields that only forms have: files, and JSON in a text field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
import orjson
from marshmallow import fields

from ..messages import Message
from .fields import COMMON


class JsonText(fields.Field[Any]):
    """JSON inside a text field of a form, read by a schema."""

    default_error_messages = {**COMMON, "invalid": [Message("field.json")]}

    def __init__(self, schema: type[ma.Schema], **kwargs: Any) -> None:
        self.schema = schema()
        super().__init__(metadata={"contentMediaType": "application/json"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            document = orjson.loads(value)
        except orjson.JSONDecodeError as reason:
            raise self.make_error("invalid") from reason
        return self.schema.load(document)


class File(fields.Field[Any]):
    """A file in a multipart form; it is received before fields are read."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        # A text under a file's name, or several files, are refused.
        if isinstance(value, str | list):
            raise self.make_error("required")
        return value

    default_error_messages = {"required": [Message("field.file")], "null": [Message("field.file")]}


class Files(fields.Field[Any]):
    """A list of files under one name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"items": {"type": "string", "format": "binary"}}, **kwargs)

    default_error_messages = {"required": [Message("field.file")], "null": [Message("field.file")]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, str):
            raise self.make_error("required")
        return value if isinstance(value, list) else [value]
