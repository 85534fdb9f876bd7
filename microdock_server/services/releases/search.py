"""The search for versions that fit each other: `resolvelib` searches; what exists and what is needed stands here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import takewhile
from typing import Any, Final

from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible
from resolvelib.resolvers import Criterion, RequirementInformation, Resolution
from resolvelib.structs import State

from ...bundle.versions import Range, Version
from .candidates import Candidate, Kind, Need, Offered
from .decision import satisfies

# Versions tried for one question, those of its explanation included.
MAX_STEPS: Final = 5_000
_PLUGINS_A_STEP: Final = 50
_COMPARISONS_A_STEP: Final = 100
# Never reached, since each round takes a step; a tenth of it is what resolvelib gives its jumps before it undoes them.
_ROUNDS: Final = 100 * MAX_STEPS


class TooManySteps(Exception):
    """The search took more steps than a question may take."""


class Impossible(Exception):
    """No versions fit each other. `needs` are enough to show it, though seldom the fewest."""

    def __init__(self, needs: frozenset[Need]) -> None:
        super().__init__()
        self.needs = needs


class Steps:
    """Counts what is tried. Raises TooManySteps."""

    def __init__(self, limit: int = MAX_STEPS) -> None:
        self.left = limit
        self._compared = 0

    def compare(self, versions: int) -> None:
        """Count versions that are compared with a range, or as much work."""
        taken, self._compared = divmod(self._compared + versions, _COMPARISONS_A_STEP)
        self.left -= taken
        if self.left < 0:
            raise TooManySteps

    def take(self, plugins: int) -> None:
        """Count a version that is tried beside so many plugins: with many of them each costs more."""
        self.left -= 1 + plugins // _PLUGINS_A_STEP
        if self.left < 0:
            raise TooManySteps


@dataclass(frozen=True)
class Problem:
    """What exists, and which of it satisfies each need."""

    # By name, the preferred one first.
    candidates: Mapping[str, Sequence[Candidate]]
    # A prerelease between the bounds of a dependency satisfies it: the host wants previews.
    is_preview: bool = False
    # Plugins of which the host wants previews all the same.
    previews: Collection[str] = ()
    # Dependencies of installed versions that do not hold on the host today, and need not.
    excused: frozenset[Need] = frozenset()
    # Installed plugins that satisfy all that may come to be needed of them: they are no part of the search.
    settled: Collection[str] = ()
    # Counts comparisons; None: they are few.
    steps: Steps | None = None
    _masks: dict[Need, int] = field(default_factory=dict, init=False)
    _matches: dict[tuple[str, int], list[Candidate]] = field(default_factory=dict, init=False)
    _needs: dict[Candidate, tuple[Need, ...]] = field(default_factory=dict, init=False)

    def mask(self, need: Need) -> int:
        """The bits of the candidates that satisfy a need."""
        found = self._masks.get(need)
        if found is None:
            candidates = self.candidates[need.name]
            if self.steps is not None:
                self.steps.compare(len(candidates))
            found = self._masks[need] = self._mask(need, candidates)
        return found

    def _mask(self, need: Need, candidates: Sequence[Candidate]) -> int:
        def find() -> int:
            return sum([one.bit for one in candidates if self._satisfies(one, need)])

        # Of what a host has, and what it asks for, nothing is kept.
        if need.kind is Kind.DEPENDENCY and isinstance(candidates, Offered):
            return candidates.mask(need.range, self._wants_preview(need.name), find)
        return find()

    def all_of(self, name: str) -> int:
        """The bits of all candidates of a plugin."""
        return sum(one.bit for one in self.candidates[name])

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The order in which plugins are decided on: each after those that may need it, when everything is known that
        is needed of it; and what is installed, which is kept where possible, before what is not.
        """
        needs = {
            name: {need.name for one in candidates for need in self.needs_of(one)} & self.candidates.keys()
            for name, candidates in self.candidates.items()
        }
        waits = Counter(other for needed in needs.values() for other in needed)
        keys = {name: (not any(one.is_installed for one in self.candidates[name]), name) for name in needs}
        # A cycle is entered at the first name.
        rest = sorted(keys.values(), reverse=True)
        ready = [keys[name] for name in needs if not waits[name]]
        heapify(ready)
        ranks: dict[str, int] = {}
        while ready or rest:
            name = (heappop(ready) if ready else rest.pop())[1]
            if name in ranks:
                continue
            ranks[name] = len(ranks)
            for other in needs[name]:
                waits[other] -= 1
                if not waits[other]:
                    heappush(ready, keys[other])
        return ranks

    def satisfying(self, name: str, mask: int) -> list[Candidate]:
        """The candidates of a plugin whose bits are in a mask."""
        found = self._matches.get((name, mask))
        if found is None:
            found = self._matches[name, mask] = [one for one in self.candidates[name] if one.bit & mask]
        return found

    def needs_of(self, candidate: Candidate) -> tuple[Need, ...]:
        """What is to be searched for where the host has this candidate."""
        found = self._needs.get(candidate)
        if found is None:
            excused = self.excused if candidate.is_installed else ()
            found = self._needs[candidate] = tuple(
                need for need in candidate.needs if need.name not in self.settled and need not in excused
            )
        return found

    def _satisfies(self, one: Candidate, need: Need) -> bool:
        if one.is_absence or need.kind is Kind.REMOVE:
            return one.is_absence and need.kind is Kind.REMOVE
        if need.kind is Kind.PIN and one.is_installed:
            return True
        if one.version is None:
            return need.parsed is None and need.kind is not Kind.DEPENDENCY
        return need.parsed is None or self._is_within(one, one.version, need.parsed, need.kind)

    def _is_within(self, one: Candidate, version: Version, needed: Range, kind: Kind) -> bool:
        if kind is Kind.PIN:
            return needed.spans(version)
        wants_preview = self._wants_preview(one.name)
        return satisfies(needed, version, is_installed=one.is_installed, wants_preview=wants_preview)

    def _wants_preview(self, name: str) -> bool:
        return self.is_preview or name in self.previews


