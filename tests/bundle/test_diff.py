"""Texts of two packages, line by line: right whatever they are, in bounded time, and with nothing hidden."""

from __future__ import annotations

import io
import random

import pytest

from microdock_server.bundle import Limits
from microdock_server.bundle.diff import files
from microdock_server.bundle.diff.files import Look, compare_texts
from microdock_server.bundle.diff.matching import Hunk, hunks, match
from microdock_server.bundle.diff.texts import Piece, pieces, read_text
from microdock_server.bundle.problems import Problems
from microdock_server.bundle.zip.archive import Archive, open_archive

from ..work import counted
from .packages import package, plugin_dll, real_dll


def applied(old: list[str], found: list[Hunk]) -> list[str]:
    """The new text, made of the old one and the hunks alone."""
    made: list[str] = []
    at = 0
    for hunk in found:
        start = hunk.old_start - (hunk.old_lines > 0)
        made += old[at:start]
        at = start
        for line in hunk.lines:
            if line.kind != "added":
                assert (line.old, old[at]) == (at + 1, line.text)
                at += 1
            if line.kind != "removed":
                made.append(line.text)
                assert line.new == len(made)
    return made + old[at:]


def test_hunks_lead_from_the_old_text_to_the_new_one() -> None:
    chance = random.Random(17)
    for _ in range(3000):
        letters = "abcdef"[: chance.randint(1, 6)]
        old = [chance.choice(letters) for _ in range(chance.randint(0, 14))]
        new = list(old)
        for _ in range(chance.randint(0, 6)):
            if new and chance.random() < 0.5:
                new.pop(chance.randrange(len(new)))
            else:
                new.insert(chance.randint(0, len(new)), chance.choice("abcdefxyz"))
        matched = match(old, new)
        assert not matched.is_rough
        assert applied(old, list(hunks(old, new, matched))) == new, (old, new)


def test_one_changed_line_is_one_hunk_with_three_lines_around() -> None:
    old = [str(number) for number in range(1, 21)]
    new = [*old[:9], "ten", *old[10:]]
    [hunk] = hunks(old, new, match(old, new))
    assert (hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines) == (7, 7, 7, 7)
    changed = [(line.kind, line.old, line.new, line.text) for line in hunk.lines if line.kind != "same"]
    assert changed == [("removed", 10, None, "10"), ("added", None, 10, "ten")]


def test_changes_far_from_each_other_are_hunks_of_their_own() -> None:
    old = [str(number) for number in range(40)]
    new = [*old[:5], *old[6:30], "new", *old[30:]]
    assert [hunk.old_start for hunk in hunks(old, new, match(old, new))] == [3, 28]


@pytest.mark.parametrize("letters", ["ab", "".join(map(chr, range(0x4E00, 0x5E00)))])
def test_texts_made_to_be_slow_are_compared_roughly(letters: str) -> None:
    """The exact search gives up after so many steps, and says so; what it found is right nevertheless."""
    chance = random.Random(5)
    old, new = ([chance.choice(letters) for _ in range(20_000)] for _ in range(2))
    matched = match(old, new)
    assert matched.is_rough
    assert applied(old, list(hunks(old, new, matched))) == new


def test_a_swapped_order_of_many_lines_is_found_whole() -> None:
    chance = random.Random(5)
    old = [str(number) for number in range(20_000)]
    new = chance.sample(old, len(old))
    assert applied(old, list(hunks(old, new, match(old, new)))) == new


