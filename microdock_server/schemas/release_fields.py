"""Fields of requests about releases: ranges of versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bundle.versions import InvalidRange, Range
from ..vocabulary import RANGE_MAX
from . import fields


class VersionRange(fields.Text):
    """A range of SemVer versions, with npm's meaning."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min=1, max=RANGE_MAX, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            Range.parse(text)
        except InvalidRange as reason:
            raise fields.refusal("field.version_range") from reason
        # A blank text would be any version: that is written `*`.
        if not text.strip():
            raise fields.refusal("field.version_range")
        return text
