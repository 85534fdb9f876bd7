"""Ranges mean what npm means, with node-semver's port as an oracle."""

from __future__ import annotations

import contextlib

import nodesemver
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microdock_server.bundle.versions import EngineRange, InvalidRange, InvalidVersion, Range

# range → versions inside, versions outside
TABLE: dict[str, tuple[str, str]] = {
    ">=1.0.0": ("1.0.0 1.0.1 9.0.0", "0.9.9 1.0.0-rc.1 2.0.0-beta"),
    ">1.0.0": ("1.0.1 2.0.0", "1.0.0 0.1.0"),
    "<=1.0.0": ("1.0.0 0.0.0", "1.0.1"),
    "<1.0.0": ("0.9.9", "1.0.0 1.0.0-alpha"),
    "=1.0.0": ("1.0.0 1.0.0+build", "1.0.1"),
    "1.0.0": ("1.0.0", "1.0.1 0.9.9"),
    "v1.0.0": ("1.0.0", "1.0.1"),
    "=v1.0.0": ("1.0.0", "1.0.1"),
    "1": ("1.0.0 1.9.9", "2.0.0 0.9.0 1.0.0-rc.1 2.0.0-0"),
    "1.2": ("1.2.0 1.2.9", "1.3.0 1.1.9"),
    "1.x": ("1.0.0 1.9.0", "2.0.0"),
    "1.X.x": ("1.0.0 1.9.0", "2.0.0"),
    "1.2.*": ("1.2.0 1.2.9", "1.3.0"),
    "*": ("0.0.0 1.0.0 99.0.0", "1.0.0-alpha"),
    "": ("0.0.0 1.0.0", "1.0.0-alpha"),
    "x": ("0.0.0 1.0.0", "1.0.0-alpha"),
    ">=*": ("0.0.0 1.0.0", "1.0.0-alpha"),
    "<*": ("", "0.0.0 0.0.0-0"),
    ">*": ("", "0.0.0 9.9.9"),
    "^1.2.3": ("1.2.3 1.9.0", "2.0.0 1.2.2 2.0.0-rc.1"),
    "^0.5.0": ("0.5.0 0.5.9", "0.6.0 0.4.9"),
    "^0.0.3": ("0.0.3", "0.0.4 0.0.2"),
    "^0.0": ("0.0.0 0.0.9", "0.1.0"),
    "^0": ("0.0.0 0.9.9", "1.0.0"),
    "^1.x": ("1.0.0 1.9.9", "2.0.0"),
    "^1.2.3-beta.2": ("1.2.3-beta.2 1.2.3-beta.4 1.2.3 1.9.0", "1.2.4-beta.2 1.2.3-beta.1 2.0.0-0"),
    "^0.0.3-beta": ("0.0.3-beta 0.0.3-pr.2 0.0.3", "0.0.4"),
    "~1.2.3": ("1.2.3 1.2.9", "1.3.0 1.2.2"),
    "~1.2": ("1.2.0 1.2.9", "1.3.0"),
    "~1": ("1.0.0 1.9.9", "2.0.0"),
    "~>1.2.3": ("1.2.3 1.2.9", "1.3.0"),
    "~0": ("0.0.0 0.9.0", "1.0.0"),
    "~*": ("1.0.0", "1.0.0-a"),
    "~1.2.3-beta.2": ("1.2.3-beta.4 1.2.3", "1.2.4-beta.2"),
    ">1": ("2.0.0", "1.9.9 2.0.0-rc.1"),
    ">1.2": ("1.3.0", "1.2.9"),
    "<=1": ("1.9.9 0.1.0", "2.0.0 2.0.0-0"),
    "<=1.2": ("1.2.9", "1.3.0"),
    "<1.2": ("1.1.9", "1.2.0 1.2.0-rc.1"),
    ">=1.2": ("1.2.0", "1.1.9"),
    ">=1.0.0 <2.0.0": ("1.0.0 1.9.9", "2.0.0 0.9.9"),
    ">= 1.0.0": ("1.0.0", "0.9.0"),
    ">=  1.0.0   < 2.0.0": ("1.5.0", "2.0.0"),
    ">=\t1.0.0": ("1.0.0", "0.9.0"),
    "^ 1.2.3": ("1.2.3", "2.0.0"),
    "1.0.0 || 2.0.0": ("1.0.0 2.0.0", "1.5.0"),
    "1.0.0||2.x": ("1.0.0 2.9.0", "3.0.0"),
    "||": ("1.0.0", "1.0.0-rc.1"),
    "<1.0.0 || >=2.0.0 <3.0.0": ("0.5.0 2.5.0", "1.0.0 3.0.0"),
    "1.0.0 - 2.0.0": ("1.0.0 2.0.0", "0.9.9 2.0.1"),
    "1.2 - 2.3": ("1.2.0 2.3.9", "2.4.0 1.1.9"),
    "1 - 2": ("1.0.0 2.9.9", "3.0.0 0.9.0"),
    "* - 2": ("0.0.0 2.9.9", "3.0.0"),
    "1 - *": ("1.0.0 99.0.0", "0.9.9"),
    ">=1.0.0-rc.1": ("1.0.0-rc.1 1.0.0-rc.2 1.0.0 1.0.1", "1.0.1-rc.1 1.0.0-beta"),
    ">=1.0.0-rc.1 <1.0.0": ("1.0.0-rc.1 1.0.0-rc.9", "1.0.0 0.9.9"),
    "1.0.0-rc.1": ("1.0.0-rc.1", "1.0.0 1.0.0-rc.2"),
    "99999999999999999999.x": ("99999999999999999999.1.0", "1.0.0"),
}  # fmt: skip

