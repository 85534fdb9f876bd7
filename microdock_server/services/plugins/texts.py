"""Texts in Markdown: rendered once, when they are written, and kept beside what they were made of.

A row says of which text its HTML is (a hash), so that HTML never outlives its text: the previous version of this
program writes texts and knows nothing of their HTML, and a later one may render differently. Such a text is rendered
when it is first read, once, and kept.
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
from ...media import STEPS, STEPS_PER_MILLISECOND, Cost, TooCostly, as_plain, to_html
from ...messages import Message
from ...models import Plugin, PluginVersion

log = logging.getLogger(__name__)

# Another one as soon as the same text becomes other HTML.
RENDERER: Final = "2"
# HTML, and the steps that it took.
_costs: Final[LoadingCache[str, tuple[str, int]]] = LoadingCache(64)


def ensure_render(fields: Mapping[str, str], beside: str = "") -> float:
    """What the texts of one request take to render, in milliseconds of an ordinary core (media/markup_cost.py).

    `beside` is one that was taken already. Raises Invalid, which says what there is too much of, for the text with
    which all of them cost more than one text may.
    """
    left = STEPS - (_steps(beside) if beside else 0)
    for field, markdown in fields.items():
        try:
            left -= _steps(markdown, left)
        except TooCostly as found:
            raise Invalid.field(field, f"field.markdown_{found.excess}") from None
    return (STEPS - left) / STEPS_PER_MILLISECOND


def ensure_manifest_renders(changelog: str) -> None:
    """The same of a changelog in a package: a fault of the package."""
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
    """Give the version this text, and its HTML."""
    version.changelog = markdown
    version.changelog_html, version.changelog_of = html_of(markdown), digest(markdown)


def long_description_html(plugin: Plugin, engine: Engine) -> str:
    """The HTML of the plugin's text, as it is kept; `engine` keeps what was not."""
    return _shown(plugin, "long_description", engine)


def changelog_html(version: PluginVersion, engine: Engine) -> str:
    """The HTML of the version's text, as it is kept; `engine` keeps what was not."""
    return _shown(version, "changelog", engine)


def digest(markdown: str) -> str:
    """What HTML says that it was made of."""
    return hashlib.sha256(f"{RENDERER}\n{markdown}".encode("utf-8", "surrogatepass")).hexdigest()


def html_of(markdown: str) -> str:
    """The text as HTML that may stand in our pages; as it is where it was taken before texts had a limit."""
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
        # Made before, for somebody who had more left: what it has too much of is said by who counts.
        return _counted(markdown, limit)[1]
    return _costs.load(of, lambda: _counted(markdown, limit))[1]


def _counted(markdown: str, limit: int) -> tuple[str, int]:
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
    """Render, and keep it with the row: in the unit that is open where it writes, and beside it where it reads."""
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
        # It is answered all the same, and rendered again by whoever reads it next.
        log.warning("the HTML of a text could not be kept", exc_info=True)
    return html


# Of texts without HTML, while it is being kept and for those who read an older snapshot.
_first_read: Final[LoadingCache[str, str]] = LoadingCache(64)
