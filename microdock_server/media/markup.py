"""Markdown by strangers, as HTML that may stand in our pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.blockquote import blockquote
from markdown_it.token import Token

# How deep lists, links and emphasis may stand in each other (a list takes two). What is deeper is left out or plain.
NESTING: Final = 16
# Every quote around a paragraph looks at each of its lines again. A deeper `>` is plain text.
QUOTES: Final = 6

TAGS: Final = frozenset({
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "code": {"class"},
    "img": {"alt", "loading", "referrerpolicy", "src", "title"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
# A page must not tell the host of an image which page shows it, nor load images nobody scrolls to.
IMAGES: Final = {"loading": "lazy", "referrerpolicy": "no-referrer"}
REL: Final = "noopener noreferrer nofollow"
SCHEMES: Final = frozenset({"http", "https", "mailto"})

# Absolute only: nothing of ours lies beside a text, so a relative address could only lead into our own routes.
_VALUES: Final = {
    ("a", "href"): re.compile(r"(?:https?://[^/?#\\]|mailto:).*", re.IGNORECASE | re.DOTALL),
    ("img", "src"): re.compile(r"https?://[^/?#\\].*", re.IGNORECASE | re.DOTALL),
    # The language of a code block. Any other class would borrow the looks of our page.
    ("code", "class"): re.compile(r"language-[\w+#.-]{1,40}"),
    ("ol", "start"): re.compile(r"[0-9]{1,9}"),
    ("td", "align"): re.compile(r"left|center|right"),
    ("th", "align"): re.compile(r"left|center|right"),
}


def to_html(markdown: str) -> str:
    """CommonMark with tables and strikethrough as safe HTML: no raw HTML, absolute http, https and mailto links only.

    Never raises. The time is about linear in the length, which the caller limits.
    """
    environment: dict[str, object] = {}
    tokens = _PARSER.parse(markdown, environment)
    for token in tokens:
        _align(token)
        _tame(token.children or ())
    return _clean(_PARSER.renderer.render(tokens, _PARSER.options, environment))


def _parser() -> MarkdownIt:
    """A parser with its rule tables made: they are made on first use otherwise, which threads must not do at once."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": NESTING})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    for ruler in (parser.core.ruler, parser.block.ruler, parser.inline.ruler, parser.inline.ruler2):
        ruler.getRules("")
    return parser


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The parser's own rule, to a depth that keeps the time linear."""
    depth = state.env.get("quotes", 0)
    if depth >= QUOTES:
        return False
    state.env["quotes"] = depth + 1
    try:
        return blockquote(state, start, end, silent)
    finally:
        state.env["quotes"] = depth


def _align(token: Token) -> None:
    """A cell says its alignment without a style: styles are refused by a strict content security policy."""
    style = token.attrs.pop("style", None)
    if style is not None:
        token.attrs["align"] = str(style).removeprefix("text-align:")


def _tame(tokens: Iterable[Token]) -> None:
    """Hide emphasis that stands deeper than anything else may, which the parser does not count; mark images."""
    for token in tokens:
        if token.type == "image":
            token.attrs |= IMAGES
        elif token.type.startswith(("em_", "strong_", "s_")) and token.level >= NESTING:
            token.hidden = True


def _keep(tag: str, attribute: str, value: str) -> str | None:
    accepted = _VALUES.get((tag, attribute))
    return value if accepted is None or accepted.fullmatch(value) else None


def _clean(html: str) -> str:
    """The second wall: whatever the renderer lets through, only what is listed above comes out."""
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        link_rel=REL,
        url_schemes=set(SCHEMES),
    )


_PARSER: Final = _parser()
