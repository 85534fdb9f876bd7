"""Words of a search are found in a text where the search finds them."""

from __future__ import annotations

import pytest
from flask import Flask

from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services.catalog import search
from microdock_server.services.catalog.highlights import composed, spans

from ..rows import add_plugin

FOUND = [
    ("World Clock for clocks", "clo", ["Clo", "clo"]),
    ("世界时钟，时间", "时钟", ["时钟"]),
    ("时钟 时 钟", "时", ["时", "时"]),
    ("MyPluginDE 2Go", "plugin go de", ["PluginDE", "Go"]),
    ("Café Über", "CAFE uber", ["Café", "Über"]),
    ("Cafe\u0301", "cafés", []),
    ("Cafe\u0301s", "cafés", ["Cafés"]),
    ("clock时钟Clock", "clock 时", ["clock时", "Clock"]),
    ("a <b>bold</b> & more", "b more", ["b", "b", "b", "more"]),
    ("ＦＵＬＬ width", "full", ["ＦＵＬＬ"]),
    ("ไทย ภาษาไทย", "ไทย", ["ไทย", "ไทย"]),
]
NOT_FOUND = [("aclock", "clock"), ("世界时钟", "界钟"), ("clock", "..."), ("clock", ""), ("", "clock")]


@pytest.mark.parametrize(("text", "words", "marked"), FOUND)
def test_where_words_are(text: str, words: str, marked: list[str]) -> None:
    text = composed(text)
    found = spans(text, words)
    assert [text[start:end] for start, end in found] == marked
    assert found == sorted(found)


@pytest.mark.parametrize(("text", "words"), NOT_FOUND)
def test_where_they_are_not(text: str, words: str) -> None:
    assert spans(text, words) == []


@pytest.mark.parametrize(("text", "words"), [(text, words) for text, words, _ in FOUND] + NOT_FOUND[:2])
def test_the_search_agrees(app: Flask, text: str, words: str) -> None:
    add_plugin(app, "a", display_name="x", description=text)
    with app.app_context(), unit_of_work(writing=False):
        matching = search.all_matching(words, search.Scope())
        assert (matching is not None and matching.count == 1) == bool(spans(composed(text), words))
