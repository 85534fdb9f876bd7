"""Which texts the admin page's source uses, read from its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parent.parent / "frontend" / "src"

_LITERAL: Final = re.compile(r"'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`")
_FILLED: Final = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")
_CALL: Final = re.compile(r"\b(?:t|te|text)\(")


def sources() -> list[str]:
    """The page's components and modules."""
    files = [*SOURCE.rglob("*.vue"), *SOURCE.rglob("*.ts")]
    return [path.read_text(encoding="utf-8") for path in files if path.name != "schema.d.ts"]


def literals(code: str) -> list[str]:
    return [plain or filled for plain, filled in _LITERAL.findall(code)]


def meant(literal: str) -> re.Pattern[str]:
    """What a literal can be once it is filled."""
    return re.compile(r"[\w.-]+".join(re.escape(part) for part in _FILLED.split(literal)))


def asked_for(code: str) -> Iterator[str]:
    """Literals in the first argument of calls for a text, without what a condition compares with."""
    for call in _CALL.finditer(code):
        yield from literals(re.sub(r"[!=]==\s*'[^']*'", "", _first_argument(code[call.end() :])))


def used(code: str, keys: set[str]) -> set[str]:
    """The keys that a literal names, names but for what fills it, or names the group of."""
    found: set[str] = set()
    for literal in literals(code):
        if literal.startswith("${"):
            continue
        if "${" in literal:
            found |= (
                {key for key in keys if meant(literal).fullmatch(key)} if "." in _FILLED.sub("", literal) else set()
            )
        elif "." in literal:
            found |= {key for key in keys if literal in (key, key.rpartition(".")[0])}
    return found


def _first_argument(code: str) -> str:
    depth = 0
    for place, character in enumerate(code):
        if depth == 0 and character in ",)":
            return code[:place]
        depth += (character in "([{") - (character in ")]}")
    return code
