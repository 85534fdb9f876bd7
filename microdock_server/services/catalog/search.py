"""Full-text search over plugins: by relevance, in any script, at a cost that does not grow with how common a word is.

search_words.py tokenizes texts and queries; search_index.py stores the words.

Public plugins have an index of their own, so that usual searches need not check a plugin's status.

Sorting all hits of a common word by relevance costs tens of milliseconds, and bm25's statistics alone five. So only
candidates are ranked, in stages: plugins with exactly this name, then the newest NAMED of the hits in names, then the
newest ANYWHERE of all hits. Other hits follow, newest first. Later stages are queried only if the page reaches them.
Counts and rankings are cached until the index changes.

A search within a category covers everything below it. Plugins are indexed with their category and with all that it is
below of, so that one term finds a branch of the tree. Moving a category does not index its plugins anew: branches that
it left or came to are stale then, and searched as their parts. While an earlier version of the program writes to the
index (see State), every category of a branch is a term of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Row, TextClause, bindparam, select, update

from ...database.session import db
from ...database.unit_of_work import read_once, unit_of_work
from ...models import Catalog, Category, Developer, Plugin, Setting, User
from . import search_index, search_words
from .revision_cache import RevisionCache
from .search_index import HIDDEN, PUBLIC, Entry

NAMED: Final = 100
ANYWHERE: Final = 200
DESCRIPTION_WORDS: Final = 4000
# How many plugins are indexed per statement.
BATCH: Final = 500
# Incremented when tokenization changes: the index is then rebuilt at start.
VERSION: Final = "6"
VERSION_KEY: Final = "search.version"
# Separates the version that built the index from an earlier version that has written to it since.
MIXED: Final = "+"


@dataclass(frozen=True, slots=True)
class Branch:
    """A category and everything below it: the ids of all, and the same as branches that are indexed as such (`whole`),
    without which there are only the `single` categories.
    """

    everything: tuple[str, ...]
    whole: tuple[str, ...]
    single: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may find: public plugins or not, unpublished ones (of an owner, in some states), in a branch."""

    public: bool = True
    hidden: bool = False
    owner_id: str | None = None
    statuses: tuple[str, ...] | None = None
    branch: Branch | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The index as this transaction sees it. `at` is another once it has changed.

    `is_own`: nothing but this version of the program wrote to it. What earlier versions index lacks terms that this one
    asks for.
    """

    at: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """The number of matching plugins, and a query for their numbers."""

    count: int
    numbers: TextClause


def find(words: str, scope: Scope, page: int, limit: int) -> tuple[int, list[int]]:
    """The number of plugins that match all of `words`, and the numbers of one page of them, the most relevant first."""
    query = search_index.query_of(words)
    if query is None:
        return 0, []
    state = _state()
    at, tables = state.at, _tables_of(scope, state)
    matches = _matches(query, tables)
    total = sum(_count(at, *match) for match in matches)
    start = (page - 1) * limit
    if start >= total:
        return total, []
    ranked = _ranked(state, words, query, tables, start + limit)
    found = ranked[start : start + limit]
    missing = min(limit, total - start) - len(found)
    if missing > 0:
        found += _rest(at, matches, ranked, max(0, start - len(ranked)), missing)
    return total, found


def all_matching(words: str, scope: Scope) -> Matching | None:
    """All plugins that match, for lists with an order of their own; None if nothing can match."""
    query = search_index.query_of(words)
    state = _state()
    matches = _matches(query, _tables_of(scope, state)) if query else ()
    if not matches:
        return None
    return Matching(sum(_count(state.at, *match) for match in matches), search_index.numbers(matches))


def index(plugin: Plugin) -> None:
    """Index the plugin's current texts, tokenized by this version."""
    names = _names_of_owners(plugin.owner_id) if plugin.owner_id else {}
    entry = _entry(plugin, names.get(plugin.owner_id or "", ()), path_of(plugin.category_id))
    if search_index.holds(_table(plugin), entry):
        return
    forget(plugin)
    search_index.insert(_table(plugin), [entry])
    if is_of_later_version():
        made = db.session.get_one(Setting, VERSION_KEY)
        made.value = made.value if MIXED in made.value else f"{made.value}{MIXED}{VERSION}"


def forget(plugin: Plugin) -> None:
    """Remove the plugin from the index."""
    for table in search_index.TABLES:
        search_index.delete(table, plugin.number)
    db.session.execute(_CHANGED)


def path_of(category_id: str | None) -> list[str]:
    """The ids of the category and of all that it is below of."""
    return [] if category_id is None else _path(category_id, _parents())


