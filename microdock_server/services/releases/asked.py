"""Versions and ranges as hosts write them: remembered apart from those of the catalogue, which they do not displace."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ...bundle.versions import InvalidVersion, Range, Version

_REMEMBERED: Final = 2048


@lru_cache(_REMEMBERED)
def asked_version(text: str) -> Version | None:
    """The version; None where the text is none."""
    try:
        return Version.parse(text)
    except InvalidVersion:
        return None


@lru_cache(_REMEMBERED)
def asked_range(text: str) -> Range:
    """The range. Raises InvalidRange."""
    return Range.parse(text)
