"""Field types. Each checks its values, has error messages in both languages, and describes itself to OpenAPI."""

from __future__ import annotations

import math
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import marshmallow as ma
from marshmallow import fields

from ..bundle.manifest import is_web_address
from ..bundle.versions import is_version
from ..clock import iso
from ..messages import Message
from ..text import names
from ..vocabulary import (
    CURRENCY,
    PLUGIN_NAME,
    PLUGIN_NAME_MAX,
    SHA256,
    UPLOAD_KEY,
    URL_MAX,
    USER_KEY,
    UUID,
    VERSION_MAX,
)

# Messages for faults that every field can have.
COMMON: Final = {
    "required": [Message("field.required")],
    "null": [Message("field.null")],
    "validator_failed": [Message("field.characters")],
}
MAX_ID: Final = 2**63 - 1
# The end of `2026-01-01T00:00:00 08:00`.
_OFFSET: Final = re.compile(r"([T:][0-9:.]+) ([0-9]{2}(?::?[0-9]{2})?)$", re.ASCII)


def refusal(key: str, **params: object) -> ma.ValidationError:
    """A validation error whose text is in the catalogue."""
    return ma.ValidationError([Message(key, params)])


class Text(fields.String):
    """Text without NUL, control characters other than tab and line breaks, or lone surrogates."""

    default_error_messages = {
        **COMMON,
        "invalid": [Message("field.string")],
        "invalid_utf8": [Message("field.string")],
    }

    def __init__(self, *, min: int = 0, max: int, lines: bool = False, **kwargs: Any) -> None:
        metadata = {"minLength": min, "maxLength": max, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)
        self.min, self.max, self.lines = min, max, lines

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not isinstance(text, str):
            raise self.make_error("invalid")
        if not self.min <= len(text) <= self.max:
            raise refusal("field.length", min=self.min, max=self.max)
        if any(not self._is_allowed(char) for char in text):
            raise refusal("field.characters")
        return text

    def _is_allowed(self, char: str) -> bool:
        if char in "\t\n\r":
            return self.lines
        return char >= " " and not (char > "~" and unicodedata.category(char) in ("Cc", "Cs"))


class Name(Text):
    """A name shown to people: visible unless it is empty, and displayed in the order in which it is written."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not names.is_visible(text):
            raise refusal("field.invisible")
        if not names.is_one_line(text):
            raise refusal("field.characters")
        if names.has_bidi_control(text):
            raise refusal("field.bidi")
        return text


class Prose(Text):
    """A text of any number of lines, shown among other texts, whose display order it must not change. One that must
    not be empty has something visible.
    """

    def __init__(self, *, min: int = 0, max: int, **kwargs: Any) -> None:
        super().__init__(min=min, max=max, lines=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not names.is_drawn_in_order(text):
            raise refusal("field.bidi_prose")
        if self.min and not names.is_visible(text):
            raise refusal("field.invisible")
        return text


class Matching(Text):
    """Text that matches a pattern from end to end."""

    def __init__(self, pattern: re.Pattern[str], message: str, *, min: int = 1, max: int, **kwargs: Any) -> None:
        metadata = {"pattern": f"^{pattern.pattern}$", **kwargs.pop("metadata", {})}
        super().__init__(min=min, max=max, metadata=metadata, **kwargs)
        self.regex, self.message = pattern, message

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = fields.String._deserialize(self, value, attr, data, **kwargs)
        if not isinstance(text, str) or len(text) > self.max or not self.regex.fullmatch(text):
            raise refusal(self.message)
        return text


class PluginName(Matching):
    """A reverse-domain plugin name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(PLUGIN_NAME, "field.plugin_name", max=PLUGIN_NAME_MAX, **kwargs)


class PluginKey(Matching):
    """The key that protects uploads of one plugin."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(UPLOAD_KEY, "field.plugin_key", max=256, **kwargs)


class UserKey(Matching):
    """The secret that identifies the owner of backups."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(USER_KEY, "field.user_key", max=256, **kwargs)


class Spaceless(ABC):
    """A field whose values contain no space: a space in a query string is a `+` that the client did not encode."""

    @abstractmethod
    def from_query(self, text: str) -> str:
        """The intended text of a decoded query string's value."""


def version_meant(text: str) -> str:
    """A version from a URL, where `+` may have become a space on the way."""
    return text.replace(" ", "+")


