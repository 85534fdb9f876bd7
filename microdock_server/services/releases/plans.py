"""Plans: which versions a host is to install, update, keep and remove, so that every dependency holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ...bundle.versions import Version
from ...errors import TooComplex, UnknownPlugin
from ...vocabulary import PlanAction
from . import conflicts
from .asked import asked_version
from .candidates import Candidate, Kind, Need
from .decision import Release
from .gathering import Gathered, Installed, Lines, Question, gather
from .search import MAX_STEPS, Impossible, Steps, TooManySteps, search

# Plugins that one question may concern.
MAX_PLUGINS: Final = 2_000
_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(slots=True)
class Planned:
    """What is to happen with one plugin."""

    name: str
    # What it is to have; of a removed one, what it had.
    version: str
    action: PlanAction
    # None: removed, or in no catalogue.
    release: Release | None
    # Names of plugins of the plan that depend on it, sorted. The request itself is not named.
    required_by: tuple[str, ...] = ()


def resolve(question: Question, lines: Lines) -> Sequence[Planned]:
    """The plan, dependencies before what needs them, and what is removed at the end.

    What is installed is kept unless the request or another plugin needs a different version; beyond that the highest
    version is taken. The order of the question's lists never matters. Raises UnknownPlugin, Unresolvable or TooComplex.
    """
    steps = Steps()
    try:
        gathered = gather(question, lines, MAX_PLUGINS, steps)
        _ensure_known(gathered, question)
        chosen = _choose(gathered, steps)
        return _planned(gathered, {**gathered.untouched, **chosen})
    except TooManySteps:
        raise TooComplex(steps=MAX_STEPS, plugins=MAX_PLUGINS) from None


def _ensure_known(gathered: Gathered, question: Question) -> None:
    unknown = sorted(wanted.name for wanted in question.install if gathered.lines[wanted.name.lower()] is None)
    if unknown:
        raise UnknownPlugin(names=", ".join(unknown[:10]), details=conflicts.unknown(unknown))


def _choose(gathered: Gathered, steps: Steps) -> dict[str, Candidate]:
    try:
        found = _search(gathered, steps)
    except Impossible as impossible:
        raise conflicts.explained(gathered, impossible.needs, steps) from None
    forced = next(_moved_for_a_removal(gathered, found), None)
    if forced is not None:
        raise conflicts.told(gathered, forced)
    return {name: candidate for name, candidate in found.items() if not candidate.is_absence}


def _search(gathered: Gathered, steps: Steps) -> dict[str, Candidate]:
    """Dependencies that do not hold on the host today are repaired if that is possible, else left as they are."""
    if gathered.broken:
        try:
            return search(gathered.problem, gathered.roots, steps)
        except Impossible:
            gathered.excuse()
    return search(gathered.problem, gathered.roots, steps)


def _moved_for_a_removal(gathered: Gathered, found: Mapping[str, Candidate]) -> Iterator[list[Need]]:
    """The needs in conflict where a plugin would change only because it needs one that is to be removed."""
    problem = gathered.problem
    for name, candidate in sorted(found.items()):
        kept = gathered.installed_candidate(name)
        if kept is None or candidate.is_installed or candidate.is_absence:
            continue
        lost = [need for need in problem.needs_of(kept) if need.name in gathered.removed]
        needed = (need for need in _needs_on(name, gathered, found))
        if lost and all(problem.mask(need) & kept.bit for need in needed):
            yield [Need(Kind.INSTALLED, name, str(kept.version)), lost[0], Need(Kind.REMOVE, lost[0].name)]


def _needs_on(name: str, gathered: Gathered, found: Mapping[str, Candidate]) -> Iterable[Need]:
    yield from (need for need in gathered.roots if need.name == name)
    for candidate in found.values():
        yield from (need for need in gathered.problem.needs_of(candidate) if need.name == name)


def _planned(gathered: Gathered, chosen: Mapping[str, Candidate]) -> list[Planned]:
    parts = {name: _part(gathered, name, one) for name, one in chosen.items()}
    gone = {name: gathered.installed_candidate(name) for name in gathered.removed}
    removed = {name: _part(gathered, name, one, PlanAction.REMOVE) for name, one in gone.items() if one is not None}
    # What needs another is removed before it.
    removals = [replace(one, release=None, required_by=()) for one in reversed(in_order(removed))]
    return [*in_order(parts), *removals]


def _part(gathered: Gathered, name: str, candidate: Candidate, action: PlanAction | None = None) -> Part:
    mine = gathered.installed.get(name)
    version = mine.version if mine is not None and candidate.is_installed else str(candidate.version)
    needs = frozenset(need.name for need in candidate.needs) if candidate.needs else _NOTHING
    if action is None:
        action = PlanAction.KEEP if candidate.is_installed else action_for(mine, candidate.version)
    return Part(gathered.spelled(name), version, action, candidate.release, needs)


def action_for(mine: Installed | None, version: Version | None) -> PlanAction:
    """What brings a host to a version that it does not have."""
    if mine is None:
        return PlanAction.INSTALL
    had = asked_version(mine.version)
    return PlanAction.DOWNGRADE if had is not None and version is not None and version < had else PlanAction.UPDATE


@dataclass(slots=True)
class Part:
    """A plugin of a plan, which does not know its place yet. `needs`: plugins in lower case."""

    name: str
    version: str
    action: PlanAction
    release: Release | None
    needs: frozenset[str]


def in_order(parts: Mapping[str, Part]) -> list[Planned]:
    """The plan that these parts make, by name in lower case: each behind what it needs."""
    users: dict[str, list[str]] = {}
    for part in parts.values():
        for name in part.needs:
            users.setdefault(name, []).append(part.name)
    return [_placed(parts[key], users.get(key)) for key in _dependencies_first(parts)]


def _placed(part: Part, users: Iterable[str] | None) -> Planned:
    required_by = tuple(sorted(users)) if users else ()
    return Planned(part.name, part.version, part.action, part.release, required_by)


def _dependencies_first(parts: Mapping[str, Part]) -> list[str]:
    """The names in an order in which each stands behind what it needs, except that a cycle is entered by name."""
    done: list[str] = []
    begun: set[str] = set()
    # A name without what it needs waits behind that.
    waiting: list[tuple[str, bool]] = [(key, False) for key in sorted(parts, reverse=True)]
    while waiting:
        key, is_next = waiting.pop()
        if is_next:
            done.append(key)
        elif key not in begun:
            begun.add(key)
            if needs := parts[key].needs:
                waiting.append((key, True))
                waiting += ((one, False) for one in sorted(needs & parts.keys(), reverse=True) if one not in begun)
            else:
                done.append(key)
    return done
