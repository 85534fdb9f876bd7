"""Markdown by strangers: what is allowed, and what is never rendered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdock_server.media import TooCostly, as_plain
from microdock_server.media.markup import ATTRIBUTES, NESTING, QUOTES, REL, TAGS, to_html

from ..work import counted

SIZE = 100_000
# Of functions: what the dearest text takes that is taken needs 3.3 million, a second of a core. What the parser's own
# count does not see shows here.
CALLS = 5_000_000


class Reader(HTMLParser):
    """The tags and attributes that a browser sees."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.tags


def ensure_harmless(html: str) -> None:
    """Only listed tags and attributes, absolute addresses, no script."""
    for tag, attributes in tags(html):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        if (href := attributes.get("href")) is not None:
            assert href.lower().startswith(("http://", "https://", "mailto:"))
        if (source := attributes.get("src")) is not None:
            assert source.lower().startswith(("http://", "https://"))
        if tag == "a":
            assert attributes["rel"] == REL


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# T\n\na *b* **c** `d`", "<h1>T</h1>\n<p>a <em>b</em> <strong>c</strong> <code>d</code></p>\n"),
        ("~~a~~", "<p><s>a</s></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
        ("---", "<hr>\n"),
        ("a  \nb", "<p>a<br>\nb</p>\n"),
        ("```c++ x\na<b\n```", '<pre><code class="language-c++">a&lt;b\n</code></pre>\n'),
        ("|a|\n|:-:|\n|b|", '<table>\n<thead>\n<tr>\n<th align="center">a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
         '<td align="center">b</td>\n</tr>\n</tbody>\n</table>\n'),
        ("插件 ★ é", "<p>插件 ★ é</p>\n"),
        ("", ""),
        ("a\0b", "<p>a\N{REPLACEMENT CHARACTER}b</p>\n"),
        ("https://a.b www.a.b a@b.c", "<p>https://a.b www.a.b a@b.c</p>\n"),
    ],
)  # fmt: skip
def test_what_markdown_becomes(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


@pytest.mark.parametrize(
    ("address", "href"),
    [
        ("https://a.b/c?d=1&e#f", "https://a.b/c?d=1&e#f"),
        ("HTTP://a.b", "HTTP://a.b"),
        ("mailto:a@b.c", "mailto:a@b.c"),
    ],
)
def test_links(address: str, href: str) -> None:
    for markdown in (f'[x]({address} "t")', f'[x]\n\n[x]: {address} "t"', f'[x][y]\n\n[y]: <{address}> "t"'):
        assert tags(to_html(markdown)) == [("p", {}), ("a", {"href": href, "title": "t", "rel": REL})]


def test_an_autolink_is_a_link() -> None:
    assert to_html("<https://a.b>") == f'<p><a href="https://a.b" rel="{REL}">https://a.b</a></p>\n'


def test_an_image_tells_nobody_who_looks_at_it() -> None:
    html = to_html('![i](https://a.b/c.png "t")')
    expected = {
        "src": "https://a.b/c.png",
        "alt": "i",
        "title": "t",
        "loading": "lazy",
        "referrerpolicy": "no-referrer",
    }
    assert tags(html) == [("p", {}), ("img", expected)]


ADDRESSES = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript&colon;alert(1)", "javascript&#58;alert(1)",
    "&#106;avascript:alert(1)", "&#x6A;avascript:alert(1)", "&#0000106avascript:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)", "java%0ascript:alert(1)", "&#1;javascript:alert(1)", "&#x20;javascript:alert(1)",
    "\x01javascript:alert(1)", "\N{NO-BREAK SPACE}javascript:alert(1)", "javascript\\:alert(1)",
    "%6aavascript:alert(1)", "vbscript:msgbox(1)", "VbScript:x", "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml,<svg/onload=alert(1)>", "data:image/png;base64,AAAA", "DATA:text/html,x", "file:///etc/passwd",
    "blob:x", "about:blank", "view-source:x", "ftp://a.b", "ws://a.b", "tel:1", "intent://x", "ms-msdt:/id",
    "//evil.example", "/\\evil.example", "\\\\evil.example", "/api/auth/logout", "admin", "../x", "?x", "#x", "",
    "http:evil", "http:/evil", "https:\\\\evil", "http:///evil", "https://", "http://?", "&sol;&sol;evil.example",
    "feed:javascript:alert(1)", "jar:javascript:x", "livescript:x", "mocha:x", "x-javascript:alert(1)",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_other_address_is_ever_linked_or_loaded(address: str) -> None:
    shapes = [
        "[x]({})", "[x](<{}>)", "[x]( {} 't')", "![x]({})", "![x](<{}>)", "[x]\n\n[x]: {}\n", "[x]\n\n[x]: <{}>\n",
        "[x][y]\n\n[y]: {} 't'", "![x][y]\n\n[y]: {}", "<{}>", "[![x]({})](https://a.b)", "[a [b]({}) c]({})",
        "> - [x]({})", "|a|\n|-|\n|[x]({})|", "# [x]({})", "*[x]({})*",
    ]  # fmt: skip
    for shape in shapes:
        html = to_html(shape.replace("{}", address))
        ensure_harmless(html)
        for tag, attributes in tags(html):
            assert "src" not in attributes
            assert "href" not in attributes or attributes["href"] == "https://a.b", (tag, shape)


RAW = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<a href='javascript:alert(1)' onclick=alert(1)>x</a>", "<iframe src=//evil>", "<iframe srcdoc='<script>'>",
    "<style>*{display:none}</style>", "<link rel=stylesheet href=//evil>", "<meta http-equiv=refresh content=0>",
    "<base href=//evil>", "<form action=//evil><input><button>x</button></form>", "<object data=x>", "<embed src=x>",
    "<!-- x --><script>alert(1)</script>", "<![CDATA[<script>alert(1)</script>]]>", "<?php x ?>", "<!DOCTYPE html>",
    "<div\nonmouseover=alert(1)>x</div>", "<details open ontoggle=alert(1)>", "<b onclick=alert(1)>x</b>", "<script",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<textarea><img src=x onerror=1></textarea>",
    "</p><script>alert(1)</script>", "<a/href=javascript:x>", "<p style=position:fixed>x</p>", "<template><script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)", "\\<script>alert(1)</script>", "<<script>x",
]  # fmt: skip