def search(
    problem: Problem, roots: Sequence[Need], steps: Steps, only: frozenset[Need] | None = None
) -> dict[str, Candidate]:
    """A candidate for each plugin that is needed, so that every need holds; those preferred where there is a choice.

    `only`: dependencies outside of it count for nothing. Raises Impossible or TooManySteps.
    """
    course = _Course(problem, steps)
    resolution: Resolution[Need, Candidate, str] = Resolution(_Provider(problem, course, only), course)
    try:
        return dict(resolution.resolve(sorted(roots, key=_order), max_rounds=_ROUNDS).mapping)
    except ResolutionImpossible as reason:
        # Of the request itself; what versions need is refused by `course`.
        raise course.impossible(cause.requirement.name for cause in reason.causes) from None


def _order(need: Need) -> tuple[str, str, str, str]:
    return need.name, need.kind, need.range, need.by


class _Course(BaseReporter[Need, Candidate, str]):
    """What has been tried, and what is known to be the reason where it failed.

    resolvelib alone gives up too early at times, or goes in circles: where one choice after another failed, it jumps
    back by the reasons of the last one, over the choice that is to blame. So the reasons are collected here: for each
    plugin, the plugins whose choice ruled versions of it out (conflict-directed backjumping). They may be too many,
    which costs steps, never too few.
    """

    def __init__(self, problem: Problem, steps: Steps) -> None:
        self._problem = problem
        self._steps = steps
        # Where needs are added, in the order of their first occurrence.
        self._seen: dict[Need, None] = {}
        # Plugins of which some version was ruled out.
        self._failed: set[str] = set()
        self._state: State[Need, Candidate, str] | None = None
        # By plugin: those whose choice is why it cannot be what it was before.
        self._reasons: dict[str, set[str]] = {}
        # Of the round: the versions that were tried in vain, and the plugins to blame.
        self._tried = ""
        self._blamed: set[str] = set()
        # While resolvelib jumps back: a need that it is to see in each candidate to stop at.
        self._mark: Need | None = None

    @property
    def is_jumping(self) -> bool:
        return self._mark is not None

    def compare(self, needs: int) -> None:
        """Count needs of a plugin that are looked at together."""
        self._steps.compare(needs)

    def chosen(self, name: str) -> Candidate | None:
        """The candidate chosen by now; None while resolvelib jumps back."""
        return None if self._state is None or self.is_jumping else self._state.mapping.get(name)

    def impossible(self, names: Iterable[str] = ()) -> Impossible:
        """Every need of a plugin that failed, or whose need failed, and so on up to the request."""
        by_name: dict[str, list[Need]] = {}
        for need in self._seen:
            by_name.setdefault(need.name, []).append(need)
        involved: set[str] = set()
        waiting = [*self._failed, *names]
        while waiting:
            name = waiting.pop()
            if name not in involved:
                involved.add(name)
                waiting += (need.by for need in by_name.get(name, ()) if need.by)
        return Impossible(frozenset(need for need in self._seen if need.name in involved))

    def adding_requirement(self, requirement: Need, parent: Candidate | None) -> None:
        self._seen[requirement] = None

    def pinning(self, candidate: Candidate) -> None:
        self._take()

    def rejecting_candidate(self, criterion: Criterion[Any, Any], candidate: Candidate) -> None:
        self._take()
        if self._tried != candidate.name:
            self._tried, self._blamed = candidate.name, set()
        name = next(iter(criterion.iter_requirement())).name
        self._failed |= {candidate.name, name}
        if self.chosen(name) is not None:
            self._blamed.add(name)
        else:
            self._blamed |= self._who_restrict(name, criterion)

    def resolving_conflicts(self, causes: Collection[RequirementInformation[Need, Candidate]]) -> None:
        name = self._tried
        if self._state is None:
            raise self.impossible()
        self._blamed |= self._who_restrict(name, self._state.criteria[name])
        self._blamed.discard(name)
        self._mark = next(iter(causes)).requirement
        self._ensure_left(list(self._state.mapping))

    def ending_round(self, index: int, state: State[Need, Candidate, str]) -> None:
        self._state, self._mark, self._tried = state, None, ""

    def stop_at(self, candidate: Candidate) -> Need | None:
        """The need that makes resolvelib try another candidate instead of this one; None: it is not to blame."""
        assert self._state is not None
        before = list(takewhile(lambda name: name != candidate.name, self._state.mapping))
        if candidate.name not in self._blamed:
            self._ensure_left(before)
            return None
        # Where no other candidate is left, this plugin's own reasons are to blame as well.
        self._blamed |= self._who_restrict(candidate.name, self._state.criteria[candidate.name])
        self._blamed.discard(candidate.name)
        self._reasons.setdefault(candidate.name, set()).update(self._blamed)
        return self._mark

    def _take(self) -> None:
        self._steps.take(0 if self._state is None else len(self._state.criteria))

    def _who_restrict(self, name: str, criterion: Criterion[Any, Any]) -> set[str]:
        """Those whose needs rule out versions of a plugin, as far as it takes to rule out all of them; of needs that
        rule out none, one: without any, the plugin were not there.
        """
        needs = list(criterion.iter_requirement())
        left = self._problem.all_of(name)
        found: set[str] = set()
        for need in needs:
            if left & ~self._problem.mask(need):
                left &= self._problem.mask(need)
                found.add(need.by)
        if not found:
            found.add(min(need.by for need in needs))
        if left:
            found |= self._reasons.get(name, set())
        return found - {""}

    def _ensure_left(self, names: Sequence[str]) -> None:
        """Raises Impossible where none of the choices that are left is to blame."""
        if self._blamed.isdisjoint(names):
            raise self.impossible()


