"""What a plan is made of: the plugins that a question concerns, and what a host may have of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

from cachetools import LRUCache

from ...bundle.versions import Range
from ...vocabulary import Channel
from .asked import asked_version
from .candidates import Candidate, Kind, Need, Offered
from .decision import Derived, Host, Line, Release, Validity, strongest_block, why_not
from .search import Problem, Steps, TooManySteps

# The published plugins of these names (all in lower case), by name, of those that the catalogue has.
Lines = Callable[[Collection[str]], Mapping[str, Line]]


# Versions that are kept as what hosts are offered, of one plugin and of all; and for which hosts: characters of their
# engines.
_OFFERED_MAX: Final = 1_000
_OFFERS_MAX: Final = 20_000
_ENGINES_MAX: Final = 500
_offers: Final[LRUCache[Hashable, _Offer]] = LRUCache(_OFFERS_MAX, lambda offer: 1 + len(offer.candidates))
_lock: Final = Lock()
_needs_of: Final[Derived[tuple[Need, ...]]] = Derived()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A plugin to be installed; any version where there is no range."""

    name: str
    range: Range | None = None


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin that the host has. `pin`: the versions that its user allows it to change to; `channel` takes precedence
    over the host's; `sha256` is the package's, if known.
    """

    name: str
    version: str
    pin: Range | None = None
    channel: Channel | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a host has, and what is to change. Each name stands once; names ignore case."""

    host: Host
    install: Sequence[Wanted] = ()
    remove: Sequence[str] = ()
    installed: Sequence[Installed] = ()


@dataclass(slots=True)
class Gathered:
    """The question with everything that exists around it. Names are keys: in lower case."""

    question: Question
    lines: dict[str, Line | None] = field(default_factory=dict)
    installed: dict[str, Installed] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    candidates: dict[str, Sequence[Candidate]] = field(default_factory=dict)
    # Dependencies of installed versions that do not hold on the host today.
    broken: frozenset[Need] = frozenset()
    roots: Sequence[Need] = ()
    # What is installed, stays, and has to do with nothing that may change.
    untouched: dict[str, Candidate] = field(default_factory=dict)
    problem: Problem = field(default_factory=lambda: Problem({}))
    steps: Steps | None = None
    # The host's engines, as what is kept for hosts that are alike is found by them.
    engines: Hashable = ()
    _spellings: dict[str, str] = field(default_factory=dict)

    def spelled(self, key: str) -> str:
        """The plugin's name as the catalogue writes it, or as whoever named it."""
        line = self.lines.get(key)
        if line is not None:
            return line.name
        return self._spellings.get(key) or next((name for name in self._needed() if name.lower() == key), key)

    def _needed(self) -> Iterator[str]:
        """Names as those write them that need them."""
        for candidates in self.candidates.values():
            yield from (name for one in candidates if one.release is not None for name in one.release.dependencies)

    def spell(self, name: str) -> str:
        """The key of a name, whose spelling is remembered."""
        key = name.lower()
        self._spellings.setdefault(key, name)
        return key

    def installed_candidate(self, key: str) -> Candidate | None:
        """What the host has of the plugin."""
        return next((one for one in self.candidates.get(key, ()) if one.is_installed), None)

    def host_of(self, key: str) -> Host:
        """The host as it asks about this plugin."""
        host, mine = self.question.host, self.installed.get(key)
        return host if mine is None or mine.channel is None else replace(host, channel=mine.channel)

    def excuse(self) -> None:
        """Let what does not hold today be as it is, except that what is needed is not removed."""
        excused = frozenset(need for need in self.broken if need.name not in self.removed)
        self.problem = replace(self.problem, excused=excused)
        self.broken = frozenset()


def gather(question: Question, lines: Lines, most: int, steps: Steps) -> Gathered:
    """Everything that the plan may have to do with: what is asked for, what that may need, and installed plugins whose
    dependencies may come to change by it; in batches. Raises TooManySteps where that is more than `most` plugins,
    or takes too many comparisons.
    """
    found = Gathered(question, steps=steps, engines=question.host.engine_texts())
    found.installed = {found.spell(one.name): one for one in question.installed}
    found.removed = frozenset(found.spell(name) for name in question.remove)
    wanted = {found.spell(one.name): one for one in question.install}
    _load(found, lines, {*found.installed, *found.removed, *wanted}, most)
    for key in found.installed:
        found.candidates[key] = _installed_only(found, key)
    dependents = _dependents(found)
    found.broken = frozenset(_broken(found))
    first = {*wanted, *found.removed, *(need.by for need in found.broken), *_blocked(found)}
    _spread(found, lines, first, dependents, most)
    return found


def _load(found: Gathered, lines: Lines, keys: Iterable[str], most: int) -> None:
    missing = sorted(key for key in keys if key not in found.lines)
    if len(found.lines) + len(missing) > most:
        raise TooManySteps
    if missing:
        known = lines(missing)
        found.lines.update((key, known.get(key)) for key in missing)


