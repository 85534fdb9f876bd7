"""The tables of docs/performance.md: chosen rows of the results, between markers in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from .results import NOT_MEASURED, UNCERTAIN, Row
from .servers import ROOT
from .store import Measured, Results

DOCUMENTS: Final = (ROOT / "docs" / "performance.md",)
RATIO, MEASURED, BOTH = "ratio", "measured", "measured and beside"
_MARKED: Final = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: the rows of a section that it shows, by patterns of their names.

    Where a pattern fits several rows, the smallest and the largest of them are shown.
    """

    what: str
    section: str
    rows: tuple[str, ...]
    # What the row is compared with, where a section compares it with several.
    against: str = ""
    show: str = RATIO


@dataclass(frozen=True, slots=True)
class Table:
    """Lines, with a column for each level of logging where the rows have several."""

    lines: tuple[Line, ...]
    levels: tuple[str, ...] = ()


def _line(what: str, section: str, *rows: str, against: str = "", show: str = RATIO) -> Line:
    return Line(what, section, rows, against, show)


_HELLO, _NAIVE, _STATIC = "hello-world", "naive list", "nginx static"
_BOTH_LEVELS: Final = ("INFO", "WARNING")

TABLES: Final[dict[str, Table]] = {
    "answers": Table(
        (
            _line("list of 1,000 plugins, gzip, beside hello-world", "lists", "list of 1,000 plugins*", against=_HELLO),
            _line(
                "list of 1,000 plugins, gzip, beside ORM + marshmallow + jsonify",
                "lists",
                "list of 1,000 plugins*",
                against=_NAIVE,
            ),
            _line("list of 10,000 plugins, beside hello-world", "lists", "list of 10,000 plugins*", against=_HELLO),
            _line("the list not modified (304), beside hello-world", "lists", "304 of the list", against=_HELLO),
            _line("plugin detail, beside hello-world", "reads", "plugin detail", against=_HELLO),
            _line("versions of a plugin, beside hello-world", "reads", "versions of a plugin", against=_HELLO),
            _line("a user's installed list, beside hello-world", "reads", "installed list (token)", against=_HELLO),
            _line(
                "list page of the marketplace, 10,000 plugins, beside hello-world",
                "pages",
                "market list page, asked for the first time",
                against=_HELLO,
            ),
            _line("the same page again", "pages", "market list page, kept", against=_HELLO),
            _line(
                "search page of the marketplace, 10,000 plugins, beside hello-world",
                "pages",
                "search page, asked for the first time",
                against=_HELLO,
            ),
            _line("the same search again", "pages", "search page, kept", against=_HELLO),
            _line(
                "start page of the gallery, kept, beside hello-world",
                "pages",
                "gallery, start page, kept",
                against=_HELLO,
            ),
            _line(
                "a plugin's page in the gallery, kept, beside hello-world",
                "pages",
                "gallery, a plugin's page, kept",
                against=_HELLO,
            ),
            _line(
                "update check of 50 plugins; plan of a chain of ten, 10,000 plugins with five versions each",
                "releases",
                "update check of 50 plugins, *",
                "plan of one plugin with a chain of ten, *",
                against=_HELLO,
            ),
        ),
        _BOTH_LEVELS,
    ),
    "files": Table(
        (
            _line("1 MB download, counted, beside nginx static", "downloads", "1 MB download, straight"),
            _line(
                "1 MB download through X-Accel-Redirect, beside nginx static",
                "downloads",
                "1 MB download, through X-Accel-Redirect",
            ),
            _line(
                "1 MB download, counted, beside FastAPI as it is written first",
                "small-files",
                "1 MB download, counted",
            ),
            _line(
                "64 KiB upload of a new version, two clients, beside FastAPI as it is written first",
                "small-files",
                "64 KiB upload, a new version, two clients",
            ),
        ),
        _BOTH_LEVELS,
    ),
    "logging": Table(
        (
            _line("lists and 304, `INFO` beside `WARNING`", "lists", "*, INFO beside WARNING"),
            _line("other small answers, `INFO` beside `WARNING`", "reads", "*, INFO beside WARNING"),
            _line("pages of the marketplace, `INFO` beside `WARNING`", "pages", "*, INFO beside WARNING"),
            _line("1 MB downloads, `INFO` beside `WARNING`", "downloads", "*, INFO beside WARNING"),
            _line("64 KiB uploads, `INFO` beside `WARNING`", "small-files", "64 KiB *, INFO beside WARNING"),
        )
    ),
    "large": Table(
        (
            _line("first list after a write, 10,000 plugins", "refresh", "first list after a write*", show=MEASURED),
            _line(
                "pages of the gallery that are not kept, 10,000 plugins: the server's time",
                "pages",
                "gallery, *, not kept: server's time",
                show=MEASURED,
            ),
            _line("worker memory, 10,000 plugins", "refresh", "a worker's resident memory*", show=BOTH),
            _line(
                "100 MB download; through X-Accel-Redirect; beside nginx static",
                "downloads",
                "100 MB download, straight*",
                "100 MB download, through X-Accel-Redirect*",
            ),
            _line("100 MB backup, beside socket → SHA-256 → write → fsync", "uploads", "backup, one at a time"),
            _line(
                "100 MB plugin, every entry checked, beside socket → SHA-256 → write → fsync",
                "uploads",
                "plugin, stored entries*",
            ),
            _line(
                "worker growth: one plugin; four backups at once",
                "uploads",
                "a worker's growth, one plugin",
                "a worker's growth, 4 backups at once",
                show=MEASURED,
            ),
            _line("start to first 200", "startup", "gunicorn from start to first 200, in seconds", show=MEASURED),
            _line(
                "start to first 200, beside importing the application", "startup", "gunicorn from start to first 200"
            ),
        )
    ),
    "search": Table(
        (
            # Of each kind the words stand behind its name.
            _line("search page with its total, each of 16 kinds of search", "search", "search: *`", show=MEASURED),
            _line(
                "the same within a category that has many below it",
                "search",
                "search: a common word within a category",
                show=MEASURED,
            ),
            _line("search page, the median query", "search", "search beside LIKE*", show=MEASURED),
            _line("search page, the median query, beside `LIKE`", "search", "search beside LIKE*"),
            _line(
                "page 50; page 500 of a common word, beside its first",
                "search",
                "a common word, page 50",
                "a common word, page 500",
            ),
            _line("statistics of any period, 10 million downloads", "statistics", "statistics of *", show=MEASURED),
            _line("the same by `GROUP BY`, beside that", "statistics", "the same by GROUP BY*"),
            _line("counting one download by day and window", "statistics", "counting one download", show=BOTH),
        )
    ),
    "sockets-and-page": Table(
        (
            _line("memory of each of 2,000 WebSockets", "sockets", "memory of a WebSocket", show=MEASURED),
            _line(
                "commit to arrival at 500 sockets, p50; p99",
                "sockets",
                "commit to arrival, p50",
                "commit to arrival, p99",
                show=MEASURED,
            ),
            _line("`/healthz` beside 2,000 sockets, p99, beside none", "sockets", "/healthz beside *, p99"),
            _line(
                "admin page, JavaScript of the login; of the dashboard, gzipped",
                "page",
                "login: JavaScript, gzipped",
                "dashboard: JavaScript, gzipped",
                show=MEASURED,
            ),
            _line(
                "admin page, first paint of the login; of the dashboard",
                "page",
                "login: first contentful paint",
                "dashboard: first contentful paint",
                show=MEASURED,
            ),
        )
    ),
    "growth-and-engines": Table(
        (
            _line(
                "snapshot of 10,000 plugins and 5 GB, beside `cp -a` of the same tree", "snapshots", "full snapshot*"
            ),
            _line("incremental snapshot, 1 % changed, beside `cp -a`", "snapshots", "incremental snapshot*"),
            _line(
                "growth from 1,000 to 100,000 plugins on SQLite: detail; download",
                "growth",
                "plugin detail",
                "counted download*",
            ),
            _line(
                "growth on SQLite: list page; search page; host list of a megabyte",
                "growth",
                "market list page",
                "search page, a common word",
                "host list, plain*",
            ),
            _line(
                "growth on PostgreSQL: detail; download; list page; search page",
                "growth-postgresql",
                "plugin detail",
                "counted download*",
                "market list page",
                "search page, a common word",
            ),
            _line(
                "growth on PostgreSQL: the first search after a write",
                "growth-postgresql",
                "search page, a common word, first after a write",
            ),
            _line(
                "the first search after a write on PostgreSQL, 100,000 plugins",
                "growth-postgresql",
                "search page, a common word, first after a write",
                show=BOTH,
            ),
            _line(
                "16 clients installing at once, beside one: PostgreSQL, 5 ms added to each round trip",
                "writes",
                "installs, 16 clients at once",
            ),
            _line(
                "PostgreSQL, S3 and Redis beside SQLite and disk: detail; list page; search page",
                "engines",
                "plugin detail",
                "market list page",
                "search page, a common word",
            ),
            _line(
                "the same: upload of 64 KiB; of 10 MB; download of 10 MB by a signed link",
                "engines",
                "upload of 64 KiB*",
                "upload of 10 MB*",
                "counted download of 10 MB, one client, by a signed link",
            ),
        )
    ),
    "hostile": Table(
        (
            *(
                _line(
                    f"p99 of `{path}` while one address holds 100 slow uploads and 800 half-sent heads",
                    "slow-clients",
                    f"p99 of `{path}`, directly",
                    show=BOTH,
                )
                for path in ("/healthz", "/api/plugins/list", "/api/plugins/detail")
            ),
            _line(
                "most expensive request of a client without an account, in CPU time",
                "dearest",
                "dearest request of anonymous*",
                show=MEASURED,
            ),
            _line(
                "most expensive request of a developer, in CPU time",
                "dearest",
                "dearest request of a developer*",
                show=MEASURED,
            ),
            _line(
                "p99 of `/healthz` beside 8 clients with wrong logins",
                "dearest",
                "p99 of `/healthz` beside * wrong logins",
                show=BOTH,
            ),
        )
    ),
}