def ensure_built() -> int:
    """Rebuild the index if an earlier version of this program made it or wrote to it, or none; returns the number of
    indexed plugins.

    An index made by a later version is kept. What this version writes to it meanwhile is marked (see index): the later
    version rebuilds it at its next start.
    """
    with unit_of_work(writing=False):
        if is_of_later_version() or (_state().is_own and db.session.execute(_MOVED_UNSEEN).first() is None):
            return 0
    return rebuild()


def is_of_later_version() -> bool:
    """Was the index made by a later version of this program?"""
    known = db.session.get(Setting, VERSION_KEY)
    number = known.value.partition(MIXED)[0] if known else ""
    return number.isdecimal() and int(number) > int(VERSION)


def rebuild() -> int:
    """Rebuild the whole index, in one transaction; returns the number of plugins in it."""
    with unit_of_work():
        search_index.clear()
        count = 0
        names = _names_of_owners()
        parents = _parents()
        for plugins in db.session.scalars(select(Plugin).execution_options(yield_per=BATCH)).partitions():
            for table in search_index.TABLES:
                held = [plugin for plugin in plugins if _table(plugin) == table]
                search_index.insert(
                    table,
                    [
                        _entry(plugin, names.get(plugin.owner_id or "", ()), _path(plugin.category_id, parents))
                        for plugin in held
                    ],
                )
            count += len(plugins)
        search_index.compact()
        db.session.merge(Setting(key=VERSION_KEY, value=VERSION))
        db.session.execute(_BUILT)
        db.session.execute(_NOTHING_STALE)
    return count


def _state() -> State:
    return read_once("state of the search index", _read_state)


def _read_state() -> State:
    version, revision, indexed, at = db.session.execute(_STATE).one()
    is_own = version == VERSION and indexed == revision
    # Earlier versions do not count changes of the index. Negative, to be none of the other numbers.
    return State(at if is_own else -revision, is_own)


def _tables_of(scope: Scope, state: State) -> list[tuple[str, list[str]]]:
    """The indexes to query, each with its facet restrictions."""
    categories = _within(scope.branch, state) if scope.branch is not None else []
    tables: list[tuple[str, list[str]]] = []
    if scope.hidden:
        owner = _one_of("o", [scope.owner_id]) if scope.owner_id else []
        statuses = _one_of("s", scope.statuses) if scope.statuses is not None else []
        tables.append((HIDDEN, [*owner, *statuses, *categories]))
    if scope.public:
        tables.append((PUBLIC, categories))
    return tables


def _matches(query: str, tables: Sequence[tuple[str, list[str]]]) -> tuple[tuple[str, str], ...]:
    """The indexes to query, each with its query."""
    return tuple((table, _joined(query, facets)) for table, facets in tables)


def _within(branch: Branch, state: State) -> list[str]:
    if not state.is_own:
        return _one_of("c", branch.everything)
    return [search_index.backend().with_facet([*_facets("a", branch.whole), *_facets("c", branch.single)])]


def _one_of(kind: str, values: Iterable[str]) -> list[str]:
    return [search_index.backend().with_facet(_facets(kind, values))]


def _facets(kind: str, values: Iterable[str]) -> list[str]:
    return [search_words.facet(kind, value) for value in values]


def _joined(query: str, facets: Sequence[str]) -> str:
    return search_index.backend().both([query, *facets]) if facets else query


def _count(at: int, table: str, match: str) -> int:
    """The number of hits, in this state of the index."""
    return _counts.at(at, lambda: search_index.count(table, match), table, match)


def _ranked(state: State, words: str, query: str, tables: Sequence[tuple[str, list[str]]], enough: int) -> list[int]:
    """Numbers of candidates in order: exact names, then hits in names, then any hits.

    A stage is queried only while there are fewer than `enough`. Every page sees the same order: a stage does not depend
    on how many results are needed.
    """
    stages = (
        (_joined(query, _one_of("x", [words])), NAMED),
        (search_index.query_of_names(words, marked=state.is_own) or query, NAMED),
        (query, ANYWHERE),
    )
    terms = tuple(search_words.terms_of(words))
    found: dict[int, None] = {}
    for query_of_stage, limit in stages:
        if len(found) >= enough:
            break
        matches = _matches(query_of_stage, tables)
        found.update(
            dict.fromkeys(_rankings.at(state.at, partial(_rank, matches, limit, terms), matches, limit, terms))
        )
    return list(found)


def _rank(matches: Sequence[tuple[str, str]], limit: int, terms: Sequence[str]) -> tuple[int, ...]:
    """Numbers of the newest hits of each index, at most `limit` of each, best matches first."""
    hits = [row for table, match in matches for row in search_index.newest(table, match, limit)]
    hits.sort(key=lambda row: (-_score(row, terms), -row[0]))
    return tuple(row[0] for row in hits)