INVALID = [
    "a", "1.0.0.0", "1.0.0 -", "- 1.0.0", "1.0.0 -2.0.0", "1.0.0- 2.0.0", ">", ">=", "^", ">= >=1.0.0", ">==1.0.0",
    "=>1.0.0", "!1.0.0", "1.0.0 & 2.0.0", "1.0.0 | 2.0.0", ">=1.0.0,<2.0.0", "[1.0,2.0)", "01.0.0",
    "1.0.0-01", "x.1", "1.x.3", "1.x-beta", "1.2-beta", "1.2+build", "1.0.0\n", "\n1.0.0", "1.0.0\u00a0", "１.0.0", "١",
    "**", "latest", "git+https://example.com/x.git", "1..0", "1.0.", ".1", "1.0.0 - 2.0.0 - 3.0.0",
    "1.0.0 - 2.0.0 >1.0.0",
    " " * 50_000, " " * 50_000 + "1.0.0", "1.0.0" + " " * 50_000, "||" * 25_000, ">" * 50_000, "1 " * 25_000,
    "-" * 50_000, "1" * 50_000, "v" * 300, "1.0.0-" + "a" * 300,
]  # fmt: skip


@pytest.mark.parametrize("text", list(TABLE))
def test_table(text: str) -> None:
    inside, outside = TABLE[text]
    parsed = Range.parse(text)
    assert [version for version in inside.split() if not parsed.contains(version)] == []
    assert [version for version in outside.split() if parsed.contains(version)] == []
    assert str(parsed) == text


@pytest.mark.parametrize("text", INVALID)
def test_invalid(text: str) -> None:
    for kind in (Range, EngineRange) if text != "1.0.0.0" else (Range,):
        with pytest.raises(InvalidRange):
            kind.parse(text)


def test_longest_range() -> None:
    assert Range.parse("1.0.0" + " " * 251).contains("1.0.0")
    assert Range.parse(" " * 256).contains("1.0.0")
    with pytest.raises(InvalidRange):
        Range.parse(" " * 257)


def test_contradiction_holds_nothing() -> None:
    assert not Range.parse("1.0.0 2.0.0").contains("1.0.0")


@pytest.mark.parametrize("value", [None, 5, b"1.0.0"])
def test_only_text_is_a_range(value: object) -> None:
    with pytest.raises(InvalidRange):
        Range.parse(value)  # type: ignore[arg-type]


def test_contains_asks_for_a_version() -> None:
    with pytest.raises(InvalidVersion):
        Range.parse("*").contains("1.0")


