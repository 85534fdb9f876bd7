"""What the audit log's entries are about, by name: names for ids, and the search for names.

The log itself has ids and names as they were. What is gone keeps the name that its entry has, if it has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select

from ..database.session import db
from ..models import (
    Appeal,
    AuditEntry,
    Backup,
    Block,
    Category,
    Developer,
    Job,
    Plugin,
    Rating,
    Review,
    ReviewReply,
    User,
)
from ..vocabulary import PLUGIN_NAME, UUID
from . import accounts, audit, developers

# What one answer looks up at most, of each kind. Ids beyond that stay ids.
MOST: Final = 2000
# A search looks at each entry by itself, at so many at most: that takes a second or two.
MOST_SEARCHED: Final = 100_000
_ABOUT_A_PLUGIN: Final = ("appeal", "block", "developer", "job", "rating", "review")
_WITH_ROWS: Final = {"appeal": Appeal, "block": Block, "job": Job, "rating": Rating, "review_reply": ReviewReply}


@dataclass(frozen=True, slots=True)
class Target:
    """What an entry is about. `name`: what it is called, if it has a name besides its id; `exists`: is it there yet?"""

    type: str
    id: str
    name: str | None
    exists: bool


@dataclass(frozen=True, slots=True)
class Said:
    """An entry's target, and the names of what else it names by id."""

    target: Target
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Search:
    """Conditions on entries. `since`: older ones are not looked at; None where nothing asked for is left out."""

    conditions: list[ColumnElement[bool]]
    since: datetime | None = None


def matching(search: str | None, target: str | None, since: datetime | None, until: datetime | None) -> Search:
    """Conditions on entries: the actor or the target is called so (`search`); the target is (`target`).

    Targets are found by today's names, and by those in entries. Reviews, appeals, ratings and blocks are called as
    their plugin is. Looks at the newest 100,000 entries up to `until`.
    """
    if search is None and target is None:
        return Search([])
    found = []
    if search is not None:
        found.append(or_(_is_by(search), _is_about(search)))
    if target is not None:
        found.append(_is_about(target))
    oldest = audit.last_of(MOST_SEARCHED, until)
    if oldest is None:
        return Search(found)
    is_all = since is not None and since > oldest.at
    return Search([AuditEntry.id >= oldest.id, *found], None if is_all else oldest.at)


def find(kind: str | None, words: str | None, limit: int) -> list[Target]:
    """Targets in the log (of this kind) that are called so, those of the newest entries first.

    For a name, looks at the newest 100,000 entries.
    """
    newest = func.max(AuditEntry.id)
    query = select(newest).group_by(AuditEntry.target_type, AuditEntry.target_id).order_by(newest.desc()).limit(limit)
    if kind is not None:
        query = query.where(AuditEntry.target_type == kind)
    if words is not None:
        query = query.where(*matching(None, words, None, None).conditions)
    entries = audit.by_id(str(number) for number in db.session.scalars(query))
    newest_first = sorted(entries.values(), key=lambda entry: -entry.id)
    return [said.target for said in named(newest_first)]


