"""Full-text search over plugins: by relevance, in any script, at a cost that does not grow with how common a word is.

The index (SQLite's FTS5) knows words. Chinese has no spaces between words, so a run of it is indexed as its bigrams, in
order, and after them as its single characters: a query of two or more characters is a phrase of bigrams, one of a
single character a word. Latin words are found by their beginnings; `MyPlugin` is found as `plugin` too.

What everybody may see has an index of its own, so that the usual search need not ask where a plugin stands.

Sorting all hits of a common word by relevance costs tens of milliseconds, and bm25's statistics alone five. So only
candidates are ranked, by what was found where: plugins called exactly so, then the newest NAMED of the hits in names,
then the newest ANYWHERE of all hits. The hits that are no candidates follow, newest first. Later stages are only asked
for where the page reaches them. Another engine needs the same functions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, TextClause, select, text

from ..extensions import db
from ..kept import Kept
from ..models import Catalog, Developer, Plugin, Setting, User
from ..uow import unit_of_work

NAMED: Final = 100
ANYWHERE: Final = 300
MAX_TERMS: Final = 8
DESCRIPTION_WORDS: Final = 4000
PUBLIC: Final = "plugin_search"
HIDDEN: Final = "plugin_search_hidden"
# Raised when the words are cut in another way: the index is then made anew at the start.
VERSION: Final = "1"
VERSION_KEY: Final = "search.version"

# A character for private use: part of a word for the tokenizer, and never of a text's words.
_PRIVATE: Final = "\ue000"
_RUNS: Final = re.compile(r"[㐀-䶿一-鿿豈-﫿぀-ヿ가-힯\U00020000-\U0003134f]+|[^\W_]+")
_CJK: Final = re.compile(r"[㐀-䶿一-鿿豈-﫿぀-ヿ가-힯\U00020000-\U0003134f]")
_HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may find: what is public or not, what is hidden (of one owner, in some states), in categories."""

    public: bool = True
    hidden: bool = False
    owner_id: str | None = None
    statuses: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None


def find(words: str, scope: Scope, page: int, limit: int) -> tuple[int, list[int]]:
    """How many plugins match all of `words`, and the numbers of one page of them, the most relevant first."""
    query = _query(words)
    if query is None:
        return 0, []
    shelves = _shelves(scope)
    matches = [(table, _joined(query, facets)) for table, facets in shelves]
    total = sum(_count(table, match) for table, match in matches)
    start = (page - 1) * limit
    if start >= total:
        return total, []
    ranked = _ranked(words, query, shelves, start + limit)
    found = ranked[start : start + limit]
    missing = min(limit, total - start) - len(found)
    if missing > 0:
        found += _rest(matches, ranked, max(0, start - len(ranked)), missing)
    return total, found


def all_matching(words: str, scope: Scope) -> TextClause | None:
    """A query for the numbers of all plugins that match, for lists with an order of their own; None for no words."""
    query = _query(words)
    if query is None:
        return None
    parts, values = [], {}
    for place, (table, facets) in enumerate(_shelves(scope)):
        parts.append(f"SELECT rowid FROM {table} WHERE {table} MATCH :match{place}")  # noqa: S608  (our own names)
        values[f"match{place}"] = _joined(query, facets)
    return text(" UNION ALL ".join(parts)).bindparams(**values)


def index(plugin: Plugin) -> None:
    """Make the index say what the plugin says now."""
    forget(plugin)
    _insert(plugin)


def forget(plugin: Plugin) -> None:
    """Take the plugin out of the index."""
    for table in (PUBLIC, HIDDEN):
        db.session.execute(_DELETE[table], {"number": plugin.number})


def ensure_built() -> int:
    """Make the index anew where it was made by another version of this program, or never; how many were indexed."""
    with unit_of_work(writing=False):
        known = db.session.get(Setting, VERSION_KEY)
        if known is not None and known.value == VERSION:
            return 0
    return rebuild()


def rebuild() -> int:
    """Make the whole index anew, in one transaction; how many plugins it holds."""
    with unit_of_work():
        for table in (PUBLIC, HIDDEN):
            db.session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  (our own names)
        count = 0
        for plugin in db.session.scalars(select(Plugin).execution_options(yield_per=500)):
            _insert(plugin)
            count += 1
        db.session.merge(Setting(key=VERSION_KEY, value=VERSION))
    return count