small = st.integers(0, 3).map(str)
prerelease = st.sampled_from(["", "", "", "-0", "-1", "-alpha", "-alpha.1", "-rc.2"])
version = st.builds(lambda parts, pre: ".".join(parts) + pre, st.tuples(small, small, small), prerelease)
partial = (
    version
    | st.lists(small, min_size=1, max_size=2).map(".".join)
    | st.builds(
        lambda parts, wildcard: ".".join([*parts, wildcard]),
        st.lists(small, max_size=2),
        st.sampled_from("xX*"),
    )
)
operator = st.sampled_from(["", "", "=", ">=", "<=", ">", "<", "^", "~", "~>", ">= ", "< ", "v", "=v"])
comparator = st.builds(lambda sign, text: sign + text, operator, partial)
one_set = st.lists(comparator, min_size=1, max_size=3).map(" ".join) | st.builds("{} - {}".format, partial, partial)
npm_range = st.lists(one_set, min_size=1, max_size=3).map(" || ".join)


# The oracle is a port of an npm that read `1.0` as `>=1.0.0 <1.1.0`; today's `<1.1.0-0` keeps prereleases of 1.1.0
# out even where another comparator names one. It agrees on prereleases where nothing is rewritten into a bound.
plain = st.builds(lambda sign, text: sign + text, st.sampled_from(["", "=", ">=", "<=", ">", "<", ">= ", "v"]), version)
rewritten_alone = st.builds(lambda sign, text: sign + text, st.sampled_from(["^", "~", "~>", "^ "]), version)
exact_set = st.lists(plain, min_size=1, max_size=3).map(" ".join) | rewritten_alone
exact_range = st.lists(exact_set, min_size=1, max_size=3).map(" || ".join)
stable = version.filter(lambda text: "-" not in text)


@settings(max_examples=800, deadline=None)
@given(text=npm_range, candidate=stable)
def test_means_what_npm_means(text: str, candidate: str) -> None:
    assume(not any(wildcard in text for wildcard in ("vx", "vX", "v*")))  # an error to the oracle
    assert Range.parse(text).contains(candidate) == nodesemver.satisfies(candidate, text, loose=False)


@settings(max_examples=800, deadline=None)
@given(text=exact_range, candidate=version)
def test_means_what_npm_means_for_prereleases(text: str, candidate: str) -> None:
    assert Range.parse(text).contains(candidate) == nodesemver.satisfies(candidate, text, loose=False)


@settings(deadline=None)
@given(text=st.text(max_size=40) | st.text("<>=^~*xXv0123.- |ab+", max_size=40))
def test_any_text_is_a_range_or_invalid(text: str) -> None:
    for kind, candidate in ((Range, "1.2.3"), (EngineRange, "1.2.3.4")):
        with contextlib.suppress(InvalidRange):
            kind.parse(text).contains(candidate)


ENGINES: dict[str, tuple[str, str]] = {
    ">=0.0.3.0": ("0.0.3.0 0.0.3 0.0.3.1 0.0.4 1.0.0.0", "0.0.2.9 0.0.2"),
    ">=2.0.0": ("2.0.0 2.0.0.0 2.0.0.1 3", "1.9.9.9"),
    ">=6.0": ("6 6.0.0.0 7", "5.9"),
    ">=6": ("6.0.0.0", "5.9.9.9"),
    ">6": ("7.0.0.0", "6.9.9.9"),
    "6": ("6.0.0.0 6.9.9.9", "7.0.0.0"),
    ">2.0.0": ("2.0.0.1 2.0.1", "2.0.0 2.0.0.0"),
    "<=2.0.0": ("2.0.0.0 1.9", "2.0.0.1"),
    "2.0.0": ("2.0.0.0", "2.0.0.1"),
    "=1.2.3.4": ("1.2.3.4", "1.2.3.5 1.2.3"),
    "1.2.3.*": ("1.2.3.0 1.2.3.9", "1.2.4.0"),
    "^1.2.3.4": ("1.2.3.4 1.9.0.0", "1.2.3.3 2.0.0.0"),
    "^0.0.3.1": ("0.0.3.1 0.0.3.9", "0.0.4.0 0.0.3.0"),
    "^0.5": ("0.5.0.0 0.5.9.9", "0.6.0.0"),
    "~1.2.3.4": ("1.2.3.4 1.2.9.0", "1.3.0.0"),
    "1.0.0.0 - 2.0.0.5": ("1.0.0.0 2.0.0.5", "2.0.0.6 0.9"),
    ">=1.0.0.0 <2 || 3.x": ("1.5 3.1.0.0", "2.0 4.0"),
    ">=2.0.0-beta.1": ("2.0.0-beta.2 2.0.0 2.1.0.0", "2.0.0-alpha 2.1.0-beta"),
    "": ("0.0.0.0 1.0", "1.0.0-rc.1"),
}


