"""Which names are confused, with a plain edit distance as an oracle."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdock_server.bundle import lookalikes
from microdock_server.bundle.lookalikes import Lookalike, distance, find_lookalikes, skeleton

from ..work import counted

ALIKE = [
    ("com.acme.notepad", "com.acme.n0tepad"), ("com.acme.tools", "com.acme.too1s"),
    ("com.acme.tools", "com.acme.tooIs"),
    ("com.acme.pixel", "com.acme.plxel"), ("com.acme.pixel", "com.acme.p1xel"), ("com.acme.status", "com.acme.5tatus"),
    ("com.acme.modem", "com.acme.modern"), ("com.acme.view", "com.acme.vievv"), ("com.acme.dock", "com.acme.clock"),
    ("com.acme.dock", "com.acme.c1ock"), ("com.acme.note-pad", "com.acme.notepad"),
    ("com.acme.tools", "com.ac-me.tools"),
    ("com.acme.tools", "com.acmetools"), ("com.acme.tools", "COM.ACME.T00LS"), ("zero", "2er0"), ("leet", "1337"),
    ("Notepad", "Nоtepad"), ("paypal", "рауpаl"), ("PAYPAL", "РАУРАL"), ("Scope", "Ѕсоре"), ("Kappa", "Κappa"),
    ("HTML", "ΗΤΜL"), ("BOX", "ВΟΧ"), ("omicron", "οmicrοn"), ("notes", "nοtеѕ"),
    ("notes", "Ｎｏｔｅｓ"), ("notes", "𝐧𝐨𝐭𝐞𝐬"),
    ("notes", "nötés"), ("notes", "no\N{COMBINING TILDE}tes"), ("notes", "no\N{ZERO WIDTH SPACE}tes"),
    ("notes", "no\N{SOFT HYPHEN}tes"), ("notes", "\N{RIGHT-TO-LEFT OVERRIDE}notes"),
    ("office", "oﬃce"), ("Kit", "\N{KELVIN SIGN}it"), ("titan", "tıtan"),
    ("lodz", "łodz"), ("My Notes", "my_notes"), ("My Notes", "“My Notes”!"), ("cash", "ca$h"), ("data", "d@ta"),
    ("aether", "æther"), ("strasse", "straße"), ("Ⅷ", "viii"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "other"), ALIKE)
def test_these_look_alike(name: str, other: str) -> None:
    assert skeleton(name) == skeleton(other)
    assert find_lookalikes(name, [other]) == [Lookalike(other, "confusable", 0)]
    assert find_lookalikes(other, [name]) == [Lookalike(name, "confusable", 0)]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("com.acme.tools", "com.acme.tool"), ("acid", "add"), ("C", "C#"), ("C", "C++"), ("notes6", "notes9"),
        ("notes1", "notes2"), ("笔记", "笔迹"), ("★", "☆"), ("mail", "nail"), ("user", "usen"),
    ],
)  # fmt: skip
def test_these_do_not(name: str, other: str) -> None:
    assert skeleton(name) != skeleton(other)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii"), max_size=40))
def test_case_never_matters_in_ascii(name: str) -> None:
    assert skeleton(name) == skeleton(name.upper()) == skeleton(name.lower())


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_has_a_skeleton_whatever_its_form(name: str) -> None:
    assert (
        skeleton(name) == skeleton(unicodedata.normalize("NFD", name)) == skeleton(unicodedata.normalize("NFC", name))
    )


@given(st.text(alphabet="abcdeinortvw017-. ", max_size=30))
def test_both_ways_of_reading_ascii_agree(name: str) -> None:
    assert skeleton(name) == skeleton(name + "\N{ZERO WIDTH SPACE}")


def plain_distance(a: str, b: str) -> int:
    """Optimal string alignment, as it is written in textbooks."""
    table = [[max(i, j) if min(i, j) == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])
            )  # fmt: skip
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@settings(deadline=None, max_examples=1500)
@given(st.text(alphabet="abc", max_size=12), st.text(alphabet="abc", max_size=12), st.integers(0, 13))
def test_the_distance_is_the_textbook_one_up_to_its_limit(a: str, b: str, limit: int) -> None:
    assert distance(a, b, limit) == min(plain_distance(a, b), limit + 1) == distance(b, a, limit)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", 0), ("", "abc", 3), ("notepad", "notepad", 0), ("notepad", "ntoepad", 1), ("notepad", "notpad", 1),
        ("notepad", "notedad", 1), ("notepad", "nnotepad", 1), ("ca", "abc", 3), ("abcd", "badc", 2),
        ("插件", "件插", 1),
    ],
)  # fmt: skip
def test_distances(a: str, b: str, expected: int) -> None:
    assert distance(a, b, 5) == expected


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs of characters every row of a comparison compared."""
    sizes: list[int] = []
    fill = lookalikes._fill

    def noted(rows: tuple[list[int], list[int], list[int]], band: range, pair: tuple[str, str], b: str) -> None:
        sizes.append(len(band))
        fill(rows, band, pair, b)

    monkeypatch.setattr(lookalikes, "_fill", noted)
    return sizes


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_long_texts_are_compared_within_the_band(size: int, compared: list[int]) -> None:
    a = "ab" * (size // 2)
    with counted() as work:
        assert distance("x" + a, a + "y", 2) == 2
        assert len(compared) <= size + 1 and max(compared) == 5
        assert distance("x" * size, "y" * size, 3) == 4
    assert len(compared) <= 2 * size + 1 and max(compared) == 7
    # Nothing else is done for every pair of them either.
    assert work.calls < 50 * size


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("com.acme.notepad", "org.evil.notepad", 0),
        ("com.acme.notepad", "com.acme.notepads", 1),
        ("com.acme.notepad", "org.evil.ntoepad", 1),
        ("com.acme.notepad", "org.evil.n0tepac", 1),  # the zero costs nothing
        ("com.acme.notepad", "com.acme.motepat", None),  # two slips in seven characters
        ("com.acme.modern", "com.acme.modenr", 1),  # a swap within a pair
        ("com.acme.imageviewer", "com.acme.imagviewers", 2),
        ("com.acme.imageviewer", "com.acme.imagviewerss", None),
        ("com.acme.abcde", "com.evil.abcdf", 1),
        ("com.acme.abcd", "com.evil.abce", None),  # a short one stands with the one before it
        ("com.acme.git", "org.acme.git", 0),
        ("com.acme.git", "org.acne.git", 1),
        ("com.acme.git", "org.evil.git", None),
        ("com.acme.notes.plugin", "com.evil.note.plugin", 1),
        ("com.acme.plugin", "com.evil.plugin", None),
        ("abc", "abd", None),
        ("com.acme.notepad", "com.acme.calendar", None),
        ("com.acme.notepad", "", None),
        ("Screen Recorder", "Screem Recoder", 2),
    ],
)
def test_near_last_segments(name: str, other: str, expected: int | None) -> None:
    wanted = [] if expected is None else [Lookalike(other, "edit_distance", expected)]
    assert find_lookalikes(name, [other]) == wanted
    if other:
        assert find_lookalikes(other, [name]) == [Lookalike(name, match.reason, match.distance) for match in wanted]


