"""The search index on each engine: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Both contain the same words in the same order (from search_words.py), so both find the same plugins. A query is text in
the engine's own query language; this module builds and runs them for search.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from sqlalchemy import Row, TextClause, text

from ...database.session import db
from . import search_words

PUBLIC: Final = "plugin_search"
HIDDEN: Final = "plugin_search_hidden"
TABLES: Final = (PUBLIC, HIDDEN)
NAMES: Final = ("name", "display_name")
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

    def term(self, words: Sequence[str], *, prefix: bool, named: bool) -> str:
        """Everything with these words in sequence, the last one as a prefix; `named`: only in names."""
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


class _Fts5:
    number = "rowid"
    matches = "{table} MATCH :match"
    before_counting: TextClause | None = None

    def term(self, words: Sequence[str], *, prefix: bool, named: bool) -> str:
        where = f"{{{' '.join(NAMES)}}} : " if named else ""
        return f'{where}"{" ".join(words)}"{"*" if prefix else ""}'

    def both(self, queries: Iterable[str]) -> str:
        return " AND ".join(f"({query})" for query in queries)

    def with_facet(self, facets: Iterable[str]) -> str:
        return f"facets : ({' OR '.join(facets)})"

    def columns(self, fields: dict[str, str], facets: str) -> dict[str, str]:
        return {**fields, "facets": facets}


class _TextSearch:
    """Words of names are stored twice, marked the second time; facets are stored as words too.

    PostgreSQL's own way to distinguish fields is weights, but they are in no index and in no statistics: a search for a
    common word that occurs in no name read every row.
    """

    number = "number"
    matches = "words @@ CAST(:match AS tsquery)"
    # Without this, the planner underestimates the cost of reading every row: 400 ms instead of 20 for a common word.
    before_counting: TextClause | None = text("SET LOCAL enable_seqscan = off")
    # A private-use character, with which no text's word begins.
    mark: Final = "\ue001"

    def term(self, words: Sequence[str], *, prefix: bool, named: bool) -> str:
        mark = self.mark if named else ""
        return " <-> ".join(f"'{mark}{word[:_LONGEST]}'{':*' if prefix else ''}" for word in words)

    def both(self, queries: Iterable[str]) -> str:
        return " & ".join(f"({query})" for query in queries)

    def with_facet(self, facets: Iterable[str]) -> str:
        return " | ".join(f"'{facet[:_LONGEST]}'" for facet in facets)

    def columns(self, fields: dict[str, str], facets: str) -> dict[str, str]:
        shown = {name: value for name, value in fields.items() if name != "description"}
        return {**shown, "words": self._vector(fields, facets)}

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
                    places.setdefault(self.mark + word[:_LONGEST], []).append(place)
            at += 2
        words = [f"'{word}':{','.join(where[:_POSITIONS])}" for word, where in places.items()]
        return " ".join([*words, *(f"'{facet[:_LONGEST]}'" for facet in dict.fromkeys(facets.split()))])


_BACKENDS: Final[dict[str, SearchBackend]] = {"sqlite": _Fts5(), "postgresql": _TextSearch()}


def backend() -> SearchBackend:
    """The query language of this application's engine."""
    return _BACKENDS[db.engine.dialect.name]


def query_of(words: str, *, named: bool = False) -> str | None:
    """The query for everything with all of `words` (`named`: only in names); None without any word."""
    asking = backend()
    terms = [
        asking.term(term.split(), prefix=not search_words.is_unspaced(term), named=named)
        for term in search_words.terms_of(words)
    ]
    return asking.both(terms) if terms else None


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


def newest_but(table: str, match: str, excluded: Sequence[int], skip: int, limit: int) -> list[int]:
    """Numbers of the newest hits except these, after the first `skip`."""
    asking = backend()
    statement = (
        f"SELECT {asking.number} FROM {table} WHERE {asking.matches.format(table=table)} "  # noqa: S608  (our own names)
        f"AND {asking.number} NOT IN ({', '.join(map(str, excluded))}) "
        f"ORDER BY {asking.number} DESC LIMIT :limit OFFSET :skip"
    )
    return list(db.session.execute(text(statement), {"match": match, "limit": limit, "skip": skip}).scalars())


def held(table: str, numbers: Sequence[int]) -> int:
    """How many of these plugins are in the table."""
    rows = f"{table}_docsize WHERE id" if db.engine.dialect.name == "sqlite" else f"{table} WHERE number"
    statement = f"SELECT count(*) FROM {rows} IN ({', '.join(map(str, numbers))})"  # noqa: S608  (our own, numbers)
    return int(db.session.execute(text(statement)).scalar_one())


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
    values = ", ".join(f"CAST(:{name} AS tsvector)" if name == "words" else f":{name}" for name in columns)
    statement = _statement(
        f"INSERT INTO {{table}} ({{number}}, {', '.join(columns)}) VALUES (:number, {values})",  # noqa: S608  (our own)
        table,
    )
    db.session.execute(statement, rows)


def delete(table: str, number: int) -> None:
    """Delete a plugin."""
    db.session.execute(_statement("DELETE FROM {table} WHERE {number} = :number", table), {"number": number})


def clear() -> None:
    """Delete everything."""
    for table in TABLES:
        db.session.execute(_statement("DELETE FROM {table}", table))


def _statement(template: str, table: str) -> TextClause:
    asking = backend()
    return _made(template, table, asking.number, asking.matches)


# SQLAlchemy compiles a new text clause anew each time.
@lru_cache(maxsize=64)
def _made(template: str, table: str, number: str, matches: str) -> TextClause:
    return text(template.format(table=table, number=number, matches=matches.format(table=table)))