def named(entries: Sequence[AuditEntry]) -> list[Said]:
    """The targets of these entries and names for what they name by id, in one query for each kind."""
    texts = {entry.id: set(_texts(entry.details)) for entry in entries}
    known = _look_up(entries, set().union(*texts.values()))
    return [
        Said(_target(entry, known), {text: known.names[text] for text in texts[entry.id] if text in known.names})
        for entry in entries
    ]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is there yet: `names` by id, of plugins by name too; reviews by id; ids by kind of target."""

    names: dict[str, str]
    developers: dict[str, str]
    reviews: dict[str, tuple[str, str]]
    there: dict[str, set[str]]


def _look_up(entries: Sequence[AuditEntry], texts: set[str]) -> _Known:
    ids = {kind: _ids(entries, kind) for kind in (*_WITH_ROWS, "backup", "category", "developer", "plugin", "user")}
    uuids = {text for text in texts if UUID.fullmatch(text)}
    reviews = _reviews(_ids(entries, "review"))
    plugins = _plugins(ids["plugin"] | {name for name, _ in reviews.values()}, texts)
    people = developers.named(_some(ids["user"] | ids["developer"] | uuids))
    categories = _categories(ids["category"] | uuids)
    there = {kind: _existing(model, ids[kind]) for kind, model in _WITH_ROWS.items()}
    there["backup"] = _existing(Backup, {int(number) for number in ids["backup"] if number.isdecimal()})
    there |= {"review": set(reviews), "plugin": set(plugins), "category": set(categories)}
    there |= {"user": set(people), "developer": set(people)}
    names = plugins | categories | {number: person.user.username for number, person in people.items()}
    return _Known(names, {number: person.display_name for number, person in people.items()}, reviews, there)


def _target(entry: AuditEntry, known: _Known) -> Target:
    kind, number = entry.target_type, entry.target_id
    exists = kind not in known.there or number in known.there[kind]
    return Target(kind, number, _name(entry, known), exists)


def _name(entry: AuditEntry, known: _Known) -> str | None:
    kind, number = entry.target_type, entry.target_id
    own = {name: value for name, value in entry.details.items() if isinstance(value, str)}
    if kind in ("plugin", "user"):
        return known.names.get(number)
    if kind == "developer":
        return known.developers.get(number)
    if kind == "category":
        return known.names.get(number, own.get("name"))
    if kind == "review_reply":
        return own.get("title")
    plugin, version = own.get("plugin"), own.get("version")
    if kind == "review":
        plugin, version = known.reviews.get(number, (plugin, version))
    if plugin is None:
        return None
    title = known.names.get(plugin, plugin)
    return f"{title} {version}" if version and kind in ("review", "job") else title


def _is_by(words: str) -> ColumnElement[bool]:
    who = select(User.id).where(accounts.contains((User.search_key,), (User.username,), words))
    return or_(AuditEntry.actor_name.icontains(words, autoescape=True), AuditEntry.actor_id.in_(who))


def _is_about(words: str) -> ColumnElement[bool]:
    def has(column: SQLColumnExpression[str]) -> ColumnElement[bool]:
        return column.icontains(words, autoescape=True)

    kind, number = AuditEntry.target_type, AuditEntry.target_id
    plugins = select(Plugin.name).where(or_(has(Plugin.display_name), has(Plugin.name)))
    plugin = AuditEntry.details["plugin"].as_string()
    people = select(User.id).outerjoin(Developer, Developer.user_id == User.id)
    texts = (User.username, Developer.display_name)
    people = people.where(accounts.contains((User.search_key, Developer.search_key), texts, words))
    return or_(
        and_(kind == "plugin", or_(has(number), number.in_(plugins))),
        and_(kind.in_(_ABOUT_A_PLUGIN), or_(has(plugin), plugin.in_(plugins))),
        and_(kind == "review", number.in_(select(Review.id).where(Review.plugin_name.in_(plugins)))),
        and_(kind == "review_reply", has(AuditEntry.details["title"].as_string())),
        and_(kind.in_(("user", "developer")), number.in_(people)),
        and_(
            kind == "category",
            or_(has(AuditEntry.details["name"].as_string()), number.in_(select(Category.id).where(has(Category.name)))),
        ),
    )


def _ids(entries: Iterable[AuditEntry], kind: str) -> set[str]:
    return {entry.target_id for entry in entries if entry.target_type == kind}


def _texts(value: Any) -> Iterator[str]:
    """Texts in an entry's details that may be an id or the name of a plugin."""
    if isinstance(value, str):
        if UUID.fullmatch(value) or PLUGIN_NAME.fullmatch(value):
            yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _some(wanted: set[Any]) -> list[Any]:
    return sorted(wanted)[:MOST]


def _existing(model: Any, ids: set[Any]) -> set[str]:
    rows = db.session.scalars(select(model.id).where(model.id.in_(_some(ids)))) if ids else ()
    return {str(number) for number in rows}


def _reviews(ids: set[str]) -> dict[str, tuple[str, str]]:
    query = select(Review.id, Review.plugin_name, Review.version).where(Review.id.in_(_some(ids)))
    return {row.id: (row.plugin_name, row.version) for row in db.session.execute(query)} if ids else {}


def _categories(ids: set[str]) -> dict[str, str]:
    query = select(Category.id, Category.name).where(Category.id.in_(_some(ids)))
    return {row.id: row.name for row in db.session.execute(query)} if ids else {}


def _plugins(names: set[str], others: set[str]) -> dict[str, str]:
    """Display names by name, and by id."""
    wanted = [*_some(names), *_some(others)]
    query = select(Plugin.id, Plugin.name, Plugin.display_name)
    query = query.where(or_(Plugin.name.in_(wanted), Plugin.id.in_(wanted)))
    rows = db.session.execute(query).all() if wanted else ()
    return {key: row.display_name for row in rows for key in (row.name, row.id)}