def indexed(value: str, limit: int | None = None) -> str:
    """`value` cut into words: Latin ones whole and by their humps, Chinese as bigrams and then single characters."""
    words: list[str] = []
    single: dict[str, None] = {}
    for run in _runs(value):
        if _CJK.match(run):
            # Runs that only stand beside each other are no phrase.
            words += [*_bigrams(run), _PRIVATE]
            single.update(dict.fromkeys(run))
        else:
            words.append(run.casefold())
            humps = _HUMPS.findall(run)
            if len(humps) > 1:
                words += [hump.casefold() for hump in humps]
        if limit is not None and len(words) > limit:
            break
    return " ".join([*words, *single])


def _query(words: str) -> str | None:
    """`words` in FTS5's language, every one of them quoted; None where there is no word in it."""
    terms = []
    for run in list(_runs(words))[:MAX_TERMS]:
        if _CJK.match(run):
            terms.append('"' + " ".join(_bigrams(run) or [run]) + '"')
        else:
            terms.append(f'"{run.casefold()}"*')
    return " AND ".join(terms) or None


def _runs(value: str) -> Iterator[str]:
    """Runs of Chinese characters (or kana, or hangul), and runs of other letters and digits."""
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", value)):
        yield from _split_scripts(match.group())


def _split_scripts(run: str) -> Iterator[str]:
    start, is_cjk = 0, bool(_CJK.match(run))
    for place, char in enumerate(run):
        if bool(_CJK.match(char)) != is_cjk:
            yield run[start:place]
            start, is_cjk = place, not is_cjk
    yield run[start:]