def test_a_name_is_not_its_own_lookalike_in_any_case() -> None:
    assert find_lookalikes("com.acme.notepad", ["com.acme.notepad", "COM.Acme.NotePad"]) == []
    assert find_lookalikes("笔记 Ä", ["笔记 ä"]) == []


def test_the_nearest_come_first_and_only_so_many() -> None:
    others = [
        "com.acme.imagviewers", "com.other.imageviewer", "com.acme.image-viewer", "com.acme.imageviewers",
        "com.acme.lmageviewer", "com.acme.calendar", "com.evil.imageviewer",
    ]  # fmt: skip
    found = find_lookalikes("com.acme.imageviewer", iter(others))
    assert [(match.name, match.distance) for match in found] == [
        ("com.acme.image-viewer", 0), ("com.acme.lmageviewer", 0), ("com.evil.imageviewer", 0),
        ("com.other.imageviewer", 0), ("com.acme.imageviewers", 1),
    ]  # fmt: skip
    assert [match.reason for match in found] == ["confusable"] * 2 + ["edit_distance"] * 3
    assert find_lookalikes("com.acme.imageviewer", others, limit=1) == found[:1]
    assert find_lookalikes("com.acme.imageviewer", others, limit=0) == []


@pytest.mark.parametrize("name", ["", ".", "...", "-", "\N{ZERO WIDTH SPACE}", "\udcff"])
def test_names_of_nothing_resemble_nothing(name: str) -> None:
    assert skeleton(name) == ""
    assert find_lookalikes(name, ["", "..", "_", "a", "com.acme.notepad"]) == []


@settings(deadline=None, max_examples=300)
@given(
    st.text(alphabet="abni.", min_size=1, max_size=14), st.lists(st.text(alphabet="abni.", max_size=14), max_size=20)
)
def test_the_cheap_filter_never_loses_one(name: str, others: list[str]) -> None:
    """Without dots, digits and pairs a lookalike is a name within the distance, no more and no less."""
    name, others = (
        name.replace(".", "").replace("i", "l"),
        [other.replace(".", "").replace("i", "l") for other in others],
    )
    found = {match.name for match in find_lookalikes(name, others, limit=100)}
    for other in set(others) - {name}:
        shorter = min(len(name), len(other))
        slips = 2 if shorter >= 10 else 1 if shorter >= 5 else -1
        assert (other in found) == (plain_distance(name, other) <= slips)


WORDS = [
    "acme", "data", "tool", "kit", "note", "pad", "image", "view", "sync", "cloud", "git", "server", "client", "color",
    "theme", "editor", "file", "manager", "log", "graph",
]  # fmt: skip


def test_of_a_hundred_thousand_names_few_are_compared(compared: list[int]) -> None:
    pick = random.Random(1).choice
    names = [
        f"com.{pick(WORDS)}{pick(WORDS)}.{pick(WORDS)}{pick('-_s')}{pick(WORDS)}{pick(WORDS)}" for _ in range(100_000)
    ]
    with counted() as work:
        assert len(find_lookalikes("com.acme.imageviewtool", names)) == 5
    # One name in a hundred passes the cheap filter; the others are folded, measured, and no more.
    assert len(compared) < 20 * len(names) // 100
    assert work.calls < 50 * len(names)
