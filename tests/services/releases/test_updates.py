"""Update checks over plain values: targets that fit each other."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from microdock_server.bundle.versions import Range, Version
from microdock_server.services.releases import updates
from microdock_server.services.releases.choices import Choice, HostPlugin, Update
from microdock_server.services.releases.decision import Host, Line, Release, satisfies, why_not
from microdock_server.vocabulary import Channel, WhyNot

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
NAMES = ("a", "b", "c", "d")
NUMBERS = ("1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0", "3.0.0")
RANGES = ("*", "^1.0.0", ">=2.0.0", "1.0.0", "<3.0.0", "^9.0.0")


def release(number: str, needs: Mapping[str, str] | None = None, *, is_yanked: bool = False) -> Release:
    ranges = {name: Range.parse(text) for name, text in (needs or {}).items()}
    return Release(Version.parse(number), NOW, "ab" * 32, 1, is_yanked=is_yanked, dependencies=ranges, needs=ranges)


def line(name: str, *releases: Release, recommended: str | None = None) -> Line:
    ordered = sorted(releases, key=lambda one: one.version, reverse=True)
    return Line(name, tuple(ordered), None if recommended is None else Version.parse(recommended))


def has(name: str, number: str) -> HostPlugin:
    return HostPlugin(name, number, Version.parse(number))


def decided(lines: Mapping[str, Line], *installed: HostPlugin, channel: Channel = Channel.STABLE) -> dict[str, Update]:
    host = Host(NOW, channel=channel)
    found = updates.decide([Choice.of(host, one, lines.get(one.name)) for one in installed])
    return {one.installed.name: one for one in found}


def target(found: Update) -> str | None:
    return None if found.target is None else str(found.target.version)


def reasons(found: Update) -> list[tuple[str, str | None, dict[str, object]]]:
    return [(told.code.value, told.version, dict(told.params)) for told in found.reasons]


def test_an_update_that_another_does_not_bear_is_held_back() -> None:
    lines = {
        "a": line("a", release("1.0.0", {"b": "^1.0.0"})),
        "b": line("b", *map(release, ("1.0.0", "1.1.0", "2.0.0", "3.0.0"))),
    }
    found = decided(lines, has("a", "1.0.0"), has("b", "1.0.0"))
    assert target(found["b"]) == "1.1.0"
    assert reasons(found["b"]) == [
        ("held_by", "3.0.0", {"by": "a", "range": "^1.0.0"}),
        ("held_by", "2.0.0", {"by": "a", "range": "^1.0.0"}),
    ]


def test_two_that_need_each_other_go_up_together() -> None:
    lines = {
        "a": line("a", release("1.0.0", {"b": "^1.0.0"}), release("2.0.0", {"b": "^2.0.0"})),
        "b": line("b", release("1.0.0", {"a": "^1.0.0"}), release("2.0.0", {"a": "^2.0.0"})),
    }
    found = decided(lines, has("a", "1.0.0"), has("b", "1.0.0"))
    assert [target(one) for one in found.values()] == ["2.0.0", "2.0.0"]


def test_an_update_that_needs_what_the_host_cannot_have_is_not_offered() -> None:
    lines = {"a": line("a", release("1.0.0"), release("2.0.0", {"b": "^2.0.0"})), "b": line("b", release("1.0.0"))}
    found = decided(lines, has("a", "1.0.0"), has("b", "1.0.0"))
    assert target(found["a"]) is None
    assert reasons(found["a"]) == [("needs_dependency", "2.0.0", {"name": "b", "range": "^2.0.0", "has": "1.0.0"})]
    alone = decided(lines, has("a", "1.0.0"))
    assert reasons(alone["a"]) == [("needs_dependency", "2.0.0", {"name": "b", "range": "^2.0.0", "has": None})]


def test_what_was_missing_before_holds_nothing_back() -> None:
    lines = {"a": line("a", release("1.0.0", {"b": "*"}), release("2.0.0", {"b": ">=1.0.0"}))}
    assert target(decided(lines, has("a", "1.0.0"))["a"]) == "2.0.0"


def test_a_yanked_version_goes_down_with_what_needs_it_less() -> None:
    lines = {"a": line("a", release("1.0.0"), release("1.1.0", is_yanked=True))}
    assert target(decided(lines, has("a", "1.1.0"))["a"]) == "1.0.0"
    lines["b"] = line("b", release("1.0.0", {"a": ">=1.1.0"}))
    held = decided(lines, has("a", "1.1.0"), has("b", "1.0.0"))["a"]
    assert target(held) is None
    assert ("installed_yanked", "1.1.0", {"reason": ""}) in reasons(held)


def test_what_keeps_a_yanked_version_from_going_down_is_named() -> None:
    lines = {
        "a": line("a", release("1.0.0"), release("1.1.0", is_yanked=True)),
        "b": line("b", release("1.0.0", {"a": ">=1.1.0"})),
    }
    held = decided(lines, has("a", "1.1.0"), has("b", "1.0.0"))["a"]
    assert ("held_by", "1.0.0", {"by": "b", "range": ">=1.1.0"}) in reasons(held)


def test_a_version_that_fits_is_found_below_many_that_do_not() -> None:
    above = [release(f"1.{minor}.0", {"b": "^2.0.0"}) for minor in range(3, 40)]
    lines = {"a": line("a", release("1.0.0"), release("1.2.0"), *above), "b": line("b", release("1.0.0"))}
    assert target(decided(lines, has("a", "1.0.0"), has("b", "1.0.0"))["a"]) == "1.2.0"


def test_what_takes_too_long_to_fit_stays_as_it_is() -> None:
    names = [f"p{number}" for number in range(60)]
    numbers = [f"1.{minor}.0" for minor in range(30)]
    lines = {
        name: line(name, *(release(n, dict.fromkeys([*names, "none"], f"{n} || >=9.0.0")) for n in numbers))
        for name in names
    }
    # Every version needs a plugin that is not there, and 1.0.0 does not.
    lines = {name: replace(one, releases=(*one.releases[:-1], release("1.0.0"))) for name, one in lines.items()}
    found = decided(lines, *(has(name, "1.0.0") for name in names))
    assert {target(one) for one in found.values()} == {None}
    assert all(one.reasons and one.reasons[0].code is WhyNot.NEEDS_DEPENDENCY for one in found.values())


needs = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(RANGES), max_size=2)
catalogues = st.fixed_dictionaries(
    {
        name: st.tuples(
            st.dictionaries(st.sampled_from(NUMBERS), st.tuples(needs, st.booleans()), min_size=1),
            st.none() | st.sampled_from(NUMBERS),
        )
        for name in NAMES
    }
)
hosts = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NUMBERS), min_size=1)
Catalogue = dict[str, tuple[dict[str, tuple[dict[str, str], bool]], str | None]]


def published(catalogue: Catalogue) -> dict[str, Line]:
    return {
        name: line(
            name,
            *(
                release(number, {other: text for other, text in wanted.items() if other != name}, is_yanked=yanked)
                for number, (wanted, yanked) in versions.items()
            ),
            recommended=recommended,
        )
        for name, (versions, recommended) in catalogue.items()
    }


@given(catalogues, hosts, st.sampled_from(list(Channel)))
def test_what_nothing_is_struck_out_of_is_known_before(
    catalogue: Catalogue, installed: dict[str, str], channel: Channel
) -> None:
    lines, host = published(catalogue), Host(NOW, channel=channel)
    alone, fitted = (
        {name: Choice.of(host, has(name, number), lines[name]) for name, number in installed.items()} for _ in range(2)
    )
    outcomes = {name: choice.outcome for name, choice in alone.items()}
    fits = updates.fit_already(outcomes, alone.__getitem__)
    updates.fit(list(fitted.values()))
    assert fits is not any(choice.struck for choice in fitted.values())
    for name, choice in fitted.items():
        assert choice.struck or choice.answer() == alone[name].answer()


@given(catalogues, hosts, st.sampled_from(list(Channel)), st.randoms(use_true_random=False))
def test_targets_fit_each_other_and_depend_on_no_order(
    catalogue: Catalogue,
    host: dict[str, str],
    channel: Channel,
    chance: random.Random,
) -> None:
    lines = published(catalogue)
    installed = [has(name, number) for name, number in host.items()]
    found = decided(lines, *installed, channel=channel)
    _ensure_fit(lines, host, found, channel)
    chance.shuffle(installed)
    again = decided(lines, *installed, channel=channel)
    assert all(again[name] == one for name, one in found.items())


def _ensure_fit(
    lines: Mapping[str, Line], host: Mapping[str, str], found: Mapping[str, Update], channel: Channel
) -> None:
    def holds(needed: Range, other: str) -> bool:
        is_installed = found[other].target is None
        wants_preview = channel is Channel.PREVIEW
        return satisfies(needed, after[other], is_installed=is_installed, wants_preview=wants_preview)

    after = {name: Version.parse(target(one) or host[name]) for name, one in found.items()}
    for name, one in found.items():
        least = after[name]
        told = {reason.version for reason in one.reasons if reason.code.value not in ("installed_yanked", "deprecated")}
        higher = {str(found_one.version) for found_one in lines[name].releases if found_one.version > least}
        assert higher <= told
        if one.target is None:
            continue
        # Nothing is offered that would not be offered to a host with this plugin alone, or that breaks a dependency.
        assert why_not(one.target, lines[name], Host(NOW, channel=channel)) is None
        before = lines[name].find(Version.parse(host[name]))
        for other, needed in one.target.dependencies.items():
            if other in after:
                assert holds(needed, other)
            else:
                assert before is not None and other in before.dependencies
    for name, one in found.items():
        # What stays keeps what it had.
        stays = lines[name].find(after[name]) if one.target is None else None
        for other, needed in stays.dependencies.items() if stays is not None else ():
            if other in after and needed.spans(Version.parse(host[other])):
                assert holds(needed, other)