@pytest.mark.parametrize("raw", RAW)
def test_raw_html_is_text(raw: str) -> None:
    shapes = [
        "{}", "a {} b", "> {}", "- {}", "# {}", "*{}*", "`{}`", "```\n{}\n```", "    {}", "|a|\n|-|\n|{}|",
        "[{}](https://a.b)", "![{}](https://a.b)", '[x](https://a.b "{}")', '![x](https://a.b "{}")', "``` {}\nx\n```",
        "[x]: https://a.b '{}'\n\n[x]",
    ]  # fmt: skip
    for shape in shapes:
        html = to_html(shape.replace("{}", raw))
        ensure_harmless(html)
        named = {tag for tag, _ in tags(html)}
        assert not named & {
            "script",
            "svg",
            "math",
            "iframe",
            "style",
            "form",
            "object",
            "base",
            "meta",
            "details",
            "div",
        }


@pytest.mark.parametrize(
    "markdown",
    [
        '[x](https://a.b" onclick="alert(1))', "[x](https://a.b'onclick='x)", '[x](https://a.b "t\\" onclick=\\"x")',
        '[x](https://a.b (t" onmouseover="x))', '![x" onerror="alert(1)](https://a.b)', "![`\" onerror=x`](https://a.b)",
        '![x](https://a.b/" onerror="x)', '<https://a.b/"onclick="x>', "<https://a.b/'><script>x</script>>",
        '``` "onclick="x\ny\n```', "[x](https://a.b &quot;t&quot; onclick=x)", '[x](https://a.b/&quot;onclick=&quot;x)',
        "[x]: https://a.b '\"onclick=x'\n\n[x]", "<mailto:x\"onclick=y@z>", "<a@b.c\" onclick=x>",
    ],
)  # fmt: skip
def test_no_attribute_breaks_out(markdown: str) -> None:
    ensure_harmless(to_html(markdown))


@pytest.mark.parametrize(
    "info", ["x y", "a&#9;b", "a&#12;admin", 'a"onclick="x', "a<b", "x" * 100, "&#x2028;b", ".a{}"]
)
def test_a_code_block_has_the_class_of_its_language_or_none(info: str) -> None:
    ((_, _), (tag, attributes)) = tags(to_html(f"``` {info}\nx\n```"))
    assert tag == "code"
    assert attributes in ({}, {"class": "language-x"}, {"class": "language-a"}, {"class": "language-b"})


def test_deep_emphasis_is_cut() -> None:
    for mark, tag in (("*", "em"), ("**", "strong"), ("~~", "s")):
        html = to_html(f"{mark}a " * 500 + f"a{mark} " * 500)
        assert html.count(f"<{tag}>") == html.count(f"</{tag}>") == NESTING
        assert html.count("a") == 1000


