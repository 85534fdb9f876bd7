"""The search index on each engine: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Both contain the same words in the same order (from search_words.py), so both find the same plugins. A query is text in
the engine's own query language; this module builds and runs them for search.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, Protocol

from sqlalchemy import Row, TextClause, text

from ...database.session import db
from . import search_words

PUBLIC: Final = "plugin_search"
HIDDEN: Final = "plugin_search_hidden"
TABLES: Final = (PUBLIC, HIDDEN)
NAMES: Final = ("name", "display_name")
# Words of names are indexed a second time with this before them: a private-use character, with which no text's word
# begins.
MARK: Final = "\ue001"
# Positions in a tsvector end here; later words would all get the last one.
_LAST_POSITION: Final = 16_383
_POSITIONS: Final = 256
# A word has at most 2,046 bytes, and a character at most four.
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """What a plugin is found by: tokenized texts by field, and facets."""

    number: int
    fields: dict[str, str]
    facets: str


class SearchBackend(Protocol):
    """How an engine is queried."""

    # The column with a plugin's number, and the condition that a row matches `:match`.
    number: str
    matches: str
    # A setting for the rest of the transaction, made before counting.
    before_counting: TextClause | None

    def term(self, words: Sequence[str], *, prefix: bool) -> str:
        """Everything with these words in sequence, the last one as a prefix."""
        ...

    def in_names(self, words: Sequence[str], *, prefix: bool, marked: bool) -> str:
        """The same in names only. `marked`: the words of every plugin's names are indexed with MARK."""
        ...

    def both(self, queries: Iterable[str]) -> str:
        """Everything that matches each of them."""
        ...

    def with_facet(self, facets: Iterable[str]) -> str:
        """Everything with one of these facets."""
        ...

    def columns(self, fields: dict[str, str], facets: str) -> dict[str, str]:
        """The columns to store for these texts."""
        ...

    def unequal(self, column: str) -> str:
        """The condition that a row has another value in the column than the parameter of its name."""
        ...

    def clear(self, table: str) -> None:
        """Delete everything in the table."""
        ...

    def compact(self, table: str) -> None:
        """Let searches in what was inserted at once be as fast as they can."""
        ...


class _Fts5:
    number = "rowid"
    matches = "{table} MATCH :match"
    before_counting: TextClause | None = None

    def term(self, words: Sequence[str], *, prefix: bool) -> str:
        return f'"{" ".join(words)}"{"*" if prefix else ""}'

    def in_names(self, words: Sequence[str], *, prefix: bool, marked: bool) -> str:
        # With a restriction to columns every hit in any text is read: for a common phrase, 5 ms instead of 0.3.
        if marked:
            return self.term([f"{MARK}{word}" for word in words], prefix=prefix)
        return f"{{{' '.join(NAMES)}}} : {self.term(words, prefix=prefix)}"

    def both(self, queries: Iterable[str]) -> str:
        return " AND ".join(f"({query})" for query in queries)

    def with_facet(self, facets: Iterable[str]) -> str:
        # Without a restriction to their column, which they occur in alone: that would cost a third more.
        return " OR ".join(facets)

    def columns(self, fields: dict[str, str], facets: str) -> dict[str, str]:
        # Names are kept apart: no phrase spans two.
        marked = f" {MARK} ".join(" ".join(f"{MARK}{word}" for word in fields[name].split()) for name in NAMES)
        return {**fields, "facets": f"{facets} {marked}"}

    def unequal(self, column: str) -> str:
        return f"{column} <> :{column}"

    def clear(self, table: str) -> None:
        # FTS5 keeps deleted words until their segments are merged: searches in what is then inserted took three times
        # as long.
        definition = db.session.execute(_DEFINITION, {"table": table}).scalar_one()
        db.session.execute(_statement("DROP TABLE {table}", table))
        db.session.execute(text(definition))

    def compact(self, table: str) -> None:
        # FTS5 searches each of its segments.
        db.session.execute(_statement("INSERT INTO {table}({table}) VALUES ('optimize')", table))


