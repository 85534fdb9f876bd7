"""Texts of plugins in lists: cut to what a list shows, with the words of a search marked."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from ..services.catalog import highlights

# Of a description: what a list shows at most, how much of it is looked through, and what goes before the first hit.
SHOWN: Final = 240
_SEARCHED: Final = 2_000
_BEFORE: Final = 40


def marked(text: str, words: str) -> Markup:
    """The text, safe in HTML, with every place in a `mark` that the words of the search are at."""
    text = highlights.composed(text)
    parts: list[str] = []
    done = 0
    for start, end in highlights.spans(text, words):
        parts += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    # Not by Markup's own join, which escapes what is escaped again.
    return Markup("".join([*parts, escape(text[done:])]))  # noqa: S704 - all of it is escaped


def excerpt(text: str, words: str) -> str:
    """The beginning of a text in one line; where the words of the search come later only, what is around the first."""
    line = " ".join(highlights.composed(text[:_SEARCHED]).split())
    found = highlights.spans(line, words)
    if not found or found[0][1] <= SHOWN:
        return _cut(line) if len(text) <= _SEARCHED else f"{line[:SHOWN].rstrip()}…"
    start = found[0][0] - _BEFORE
    # From the next word on; scripts without spaces begin anywhere.
    start = (line.find(" ", start, found[0][0]) + 1) or start
    return f"…{_cut(line[start:])}"


def _cut(line: str) -> str:
    return line if len(line) <= SHOWN else f"{line[:SHOWN].rstrip()}…"