class _Provider(AbstractProvider[Need, Candidate, str]):
    """What exists, said to resolvelib. What is chosen stays chosen until it is to blame for a conflict."""

    def __init__(self, problem: Problem, course: _Course, only: frozenset[Need] | None) -> None:
        self._problem = problem
        self._course = course
        self._only = only

    def identify(self, requirement_or_candidate: Need | Candidate) -> str:
        return requirement_or_candidate.name

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[RequirementInformation[Need, Candidate]]],
        backtrack_causes: Sequence[RequirementInformation[Need, Candidate]],
    ) -> Iterable[str]:
        """Those first that were in conflict last: they fail soon if they fail."""
        if not backtrack_causes:
            return identifiers
        causes = {cause.requirement.name for cause in backtrack_causes}
        causes.update(cause.parent.name for cause in backtrack_causes if cause.parent is not None)
        every = list(identifiers)
        return [name for name in every if name in causes] or every

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[RequirementInformation[Need, Candidate]]],
        backtrack_causes: Sequence[RequirementInformation[Need, Candidate]],
    ) -> int:
        return self._problem.ranks[identifier]

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Need]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> Sequence[Candidate]:
        needs, mask = list(requirements[identifier]), -1
        # Where each plugin needs all others, this is most of the work.
        self._course.compare(len(needs))
        for need in needs:
            mask &= self._problem.mask(need)
        chosen = self._course.chosen(identifier)
        if chosen is not None:
            return (chosen,) if chosen.bit & mask else ()
        for one in incompatibilities[identifier]:
            mask &= ~one.bit
        return self._problem.satisfying(identifier, mask)

    def is_satisfied_by(self, requirement: Need, candidate: Candidate) -> bool:
        return bool(self._problem.mask(requirement) & candidate.bit)

    def get_dependencies(self, candidate: Candidate) -> Sequence[Need]:
        if self._course.is_jumping:
            mark = self._course.stop_at(candidate)
            return () if mark is None else (mark,)
        needs = self._problem.needs_of(candidate)
        return needs if self._only is None else [need for need in needs if need in self._only]