def render(text: str, results: Results) -> str:
    """The text with its tables made anew. Raises KeyError for a marker that names no table."""
    return _MARKED.sub(lambda found: f"{found[1]}{table(TABLES[found[2]], results)}\n{found[3]}", text)


def table(wanted: Table, results: Results) -> str:
    """Markdown of one table."""
    columns = [f"`{level}`" for level in wanted.levels] or ["measured"]
    heads = ["what", *columns, "goal", "date"]
    lines = [_cells(heads), "|" + "---|" * len(heads)]
    lines += [_cells([line.what, *_shown(line, wanted.levels, results)]) for line in wanted.lines]
    return "\n".join(lines)


def found_rows(line: Line, results: Results) -> list[list[Row]]:
    """The rows that each of the line's patterns fits; empty where there is none."""
    measured = results.get(line.section)
    rows = measured.section.rows if measured else []
    return [[row for row in rows if fnmatchcase(row.what, pattern) and _is_against(row, line)] for pattern in line.rows]


def _is_against(row: Row, line: Line) -> bool:
    # Of what could not be measured, `against` says why.
    return row.measured == NOT_MEASURED or row.against.startswith(line.against)


def _shown(line: Line, levels: Sequence[str], results: Results) -> Iterator[str]:
    groups = found_rows(line, results)
    for level in levels or (None,):
        chosen = [[row for row in rows if level in (None, row.log)] for rows in groups]
        yield "; ".join(_figure(rows, line.show) for rows in chosen)
    rows = [row for group in groups for row in group]
    yield "; ".join(dict.fromkeys(row.goal for row in rows if row.goal)).replace("×", " ×") or "–"
    yield _dates(rows, results.get(line.section))


