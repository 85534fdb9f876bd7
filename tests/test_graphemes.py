"""Characters as readers see them."""

from __future__ import annotations

import pytest

from microdock_server.text.graphemes import first, initial

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
WAVE = "\U0001f44b\U0001f3fd"
HEART = "\u2764\ufe0f\u200d\U0001f525"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
GERMANY, FRANCE = "\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"
KEYCAP = "1\ufe0f\u20e3"


@pytest.mark.parametrize(
    "one",
    [
        "a",
        "e\u0301",
        "o\u0308\u0323",
        "\u0915\u093f",
        "\u0e01\u0e33"[:1],
        "\u1112\u1161\u11ab",
        "\ud55c",
        "\uac00\u11a8",
        "微",
        "\u845b\U000e0100",
        "\U0001f600",
        WAVE,
        FAMILY,
        HEART,
        SCOTLAND,
        GERMANY,
        KEYCAP,
        "\u2601\ufe0f",
        "\r\n",
    ],
    ids=ascii,
)
def test_a_character_is_taken_whole_and_alone(one: str) -> None:
    for after in ("", "b", "微", "\U0001f600", GERMANY if one != GERMANY else FRANCE, " "):
        assert first(one + after) == one


def test_nothing_has_no_first_character() -> None:
    assert first("") == initial("") == initial("   ") == ""


def test_letters_that_are_joined_for_their_form_are_two() -> None:
    assert first("\u0645\u200d\u0646") == "\u0645\u200d"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("reader", "R"),
        ("  reader", "R"),
        ("e\u0301tude", "E\u0301"),
        ("élan", "É"),
        ("ßtrasse", "ß"),
        ("«Reader»", "R"),
        ("— 7zip", "7"),
        (f"{FAMILY} family", FAMILY),
        (f"{GERMANY}{FRANCE} news", GERMANY),
        (f"“{WAVE}” hello", WAVE),
        ("微库", "微"),
        ("قارئ", "ق"),
        ("...", "."),
        (KEYCAP, KEYCAP),
    ],
    ids=ascii,
)
def test_the_initial_of_a_name(name: str, shown: str) -> None:
    assert initial(name) == shown
