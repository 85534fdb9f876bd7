"""The small pictures beside words: drawn in the colour of the text, and silent, for the words say the same."""

from __future__ import annotations

from functools import cache
from typing import Final

from markupsafe import Markup

# One path each, drawn as a line on a square of 20.
_CIRCLE: Final = "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15z"
_PATHS: Final = {
    "arrow": "M4 10h12M11 5l5 5-5 5",
    "bell": "M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.3 17.8h3.4",
    "box": "M10 2.5l6.5 3.6v7.8L10 17.5l-6.5-3.6V6.1zM3.7 6.2L10 9.8l6.3-3.6M10 9.8v7.5",
    "calendar": "M3.5 5h13v12h-13zM3.5 8.5h13M7 2.8V5M13 2.8V5",
    "check": "M4 10.5l4 4 8-9",
    "clock": f"{_CIRCLE}M10 5.5V10l3 2",
    "compare": "M3 7h12.5l-3-3M17 13H4.5l3 3",
    "copy": "M7 7h9.5v9.5H7zM4.5 13h-1V3.5H13v1",
    "cross": "M5 5l10 10M15 5L5 15",
    "download": "M10 3v9.5M6 8.5l4 4 4-4M4 16.5h12",
    "external": "M11.5 3.5h5v5M16.5 3.5L9 11M14 11.5V16H4V6h4.5",
    "feed": "M4 15.9v.1M4 10.5A5.5 5.5 0 0 1 9.5 16M4 5a11 11 0 0 1 11 11",
    "file": "M5 2.8h6.5L15.5 7v10.2H5zM11.2 3v4.3h4.2",
    "help": f"{_CIRCLE}M7.7 7.7c.2-3.1 4.7-2.9 4.6-.2 0 1.8-2.3 1.7-2.3 3.8M10 13.9v.1",
    "info": f"{_CIRCLE}M10 9.2v4.5M10 6.3v.1",
    "language": f"{_CIRCLE}M2.5 10h15M10 2.5c2.2 2.1 3.2 4.6 3.2 7.5s-1 5.4-3.2 7.5"
    "c-2.2-2.1-3.2-4.6-3.2-7.5s1-5.4 3.2-7.5z",
    "licence": "M10 3v14M6.5 17h7M4.5 5.5h11M4.5 5.5L2.3 11a2.4 2.4 0 0 0 4.4 0zM15.5 5.5L13.3 11a2.4 2.4 0 0 0 4.4 0z",
    "lock": "M4.5 9h11v8h-11zM7 9V6.5a3 3 0 0 1 6 0V9M10 12.3v1.5",
    "minus": "M5 10h10",
    "moon": "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
    "person": "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17.5c.6-3.3 3.2-5 6.5-5s5.9 1.7 6.5 5",
    "search": "M8.5 14a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM12.5 12.5L17 17",
    "shield": "M10 2.5l6 2.2v4.6c0 3.8-2.5 6.6-6 8.2-3.5-1.6-6-4.4-6-8.2V4.7zM7.2 10l2.1 2 3.5-4",
    "star": "M10 2.8l2.2 4.6 5 .7-3.6 3.5.9 5-4.5-2.4-4.5 2.4.9-5-3.6-3.5 5-.7z",
    "stop": f"{_CIRCLE}M4.7 4.7l10.6 10.6",
    "sun": "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7"
    "M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M4.2 15.8l1.2-1.2M14.6 5.4l1.2-1.2",
    "tag": "M3 3h6.5l7.5 7.5-6.5 6.5L3 9.5zM6.4 6.4v.1",
    "terminal": "M2.8 4h14.4v12H2.8zM5.8 8l2.5 2.5-2.5 2.5M10.5 13h3.5",
    "theme": f"{_CIRCLE}M10 2.5v15M12.5 3.5v13M15 5v10",
    "upload": "M10 13V3.5M6 7.5l4-4 4 4M4 16.5h12",
    "version": "M10 2.8l7 3.6-7 3.6-7-3.6zM3.5 10l6.5 3.4L16.5 10M3.5 13.6L10 17l6.5-3.4",
    "warning": "M10 3.2l7.6 13.3H2.4zM10 8.2v3.6M10 14v.1",
}


@cache
def glyph(name: str) -> Markup:
    """A picture as an element. Raises KeyError where there is none of that name."""
    return Markup(
        '<svg class="glyph" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" '
        'aria-hidden="true"><path d="{}"/></svg>'
    ).format(_PATHS[name])
