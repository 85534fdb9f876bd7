"""Emphasis in scripts without spaces between words; everywhere else it is CommonMark's."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from microdock_server.media.emphasis import EmphasisState
from microdock_server.media.markup import to_html


def html(markdown: str) -> str:
    return to_html(markdown).strip().removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**注意：**请", "<strong>注意：</strong>请"),
        ("请**“注意”**一下", "请<strong>“注意”</strong>一下"),
        ("请**（注）**后", "请<strong>（注）</strong>后"),
        ("前面**《书名》**后面", "前面<strong>《书名》</strong>后面"),
        ("**你好……**他", "<strong>你好……</strong>他"),
        ("*「强调」*的", "<em>「强调」</em>的"),
        ("***「强调」***的", "<em><strong>「强调」</strong></em>的"),
        ("~~删除。~~后面", "<s>删除。</s>后面"),
        ("**注意：**Please", "<strong>注意：</strong>Please"),
        ("a**b：**c", "a<strong>b：</strong>c"),
        ("我可以强调**这个`code`**吗", "我可以强调<strong>这个<code>code</code></strong>吗"),
        ("**この文は重要です。**しかし", "<strong>この文は重要です。</strong>しかし"),
        ("**ﾃｽﾄ｡**です", "<strong>ﾃｽﾄ｡</strong>です"),
        ("**한국어(조선말)**는", "<strong>한국어(조선말)</strong>는"),
        ("**ข้อ (1)**ถัดไป", "<strong>ข้อ (1)</strong>ถัดไป"),
        ("请**🚀**请", "请<strong>🚀</strong>请"),
        ("**葛\U000e0100。**x", "<strong>葛\U000e0100。</strong>x"),
        ("「_强调_」", "「<em>强调</em>」"),
        ("- 列表：**项：**值", "<ul>\n<li>列表：<strong>项：</strong>值</li>\n</ul>"),
    ],
)
def test_emphasis_beside_their_punctuation(markdown: str, expected: str) -> None:
    assert html(markdown) == expected


@pytest.mark.parametrize(
    "markdown",
    [
        "** 注意：** 请",
        "注意 ** 请 **",
        "2 ** 3",
        "`**x：**y`",
        "\\*\\*注意：\\*\\*请",
        "中文_强调_中文",
        "a**(x)**b",
        "a**🚀**b",
    ],
)
def test_what_was_plain_stays_plain(markdown: str) -> None:
    assert "<strong>" not in html(markdown) and "<em>" not in html(markdown)


@pytest.mark.parametrize("before", ["", " ", "a", "é", "я", ".", "(", "“", "€", "🚀", "\u00a0", "\n"])
@pytest.mark.parametrize("after", ["", " ", "a", "é", "я", ".", ")", "”", "€", "🚀", "\u00a0", "\n"])
@pytest.mark.parametrize("run", ["*", "**", "_", "__", "~~"])
def test_other_scripts_are_read_as_commonmark_says(before: str, after: str, run: str) -> None:
    text, place = before + run + after, len(before)
    for can_split in (True, False):
        ours = EmphasisState(text, MarkdownIt(), {}, []).scanDelims(place, can_split)
        assert ours == StateInline(text, MarkdownIt(), {}, []).scanDelims(place, can_split)
