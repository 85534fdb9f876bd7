"""The key of names, their visible characters, and look-alikes."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdock_server.text import confusables, names

from .live import ROOT

SAME = [
    ("Bob", "BOB"),
    ("  bob ", "bob"),
    ("Straße", "STRASSE"),
    ("Ｂｏｂ", "bob"),
    ("ﬁnn", "Finn"),
    ("Jose\u0301", "José"),
    ("bo\u200bb", "bob"),
    ("bo\u00adb", "bob"),
    ("bob\ufe0f", "bob"),
    ("\u3164bob", "bob"),
    ("Å", "\u212b"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("ДАРЬЯ", "дарья"),
    ("e\u200b\u0301", "é"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_in_nothing_a_reader_sees_has_one_key(one: str, other: str) -> None:
    assert names.key(one) == names.key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("bob", "bab"), ("bob", "воb"), ("a b", "ab"), ("e", "é"), ("用户", "用戶")]
)
def test_other_names_have_other_keys(one: str, other: str) -> None:
    assert names.key(one) != names.key(other)


@pytest.mark.parametrize("name", ["Alice", "dev-1", "Дарья", "用户", "Ünal", "straße", "ali.veli_2"])
def test_the_key_of_an_ordinary_name_is_what_the_version_before_wrote(name: str) -> None:
    assert names.key(name) == name.casefold()


@given(st.text(max_size=40))
def test_a_key_is_its_own_key_and_holds_nothing_invisible(text: str) -> None:
    key = names.key(text)
    assert names.key(key) == key == key.strip()
    assert not names.has_invisible(key)
    assert names.SEPARATOR not in key


@given(st.text(max_size=20), st.text(max_size=20))
def test_keys_ignore_what_was_ignored_before(one: str, other: str) -> None:
    if one.casefold() == other.casefold():
        assert names.key(one) == names.key(other)
    assert names.key(unicodedata.normalize("NFD", one)) == names.key(unicodedata.normalize("NFC", one))


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u3164", "\u2800 \u00a0", "\u0301", "\ufeff\u2060", "\U000e0041"])
def test_nothing_visible(text: str) -> None:
    assert not names.is_visible(text)


@pytest.mark.parametrize("text", ["a", "…", "我", "👍", "\u200ba", "١", "\ue000"])
def test_something_visible(text: str) -> None:
    assert names.is_visible(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("аdmin", "admin"),
        ("АDMIN", "Admin"),
        ("ВОВ", "bob"),
        ("Ivan", "lvan"),
        ("paypa1", "paypal"),
        ("rnike", "mike"),
        ("g00gle", "google"),
        ("ѕсоре", "scope"),
        ("ɡina", "gina"),
        ("ｂｏｂ", "bob"),
    ],
)
def test_names_that_are_drawn_alike_share_a_skeleton(one: str, other: str) -> None:
    assert set(confusables.skeletons(one)) & set(confusables.skeletons(other))


@pytest.mark.parametrize(("one", "other"), [("ali", "all"), ("user2", "user3"), ("bob", "rob"), ("анна", "anna")])
def test_names_that_are_drawn_otherwise_share_none(one: str, other: str) -> None:
    assert not set(confusables.skeletons(one)) & set(confusables.skeletons(other))


def test_the_table_is_made_as_the_script_says() -> None:
    loader = importlib.machinery.SourceFileLoader("make_confusables", str(ROOT / "scripts" / "make-confusables"))
    spec = importlib.util.spec_from_loader("make_confusables", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    listed = ["# head", "", "0430 ;\t0061 ;\tMA\t# ( а → a )", "0251 ;\t0061 ;\tMA\t# ɑ", "FF41 ;\t0061 ;\tMA"]
    source = "\n".join(["\ufeff", *listed, "006D ;\t0072 006E ;\tMA"])
    lines = [line for line in module.made(source).splitlines() if not line.startswith("#")]
    # FF41 is NFKC's business.
    assert lines == ["0061 < 0251 0430", "0072 006E < 006D"]
    assert confusables.TABLE.read_text("ascii").startswith(module.HEAD)
    assert confusables.prototype("а") == "a"
    assert confusables.prototype("m") == "rn"
    assert confusables.prototype("q") == "q"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain\nlines\u2028and more",
        "\u200eשלום\u200f!",
        "see \u2067שלום (a)\u2069 there",
        "\u202bשלום \u2066a\u2069\u202c and \u2068b\nc\u2069",
    ],
)
def test_prose_that_keeps_its_direction_to_itself_is_fine(text: str) -> None:
    assert names.is_drawn_in_order(text)


@pytest.mark.parametrize(
    "text",
    [
        "exe\u202egnp",
        "exe\u202egnp\u202c",
        "\u202dabc\u202c",
        "\u202babc",
        "\u2067abc",
        "\u2068abc",
        "abc\u202c",
        "abc\u2069",
        "\u2067abc\u202c",
        "\u202b\u2066abc\u202c\u2069",
    ],
)
def test_prose_that_changes_the_direction_of_others_is_not(text: str) -> None:
    assert not names.is_drawn_in_order(text)
