"""JSON for plugin.json: unambiguous, of bounded depth and size, without exotic values.

Comments and trailing commas are skipped, as the host does: people write them, and they change nothing. `json` alone
accepts NaN, duplicate keys and lone surrogates, and raises RecursionError on deep input.
"""

from __future__ import annotations

import codecs
import json
import math
from typing import Any, Final

from microdock_server.bundle.manifest.comments import without

DEPTH_MAX: Final = 32
DIGITS_MAX: Final = 100
# Containers and commas bound the number of objects that parsing can create.
PARTS_MAX: Final = 200_000


class BadJson(ValueError):
    """The bytes are not acceptable JSON; `rule` names the fault, `params` fill its message."""

    def __init__(self, rule: str, **params: str | int) -> None:
        super().__init__(rule)
        self.rule = rule
        self.params = params


def load(data: bytes) -> tuple[Any, list[str]]:
    """Parse UTF-8 JSON, with or without a BOM; returns also the rules of what was skipped. Raises BadJson."""
    text = _decoded(data)
    if sum(map(text.count, "[{,")) > PARTS_MAX:
        raise BadJson("manifest-too-complex", limit=PARTS_MAX)
    try:
        value, skipped = _parsed(text)
    except json.JSONDecodeError as error:
        raise BadJson("manifest-not-json", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise BadJson("manifest-too-deep", limit=DEPTH_MAX) from None
    _check_tree(value)
    return value, skipped


def _parsed(text: str) -> tuple[Any, list[str]]:
    try:
        return _strict(text), []
    except json.JSONDecodeError:
        plain, skipped = without(text)
        if not skipped:
            raise
        return _strict(plain), skipped


def _strict(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_object,
        parse_constant=_refuse_constant,
        parse_int=_integer,
        parse_float=_decimal,
    )


def _decoded(data: bytes) -> str:
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson("manifest-not-utf8") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadJson("manifest-duplicate-key", key=twice)
    return found


def _refuse_constant(text: str) -> Any:
    raise BadJson("manifest-number", number=text)


def _integer(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise BadJson("manifest-number", number=text[:20] + "…")
    return int(text)


def _decimal(text: str) -> float:
    value = float(text) if len(text) <= DIGITS_MAX else math.inf
    if math.isinf(value):
        raise BadJson("manifest-number", number=text[:20])
    return value


def _check_tree(value: Any) -> None:
    """Check depth and texts of the whole document, without recursion."""
    level = [value]
    for _ in range(DEPTH_MAX + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, list):
                below += item
            elif isinstance(item, dict):
                below += item.keys()
                below += item.values()
        if not below:
            return
        level = below
    raise BadJson("manifest-too-deep", limit=DEPTH_MAX)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise BadJson("manifest-nul")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadJson("manifest-surrogate") from None