@pytest.mark.parametrize("text", list(ENGINES))
def test_engines(text: str) -> None:
    inside, outside = ENGINES[text]
    parsed = EngineRange.parse(text)
    assert [version for version in inside.split() if not parsed.contains(version)] == []
    assert [version for version in outside.split() if parsed.contains(version)] == []


@pytest.mark.parametrize("text", [">=1.2.3.4.5", "1.2.3.4.x", ">=1.2-beta", "^1.2.3.x-rc"])
def test_invalid_engines(text: str) -> None:
    with pytest.raises(InvalidRange):
        EngineRange.parse(text)


@settings(max_examples=300, deadline=None)
@given(text=npm_range, candidate=version)
def test_three_numbers_mean_the_same_to_engines(text: str, candidate: str) -> None:
    assert EngineRange.parse(text).contains(candidate) == Range.parse(text).contains(candidate)


ENDS = {
    ">=1.0.0 <2.0.0": ("1.0.0", True, "2.0.0", False),
    ">1.0.0 <=2.0.0": ("1.0.0", False, "2.0.0", True),
    "1.0.0 - 2.0.0": ("1.0.0", True, "2.0.0", True),
    "1.0.0 - 2": ("1.0.0", True, "3.0.0", False),
    "^1.2.3": ("1.2.3", True, "2.0.0", False),
    "~1.2": ("1.2.0", True, "1.3.0", False),
    "1.x": ("1.0.0", True, "2.0.0", False),
    "=1.2.3": ("1.2.3", True, "1.2.3", True),
    ">1": ("2.0.0", True, None, None),
    ">=1.0.0 >1.0.0": ("1.0.0", False, None, None),
    ">1.0.0 || >=1.0.0": ("1.0.0", True, None, None),
    "<2.0.0 || <=2.0.0": (None, None, "2.0.0", True),
    "<=2.0.0 <2.0.0": (None, None, "2.0.0", False),
    "^1.0.0 || ^3.0.0": ("1.0.0", True, "4.0.0", False),
    ">=1.0.0 || <0.5.0": (None, None, None, None),
    ">=1.0.0-rc.1 <1.0.0": ("1.0.0-rc.1", True, "1.0.0", False),
    "*": (None, None, None, None),
    "": (None, None, None, None),
}


@pytest.mark.parametrize("kind", [Range, EngineRange])
@pytest.mark.parametrize("text", ENDS)
def test_ends_say_whether_their_version_is_inside(text: str, kind: type[Range]) -> None:
    low, high = kind.parse(text).ends()
    told = (low and low.version, low and low.inclusive, high and high.version, high and high.inclusive)
    assert told == ENDS[text]
    for end in (low, high):
        if end is not None and "||" not in text:
            assert kind.parse(text).contains(end.version) or not end.inclusive
    assert kind.parse(text).span() == (told[0], told[2])


def test_four_numbers_are_told_where_they_say_something() -> None:
    low, high = EngineRange.parse(">=0.0.3.0 <1.2.3.4").ends()
    assert low is not None and (low.version, low.inclusive) == ("0.0.3", True)
    assert high is not None and (high.version, high.inclusive) == ("1.2.3.4", False)


@settings(max_examples=800, deadline=None)
@given(text=npm_range | exact_range | st.text("<>=^~*xX v0123.-|ab+", max_size=24))
def test_what_is_recognized_by_its_form_is_valid(text: str) -> None:
    for kind in (Range, EngineRange):
        if kind._form.fullmatch(text):
            kind._bounds(text)


@settings(max_examples=300, deadline=None)
@given(text=npm_range | exact_range)
def test_ordinary_ranges_are_recognized_by_their_form(text: str) -> None:
    assume(not any(wildcard in text for wildcard in ("vx", "vX", "v*")))
    assert Range._form.fullmatch(text)
    assert EngineRange._form.fullmatch(text)


def test_bounds_are_made_when_a_range_is_first_compared() -> None:
    parsed = Range.parse("||".join(str(number) for number in range(60)))
    assert parsed._made is None
    assert parsed.contains("59.1.0")
    assert not parsed.contains("60.0.0")
