"""This program's migrations as their files declare them, read without Alembic.

A server compares them with its database at its start and whenever it is asked whether it is ready. Alembic would take a
tenth of that start to load, and a twelfth of each worker's memory; only `flask db` and AUTO_MIGRATE need it.
"""

from __future__ import annotations

import re
from ast import literal_eval
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# A constant on one line, with or without a type: parsing the whole file would take ten times as long.
_DECLARATION: Final = re.compile(r"^(revision|down_revision)\b[^=\n]*=(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MigrationFiles:
    """The revisions that a directory of migrations has, and those that no other one follows."""

    known: frozenset[str]
    heads: frozenset[str]


def migration_files(directory: Path) -> MigrationFiles:
    """What the files in `directory`/versions declare, read anew each time.

    Raises ValueError or SyntaxError for a file that does not declare its revision and the one before, in a line each.
    """
    found = [_declared(path) for path in (directory / "versions").glob("[!._]*.py")]
    known = frozenset(str(declared["revision"]) for declared in found)
    followed = {name for declared in found for name in _listed(declared["down_revision"])}
    return MigrationFiles(known, known - followed)


def _declared(path: Path) -> dict[str, Any]:
    found = _DECLARATION.findall(path.read_text(encoding="utf-8"))
    declared = {name: literal_eval(value.strip()) for name, value in found}
    if len(declared) != 2:
        raise ValueError(f"{path.name} does not declare its revision and the one before")
    return declared


def _listed(down: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """None for the first migration, several where branches meet."""
    return (down,) if isinstance(down, str) else down or ()
