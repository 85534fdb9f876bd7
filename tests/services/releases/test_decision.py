"""The decision about one plugin: properties that hold for all catalogues, and the rule of the current version."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microdock_server.bundle.versions import EngineRange, EngineVersion, Range, Version
from microdock_server.services.releases import decision, updates
from microdock_server.services.releases.choices import Choice, HostPlugin
from microdock_server.services.releases.decision import Block, Host, Line, Release
from microdock_server.vocabulary import BlockSeverity, Channel, WhyNot

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
NAME = "com.example.one"
NUMBERS = ("1.0.0-beta.1", "1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "2.0.0-rc.1", "2.0.0", "2.1.0", "10.0.0")
RANGES = ("*", ">=1.1.0", "^1.0.0", "<2.0.0", "1.0.1 || 2.0.0", ">=1.0.0 <2.0.0", "~1.1.0")
ENGINES = (">=1.0", ">=2.0", "<3.0", "1.x")


def release(number: str, **state: object) -> Release:
    values: dict[str, object] = {
        "published_at": NOW - timedelta(days=9),
        "sha256": hashlib.sha256(number.encode()).hexdigest(),
        "size": 1,
    }
    return Release(version=Version.parse(number), **{**values, **state})  # type: ignore[arg-type]


def line(*releases: Release, **state: object) -> Line:
    ordered = sorted(releases, key=lambda one: one.version, reverse=True)
    return Line(NAME, tuple(ordered), **state)  # type: ignore[arg-type]


def block(versions: str | None = None, severity: BlockSeverity = BlockSeverity.WARN, **state: object) -> Block:
    span = None if versions is None else Range.parse(versions)
    values: dict[str, object] = {"since": NOW - timedelta(days=1), "reason": {"zh": "坏", "en": "bad"}}
    return Block("1", severity, versions=span, **{**values, **state})  # type: ignore[arg-type]


moments = st.sampled_from([None, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)])
states = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(list(Channel)),
        "available_at": moments,
        "rollout": st.sampled_from([0, 1, 30, 99, 100]),
        "is_paused": st.booleans(),
        "is_held": st.booleans(),
        "is_yanked": st.booleans(),
        "engines": st.dictionaries(st.just("MicroDock"), st.sampled_from(ENGINES).map(EngineRange.parse), max_size=1),
    }
)
blocks = st.builds(
    block,
    versions=st.sampled_from(RANGES),
    severity=st.sampled_from(list(BlockSeverity)),
    expires_at=moments,
)
lines = st.builds(
    lambda numbers, recommended, blocked: line(
        *(release(number, **state) for number, state in numbers.items()),
        recommended=None if recommended is None else Version.parse(recommended),
        blocks=tuple(blocked),
    ),
    st.dictionaries(st.sampled_from(NUMBERS), states, min_size=1),
    st.none() | st.sampled_from(NUMBERS),
    st.lists(blocks, max_size=2),
)
hosts = st.builds(
    Host,
    now=st.just(NOW),
    engines=st.dictionaries(st.just("microdock"), st.sampled_from(["1.5", "2.5"]).map(EngineVersion.parse), max_size=1),
    channel=st.sampled_from(list(Channel)),
    client_id=st.none() | st.text(min_size=1, max_size=9),
)
pins = st.none() | st.sampled_from(RANGES).map(Range.parse)


@given(lines, hosts, pins)
def test_what_is_offered_is_never_withdrawn_unfit_or_beyond_a_bound(line: Line, host: Host, pin: Range | None) -> None:
    for one in line.releases:
        if decision.why_not(one, line, host, pin) is not None:
            continue
        assert not any(found.matches(one.version, (one.sha256,), NOW) for found in line.blocks)
        assert not one.is_yanked and not one.is_held and not one.is_paused
        assert line.recommended is None or not one.version > line.recommended
        assert host.channel is Channel.PREVIEW or not one.is_preview
        assert all(needed.contains(host.engines[name.lower()]) for name, needed in one.engines.items())
        assert one.available_at is None or one.available_at <= NOW
        assert one.rollout == 100 or host.client_id is not None
        assert pin is None or pin.spans(one.version)


@given(lines, hosts, pins, st.sampled_from(NUMBERS), states)
def test_a_further_version_changes_the_reason_of_no_other(
    line: Line, host: Host, pin: Range | None, number: str, state: dict[str, object]
) -> None:
    before = {one.version: decision.why_not(one, line, host, pin) for one in line.releases}
    more = [*line.releases, *([] if Version.parse(number) in before else [release(number, **state)])]
    after = replace(line, releases=tuple(sorted(more, key=lambda one: one.version, reverse=True)))
    assert {one.version: decision.why_not(one, after, host, pin) for one in line.releases} == before


@given(states, st.text(min_size=1, max_size=20), st.integers(0, 100), st.integers(0, 100))
def test_a_growing_rollout_takes_no_offer_back(state: dict[str, object], client: str, one: int, other: int) -> None:
    small, large = sorted((one, other))
    before, after = (release("1.0.0", **{**state, "rollout": rollout}) for rollout in (small, large))
    if decision.is_served(before, NAME, client):
        assert decision.is_served(after, NAME, client)


def test_a_rollout_reaches_about_as_many_hosts_as_it_says() -> None:
    for rollout in (0, 1, 25, 50, 99, 100):
        one = release("1.0.0", rollout=rollout)
        reached = sum(decision.is_served(one, NAME, f"host-{number}") for number in range(4000))
        # Six standard deviations of the share among so many, and none where none is meant.
        assert abs(reached - 40 * rollout) <= 6 * (4000 * rollout / 100 * (1 - rollout / 100)) ** 0.5


def test_the_bucket_is_the_one_that_the_rule_names() -> None:
    # SHA-256 of `com.example.one@1.0.0:host-1` begins with ab5a601f: 66.93 % of 2^32.
    share = 66
    assert not decision.is_served(release("1.0.0", rollout=share), NAME, "host-1")
    assert decision.is_served(release("1.0.0", rollout=share + 1), NAME, "host-1")


@given(lines, st.randoms(use_true_random=False))
def test_the_current_version_depends_on_no_order(line: Line, chance: random.Random) -> None:
    shuffled = list(line.blocks)
    chance.shuffle(shuffled)
    assert decision.current(line, NOW) == decision.current(replace(line, blocks=tuple(shuffled)), NOW)


@given(lines)
def test_the_current_version_is_sound_where_any_is(line: Line) -> None:
    def is_sound(one: Release) -> bool:
        blocked = any(found.matches(one.version, (one.sha256,), NOW) for found in line.blocks)
        return not (blocked or one.is_yanked or (line.recommended is not None and one.version > line.recommended))

    found = decision.current(line, NOW)
    if any(map(is_sound, line.releases)):
        assert is_sound(found)


CURRENT: Sequence[tuple[str, Line, str]] = [
    ("the highest", line(release("1.0.0"), release("1.1.0")), "1.1.0"),
    ("deprecated or not", line(release("1.0.0"), release("1.1.0", is_deprecated=True)), "1.1.0"),
    ("a stable one before any prerelease", line(release("1.0.0"), release("2.0.0-rc.1")), "1.0.0"),
    ("a prerelease where there is nothing else", line(release("1.0.0-beta.1"), release("1.1.0-rc.1")), "1.1.0-rc.1"),
    ("not one in cooldown", line(release("1.0.0"), release("1.1.0", available_at=NOW + timedelta(hours=1))), "1.0.0"),
    ("one whose cooldown just ended", line(release("1.0.0"), release("1.1.0", available_at=NOW)), "1.1.0"),
    ("not one that is held", line(release("1.0.0"), release("1.1.0", is_held=True)), "1.0.0"),
    ("not one that is rolled out", line(release("1.0.0"), release("1.1.0", rollout=99)), "1.0.0"),
    ("not one that is paused", line(release("1.0.0"), release("1.1.0", is_paused=True)), "1.0.0"),
    ("not a yanked one", line(release("1.0.0"), release("1.1.0", is_yanked=True)), "1.0.0"),
    ("not a preview", line(release("1.0.0"), release("1.1.0", channel=Channel.PREVIEW)), "1.0.0"),
    ("not a blocked one", line(release("1.0.0"), release("1.1.0"), blocks=(block(">=1.1.0"),)), "1.0.0"),
    (
        "one whose block expired",
        line(release("1.0.0"), release("1.1.0"), blocks=(block(">=1.1.0", expires_at=NOW),)),
        "1.1.0",
    ),
    (
        "at most the recommended one",
        line(release("1.0.0"), release("1.1.0"), release("2.0.0"), recommended=Version.parse("1.1.0")),
        "1.1.0",
    ),
    (
        "first the channel is ignored",
        line(release("1.0.0", channel=Channel.PREVIEW), release("1.1.0", rollout=5)),
        "1.0.0",
    ),
    ("then the rollout", line(release("1.0.0", rollout=5), release("0.9.0", is_yanked=True)), "1.0.0"),
    (
        "then the cooldown",
        line(release("1.0.0", available_at=NOW + timedelta(1)), release("2.0.0", is_yanked=True)),
        "1.0.0",
    ),
    (
        "last that it is held",
        line(release("1.0.0", rollout=50), release("2.0.0", is_held=True)),
        "1.0.0",
    ),
    ("a held one where there is nothing else", line(release("2.0.0", is_held=True)), "2.0.0"),
    (
        "never the recommended one",
        line(release("1.0.0", is_yanked=True), release("2.0.0"), recommended=Version.parse("1.0.0")),
        "1.0.0",
    ),
    (
        "only yanked ones: the highest",
        line(release("1.0.0", is_yanked=True), release("2.0.0", is_yanked=True)),
        "2.0.0",
    ),
    ("only blocked ones: the highest", line(release("1.0.0"), release("2.0.0"), blocks=(block("*"),)), "2.0.0"),
]


@pytest.mark.parametrize(
    ("line", "expected"), [(found, number) for _, found, number in CURRENT], ids=[w for w, *_ in CURRENT]
)
def test_the_current_version(line: Line, expected: str) -> None:
    assert str(decision.current(line, NOW).version) == expected


ORDER = [
    ("blocked", {"is_yanked": True}, {"blocks": (block(">=2.0.0"),)}, WhyNot.BLOCKED),
    ("yanked", {"is_yanked": True}, {"recommended": Version.parse("1.0.0")}, WhyNot.YANKED),
    ("rolled back", {"channel": Channel.PREVIEW}, {"recommended": Version.parse("1.0.0")}, WhyNot.ROLLED_BACK),
    ("channel", {"channel": Channel.PREVIEW, "engines": {"A": EngineRange.parse("1.x")}}, {}, WhyNot.CHANNEL),
    (
        "engine",
        {"engines": {"A": EngineRange.parse("1.x")}, "available_at": NOW + timedelta(1)},
        {},
        WhyNot.NEEDS_ENGINE,
    ),
    ("cooldown", {"available_at": NOW + timedelta(1), "is_held": True}, {}, WhyNot.COOLDOWN),
    ("held", {"is_held": True, "rollout": 0}, {}, WhyNot.HELD_FOR_REVIEW),
    ("rollout", {"rollout": 0}, {}, WhyNot.ROLLOUT),
    ("paused", {"is_paused": True}, {}, WhyNot.ROLLOUT),
    ("pinned", {}, {}, WhyNot.PINNED),
]


@pytest.mark.parametrize(("state", "more", "expected"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_the_first_reason_that_applies_is_named(
    state: dict[str, object], more: dict[str, object], expected: WhyNot
) -> None:
    found = line(release("1.0.0"), release("2.0.0", **state), **more)
    reason = decision.why_not(found.releases[0], found, Host(NOW), Range.parse("^1.0.0"))
    assert reason is not None and reason.code is expected


def test_ranges_of_blocks_and_pins_include_prereleases_between_their_bounds() -> None:
    found = line(release("1.0.0"), release("1.5.0-rc.1"), blocks=(block(">=1.2.0 <2.0.0"),))
    assert decision.strongest_block(found, Version.parse("1.5.0-rc.1"), (), NOW) is not None
    assert decision.strongest_block(found, Version.parse("2.0.0"), (), NOW) is None
    unblocked, host = line(*found.releases), Host(NOW, channel=Channel.PREVIEW)
    assert decision.why_not(unblocked.releases[0], unblocked, host, Range.parse("^1.0.0")) is None


def test_a_package_is_blocked_by_its_hash_whatever_its_version() -> None:
    found = line(release("1.0.0"), blocks=(block(None, BlockSeverity.REMOVE, hashes=frozenset(["ab" * 32])),))
    assert decision.strongest_block(found, Version.parse("9.9.9"), ("ab" * 32,), NOW) is not None
    assert decision.strongest_block(found, None, ("ab" * 32,), NOW) is not None
    assert decision.strongest_block(found, Version.parse("1.0.0"), ("cd" * 32,), NOW) is None


def test_the_most_severe_block_counts() -> None:
    found = line(release("1.0.0"), blocks=(block("*"), block("1.x", BlockSeverity.REMOVE), block("1.0.0")))
    strongest = decision.strongest_block(found, Version.parse("1.0.0"), (), NOW)
    assert strongest is not None and strongest.severity is BlockSeverity.REMOVE


def test_time_alone_changes_something_when_a_cooldown_or_a_block_ends() -> None:
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    found = line(
        release("1.0.0", available_at=later), release("1.1.0", available_at=NOW), blocks=(block("*", expires_at=soon),)
    )
    assert [decision.next_change(found, moment) for moment in (NOW, soon, later)] == [soon, later, None]


@given(lines, hosts, pins)
def test_the_first_of_all_reasons_is_the_one_that_is_told(line: Line, host: Host, pin: Range | None) -> None:
    order = list(WhyNot)
    for one in line.releases:
        found = decision.all_reasons(one, line, host, pin)
        assert next(iter(found), None) == decision.why_not(one, line, host, pin)
        places = [order.index(reason.code) for reason in found]
        assert places == sorted(set(places))


MODIFIED = "ee" * 32


@given(
    lines,
    st.booleans(),
    hosts,
    pins,
    st.sampled_from((*NUMBERS, "1.2.0", "0.1.0")),
    st.none() | st.sampled_from([MODIFIED, hashlib.sha256(b"1.0.0").hexdigest()]),
)
# The host's own package is blocked, and not the one that was published under its number: it goes down.
@example(line(release("1.0.0"), release("1.0.1"), release("1.1.0")), True, Host(NOW), None, "1.1.0", MODIFIED)
def test_every_version_above_the_target_has_one_reason(
    line: Line, is_own_blocked: bool, host: Host, pin: Range | None, number: str, sha256: str | None
) -> None:
    if is_own_blocked:
        line = replace(line, blocks=(*line.blocks, block(None, hashes=frozenset({MODIFIED}))))
    installed = HostPlugin("a", number, Version.parse(number), sha256=sha256, pin=pin)
    [found] = updates.decide([Choice.of(host, installed, line)])
    least = Version.parse(number) if found.target is None else found.target.version
    told = [one.version for one in found.reasons if isinstance(one.code, WhyNot)]
    assert told == [str(one.version) for one in line.releases if one.version > least]
    assert found.codes == {one.code for one in found.reasons}
