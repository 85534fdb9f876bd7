"""Which version of a plugin a host is offered, and why no other: one decision over plain values.

Whatever chooses a version asks here: update checks, plans, the version that lists show, and the pages that explain it.
Nothing is read from anywhere: the same values give the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Self, TypeVar
from weakref import ref

from ...bundle.versions import EngineRange, EngineVersion, Range, Version
from ...vocabulary import FULL_ROLLOUT, BlockSeverity, Channel, WhyNot

_BUCKET_BYTES: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """A published version of a plugin, and the state of its release. Its identity is that of this object."""

    version: Version
    published_at: datetime
    # Of the package: SHA-256 in hex, and bytes.
    sha256: str
    size: int
    # The end of the cooldown. None: there is none, whatever the clock says.
    available_at: datetime | None = None
    channel: Channel = Channel.STABLE
    rollout: int = FULL_ROLLOUT
    is_paused: bool = False
    # For a severe finding that no reviewer has released yet.
    is_held: bool = False
    is_yanked: bool = False
    yank_reason: str = ""
    is_deprecated: bool = False
    # By the engine's name as the manifest writes it. Engines whose range is empty are left out.
    engines: Mapping[str, EngineRange] = field(default_factory=dict)
    # By the plugin's name as the manifest writes it; and by its name in lower case, without the plugin itself.
    dependencies: Mapping[str, Range] = field(default_factory=dict)
    needs: Mapping[str, Range] = field(default_factory=dict)
    # None: not declared, which is not the same as none.
    permissions: tuple[str, ...] | None = None
    # By whoever made it: see Derived.
    derived: dict[Any, Any] | None = field(default=None, init=False, repr=False)

    def is_cooling(self, now: datetime) -> bool:
        """Is its cooldown still running?"""
        return self.available_at is not None and now < self.available_at

    @property
    def is_preview(self) -> bool:
        return self.channel.of(self.version.text) is Channel.PREVIEW


@dataclass(frozen=True, slots=True)
class Block:
    """An administrator's word on some versions of a plugin, or on packages by their hash. Not revoked.

    `severity` is the one in force: `disable` for a `remove` that waits for a second person.
    """

    id: str
    severity: BlockSeverity
    since: datetime
    # By language: `zh` and `en`.
    reason: Mapping[str, str]
    advisory_url: str = ""
    versions: Range | None = None
    hashes: frozenset[str] = frozenset()
    # None: until it is revoked.
    expires_at: datetime | None = None

    @property
    def stops(self) -> bool:
        """Is it more than a warning? Then downloads are refused, and hosts are to stop the plugin."""
        return self.severity is not BlockSeverity.WARN

    def as_reason(self) -> Reason:
        """Why what it matches is offered to nobody."""
        return Reason(WhyNot.BLOCKED, {"severity": self.severity.value, "reason": dict(self.reason)})

    def lasts(self, now: datetime) -> bool:
        """Is it in force? See also lines.in_force."""
        return self.expires_at is None or now < self.expires_at

    def matches(self, version: Version | None, hashes: Iterable[str], now: datetime) -> bool:
        """Is it in force, and about this version or one of these packages? Ranges include prereleases."""
        if not self.lasts(now):
            return False
        if not self.hashes.isdisjoint(hashes):
            return True
        return version is not None and self.versions is not None and self.versions.spans(version)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Line:
    """A published plugin: its published versions, the highest first, and what its owner and administrators said."""

    name: str
    releases: Sequence[Release]
    recommended: Version | None = None
    blocks: Sequence[Block] = ()
    is_enabled: bool = True
    is_deprecated: bool = False
    # The name of the plugin to use instead of a deprecated one.
    replacement: str | None = None
    # SHA-256 of packages by version, where the plugin is not published any more, but hosts may still have it.
    former: Mapping[Version, str] = field(default_factory=dict)
    # Releases that some hosts are offered, and others are not.
    partial: Sequence[Release] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        partial = tuple([release for release in self.releases if 0 < release.rollout < FULL_ROLLOUT])
        object.__setattr__(self, "partial", partial)

    def served(self, client_id: str | None) -> tuple[bool, ...]:
        """Which of the partial releases have reached the host: all that its id decides about the plugin."""
        return tuple([is_served(release, self.name, client_id) for release in self.partial])

    def find(self, version: Version) -> Release | None:
        """The release of this version, ignoring build metadata."""
        key = version.key
        # A loop: hosts ask this for every plugin they have.
        for release in self.releases:
            if release.version.key == key:
                return release
        return None


@dataclass(frozen=True, slots=True)
class Host:
    """Who asks: its engines by name in lower case, and what it wants. `client_id` decides about rollouts alone."""

    now: datetime
    engines: Mapping[str, EngineVersion] = field(default_factory=dict)
    channel: Channel = Channel.STABLE
    client_id: str | None = None

    def engine_texts(self) -> tuple[tuple[str, str], ...]:
        """Its engines by name, with their versions as written: equal for hosts with the same ones."""
        return tuple(sorted((name, str(version)) for name, version in self.engines.items()))


@dataclass(frozen=True, slots=True)
class Validity:
    """How long what was made of a line is true: as long as that line is the plugin's, and no time alone changes it.

    The line is not held: the index may forget it.
    """

    line: ref[Line]
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, line: Line, now: datetime) -> Self:
        """That of what is made of the line now."""
        return cls(ref(line), now, next_change(line, now))

    def holds(self, line: Line, now: datetime) -> bool:
        """Is what was made still true of this line?"""
        return self.line() is line and self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Reason:
    """A code, and the values that decided, as JSON and moments."""

    code: WhyNot
    params: Mapping[str, Any] = field(default_factory=dict)


V = TypeVar("V")


class Derived(Generic[V]):
    """What is made of a release, once, and kept as long as the release itself is."""

    def of(self, release: Release, make: Callable[[], V]) -> V:
        """The value that was made for the release; made now if there is none."""
        kept = release.derived
        if kept is None:
            kept = {}
            object.__setattr__(release, "derived", kept)
        found: V | None = kept.get(self)
        if found is None:
            found = kept[self] = make()
        return found


def why_not(release: Release, line: Line, host: Host, pin: Range | None = None) -> Reason | None:
    """Why the release is not offered to the host: the first reason that applies, None if it is offered.

    `pin` is a range that the host's user set. What other installed plugins need is decided by `updates`.
    """
    return _withdrawn(release, line, host.now) or _unfit(release, line.name, host, pin)


def all_reasons(release: Release, line: Line, host: Host, pin: Range | None = None) -> list[Reason]:
    """Every reason why the release is not offered to the host, in the order in which they are tried.

    `why_not` is the first of them.
    """
    found = (
        _blocked(release, line, host.now),
        _yanked(release),
        _rolled_back(release, line),
        _on_channel(release, host),
        _needs_engine(release, host),
        _cooling(release, host.now),
        _held(release),
        _rolling_out(release, line.name, host),
        _pinned(release, pin),
    )
    return [reason for reason in found if reason is not None]


def satisfies(needed: Range, version: Version, *, is_installed: bool, wants_preview: bool) -> bool:
    """Does a version satisfy another plugin's dependency?

    A prerelease between the bounds does if it is installed already, or if the host wants previews; of others npm's rule
    holds.
    """
    return needed.spans(version) if is_installed or wants_preview else needed.contains(version)


def strongest_block(line: Line, version: Version | None, hashes: Iterable[str], now: datetime) -> Block | None:
    """The most severe block in force that matches, of these the oldest."""
    return strongest(block for block in line.blocks if block.matches(version, hashes, now))


def strongest(blocks: Iterable[Block]) -> Block | None:
    """The most severe block, of these the oldest; None if there are none."""
    return min(blocks, key=lambda block: (-block.severity.rank, block.since, block.id), default=None)


def is_served(release: Release, name: str, client_id: str | None) -> bool:
    """Has the rollout reached the host? One without an id is the last to be served; a paused rollout serves nobody.

    A host's place depends on plugin, version and id alone, so that a growing rollout never takes an offer back.
    """
    if release.is_paused:
        return False
    if release.rollout >= FULL_ROLLOUT:
        return True
    if client_id is None:
        return False
    digest = hashlib.sha256(f"{name}@{release.version}:{client_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:_BUCKET_BYTES], "big") * FULL_ROLLOUT < release.rollout << 8 * _BUCKET_BYTES


def is_for_everybody(release: Release, now: datetime) -> bool:
    """Is it past its cooldown, released by review, and rolled out to all hosts?"""
    return (
        not release.is_cooling(now)
        and not release.is_held
        and release.rollout >= FULL_ROLLOUT
        and not release.is_paused
    )


def current(line: Line, now: datetime) -> Release:
    """The release that lists show, and that hosts download which only know the plugin's name.

    The highest one that is neither yanked nor blocked nor above the recommended one, that is for everybody, and on the
    stable channel; a stable version before any prerelease. Where there is none, its channel is ignored, then whether it
    is for everybody, last whether it is held. Where even then there is none, the highest one up to the recommended one
    is shown, which cannot be downloaded by the plugin's name alone.
    """
    bound = line.recommended
    allowed = [release for release in line.releases if bound is None or not release.version > bound] or line.releases
    sound = [release for release in allowed if _withdrawn(release, line, now) is None]
    released = [release for release in sound if not release.is_held]
    general = [release for release in released if is_for_everybody(release, now)]
    stable = [release for release in general if not release.is_preview]
    candidates = next(found for found in (stable, general, released, sound, allowed) if found)
    return next((release for release in candidates if not release.version.is_prerelease), candidates[0])


def is_refused(release: Release, line: Line, now: datetime) -> bool:
    """Are downloads of the release refused, because a block that is more than a warning matches?"""
    block = strongest_block(line, release.version, (release.sha256,), now)
    return block is not None and block.stops


def next_change(line: Line, now: datetime) -> datetime | None:
    """When time alone will next change what is decided about the plugin: a cooldown or a block ends. None: never."""
    moments = [*(release.available_at for release in line.releases), *(block.expires_at for block in line.blocks)]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _withdrawn(release: Release, line: Line, now: datetime) -> Reason | None:
    """Why nobody is offered the release any more."""
    return _blocked(release, line, now) or _yanked(release) or _rolled_back(release, line)


def _blocked(release: Release, line: Line, now: datetime) -> Reason | None:
    block = strongest_block(line, release.version, (release.sha256,), now) if line.blocks else None
    return None if block is None else block.as_reason()


def _yanked(release: Release) -> Reason | None:
    return Reason(WhyNot.YANKED, {"reason": release.yank_reason}) if release.is_yanked else None


def _rolled_back(release: Release, line: Line) -> Reason | None:
    bound = line.recommended
    if bound is None or not release.version > bound:
        return None
    return Reason(WhyNot.ROLLED_BACK, {"recommended": str(bound)})


def _unfit(release: Release, name: str, host: Host, pin: Range | None) -> Reason | None:
    """Why this host is not offered the release (yet)."""
    return (
        _on_channel(release, host)
        or _needs_engine(release, host)
        or _cooling(release, host.now)
        or _held(release)
        or _rolling_out(release, name, host)
        or _pinned(release, pin)
    )


def _on_channel(release: Release, host: Host) -> Reason | None:
    if not release.is_preview or host.channel is Channel.PREVIEW:
        return None
    return Reason(WhyNot.CHANNEL, {"channel": Channel.PREVIEW.value})


def _needs_engine(release: Release, host: Host) -> Reason | None:
    for engine, needed in release.engines.items():
        has = host.engines.get(engine.lower())
        if has is None or not needed.contains(has):
            told = None if has is None else str(has)
            return Reason(WhyNot.NEEDS_ENGINE, {"engine": engine, "range": str(needed), "has": told})
    return None


def _cooling(release: Release, now: datetime) -> Reason | None:
    return Reason(WhyNot.COOLDOWN, {"until": release.available_at}) if release.is_cooling(now) else None


def _held(release: Release) -> Reason | None:
    return Reason(WhyNot.HELD_FOR_REVIEW) if release.is_held else None


def _rolling_out(release: Release, name: str, host: Host) -> Reason | None:
    if is_served(release, name, host.client_id):
        return None
    return Reason(WhyNot.ROLLOUT, {"rollout": release.rollout, "paused": release.is_paused})


def _pinned(release: Release, pin: Range | None) -> Reason | None:
    return None if pin is None or pin.spans(release.version) else Reason(WhyNot.PINNED, {"range": str(pin)})