def _spread(
    found: Gathered, lines: Lines, first: set[str], dependents: Mapping[str, Sequence[Need]], most: int
) -> None:
    """From these plugins to whatever they may come to concern, one step further at a time.

    An installed plugin is not concerned as long as it satisfies everything that may be needed of it, and whatever may
    come to be of what it needs satisfies it.
    """
    is_preview = found.question.host.channel is Channel.PREVIEW
    previews = {key for key, one in found.installed.items() if one.channel is Channel.PREVIEW}
    concerned: dict[str, Sequence[Candidate]] = {}
    ahead = first
    while ahead:
        _load(found, lines, ahead, most)
        here = {key: _candidates(found, key) for key in sorted(ahead)}
        concerned |= here
        found.problem = Problem({**found.candidates, **concerned}, is_preview, previews, steps=found.steps)
        ahead = set(_further(found, here, dependents)) - concerned.keys()
    found.untouched = {key: found.candidates[key][0] for key in found.installed if key not in concerned}
    found.candidates |= concerned
    found.problem = Problem(concerned, is_preview, previews, settled=found.untouched.keys(), steps=found.steps)
    found.roots = list(_roots(found, concerned.keys()))


def _further(
    found: Gathered, here: Mapping[str, Sequence[Candidate]], dependents: Mapping[str, Sequence[Need]]
) -> Iterator[str]:
    for key, candidates in here.items():
        every = sum(one.bit for one in candidates)
        yield from (need.by for need in dependents.get(key, ()) if every & ~found.problem.mask(need))
        for need in (need for one in candidates for need in one.needs):
            if need.name not in found.installed or not found.problem.mask(need):
                yield need.name


def _installed_only(found: Gathered, key: str) -> Sequence[Candidate]:
    version = asked_version(found.installed[key].version)
    line = found.lines[key]
    release = None if line is None or version is None else line.find(version)
    # A plugin that no catalogue knows satisfies nothing, whatever its version.
    known = None if line is None else version
    return (Candidate(key, 1, known, release, _needs(key, release), is_installed=True),)


def _candidates(found: Gathered, key: str) -> Sequence[Candidate]:
    """The installed version first, unless it is blocked; then what is offered, the highest first."""
    mine = found.installed_candidate(key)
    line = found.lines[key]
    others: Sequence[Candidate] = ()
    if line is not None and line.is_enabled:
        others = _offered(found, key, line)
        if mine is not None:
            others = [one for one in others if one.version != mine.version]
    every = others if mine is None else [*others, mine] if _is_blocked(found, key, mine) else [mine, *others]
    if key not in found.removed:
        return every
    bit = 2 << (0 if line is None else len(line.releases))
    return [Candidate(key, bit, is_absence=True), *every]


@dataclass(frozen=True, slots=True)
class _Offer:
    """What hosts that are alike are offered of a plugin, the highest first."""

    candidates: Offered
    validity: Validity


def _offered(found: Gathered, key: str, line: Line) -> Sequence[Candidate]:
    """What the host is offered of the plugin, found once for hosts with the same engines and channel that the same
    rollouts have reached.
    """
    host = found.host_of(key)
    kind = (key, found.engines, host.channel, line.served(host.client_id))
    with _lock:
        offer = _offers.get(kind)
    if offer is None or not offer.validity.holds(line, host.now):
        releases = [release for release in line.releases if why_not(release, line, host) is None]
        candidates = Offered(
            Candidate(key, 2 << place, release.version, release, _needs(key, release))
            for place, release in enumerate(releases)
        )
        offer = _Offer(candidates, Validity.of(line, host.now))
        if len(str(found.engines)) <= _ENGINES_MAX and len(candidates) <= _OFFERED_MAX:
            with _lock:
                _offers[kind] = offer
    return offer.candidates


def _needs(key: str, release: Release | None) -> tuple[Need, ...]:
    """A release's dependencies, made once for all questions. One on the plugin itself means nothing."""
    if release is None or not release.needs:
        return ()
    return _needs_of.of(release, lambda: _made_needs(key, release))


def _made_needs(key: str, release: Release) -> tuple[Need, ...]:
    return tuple(Need(Kind.DEPENDENCY, name, str(wanted), key, wanted) for name, wanted in release.needs.items())


def _dependents(found: Gathered) -> Mapping[str, Sequence[Need]]:
    """By plugin, what the installed versions of others need of it."""
    users: dict[str, list[Need]] = {}
    for key in found.installed:
        if key not in found.removed:
            for need in found.candidates[key][0].needs:
                users.setdefault(need.name, []).append(need)
    return users


def _broken(found: Gathered) -> Iterator[Need]:
    today = Problem(found.candidates, steps=found.steps)
    for key in found.installed:
        if key not in found.removed:
            for need in found.candidates[key][0].needs:
                if need.name not in found.installed or not today.mask(need):
                    yield need


def _blocked(found: Gathered) -> Iterator[str]:
    for key in found.installed:
        if _is_blocked(found, key, found.candidates[key][0]):
            yield key


def _is_blocked(found: Gathered, key: str, mine: Candidate) -> bool:
    line = found.lines[key]
    if line is None or not line.blocks:
        return False
    known = found.installed.get(key)
    packages = (None if mine.release is None else mine.release.sha256, None if known is None else known.sha256)
    hashes = [sha256 for sha256 in packages if sha256 is not None]
    return strongest_block(line, mine.version, hashes, found.question.host.now) is not None


def _roots(found: Gathered, concerned: Collection[str]) -> Iterator[Need]:
    """What the request itself needs."""
    for wanted in found.question.install:
        key = wanted.name.lower()
        yield Need(Kind.INSTALL, key)
        if wanted.range is not None:
            yield Need(Kind.INSTALL, key, str(wanted.range), parsed=wanted.range)
    for key in found.removed:
        yield Need(Kind.REMOVE, key)
    for key, one in found.installed.items():
        if key in concerned and key not in found.removed:
            yield Need(Kind.INSTALLED, key)
            if one.pin is not None:
                yield Need(Kind.PIN, key, str(one.pin), parsed=one.pin)
