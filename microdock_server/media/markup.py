"""Markdown by strangers, rendered to HTML that is safe in our pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import mdurl
import nh3
from markdown_it import MarkdownIt
from markdown_it.common import normalize_url
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.blockquote import blockquote
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .emphasis import EmphasisState
from .markup_cost import Cost, Excess

# How deeply lists, links and emphasis may be nested (a list takes two levels). Deeper ones are omitted or plain text.
NESTING: Final = 16
# Every quote level around a paragraph scans its lines again. A deeper `>` is plain text.
QUOTES: Final = 6

COST: Final = "cost"
ADDRESS_MAX: Final = 2048
UNLINKED: Final = "javascript:"

BlockRule = Callable[[StateBlock, int, int, bool], bool]
InlineRule = Callable[[StateInline, bool], bool]
# The elements made by inline rules, and the steps that each costs up to the sanitized page.
_MADE: Final[dict[str, tuple[Excess, int]]] = {
    "text": ("lines", 1),
    "newline": ("lines", 4),
    "link": ("links", 20),
    "image": ("links", 20),
    "autolink": ("links", 30),
}

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
# A page must not reveal itself to the host of an image, nor load images before they are scrolled to.
IMAGES: Final = {"loading": "lazy", "referrerpolicy": "no-referrer"}
REL: Final = "noopener noreferrer nofollow"
SCHEMES: Final = frozenset({"http", "https", "mailto"})

# Absolute only: nothing of ours lies beside a text, so a relative URL could only lead to our own routes.
_VALUES: Final = {
    ("a", "href"): re.compile(r"(?:https?://[^/?#\\]|mailto:).*", re.IGNORECASE | re.DOTALL),
    ("img", "src"): re.compile(r"https?://[^/?#\\].*", re.IGNORECASE | re.DOTALL),
    # The language of a code block. Any other class could imitate our page's styles.
    ("code", "class"): re.compile(r"language-[\w+#.-]{1,40}"),
    ("ol", "start"): re.compile(r"[0-9]{1,9}"),
    ("td", "align"): re.compile(r"left|center|right"),
    ("th", "align"): re.compile(r"left|center|right"),
}


def to_html(markdown: str, cost: Cost | None = None) -> str:
    """CommonMark with tables and strikethrough as safe HTML: no raw HTML, absolute http, https and mailto links only.

    Raises TooCostly, and nothing else. The cost is counted in the parser's steps, so that the same text is accepted or
    refused on every machine; no accepted text costs a second of a core (markup_cost.py). `cost` receives the steps, if
    given.
    """
    environment: dict[str, Any] = {COST: Cost() if cost is None else cost}
    tokens = _PARSER.parse(markdown, environment)
    for token in tokens:
        _align(token)
        _tame(token.children or ())
    return _clean(_PARSER.renderer.render(tokens, _PARSER.options, environment))


class _Block(StateBlock):
    """Counts what block rules make of lines. A table creates missing cells: they count as well."""

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        self.env[COST].spend("tables" if self.parentType == "table" else "lines", 3)
        return super().push(ttype, tag, nesting)


class _Blocks(ParserBlock):
    def parse(self, src: str, md: MarkdownIt, env: Any, out_tokens: list[Token]) -> list[Token] | None:
        if not src:
            return None
        state = _Block(src, md, env, out_tokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class _Inlines(ParserInline):
    def skipToken(self, state: StateInline) -> None:  # noqa: N802  (its name)
        state.env[COST].spend("links", 1)
        super().skipToken(state)

    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        env[COST].spend("lines", 2)
        state = EmphasisState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _Markdown(MarkdownIt):
    """A parser whose rules are counted, and whose link URLs are bounded."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "linkify": False, "maxNesting": NESTING})
        self.block, self.inline = _Blocks(), _Inlines()
        self.configure("commonmark", {"html": False, "linkify": False, "maxNesting": NESTING})

    def normalizeLink(self, url: str) -> str:  # noqa: N802  (its name)
        # Refused below. Encoding a non-ASCII host takes quadratic time: a long one is left to the browser.
        return _encoded(url) if len(url) <= ADDRESS_MAX else UNLINKED

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  (its name)
        return link if not link.isascii() or "xn--" in link.lower() else str(super().normalizeLinkText(link))

    def validateLink(self, url: str) -> bool:  # noqa: N802  (its name)
        return url != UNLINKED and bool(super().validateLink(url))


def _encoded(url: str) -> str:
    if url.isascii():
        return normalize_url.normalizeLink(url)
    return str(mdurl.encode(url))


def _parser() -> MarkdownIt:
    """A parser with its rule tables built, which happens on first use otherwise and is not thread-safe."""
    parser = _Markdown()
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    for rule in parser.block.ruler.__rules__:
        rule.fn = _counted_block(rule.fn)
    for inline in parser.inline.ruler.__rules__:
        inline.fn = _counted_inline(inline.fn, inline.name)
    for ruler in (parser.core.ruler, parser.block.ruler, parser.inline.ruler, parser.inline.ruler2):
        ruler.__compile__()
    return parser


def _counted_block(rule: BlockRule) -> BlockRule:
    def counted(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        state.env[COST].spend("nesting" if state.level else "lines", 1)
        return rule(state, start, end, silent)

    return counted


def _counted_inline(rule: InlineRule, name: str) -> InlineRule:
    """Counts inline parsing. The text rule is the first one asked at every position; a matching rule makes tokens."""
    kind, makes = _MADE.get(name, ("marks", 6))
    # Text is searched for at every position. Where a link may begin its label is scanned, whether or not it is a link.
    looks, begins = {"text": (1, ""), "link": (12, "["), "image": (12, "!")}.get(name, (0, ""))

    def counted(state: StateInline, silent: bool) -> bool:
        if looks and state.src.startswith(begins, state.pos):
            state.env[COST].spend("links" if silent or begins else "marks", looks)
        found = rule(state, silent)
        if found:
            state.env[COST].spend(kind, makes)
        return found

    return counted


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The parser's own rule, up to a depth that keeps the time linear."""
    depth = state.env.get("quotes", 0)
    if depth >= QUOTES:
        return False
    state.env["quotes"] = depth + 1
    try:
        return blockquote(state, start, end, silent)
    finally:
        state.env["quotes"] = depth


def _align(token: Token) -> None:
    """Express a cell's alignment without a style attribute, which a strict content security policy forbids."""
    style = token.attrs.pop("style", None)
    if style is not None:
        token.attrs["align"] = str(style).removeprefix("text-align:")


def _tame(tokens: Iterable[Token]) -> None:
    """Remove emphasis nested too deeply, which the parser does not limit; mark images."""
    for token in tokens:
        if token.type == "image":
            token.attrs |= IMAGES
        elif token.type.startswith(("em_", "strong_", "s_")) and token.level >= NESTING:
            token.hidden = True


def _keep(tag: str, attribute: str, value: str) -> str | None:
    accepted = _VALUES.get((tag, attribute))
    return value if accepted is None or accepted.fullmatch(value) else None


def _clean(html: str) -> str:
    """The second line of defence: whatever the renderer produces, only what is listed above remains."""
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        link_rel=REL,
        url_schemes=set(SCHEMES),
    )


_PARSER: Final = _parser()
