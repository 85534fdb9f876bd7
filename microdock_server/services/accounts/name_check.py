"""Finds stored names that readers would confuse: from before the rules existed, or written around them.

Nothing is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Select, select

from ...bundle.problems import printable
from ...database.session import db
from ...models import Category, User
from ...text import confusables, names

BATCH: Final = 1000


def collisions() -> list[tuple[str, list[str]]]:
    """The kind of collision and the names concerned: `same username`, `same email`, `same category`, `lookalike`.

    Invisible characters are escaped.
    """
    users = _pairs(select(User.username, User.email))
    found = [("same username", group) for group in _groups((names.key(name), name) for name, _ in users)]
    found += [("same email", group) for group in _groups((names.key(email), email) for _, email in users if email)]
    categories = _pairs(select(Category.parent_key, Category.name))
    found += [("same category", group) for group in _groups(((beside, names.key(n)), n) for beside, n in categories)]
    found += [("lookalike", group) for group in _lookalikes([name for name, _ in users])]
    return [(kind, sorted(printable(name, 1000) for name in group)) for kind, group in found]


def _lookalikes(usernames: list[str]) -> Iterator[list[str]]:
    """Names that share a skeleton; those with equal keys are reported as such."""
    told: set[frozenset[str]] = set()
    drawn = ((skeleton, name) for name in usernames for skeleton in set(confusables.skeletons(name)))
    for group in _groups(drawn):
        if len({names.key(name) for name in group}) > 1 and frozenset(group) not in told:
            told.add(frozenset(group))
            yield group


def _groups(pairs: Iterable[tuple[Hashable, str]]) -> list[list[str]]:
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _pairs(query: Select[*tuple[Any, ...]]) -> list[tuple[str, str]]:
    rows = db.session.execute(query.execution_options(yield_per=BATCH))
    return [(first, second) for first, second in rows]