@pytest.mark.parametrize(
    ("data", "encoding", "endings", "ends", "lines"),
    [
        (b"", "ascii", "none", True, ()),
        (b"a", "ascii", "none", False, ("a",)),
        (b"a\nb\n", "ascii", "lf", True, ("a", "b")),
        (b"a\r\nb\r\n", "ascii", "crlf", True, ("a", "b")),
        (b"a\r\nb\nc", "ascii", "mixed", False, ("a", "b", "c")),
        ("中\n".encode(), "utf-8", "lf", True, ("中",)),
        (b"\xef\xbb\xbfa\n", "utf-8-bom", "lf", True, ("a",)),
        (b"\xff\xfe" + "a中\n".encode("utf-16-le"), "utf-16-le", "lf", True, ("a中",)),
        (b"\xfe\xff" + "a中\n".encode("utf-16-be"), "utf-16-be", "lf", True, ("a中",)),
    ],
)
def test_how_a_text_is_written_is_told(
    data: bytes, encoding: str, endings: str, ends: bool, lines: tuple[str, ...]
) -> None:
    found = read_text(data)
    assert (found.encoding, found.line_endings, found.ends_with_newline) == (encoding, endings, ends)
    assert (found.lines, found.invalid, found.hidden) == (lines, 0, 0)


def test_bytes_that_are_no_text_are_shown_as_bytes() -> None:
    found = read_text("密钥\n".encode("gbk"))
    assert (found.encoding, found.invalid) == ("unknown", 2)
    assert pieces(found.lines[0], 100)[0] == Piece("\\xC3", "invalid")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a\u202eb", [Piece("a"), Piece("U+202E", "hidden", "RIGHT-TO-LEFT OVERRIDE"), Piece("b")]),
        ("\u200b", [Piece("U+200B", "hidden", "ZERO WIDTH SPACE")]),
        ("x\ry", [Piece("x"), Piece("U+000D", "hidden", "CARRIAGE RETURN"), Piece("y")]),
        ("// \u2028evil()", [Piece("// "), Piece("U+2028", "hidden", "LINE SEPARATOR"), Piece("evil()")]),
        ("a\u00a0b", [Piece("a"), Piece("U+00A0", "hidden", "NO-BREAK SPACE"), Piece("b")]),
        ("\x1b[2J", [Piece("U+001B", "hidden", "ESCAPE"), Piece("[2J")]),
        ("\U000e0101", [Piece("U+E0101", "hidden", "VARIATION SELECTOR-18")]),
        # Emoji are made of several characters, and Chinese texts have a wide space.
        ("\t❤️ 👨\u200d👩\u200d👧 \u3000，。", [Piece("\t❤️ 👨\u200d👩\u200d👧 \u3000，。")]),
        # A row of the same characters is a message nobody sees.
        ("❤\ufe0f\ufe0f", [Piece("❤\ufe0f"), Piece("U+FE0F", "hidden", "VARIATION SELECTOR-16")]),
        ("a\u200db", [Piece("a"), Piece("U+200D", "hidden", "ZERO WIDTH JOINER"), Piece("b")]),
    ],
)
def test_nothing_hides_in_a_line(line: str, found: list[Piece]) -> None:
    assert pieces(line, 1000) == found
    assert read_text(line.encode()).hidden == sum(piece.kind == "hidden" for piece in found)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_counted_is_what_is_spelled_out(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choices("a0中❤👨\n\n\r\u200b\u200d\ufe0f\ufe0f\u202e\udcb0\0\u2028\u00a0", k=400))
    found = read_text(text.encode("utf-8", "surrogateescape"))
    spelled = [piece.kind for line in found.lines for piece in pieces(line, 1000)]
    assert (found.hidden, found.invalid) == (spelled.count("hidden"), spelled.count("invalid"))
    assert len(found.lines) == text.count("\n") + (not found.ends_with_newline)


@pytest.mark.parametrize("char", ["\u200b", "\U000e0101", "\udcb0", "\r"])
def test_a_text_of_what_is_hidden_costs_no_more_than_another(char: str) -> None:
    with counted() as work:
        found = read_text((char * 50_000).encode("utf-8", "surrogateescape"))
    assert found.hidden + found.invalid == 50_000
    assert work.calls < 500


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\0\xd8", b"\xff\xfea", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80"]
)
def test_broken_texts_are_shown_too(data: bytes) -> None:
    for line in read_text(data).lines:
        for piece in pieces(line, 100):
            assert piece.text.encode(), piece