class Version(Text, Spaceless):
    """A SemVer 2.0.0 version."""

    def from_query(self, text: str) -> str:
        return version_meant(text)

    def __init__(self, *, max: int = VERSION_MAX, **kwargs: Any) -> None:
        super().__init__(min=5, max=max, metadata={"format": "semver"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = fields.String._deserialize(self, value, attr, data, **kwargs)
        if not isinstance(text, str) or len(text) > self.max or not is_version(text):
            raise refusal("field.version")
        return text


class Number(fields.Integer):
    """An integer within bounds; JSON `true`, `1.0` and `"1"` are refused, but query strings are parsed."""

    default_error_messages = {
        **COMMON,
        "invalid": [Message("field.integer")],
        "too_large": [Message("field.integer")],
    }

    def __init__(self, *, min: int, max: int = MAX_ID, from_text: bool = False, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": min, "maximum": max}, **kwargs)
        self.min, self.max, self.from_text = min, max, from_text

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if self.from_text and isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
            value = int(value)
        if type(value) is not int:
            raise self.make_error("invalid")
        if not self.min <= value <= self.max:
            raise refusal("field.range", min=self.min, max=self.max)
        return value


class Flag(fields.Boolean):
    """`true` or `false`, nothing that is merely truthy."""

    default_error_messages = {**COMMON, "invalid": [Message("field.boolean")]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Choice(fields.String):
    """One member of an enumeration, by value."""

    default_error_messages = {**COMMON, "invalid": [Message("field.string")]}

    def __init__(self, choices: type[Enum], **kwargs: Any) -> None:
        self.values = [member.value for member in choices]
        self.choices = choices
        none = [None] if kwargs.get("load_default", "") is None else []
        super().__init__(metadata={"enum": [*self.values, *none]}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.values:
            raise refusal("field.choice", choices=", ".join(self.values))
        return self.choices(text)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else str(value)


class Nested(fields.Nested):
    """An object within the object, in a request."""

    default_error_messages = {**COMMON}


class Many(fields.List[Any]):
    """A list of `min` to `max` items."""

    default_error_messages = {**COMMON, "invalid": [Message("field.list")]}

    def __init__(self, item: fields.Field[Any], *, max: int, min: int = 0, **kwargs: Any) -> None:
        super().__init__(item, metadata={"minItems": min, "maxItems": max}, **kwargs)
        self.min, self.max = min, max

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self.max:
            raise refusal("field.too_many", max=self.max)
        if isinstance(value, list) and len(value) < self.min:
            raise refusal("field.empty")
        return super()._deserialize(value, attr, data, **kwargs)


class Tags(Many):
    """Names, each of which counts once, in the spelling of its first occurrence."""

    def __init__(self, *, max: int, **kwargs: Any) -> None:
        super().__init__(Name(min=1, max=50), max=max, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        every = super()._deserialize(value, attr, data, **kwargs)
        return list({names.key(name): name for name in reversed(every)}.values())[::-1]


class Url(Text):
    """An http(s) URL; the server never fetches it. An empty text is allowed, meaning none, if `min` is 0."""

    def __init__(self, *, max: int = URL_MAX, **kwargs: Any) -> None:
        super().__init__(max=max, metadata={"format": "uri"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not is_web_address(text):
            raise refusal("field.url")
        return text


class Id(Matching):
    """A UUID, as in answers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(UUID, "field.uuid", max=36, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).lower()


class Hash(Matching):
    """A SHA-256 in hex; in lower case when read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(SHA256, "field.sha256", max=64, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).lower()


class Time(fields.Field[datetime], Spaceless):
    """A time with a time zone, for requests; `2024-01-01T00:00:00Z`."""

    def from_query(self, text: str) -> str:
        # Before the offset only: some clients write a space for the T.
        return _OFFSET.sub(r"\1+\2", text)

    default_error_messages = {**COMMON, "invalid": [Message("field.moment")]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "date-time"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or len(value) > 40:
            raise self.make_error("invalid")
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None or not 1970 <= moment.year <= 9998:
                raise self.make_error("invalid")
            return moment.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError) as reason:
            raise self.make_error("invalid") from reason


class Amount(fields.Field[int]):
    """An amount of money with at most two decimals, stored as hundredths."""

    default_error_messages = {**COMMON, "invalid": [Message("field.amount")]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        text = repr(value) if isinstance(value, float) and math.isfinite(value) else value
        if type(text) is int:
            text = str(text)
        if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", text):
            raise self.make_error("invalid")
        return int(Decimal(text) * 100)


class Currency(Matching):
    """An ISO 4217 currency code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(CURRENCY, "field.currency", max=3, **kwargs)


class Items(fields.Dict):
    """A dictionary whose errors stand under the key itself; marshmallow inserts `key` or `value`."""

    default_error_messages = {**COMMON, "invalid": [Message("field.object")]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        except ma.ValidationError as wrong:
            if not isinstance(wrong.messages, dict):
                raise
            found = {name: inner.get("value", inner.get("key")) for name, inner in wrong.messages.items()}
            raise ma.ValidationError(found) from wrong


class Sections(Items):
    """`{section: {item: word}}`, each word from an enumeration."""

    def __init__(self, words: type[Enum], **kwargs: Any) -> None:
        name = Text(min=1, max=50)
        super().__init__(keys=name, values=Items(keys=name, values=Choice(words)), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, dict) and (len(value) > 20 or any(len(items) > 50 for items in _dicts(value))):
            raise refusal("field.too_many", max=50)
        return super()._deserialize(value, attr, data, **kwargs)


def _dicts(value: dict[Any, Any]) -> list[dict[Any, Any]]:
    return [items for items in value.values() if isinstance(items, dict)]


class TextFlag(fields.Boolean):
    """`true` or `false` in a query string or a form."""

    default_error_messages = {**COMMON, "invalid": [Message("field.boolean")]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if value not in ("true", "false"):
            raise self.make_error("invalid")
        return bool(value == "true")


class Moment(fields.Field[datetime]):
    """A UTC time in the one format; for answers only."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else iso(value)


class StringMap(fields.Dict):
    """A JSON object of string to string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), **kwargs)