def test_deep_quotes_are_text() -> None:
    html = to_html(">" * 50 + " a")
    assert html.count("<blockquote>") == html.count("</blockquote>") == QUOTES
    assert "a" in html


def test_quotes_side_by_side_are_all_quotes() -> None:
    assert to_html("> a\n\nb\n\n" * 20).count("<blockquote>") == 20


def test_lists_may_be_nested_as_people_do() -> None:
    assert to_html("\n".join("  " * depth + f"- item{depth}" for depth in range(7))).count("<ul>") == 7


HOSTILE = {
    **{repr(piece): (piece * SIZE)[:SIZE] for piece in [
        ">", "> ", "* ", "[", "![", "]", "[a](", "*", "_", "*a ", "a*", "_a_", "a**b", "**a*", "*_", "~*", "~~", "`",
        "`a", "<", "<a ", "<!--", "&", "&#", "\\", "|", "|a\n", "\n", "[]", "[a]: b\n", "[a][", "[a](<", '[a](b "',
        "a\n", "1)\n", "-\n", "> - ", "> a\n", "  - a\n", "a|b\n-|-\n", "[x](y)", "![a](b)", "[[a]", "```\n", "# ",
        "=\n", "<http://a>", "\t", "\0",
    ]},
    "lazy quotes": "> " * 20 + "a\n" + "b\n" * 49_900,
    "deep quotes": "\n".join(">" * depth + " a" for depth in range(440)),
    "deep lists": "\n".join("  " * depth + "- a" for depth in range(310)),
    "brackets": "[" * 50_000 + "]" * 50_000,
    "brackets in emphasis": "*(" * 25_000 + ")*" * 25_000,
    "emphasis": "*a " * 16_000 + "a* " * 16_000,
    "ticks": " ".join("`" * length for length in range(1, 440)),
    "wide table": "|a" * 9_999 + "\n" + "|-" * 9_999 + "\n" + "a\n" * 30_000,
    "many tables": ("|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "a\n" * 650 + "\n") * 58,
    "'![['": ("![[" * SIZE)[:SIZE],
    "long table": "|a" * 50 + "\n" + "|-" * 50 + "\n" + "|\n" * 49_000,
    "references": "[a]: b\n\n" + "[a]" * 33_000,
    "parentheses": "[a](" + "(" * 99_000,
}  # fmt: skip


@pytest.mark.parametrize("markdown", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_take_bounded_work(markdown: str) -> None:
    assert len(markdown) <= SIZE
    with counted() as work:
        try:
            assert len(to_html(markdown)) < 12 * SIZE
        except TooCostly:
            assert len(as_plain(markdown)) < 12 * SIZE
    assert work.calls < CALLS


@pytest.mark.parametrize(
    ("name", "excess"),
    [("many tables", "tables"), ("'![['", "links"), ("'_a_'", "marks"), ("'a\\n'", "lines")],
)
def test_a_text_that_is_refused_says_what_it_has_too_much_of(name: str, excess: str) -> None:
    with pytest.raises(TooCostly) as refused:
        to_html(HOSTILE[name])
    assert refused.value.excess == excess


def test_what_people_write_is_taken_to_the_last_letter() -> None:
    release = (
        "## [1.2.3](https://a.b/c) (2024-01-01)\n\n- **core:** a `fix` of *something* ([#12](https://a.b/12))\n" * 3
    )
    markdown = (release + "\nA paragraph that says why, as long as they usually are. " * 6 + "\n\n") * 200
    assert to_html(markdown[:SIZE]).count("<li>") > 300


def test_hosts_beyond_ascii_take_no_quadratic_time() -> None:
    host = "".join(chr(0x4E00 + place) for place in range(2_000))
    assert tags(to_html(f"[x](https://{host}/)"))[1][0] == "a"
    assert tags(to_html(f"[x](https://{host * 2}/)")) == [("p", {})]


def test_the_same_text_gives_the_same_page_in_every_thread() -> None:
    markdown = "![i](https://a.b 't') [l](https://a.b 't') *a* > b\n\n> q\n>> q\n\n|a|\n|-:|\n|b|\n" * 10
    expected = to_html(markdown)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(to_html, [markdown] * 40)) == {expected}


PIECES = st.sampled_from(
    [
        *ADDRESSES,
        *RAW,
        *"[]()<>!*_~`\\\"'|&#:\n -",
        "](",
        "![",
        "](<",
        "[x]: ",
        "\n\n",
        "> ",
        "```",
        "https://",
        "\0",
        "é",
        "x",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=200))
def test_nothing_harmful_comes_out_of_anything(markdown: str) -> None:
    ensure_harmless(to_html(markdown))
