"""Texts in Markdown: rendered once, when they are written, and stored beside their source.

A row stores the hash of the text that its HTML was made from, so HTML never outlives its text: the previous version of
this program writes texts without HTML, and a later one may render differently. Such a text is rendered once, when it is
first read, and stored.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine, bindparam, update
from sqlalchemy.exc import SQLAlchemyError

from ...caching import LoadingCache
from ...database.unit_of_work import current_unit, execute_autocommit
from ...errors import BadPackage, Detail, DomainError, Invalid
from ...media import STEPS, STEPS_PER_MILLISECOND, Cost, TooCostly, as_plain
from ...messages import Message
from ...models import Plugin, PluginVersion

log = logging.getLogger(__name__)

# Changed whenever the same text gives different HTML.
RENDERER: Final = "2"
# HTML, and its cost in steps.
_costs: Final[LoadingCache[str, tuple[str, int]]] = LoadingCache(64)


def ensure_render(fields: Mapping[str, str], beside: str = "") -> float:
    """The cost of rendering one request's texts, in milliseconds of a typical core (media/markup_cost.py).

    `beside` is a text that was accepted already. Raises Invalid, naming the excess, for the text with which the total
    exceeds the limit of one text.
    """
    left = STEPS - (_steps(beside) if beside else 0)
    for field, markdown in fields.items():
        try:
            left -= _steps(markdown, left)
        except TooCostly as found:
            raise Invalid.field(field, f"field.markdown_{found.excess}") from None
    return (STEPS - left) / STEPS_PER_MILLISECOND


def ensure_manifest_renders(changelog: str) -> None:
    """The same for a changelog in a package, as a fault of the package."""
    try:
        _rendered(changelog)
    except TooCostly as found:
        message = Message(f"field.markdown_{found.excess}")
        rule = "markdown-too-costly"
        raise BadPackage([Detail(message, field="changelog", entry="plugin.json", rule=rule)]) from None


def set_long_description(plugin: Plugin, markdown: str) -> None:
    """Give the plugin this text, and its HTML."""
    plugin.long_description = markdown
    plugin.long_description_html, plugin.long_description_of = html_of(markdown), digest(markdown)


def set_changelog(version: PluginVersion, markdown: str) -> None:
    """Give the version this changelog, and its HTML."""
    version.changelog = markdown
    version.changelog_html, version.changelog_of = html_of(markdown), digest(markdown)


def long_description_html(plugin: Plugin, engine: Engine) -> str:
    """The HTML of the plugin's text as stored; `engine` stores it if it is missing."""
    return _shown(plugin, "long_description", engine)


def changelog_html(version: PluginVersion, engine: Engine) -> str:
    """The HTML of the version's changelog as stored; `engine` stores it if it is missing."""
    return _shown(version, "changelog", engine)


def digest(markdown: str) -> str:
    """The hash of a text, stored with its HTML."""
    return hashlib.sha256(f"{RENDERER}\n{markdown}".encode("utf-8", "surrogatepass")).hexdigest()


def html_of(markdown: str) -> str:
    """Safe HTML of the text; plain text for one accepted before texts had a limit."""
    try:
        return _rendered(markdown)
    except TooCostly:
        return as_plain(markdown)


def _rendered(markdown: str) -> str:
    return _costs.load(digest(markdown), lambda: _counted(markdown, STEPS))[0]


def _steps(markdown: str, limit: int = STEPS) -> int:
    """Raises TooCostly for a text that takes more than `limit`."""
    of = digest(markdown)
    kept = _costs.get(of)
    if kept is not None and kept[1] > limit:
        # Cached by a caller with a higher limit: the reason is determined by counting again.
        return _counted(markdown, limit)[1]
    return _costs.load(of, lambda: _counted(markdown, limit))[1]


def _counted(markdown: str, limit: int) -> tuple[str, int]:
    from ...media.markup import to_html  # noqa: PLC0415  (loads a parser: see media/__init__.py)

    cost = Cost(limit)
    return to_html(markdown, cost), cost.steps


def _shown(row: Any, field: str, engine: Engine) -> str:
    markdown = getattr(row, field)
    if not markdown:
        return ""
    of = digest(markdown)
    if getattr(row, f"{field}_of") == of:
        return str(getattr(row, f"{field}_html"))
    return _first_read.load(of, lambda: _keep(row, field, of, engine))


def _keep(row: Any, field: str, of: str, engine: Engine) -> str:
    """Render and store: in the open unit if it writes, in one of its own if it reads."""
    markdown = getattr(row, field)
    html = html_of(markdown)
    if current_unit().writing:
        setattr(row, f"{field}_html", html)
        setattr(row, f"{field}_of", of)
        return html
    table = type(row).__table__
    key = {f"key_{column.name}": getattr(row, column.name) for column in table.primary_key.columns}
    same = [column == bindparam(f"key_{column.name}") for column in table.primary_key.columns]
    statement = (
        update(table)
        .where(*same, table.c[field] == bindparam("markdown"))
        .values({f"{field}_html": bindparam("html"), f"{field}_of": bindparam("of")})
    )
    try:
        execute_autocommit(engine, statement, {**key, "markdown": markdown, "html": html, "of": of})
    except (DomainError, SQLAlchemyError):
        # It is returned all the same, and rendered again by the next reader.
        log.warning("the HTML of a text could not be kept", exc_info=True)
    return html


# Renderings of texts without stored HTML, until it is stored and for readers of older snapshots.
_first_read: Final[LoadingCache[str, str]] = LoadingCache(64)
