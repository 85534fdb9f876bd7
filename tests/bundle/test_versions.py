"""SemVer precedence and sort keys, against the `semver` package as an oracle."""

from __future__ import annotations

import pytest
import semver
from hypothesis import given, settings
from hypothesis import strategies as st

from microdock_server.bundle.versions import (
    EngineVersion,
    InvalidVersion,
    Version,
    best,
    is_version,
    sort_key,
)

ASCENDING = [
    "0.0.0-0", "0.0.0", "0.0.1", "0.9.0", "0.10.0", "1.0.0--", "1.0.0-0", "1.0.0-2", "1.0.0-10",
    "1.0.0-2.a", "1.0.0--", "1.0.0-1a", "1.0.0-A", "1.0.0-a", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.1.0",
    "1.0.0-alpha.beta", "1.0.0-alpha-1", "1.0.0-alpha0", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
    "1.0.0-rc.1", "1.0.0", "1.0.1-0", "2.0.0", "10.0.0", "99999999999999999999.0.0",
]  # fmt: skip

INVALID = [
    "", "1", "1.0", "1.0.0.0", "v1.0.0", "=1.0.0", " 1.0.0", "1.0.0 ", "1.0.0\n", "01.0.0", "1.00.0", "1.0.0-",
    "1.0.0-01", "1.0.0-a..b", "1.0.0+", "1.0.0+a..b", "1.0.0-a_b", "1.0.0+a+b", "-1.0.0", "1.-1.0", "1.0.a",
    "١.٠.٠", "1.0.0-é", "１.0.0", "1.0.0-\u0661", "²²².0.0", "1..0", "1.0.", "a.b.c", "1.0.0\0", "1,0,0", "1e3.0.0",
    "1.0.0-" + "a" * 60, " " * 50_000, "1" * 50_000, "1.0.0-" + "a." * 25_000, "." * 50_000, "-" * 50_000,
]  # fmt: skip

number = st.integers(0, 10**12).map(str) | st.integers(0, 12).map(str)
identifier = number | st.from_regex(r"[0-9A-Za-z-]{1,8}", fullmatch=True).filter(
    lambda text: not (text.isdigit() and text[0] == "0" and text != "0")
)
suffix = st.lists(identifier, min_size=1, max_size=4).map(".".join)
versions = st.builds(
    lambda core, pre, build: ".".join(core) + (f"-{pre}" if pre else "") + (f"+{build}" if build else ""),
    st.tuples(number, number, number),
    st.none() | suffix,
    st.none() | suffix,
).filter(lambda text: len(text) <= 64)


@pytest.mark.parametrize("text", INVALID)
def test_invalid(text: str) -> None:
    assert not is_version(text)
    with pytest.raises(InvalidVersion):
        Version.parse(text)


@pytest.mark.parametrize("value", [None, 1, 1.0, b"1.0.0", ["1.0.0"]])
def test_only_text_is_a_version(value: object) -> None:
    assert not is_version(value)


@pytest.mark.parametrize("text", [*ASCENDING, "1.0.0+build", "1.0.0-rc.1+001", "1.0.0-" + "a" * 58])
def test_valid(text: str) -> None:
    assert is_version(text)
    assert str(Version.parse(text)) == text


def test_order_of_the_specification() -> None:
    chain = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
             "1.0.0-rc.1", "1.0.0"]  # fmt: skip
    backwards = chain[::-1]
    assert sorted(backwards, key=sort_key) == chain
    assert sorted(backwards, key=Version.parse) == chain


@settings(deadline=None)
@given(first=versions, second=versions)
def test_precedence_is_the_oracles(first: str, second: str) -> None:
    expected = semver.Version.parse(first).compare(second)
    one, two = Version.parse(first), Version.parse(second)
    assert (one > two) - (one < two) == expected
    assert (one == two) == (expected == 0)
    keys = sort_key(first), sort_key(two)
    assert (keys[0] > keys[1]) - (keys[0] < keys[1]) == expected
    assert hash(one) == hash(two) or expected != 0


def test_table_against_the_oracle() -> None:
    for first in ASCENDING:
        for second in ASCENDING:
            expected = semver.Version.parse(first).compare(second)
            keys = sort_key(first), sort_key(second)
            assert (keys[0] > keys[1]) - (keys[0] < keys[1]) == expected


@given(text=versions)
def test_keys_fit_a_column_and_any_collation(text: str) -> None:
    key = sort_key(text)
    assert len(key) <= 255
    assert set(key) <= set("0123456789abcdef")


@pytest.mark.parametrize("text", ["1.0.0-" + "a." * 28 + "a", "1.0.0-" + "1." * 28 + "1", "9" * 60 + ".0.0"])
def test_longest_keys(text: str) -> None:
    assert len(sort_key(text)) <= 255


@settings(deadline=None)
@given(text=st.text(max_size=20) | st.text("0123456789.-+ab", max_size=20))
def test_what_is_a_version_is_the_oracles(text: str) -> None:
    assert is_version(text) == (semver.Version.is_valid(text) and not text.endswith("\n") and text.isascii())


def test_build_is_ignored() -> None:
    assert sort_key("1.0.0+a") == sort_key("1.0.0+b") == sort_key("1.0.0")
    assert Version.parse("1.0.0+a") == Version.parse("1.0.0")


def test_best() -> None:
    assert best(["0.9.1", "1.0.0", "2.0.0-rc.1"]) == "1.0.0"
    assert best(["1.0.0-a", "1.0.0-b"]) == "1.0.0-b"
    assert best(["1.9.0", "1.10.0"]) == "1.10.0"
    assert best([Version.parse("1.0.0"), Version.parse("1.0.1")]) == Version.parse("1.0.1")
    assert best(iter([])) is None


@pytest.mark.parametrize("text", ["6", "6.0", "6.0.0", "6.0.0.0", "0.0.3.0", "2.0.0-beta.1", "1.0.0+abc"])
def test_engine_versions(text: str) -> None:
    parsed = EngineVersion.parse(text)
    assert str(parsed) == text and len(parsed.numbers) == 4


@pytest.mark.parametrize("text", ["", "1.2.3.4.5", "v6", "6-beta", "6.0-beta", "1..2", "1.2.3.4\n", "x", "6.", "٦"])
def test_invalid_engine_versions(text: str) -> None:
    with pytest.raises(InvalidVersion):
        EngineVersion.parse(text)


def test_engine_order() -> None:
    texts = ["0.0.2.9", "0.0.3.0", "0.0.3.1", "0.0.10", "1", "2.0.0-beta", "2.0.0", "2.0.0.1"]
    backwards = texts[::-1]
    assert sorted(backwards, key=EngineVersion.parse) == texts
    assert EngineVersion.parse("6") == EngineVersion.parse("6.0.0.0")


def test_kinds_do_not_mix() -> None:
    assert Version.parse("1.0.0") != EngineVersion.parse("1.0.0")
    with pytest.raises(TypeError):
        assert Version.parse("1.0.0") < EngineVersion.parse("1.0.0")  # type: ignore[operator]


@pytest.mark.parametrize("text", ["", "1", "1.0.0 ", "x"])
def test_sort_key_refuses_what_is_no_version(text: str) -> None:
    with pytest.raises(InvalidVersion):
        sort_key(text)