class _TextSearch:
    """Words of names are stored twice, marked the second time; facets are stored as words too.

    PostgreSQL's own way to distinguish fields is weights, but they are in no index and in no statistics: a search for a
    common word that occurs in no name read every row.
    """

    number = "number"
    matches = "words @@ CAST(:match AS tsquery)"
    # Without this, the planner underestimates the cost of reading every row: 400 ms instead of 20 for a common word.
    before_counting: TextClause | None = text("SET LOCAL enable_seqscan = off")

    def term(self, words: Sequence[str], *, prefix: bool) -> str:
        return self._sequence(words, "", prefix=prefix)

    def in_names(self, words: Sequence[str], *, prefix: bool, marked: bool) -> str:
        return self._sequence(words, MARK, prefix=prefix)

    def _sequence(self, words: Sequence[str], mark: str, *, prefix: bool) -> str:
        return " <-> ".join(f"'{mark}{word[:_LONGEST]}'{':*' if prefix else ''}" for word in words)

    def both(self, queries: Iterable[str]) -> str:
        return " & ".join(f"({query})" for query in queries)

    def with_facet(self, facets: Iterable[str]) -> str:
        return " | ".join(f"'{facet[:_LONGEST]}'" for facet in facets)

    def columns(self, fields: dict[str, str], facets: str) -> dict[str, str]:
        shown = {name: value for name, value in fields.items() if name != "description"}
        return {**shown, "words": self._vector(fields, facets)}

    def unequal(self, column: str) -> str:
        return f"{column} <> {_value(column)}"

    def clear(self, table: str) -> None:
        db.session.execute(_statement("DELETE FROM {table}", table))

    def compact(self, table: str) -> None:
        """Its index has no segments."""

    def _vector(self, fields: dict[str, str], facets: str) -> str:
        """The words with their positions in tsvector syntax. Fields are kept apart: no phrase spans two."""
        places: dict[str, list[str]] = {}
        at = 0
        for name, value in fields.items():
            for word in value.split():
                at += 1
                place = str(min(at, _LAST_POSITION))
                places.setdefault(word[:_LONGEST], []).append(place)
                if name in NAMES:
                    places.setdefault(MARK + word[:_LONGEST], []).append(place)
            at += 2
        words = [f"'{word}':{','.join(where[:_POSITIONS])}" for word, where in places.items()]
        return " ".join([*words, *(f"'{facet[:_LONGEST]}'" for facet in dict.fromkeys(facets.split()))])


_BACKENDS: Final[dict[str, SearchBackend]] = {"sqlite": _Fts5(), "postgresql": _TextSearch()}


def backend() -> SearchBackend:
    """The query language of this application's engine."""
    return _BACKENDS[db.engine.dialect.name]


def query_of(words: str) -> str | None:
    """The query for everything with all of `words`; None without any word."""
    return _query_of(words, backend().term)


def query_of_names(words: str, *, marked: bool) -> str | None:
    """The same in names only. `marked`: the words of every plugin's names are indexed with MARK."""
    return _query_of(words, partial(backend().in_names, marked=marked))


def _query_of(words: str, term: Callable[..., str]) -> str | None:
    terms = [term(one.split(), prefix=not search_words.is_unspaced(one)) for one in search_words.terms_of(words)]
    return backend().both(terms) if terms else None


def count(table: str, match: str) -> int:
    """The number of hits."""
    before = backend().before_counting
    if before is not None:
        db.session.execute(before)
    rows = db.session.execute(_statement("SELECT count(*) FROM {table} WHERE {matches}", table), {"match": match})
    return int(rows.scalar_one())


def newest(table: str, match: str, limit: int) -> Sequence[Row[Any]]:
    """The newest hits: number, and tokenized name, display name, tags and author."""
    statement = _statement(
        "SELECT {number}, name, display_name, tags, author FROM {table} WHERE {matches} "
        "ORDER BY {number} DESC LIMIT :limit",
        table,
    )
    return db.session.execute(statement, {"match": match, "limit": limit}).all()


