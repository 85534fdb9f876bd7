"""Entry names that are unsafe to unpack."""

from __future__ import annotations

import pytest

from .craft import UTF8, Item
from .packages import crafted, inspect, rules


def rules_of_name(name: str | bytes, **options: object) -> list[str]:
    raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogatepass")
    return rules(crafted(Item(raw, b"x", flags=UTF8, **options)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../evil.dll", "path-escapes"),
        ("a/../../evil.dll", "path-escapes"),
        ("a/..", "path-escapes"),
        ("/etc/passwd", "path-absolute"),
        ("//server/share/x", "path-absolute"),
        ("C:/x.dll", "path-drive"),
        ("c:x.dll", "path-drive"),
        ("..\\evil.dll", "path-escapes"),
        ("a\\..\\..\\evil.dll", "path-escapes"),
        ("\\evil.dll", "path-absolute"),
        ("C:\\x.dll", "path-drive"),
        ("\\\\server\\share", "path-absolute"),
        ("\\\\?\\C:\\x", "path-absolute"),
        ("\\\\.\\pipe\\x", "path-absolute"),
        ("a\\\\b", "path-empty-component"),
        ("a\\.\\b", "path-dot"),
        ("lib\\nul.txt", "name-reserved"),
        ("a.\\b", "name-trailing"),
        ("a\\b/c.dll", "name-backslash"),
        ("a\\" * 64 + "x", "path-too-deep"),
        ("a\0b", "name-control"),
        ("a\nb", "name-control"),
        ("a\x7fb", "name-control"),
        ("a\x85b", "name-control"),
        ("photo\u202egpj.exe", "name-invisible"),
        ("a\u200bb", "name-invisible"),
        ("a\ufeffb", "name-invisible"),
        ("a\ue000b", "name-invisible"),
        ("a\u0378b", "name-invisible"),
        ("a\u2028b", "name-invisible"),
        ("a\U000e0041b", "name-invisible"),
        ("CON", "name-reserved"),
        ("lib/nul.txt", "name-reserved"),
        ("Aux.tar.gz", "name-reserved"),
        ("prn .txt", "name-reserved"),
        ("com0.x", "name-reserved"),
        ("COM9", "name-reserved"),
        ("lpt1/x.dll", "name-reserved"),
        ("COM¹.txt", "name-reserved"),
        ("LPT³", "name-reserved"),
        ("CONIN$", "name-reserved"),
        ("conout$.txt", "name-reserved"),
        ("a./b", "name-trailing"),
        ("a.dll.", "name-trailing"),
        ("a.dll ", "name-trailing"),
        ("...", "name-trailing"),
        ("a<b", "name-illegal-character"),
        ('a"b', "name-illegal-character"),
        ("a|b", "name-illegal-character"),
        ("a?", "name-illegal-character"),
        ("a*", "name-illegal-character"),
        ("a:stream", "name-illegal-character"),
        ("", "name-empty"),
        ("a//b", "path-empty-component"),
        ("./a", "path-dot"),
        ("a/./b", "path-dot"),
        ("x" * 256, "component-too-long"),
        ("图" * 86, "component-too-long"),
        ("/".join(["d" * 100] * 11), "path-too-long"),
        ("a/" * 64 + "x", "path-too-deep"),
    ],
)
def test_refused(name: str, rule: str) -> None:
    assert rule in rules_of_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "lib/net8.0/x.dll", "图标/插件 说明.txt", "é.txt", "a b.txt", ".config", "a..b", "console.txt", "com10",
        "COM", "nul_.txt", "x" * 255, "/".join(["d" * 100] * 10), "a/" * 63 + "x", "😀.png", "全角　空格.txt",
    ],
)  # fmt: skip
def test_accepted(name: str) -> None:
    assert rules_of_name(name) == []


def test_several_faults_of_one_name_are_told_together() -> None:
    assert set(rules_of_name("/../con/a.|\u202e")) >= {
        "path-absolute",
        "path-escapes",
        "name-reserved",
        "name-illegal-character",
        "name-invisible",
    }


def test_entry_is_printable() -> None:
    problem = inspect(crafted(Item("a\u202e\nb".encode(), flags=UTF8))).problems[0]
    assert problem.entry == "a\\u202e\\u000ab"


