"""The parts of a declaration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MIB: Final = 1024 * 1024
DAY: Final = 86_400


class Kind(StrEnum):
    """The type that a variable's text is parsed as."""

    TEXT = "text"
    SECRET = "secret"
    LIST = "list"
    PATH = "path"
    URL = "URL"
    SWITCH = "true or false"
    NUMBER = "number"
    BYTES = "bytes"
    SECONDS = "seconds"
    MINUTES = "minutes"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Setting:
    """`low` and `high` bound a number, both inclusive. `follows` names the setting that an empty default is taken
    from.
    """

    name: str
    kind: Kind
    default: str | int | bool
    meaning: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that are documented together."""

    title: str
    settings: tuple[Setting, ...]
