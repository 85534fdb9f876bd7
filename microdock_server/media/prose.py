"""Markdown's HTML (markup.py) as it stands in a page: below the page's headings, and without foreign pictures.

A picture of another host would tell that host who reads the page, and the page's policy does not load it: a link with
its alternative text stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

# What the sanitizer writes: names in lower case, values between double quotes.
_TAG: Final = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*/?>')
_HEADING: Final = re.compile(r"<h([1-6])\b")
_ATTRIBUTE: Final = re.compile(r'([a-z-]+)="([^"]*)"')
_REL: Final = "noopener noreferrer nofollow"
_SCROLLS: Final = '<div class="scroll" tabindex="0">'
_LOWEST: Final = 6


def in_page(html: str, below: int) -> Markup:
    """Sanitized HTML for a place under a heading of level `below`: the highest of its own levels becomes the next one,
    and the others keep their distance from that, down to the lowest that there is.
    """
    highest = min(map(int, _HEADING.findall(html)), default=1)
    return Markup("".join(_written(html, below + 1 - highest)))  # noqa: S704 - made of sanitized HTML, and of our own tags


def _written(html: str, deeper: int) -> Iterator[str]:
    end, is_linked = 0, False
    for found in _TAG.finditer(html):
        yield html[end : found.start()]
        end = found.end()
        closing, tag, attributes = found.groups()
        if tag == "a":
            is_linked = not closing
            yield found[0]
        elif tag == "img":
            yield _picture(dict(_ATTRIBUTE.findall(attributes)), is_linked=is_linked)
        elif tag == "table":
            yield "</table></div>" if closing else f"{_SCROLLS}<table>"
        elif tag == "pre" and not closing:
            yield '<pre tabindex="0">'
        elif len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            yield f"<{closing}h{min(int(tag[1]) + deeper, _LOWEST)}>"
        else:
            yield found[0]
    yield html[end:]


def _picture(attributes: dict[str, str], *, is_linked: bool) -> str:
    """Values are as the sanitizer escaped them; in a text, `<` and `>` have to be as well."""
    address = attributes.get("src", "")
    shown = (attributes.get("alt") or attributes.get("title") or address).replace("<", "&lt;").replace(">", "&gt;")
    if is_linked or not address:
        return shown
    return f'<a href="{address}" rel="{_REL}">{shown}</a>'