def _score(row: Row[Any], terms: Sequence[str]) -> float:
    """The relevance of a hit: where each word was found, whole or as a prefix, and among how many others."""
    _, name, display_name, tags, author = tuple(row)
    score = 0.0
    for field, weight in ((display_name, 8.0), (name, 6.0), (tags, 4.0), (author, 2.0)):
        # Most fields contain none of the words: checking this first halves the cost of a page for a common word.
        fits = [_fit(field, term) for term in terms if term in field]
        if fits:
            score += weight * max(fits)
    return score


def _fit(field: str, term: str) -> float:
    words = f" {field} "
    place = words.find(f" {term}")
    if place < 0:
        return 0.0
    whole = words.startswith(" ", place + 1 + len(term))
    return (1.0 if whole else 0.6) * (1.25 if place == 0 else 1.0) / (1.0 + 0.02 * len(field))


def _rest(at: int, matches: Sequence[tuple[str, str]], ranked: Sequence[int], skip: int, limit: int) -> list[int]:
    """Hits that are not candidates, newest first, index by index."""
    found: list[int] = []
    for table, match in matches:
        known = set(ranked) if len(matches) == 1 else search_index.held(table, ranked)
        found += search_index.newest_but(table, match, known, skip, limit - len(found))
        if len(found) == limit:
            break
        # The next index continues where this one ended.
        skip = 0 if found else skip - (_count(at, table, match) - len(known))
    return found


def _table(plugin: Plugin) -> str:
    return PUBLIC if plugin.is_public else HIDDEN


def _parents() -> dict[str, str | None]:
    """Every category's parent, by id."""
    return {row.id: row.parent_id for row in db.session.execute(_PARENTS)}


def _path(category_id: str | None, parents: Mapping[str, str | None]) -> list[str]:
    path = []
    while category_id is not None and category_id in parents:
        path.append(category_id)
        category_id = parents[category_id]
    return path


def _entry(plugin: Plugin, owner_names: Iterable[str], path: Iterable[str]) -> Entry:
    called = {plugin.name, plugin.name.rpartition(".")[2], plugin.display_name}
    facets = [search_words.facet("s", plugin.status), *(search_words.facet("x", name) for name in called)]
    facets += [search_words.facet("o", plugin.owner_id)] if plugin.owner_id else []
    facets += [search_words.facet("c", plugin.category_id)] if plugin.category_id else []
    facets += _facets("a", path)
    fields = {
        "name": search_words.indexed(plugin.name),
        "display_name": search_words.indexed(plugin.display_name),
        "tags": search_words.indexed(" ".join(plugin.tags)),
        "author": search_words.indexed(" ".join([plugin.author, *owner_names])),
        "description": search_words.indexed(plugin.description, DESCRIPTION_WORDS),
    }
    return Entry(plugin.number, fields, " ".join(facets))


def _names_of_owners(only: str | None = None) -> dict[str, list[str]]:
    """Names of plugin owners (or of one), by id."""
    rows = db.session.execute(_OWNERS) if only is None else db.session.execute(_OWNER, {"id": only})
    return {owner: list(dict.fromkeys(filter(None, names))) for owner, *names in rows}


# Built once: building a query costs as much as running it.
_NAMES: Final = select(User.id, User.username, Developer.display_name).outerjoin(
    Developer, Developer.user_id == User.id
)
_CATALOG: Final = Catalog.__table__.c
_STATE: Final = select(
    select(Setting.value).where(Setting.key == VERSION_KEY).scalar_subquery(),
    *_CATALOG["revision", "indexed_revision", "search_revision"],
)
_CHANGED: Final = update(Catalog).values(search_revision=Catalog.search_revision + 1)
_BUILT: Final = update(Catalog).values(search_revision=Catalog.search_revision + 1, indexed_revision=Catalog.revision)
_PARENTS: Final = select(*Category.__table__.c["id", "parent_id"])
_MOVED_UNSEEN: Final = select(Category.id).where(Category.indexed_parent_key != Category.parent_key).limit(1)
_NOTHING_STALE: Final = update(Category).values(has_stale_index=False, indexed_parent_key=Category.parent_key)
_OWNERS: Final = _NAMES.where(User.id.in_(select(Plugin.owner_id)))
_OWNER: Final = _NAMES.where(User.id == bindparam("id"))

_counts: Final[RevisionCache[int]] = RevisionCache(256)
_rankings: Final[RevisionCache[tuple[int, ...]]] = RevisionCache(256)