def newest_but(table: str, match: str, excluded: Collection[int], skip: int, limit: int) -> list[int]:
    """Numbers of the newest hits except these, which are hits of this table, after the first `skip`."""
    # Excluded here, because the engines compare every hit that they skip with every one of them.
    statement = _statement(
        "SELECT {number} FROM {table} WHERE {matches} ORDER BY {number} DESC LIMIT :limit OFFSET :skip", table
    )
    values = {"match": match, "limit": limit + len(excluded), "skip": skip}
    found = list(db.session.execute(statement, values).scalars())
    if not found:
        return []
    before = sum(number > found[0] for number in excluded)
    return [number for number in found if number not in excluded][before : before + limit]


def held(table: str, numbers: Sequence[int]) -> set[int]:
    """Those of these plugins that are in the table."""
    column, rows = ("id", f"{table}_docsize") if db.engine.dialect.name == "sqlite" else ("number", table)
    statement = f"SELECT {column} FROM {rows} WHERE {column} IN ({', '.join(map(str, numbers))})"  # noqa: S608  (our own)
    return set(db.session.execute(text(statement)).scalars())


def numbers(matches: Sequence[tuple[str, str]]) -> TextClause:
    """A query for the numbers of all hits."""
    asking = backend()
    parts = []
    for place, (table, _) in enumerate(matches):
        condition = asking.matches.format(table=table).replace(":match", f":match{place}")
        parts.append(f"SELECT {asking.number} FROM {table} WHERE {condition}")  # noqa: S608  (our own names)
    values = {f"match{place}": match for place, (_, match) in enumerate(matches)}
    return text(" UNION ALL ".join(parts)).bindparams(**values)


def insert(table: str, entries: Sequence[Entry]) -> None:
    """Insert these plugins."""
    if not entries:
        return
    rows = [{"number": one.number, **backend().columns(one.fields, one.facets)} for one in entries]
    columns = [name for name in rows[0] if name != "number"]
    values = ", ".join(map(_value, columns))
    statement = _statement(
        f"INSERT INTO {{table}} ({{number}}, {', '.join(columns)}) VALUES (:number, {values})",  # noqa: S608  (our own)
        table,
    )
    db.session.execute(statement, rows)


def holds(table: str, entry: Entry) -> bool:
    """Is the plugin in the table, exactly like this?"""
    asking = backend()
    columns = asking.columns(entry.fields, entry.facets)
    differs = " OR ".join(map(asking.unequal, columns))
    # One row by its number, compared afterwards: FTS5 knows no other condition.
    statement = _statement(f"SELECT {differs} FROM {{table}} WHERE {{number}} = :number", table)  # noqa: S608  (our own)
    return db.session.execute(statement, {"number": entry.number, **columns}).scalar() in (0, False)


def delete(table: str, number: int) -> None:
    """Delete a plugin."""
    db.session.execute(_statement("DELETE FROM {table} WHERE {number} = :number", table), {"number": number})


def clear() -> None:
    """Delete everything."""
    for table in TABLES:
        backend().clear(table)


def _value(column: str) -> str:
    """A column's parameter."""
    return "CAST(:words AS tsvector)" if column == "words" else f":{column}"


def _statement(template: str, table: str) -> TextClause:
    asking = backend()
    return _made(template, table, asking.number, asking.matches)


def compact() -> None:
    """Let searches in what was inserted at once be as fast as they can."""
    for table in TABLES:
        backend().compact(table)


_DEFINITION: Final = text("SELECT sql FROM sqlite_master WHERE name = :table")


# SQLAlchemy compiles a new text clause anew each time.
@lru_cache(maxsize=64)
def _made(template: str, table: str, number: str, matches: str) -> TextClause:
    return text(template.format(table=table, number=number, matches=matches.format(table=table)))