def test_texts_beyond_the_limits_are_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compare_texts(None, b"a" * (files.TEXT_MAX + 1)).refused == "too_large"
    assert compare_texts(b"a\n", b"a\0\n").refused == "not_text"
    assert compare_texts(b"\n" * (files.LINES_MAX + 1), b"").refused == "too_many_lines"


def test_a_long_comparison_is_cut_and_says_by_how_much() -> None:
    found = compare_texts(None, b"".join(b"%d\n" % number for number in range(5000)))
    [hunk] = found.hunks
    assert (len(hunk.lines), hunk.new_lines, found.more_lines) == (files.SHOWN_LINES_MAX, 5000, 3000)


def test_of_lines_that_are_spelled_out_fewer_are_shown() -> None:
    found = compare_texts(None, ("a\u200b" * 50 + "\n").encode() * 2000)
    shown = [pieces(line.text, files.LINE_MAX) for hunk in found.hunks for line in hunk.lines]
    assert 0 < sum(map(len, shown)) <= files.SHOWN_CHARS_MAX // files.PIECE_CHARS
    assert len(shown) + found.more_lines == 2000


def test_where_only_line_ends_differ_there_are_no_hunks() -> None:
    found = compare_texts(b"a\nb\n", b"a\r\nb\r\n")
    assert found.before and found.after
    assert (found.before.line_endings, found.after.line_endings, found.hunks) == ("lf", "crlf", ())


def opened(content: dict[str, bytes]) -> Archive:
    found = open_archive(io.BytesIO(package(content)), Limits(), Problems())
    assert found is not None
    return found


def test_what_a_file_is_is_told_by_its_content() -> None:
    contents = {
        "a.txt": b"text\n",
        "zero.txt": b"text\0",
        "late.txt": b"text" * 4096 + b"\0",
        "MZ.txt": b"MZ is how programs begin\n",
        "Clock.dll": plugin_dll(),
        "pack.bin": b"7z\xbc\xaf\x27\x1c" + bytes(40),
        "empty": b"",
    }
    archive = opened(contents)
    kinds = {name: Look().at(archive, name).kind for name in contents}
    assert kinds == {
        "a.txt": "text",
        "zero.txt": "binary",
        "late.txt": "binary",
        "MZ.txt": "text",
        "Clock.dll": "assembly",
        "pack.bin": "archive",
        "empty": "text",
    }


def test_an_assembly_says_who_it_is() -> None:
    found = Look().at(opened({"x.dll": real_dll()}), "x.dll").assembly
    assert found is not None
    assert found.name == "Python.Runtime"
    assert found.version.count(".") == 3
    assert any(reference.startswith("netstandard ") for reference in found.references)


def test_beyond_the_budget_kinds_are_told_by_how_files_begin() -> None:
    archive = opened({"a.txt": b"a" * 100, "b.txt": b"b" * 100})
    look = Look(text_budget=150)
    first, second = look.at(archive, "a.txt"), look.at(archive, "b.txt")
    assert first.text is not None
    assert (second.kind, second.text) == ("text", None)


@pytest.mark.parametrize("limit", ["ROWS_BUDGET", "REFERENCES_BUDGET", "LISTED_MAX"])
def test_an_assembly_of_more_rows_than_are_read_does_not_say_who_it_is(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened({"x.dll": real_dll()})
    monkeypatch.setattr(files, limit, 1)
    found = Look().at(archive, "x.dll")
    assert (found.kind, found.assembly) == ("assembly", None)


def test_the_references_of_one_page_are_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened({"x.dll": real_dll()})
    found = Look().at(archive, "x.dll").assembly
    assert found is not None
    monkeypatch.setattr(files, "REFERENCES_BUDGET", 2 * len(found.references) - 1)
    look = Look()
    assert [look.at(archive, "x.dll").assembly is None for _ in range(2)] == [False, True]