def _dates(rows: Sequence[Row], measured: Measured | None) -> str:
    days = sorted({row.date or measured.day for row in rows if measured})
    return ", ".join(days) or "–"


def _figure(rows: Sequence[Row], show: str) -> str:
    """One row's figure, or the smallest and the largest of several."""
    known = sorted((row for row in rows if row.measured != NOT_MEASURED), key=lambda row: _value(row, show))
    if not known:
        return NOT_MEASURED
    ends = known if len(known) < 2 else [known[0], known[-1]]
    return " to ".join(_one(row, show) for row in ends)


def _one(row: Row, show: str) -> str:
    """Bold if it missed its goal; where rounds were too far apart to tell, that is said."""
    text = _text(row, show).replace("×", " ×")
    if "missed" in row.verdict:
        text = f"**{text}**"
    if show == BOTH and row.against:
        text += f" ({row.against})"
    return f"{text} ({row.verdict})" if row.verdict.startswith(UNCERTAIN) else text


def _text(row: Row, show: str) -> str:
    return row.ratio if show == RATIO else row.measured


def _value(row: Row, show: str) -> float:
    found = re.match(r"[\d.,]*\d", _text(row, show))
    return float(found[0].replace(",", "")) if found else 0.0


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def write(results: Results, documents: Sequence[Path] = DOCUMENTS) -> None:
    for path in documents:
        path.write_text(render(path.read_text(encoding="utf-8"), results), encoding="utf-8")
