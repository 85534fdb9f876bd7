"""Versions and ranges as hosts write them: remembered apart from those of the catalogue, which they do not displace."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ...bundle.versions import InvalidVersion, Range, Version
from ...vocabulary import VERSION_MAX

_REMEMBERED: Final = 2048
# Characters of a range; longer ones are parsed each time. What is remembered may take 150 bytes for each.
LONGEST: Final = 64


def asked_version(text: str) -> Version | None:
    """The version; None where the text is none."""
    return _version(text) if len(text) <= VERSION_MAX else None


def asked_range(text: str) -> Range:
    """The range. Raises InvalidRange."""
    return _range(text) if len(text) <= LONGEST else Range.parse(text)


@lru_cache(_REMEMBERED)
def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except InvalidVersion:
        return None


@lru_cache(_REMEMBERED)
def _range(text: str) -> Range:
    return Range.parse(text)
