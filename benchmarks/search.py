"""What one page of the marketplace's list costs at its largest, with words and without, beside LIKE."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Category, Plugin, User
from microdock_server.services import catalog
from microdock_server.services.accounts.tokens import Actor, host_token
from microdock_server.services.catalog import listing, search
from microdock_server.services.catalog.listing import Filter, Sort
from microdock_server.vocabulary import PluginStatus, Role

from .market import COMMON, RARE, Market
from .results import (
    Goal,
    NotMeasured,
    Row,
    Samples,
    Section,
    judged,
    missing_row,
    number,
    race,
    ratio_row,
    spread_of,
    value_row,
)
from .stage import Stage

PAGE: Final = Goal(10, at_most=True, unit=" ms")
FASTER: Final = Goal(10)
DEEP: Final = Goal(1.5, at_most=True)
LIMIT: Final = 20
REPEATED: Final = 5
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Search:
    """A page that is asked for by words, and what kind of words they are."""

    what: str
    words: str
    page: int = 1


SEARCHES: Final = (
    Search("a rare word", RARE[0]),
    Search("a common word", COMMON[0]),
    Search("a common word in names", "deploy"),
    Search("two letters", "st"),
    Search("one letter", "s"),
    Search("a rare Chinese word", RARE[1]),
    Search("a common Chinese word", COMMON[1]),
    Search("a common Chinese character", COMMON[1][0]),
    Search("a rare Chinese character", RARE[1][0]),
    Search("four Chinese characters", "同步备份"),
    Search("two common words", " ".join(COMMON)),
    Search("a common and a rare word", f"{COMMON[1]} {RARE[0]}"),
    Search("a common word, page 50", COMMON[0], 50),
    Search("a common word, page 500", COMMON[0], 500),
    Search("a common Chinese character, page 50", COMMON[1][0], 50),
    Search("a common Chinese character, page 500", COMMON[1][0], 500),
)
DEEPER: Final = (
    ("a common word", "a common word, page 50"),
    ("a common word", "a common word, page 500"),
    ("a common Chinese character", "a common Chinese character, page 50"),
    ("a common Chinese character", "a common Chinese character, page 500"),
)


def measure(stage: Stage) -> Section:
    """Searches, lists and writes on one large marketplace."""
    market = stage.market()
    section = Section(f"Search and list at {market.size:,} plugins")
    with market.app.app_context():
        _searches(market, stage.plan.rounds, section)
        _lists(market, stage.plan.rounds, section)
        _writes(market, stage.plan.rounds, section)
    section.notes.append(
        f"- a page is {LIMIT} plugins with their total, in a reading unit of its own, without what HTTP adds; the "
        "hits are counted and ranked anew every time, though the server keeps both until the catalogue changes"
    )
    section.notes.append(f"- making the whole search index took {market.built_in:.0f} s")
    return section


def _searches(market: Market, rounds: int, section: Section) -> None:
    runs: dict[str, Callable[[], float]] = {}
    for wanted in SEARCHES:
        asked = Filter(page=wanted.page, limit=LIMIT, words=wanted.words)
        runs[wanted.what] = _repeated(lambda asked=asked: find(asked, None))
        runs[f"{wanted.what} LIKE"] = _once(lambda wanted=wanted: like(wanted.words, wanted.page))
    reviewer, developer = _actor(Role.REVIEWER), _actor(Role.DEVELOPER)
    common = Filter(page=1, limit=LIMIT, words=COMMON[0])
    runs["as a reviewer"] = _repeated(lambda: find(common, reviewer))
    runs["as a developer"] = _repeated(lambda: find(common, developer))
    category = _large_category()
    within = Filter(page=1, limit=LIMIT, words=COMMON[0], category=category)
    runs["within a category"] = _repeated(lambda: find(within, None))
    by_downloads = Filter(page=1, limit=LIMIT, words=COMMON[0], sort=Sort.DOWNLOADS)
    runs["by downloads"] = _repeated(lambda: find(by_downloads, None))
    samples = race(runs, rounds)
    for wanted in SEARCHES:
        section.rows.append(_value(f"search: {wanted.what} `{wanted.words}`", samples[wanted.what]))
    for what in ("as a reviewer", "as a developer", "within a category", "by downloads"):
        section.rows.append(_value(f"search: a common word {what}", samples[what]))
    section.rows.append(_against_like(samples))
    for first, deep in DEEPER:
        row = ratio_row(deep, samples[deep], samples[first], "first page", DEEP, show=_ms)
        section.rows.append(row)


def _against_like(samples: dict[str, Samples]) -> Row:
    """How many times faster than LIKE: of the query that is the median of all."""
    ratios = sorted(samples[f"{one.what} LIKE"].ratio_to(samples[one.what]) for one in SEARCHES)
    by_round = [_median_ratio(samples, turn) for turn in range(len(samples[SEARCHES[0].what].values))]
    mine = statistics.median(samples[one.what].median for one in SEARCHES)
    other = statistics.median(samples[f"{one.what} LIKE"].median for one in SEARCHES)
    middle = statistics.median(ratios)
    queries = f"LIKE: {_ms(other)}; {number(ratios[0])}× to {number(ratios[-1])}×"
    return Row(
        "search beside LIKE, the median query",
        "-",
        _ms(mine),
        queries,
        f"{number(middle)}×",
        spread_of(by_round, "×"),
        FASTER.text(),
        judged(FASTER, middle, by_round),
        rounds={"ratio": by_round},
    )


def _median_ratio(samples: dict[str, Samples], turn: int) -> float:
    """Of one round, of all queries."""
    return statistics.median(
        samples[f"{one.what} LIKE"].values[turn] / samples[one.what].values[turn] for one in SEARCHES
    )


def _lists(market: Market, rounds: int, section: Section) -> None:
    last = market.size * 9 // 10 // LIMIT
    asked = {
        f"{sort.value} {'desc' if descending else 'asc'}, page {page:,}": Filter(
            page=page, limit=LIMIT, sort=sort, descending=descending
        )
        for sort in Sort
        for descending, pages in ((True, (1, 500, last)), (False, (1,)))
        for page in pages
    }
    asked["of a category"] = Filter(page=1, limit=LIMIT, category=_large_category())
    asked["of a developer"] = Filter(page=1, limit=LIMIT, developer_id=_actor(Role.DEVELOPER).id)
    runs = {what: _repeated(lambda wanted=wanted: find(wanted, None)) for what, wanted in asked.items()}
    reviewer = _actor(Role.REVIEWER)
    runs["created_at desc, page 1, as a reviewer"] = _repeated(lambda: find(Filter(page=1, limit=LIMIT), reviewer))
    runs["downloads desc, page 1, as a reviewer"] = _repeated(
        lambda: find(Filter(page=1, limit=LIMIT, sort=Sort.DOWNLOADS), reviewer)
    )
    samples = race(runs, rounds)
    section.rows += [_value(f"list: {what}", found) for what, found in samples.items()]


def _writes(market: Market, rounds: int, section: Section) -> None:
    """What the index adds to a change of one plugin."""
    names = list(db.session.scalars(select(Plugin.name).where(Plugin.status == PluginStatus.PUBLISHED).limit(500)))
    db.session.remove()
    turn = iter(range(1_000_000))

    def write(change: Callable[[Plugin], None]) -> Callable[[], None]:
        def run() -> None:
            with unit_of_work():
                change(db.session.get_one(Plugin, names[next(turn) % len(names)]))

        return run

    runs = {
        "with": _repeated(write(catalog.touch), reading=False),
        "without": _repeated(write(catalog.mark), reading=False),
    }
    samples = race(runs, rounds * 4)
    section.rows.append(
        ratio_row(
            "a change of one plugin, with its index", samples["with"], samples["without"], "without", None, show=_ms
        )
    )


def find(wanted: Filter, viewer: Actor | None) -> tuple[int, Sequence[Any]]:
    """A page of the marketplace, with all that it shows."""
    total, numbers = listing.find(wanted, listing.hidden_for(wanted, viewer))
    return total, listing.shown(numbers)


def like(words: str, page: int) -> tuple[int, Sequence[Any]]:
    """The same page by a pattern over name, display name and description: the newest first."""
    query = select(Plugin.number).where(Plugin.status == PluginStatus.PUBLISHED)
    for word in words.split():
        columns = (Plugin.name, Plugin.display_name, Plugin.description)
        query = query.where(or_(*(column.like(f"%{word}%") for column in columns)))
    total = db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    rows = query.order_by(Plugin.created_at.desc(), Plugin.number.desc()).limit(LIMIT).offset((page - 1) * LIMIT)
    return int(total), catalog.numbered(db.session.scalars(rows).all())


def _repeated(act: Callable[[], object], *, reading: bool = True) -> Callable[[], float]:
    """The median of a few, in milliseconds."""
    run = _once(act) if reading else _timed(act)
    return lambda: statistics.median(run() for _ in range(REPEATED))


def _once(act: Callable[[], object]) -> Callable[[], float]:
    def read() -> None:
        with unit_of_work(writing=False):
            act()

    timed = _timed(read)

    def run() -> float:
        # What was counted and ranked for the page before must not help this one.
        search._counts._values.clear()
        search._rankings._values.clear()
        return timed()

    return run


def _timed(act: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        started = time.perf_counter()
        act()
        return (time.perf_counter() - started) * 1000

    return run


def _actor(role: Role) -> Actor:
    """Somebody of this role; a developer who has plugins."""
    with unit_of_work(writing=False):
        user = db.session.scalars(select(User).where(User.username == "author7")).one()
        return Actor(user.id, user.username, role, host_token(user, _HOUR), 0)


def _large_category() -> str:
    """A category with many below it."""
    with unit_of_work(writing=False):
        return str(db.session.scalar(select(Category.id).where(Category.name == "分类 0")))


def _value(what: str, samples: Samples) -> Row:
    try:
        _ = samples.median
        return value_row(what, samples.values, PAGE)
    except NotMeasured as reason:
        return missing_row(what, reason, goal=PAGE.text())


def _ms(value: float) -> str:
    return f"{number(value)} ms"