def _bigrams(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _shelves(scope: Scope) -> list[tuple[str, str]]:
    """The indexes to ask, each with the facets it is restricted to."""
    categories = _one_of("c", scope.categories) if scope.categories is not None else []
    shelves = []
    if scope.hidden:
        owner = _one_of("o", [scope.owner_id]) if scope.owner_id else []
        statuses = _one_of("s", scope.statuses) if scope.statuses is not None else []
        shelves.append((HIDDEN, " AND ".join([*owner, *statuses, *categories])))
    if scope.public:
        shelves.append((PUBLIC, " AND ".join(categories)))
    return shelves


def _one_of(kind: str, values: Iterable[str]) -> list[str]:
    return [f"facets : ({' OR '.join(_facet(kind, value) for value in values)})"]


def _joined(query: str, facets: str) -> str:
    return f"({query}) AND {facets}" if facets else query


def _facet(kind: str, value: str) -> str:
    """One word for the tokenizer, which no text and no query contains."""
    return f"{_PRIVATE}{kind}{''.join(_runs(value.casefold()))}"


def _count(table: str, match: str) -> int:
    """How many hits there are; counted once a revision of the catalogue, for the pages that follow the first."""
    key = (str(db.engine.url), table, match, catalog_revision())
    found = _counts.get(key)
    if found is None:
        found = int(db.session.execute(_COUNT[table], {"match": match}).scalar_one())
        _counts.put(key, found)
    return found


def catalog_revision() -> int:
    """The catalogue's revision, in this transaction."""
    return int(db.session.execute(select(Catalog.revision)).scalar_one())


def _ranked(words: str, query: str, shelves: Sequence[tuple[str, str]], enough: int) -> list[int]:
    """Numbers of candidates in their order: what is called exactly so, then hits in names, then any.

    A stage is asked only while there are fewer than `enough`. Every page sees the same order: a stage does not depend
    on how many are asked for.
    """
    stages = (
        (f"({query}) AND facets : {_facet('x', words)}", NAMED),
        (f"{{name display_name}} : ({query})", NAMED),
        (query, ANYWHERE),
    )
    terms = _terms(words)
    found: dict[int, None] = {}
    for match, limit in stages:
        if len(found) >= enough:
            break
        hits = [row for table, facets in shelves for row in _newest(table, _joined(match, facets), limit)]
        hits.sort(key=lambda row: (-_score(row, terms), -row.rowid))
        found.update(dict.fromkeys(row.rowid for row in hits))
    return list(found)


def _newest(table: str, match: str, limit: int) -> Sequence[Row[Any]]:
    return db.session.execute(_NEWEST[table], {"match": match, "limit": limit}).all()


def _score(row: Row[Any], terms: Sequence[str]) -> float:
    """How well a hit fits: where each word was found, whole or as a beginning, and among how many others."""
    return sum(
        weight * max((_fit(field, term) for term in terms), default=0.0)
        for field, weight in zip((row.display_name, row.name, row.tags, row.author), (8.0, 6.0, 4.0, 2.0), strict=True)
    )


def _fit(field: str, term: str) -> float:
    words = f" {field} "
    place = words.find(f" {term}")
    if place < 0:
        return 0.0
    whole = words.startswith(" ", place + 1 + len(term))
    return (1.0 if whole else 0.6) * (1.25 if place == 0 else 1.0) / (1.0 + 0.02 * len(field))


def _terms(words: str) -> list[str]:
    """The words as they stand in the index: a run of Chinese as its bigrams in a row."""
    runs = list(_runs(words))[:MAX_TERMS]
    return [" ".join(_bigrams(run) or [run]) if _CJK.match(run) else run.casefold() for run in runs]


def _rest(matches: Sequence[tuple[str, str]], ranked: Sequence[int], skip: int, limit: int) -> list[int]:
    """The hits that are no candidates, newest first, index by index."""
    excluded = ", ".join(map(str, ranked))
    found: list[int] = []
    for table, match in matches:
        statement = (
            f"SELECT rowid FROM {table} WHERE {table} MATCH :match AND rowid NOT IN ({excluded}) "  # noqa: S608
            "ORDER BY rowid DESC LIMIT :limit OFFSET :skip"
        )
        wanted = {"match": match, "limit": limit - len(found), "skip": skip}
        found += [number for (number,) in db.session.execute(text(statement), wanted)]
        if len(found) == limit:
            break
        # The next index begins where this one ended.
        skip = 0 if found else skip - (_count(table, match) - _ranked_in(table, ranked))
    return found


def _ranked_in(table: str, ranked: Sequence[int]) -> int:
    numbers = ", ".join(map(str, ranked))
    statement = f"SELECT count(*) FROM {table}_docsize WHERE id IN ({numbers})"  # noqa: S608  (numbers)
    return int(db.session.execute(text(statement)).scalar_one())


def _insert(plugin: Plugin) -> None:
    table = PUBLIC if plugin.is_public else HIDDEN
    db.session.execute(_INSERT[table], _row(plugin, _owner_names(plugin)))


def _row(plugin: Plugin, owner_names: Iterable[str]) -> dict[str, Any]:
    called = {plugin.name, plugin.name.rpartition(".")[2], plugin.display_name}
    facets = [_facet("s", plugin.status), *(_facet("x", name) for name in called)]
    facets += [_facet("o", plugin.owner_id)] if plugin.owner_id else []
    facets += [_facet("c", plugin.category_id)] if plugin.category_id else []
    return {
        "number": plugin.number,
        "name": indexed(plugin.name),
        "display_name": indexed(plugin.display_name),
        "description": indexed(plugin.description, DESCRIPTION_WORDS),
        "tags": indexed(" ".join(plugin.tags)),
        "author": indexed(" ".join([plugin.author, *owner_names])),
        "facets": " ".join(facets),
    }


def _owner_names(plugin: Plugin) -> list[str]:
    if plugin.owner_id is None:
        return []
    query = (
        select(User.username, Developer.display_name)
        .outerjoin(Developer, Developer.user_id == User.id)
        .where(User.id == plugin.owner_id)
    )
    return [name for row in db.session.execute(query) for name in row if name]


_counts: Final[Kept[tuple[str, str, str, int], int]] = Kept(256)
_TABLES: Final = (PUBLIC, HIDDEN)
_COUNT: Final = {t: text(f"SELECT count(*) FROM {t} WHERE {t} MATCH :match") for t in _TABLES}  # noqa: S608
_NEWEST: Final = {
    t: text(
        f"SELECT rowid, name, display_name, tags, author FROM {t} WHERE {t} MATCH :match "  # noqa: S608
        "ORDER BY rowid DESC LIMIT :limit"
    )
    for t in _TABLES
}
_DELETE: Final = {t: text(f"DELETE FROM {t} WHERE rowid = :number") for t in _TABLES}  # noqa: S608
_INSERT: Final = {
    t: text(
        f"INSERT INTO {t} (rowid, name, display_name, description, tags, author, facets) "  # noqa: S608
        "VALUES (:number, :name, :display_name, :description, :tags, :author, :facets)"
    )
    for t in _TABLES
}