def test_entry_is_capped() -> None:
    problem = inspect(crafted(Item(b"y" * 2000))).problems[0]
    assert problem.entry is not None and len(problem.entry) < 250


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"a\xc0\xafb", b"\xed\xa0\x80"])
def test_flagged_name_has_to_be_utf8(raw: bytes) -> None:
    assert rules_of_name(raw) == ["name-not-utf8"]


@pytest.mark.parametrize("raw", ["插件.txt".encode("gbk"), b"caf\x82.txt", "能\\x".encode("big5"), b"a\xc0\xafb"])
def test_unflagged_name_has_to_be_utf8(raw: bytes) -> None:
    """Readers would take these for CP437 or the system's code page; a byte that looks like a backslash is none."""
    assert rules(crafted(Item(raw, b"x"), Item(b"lib/a.txt", b"x"))) == ["name-encoding"]


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ("a.txt", "a.txt", "duplicate-name"),
        ("d/", "d/", "duplicate-name"),
        ("a.txt", "A.TXT", "name-collides"),
        ("straße.txt", "STRASSE.txt", "name-collides"),
        ("é.txt", "e\u0301.txt", "name-collides"),
        ("Å.txt", "\u212b.txt", "name-collides"),
        ("ﬁ.txt", "fi.txt", "name-collides"),
        ("Ａ.txt", "a.txt", "name-collides"),
        ("Lib/a.dll", "lib/b.dll", "name-collides"),
        ("a/b", "a\\b", "name-collides"),
        ("a", "a/b", "file-as-directory"),
        ("a/b", "a", "file-as-directory"),
        ("a/b/c/d", "a/b", "file-as-directory"),
        ("a", "a/", "file-as-directory"),
        ("A", "a/b", "name-collides"),
        ("a\\b", "A\\B", "name-collides"),
        ("d/", "d\\", "name-collides"),
        ("a\\b\\c", "a\\b", "file-as-directory"),
        ("a\\b\\c", "a/b", "file-as-directory"),
        ("a", "a\\", "file-as-directory"),
        ("a\\b", "a\\b", "duplicate-name"),
    ],
)
def test_pairs_that_are_one_path_somewhere(first: str, second: str, rule: str) -> None:
    items = [Item(name.encode(), b"" if name.endswith("/") else b"x", flags=UTF8) for name in (first, second)]
    assert rule in rules(crafted(*items))


def test_neighbours_that_do_not_collide() -> None:
    names = ["a/", "a/b/", "a/b/c", "a.b", "a-b/c", "ab", "aa/b", "b", "a/bb", "a/b.c"]
    items = [Item(name.encode(), b"" if name.endswith("/") else b"x") for name in names]
    assert rules(crafted(*items)) == []


@pytest.mark.parametrize(
    "names",
    [
        ["lib/a.dll", "lib\\b.dll"],
        ["lib/x/a.dll", "lib\\x\\b.dll", "lib/x/c.dll"],
        ["a/b", "c\\d", "e"],
        ["a\\", "a/b", "b"],
    ],
)
def test_a_backslash_near_other_names_collides_with_none_of_them(names: list[str]) -> None:
    assert rules(crafted(*(Item(name.encode(), b"" if name.endswith("\\") else b"x") for name in names))) == [
        "name-backslash"
    ]


def test_mixed_separators_name_the_entries_with_backslashes() -> None:
    found = inspect(crafted(Item(b"a/b"), Item(b"c\\d"), Item(b"e\\f"), Item(b"g/"))).problems
    assert [(problem.rule, problem.entry) for problem in found] == [
        ("name-backslash", "c\\d"),
        ("name-backslash", "e\\f"),
    ]


def test_the_problem_names_both() -> None:
    (problem,) = inspect(crafted(Item(b"readme", b"1"), Item(b"README", b"2"))).problems
    assert {problem.entry, problem.params["other"]} == {"readme", "README"}


def test_long_list_is_cut_and_says_so() -> None:
    report = inspect(crafted(*(Item(f"../{number}".encode()) for number in range(300))))
    assert len(report.problems) == 101
    assert report.problems[-1].rule == "too-many-problems"
