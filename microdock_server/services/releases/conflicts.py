"""Why no plan exists: a smallest set of needs that cannot hold together, and sentences that say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from operator import and_
from typing import Final

from ...bundle.versions import Version
from ...errors import Detail, Unresolvable
from ...messages import Message
from .candidates import Candidate, Kind, Need
from .gathering import Gathered
from .search import Impossible, Problem, Steps, search

# The most versions that a detail lists, and that a sentence does; the most needs that the message puts into words.
MOST_VERSIONS: Final = 20
MOST_SPOKEN: Final = 5
MOST_CLAUSES: Final = 8
ANY: Final = "*"
# In a sentence, dependencies come first: "a needs b, but b is to be removed".
_ORDER: Final = (Kind.DEPENDENCY, Kind.INSTALLED, Kind.INSTALL, Kind.PIN, Kind.REMOVE)
_CLAUSES: Final = {
    Kind.INSTALL: "plan.asked",
    Kind.INSTALLED: "plan.installed",
    Kind.PIN: "plan.pinned",
    Kind.REMOVE: "plan.removed",
}


def explained(gathered: Gathered, needs: Collection[Need], steps: Steps) -> Unresolvable:
    """The refusal for needs that cannot hold together. Raises TooManySteps."""
    return told(gathered, smallest(gathered.problem, gathered.roots, needs, steps))


def smallest(problem: Problem, roots: Sequence[Need], needs: Collection[Need], steps: Steps) -> list[Need]:
    """A part of these needs that cannot hold together, while it can without any one of them. Raises TooManySteps.

    That the request's plugins are there is not one of the needs, but stands behind them: only where one of these cannot
    be had at all, that alone is the answer.
    """
    presence = [need for need in roots if _is_presence(need)]
    missing = [need for need in sorted(presence, key=_order) if not problem.mask(need)]
    if missing:
        return missing[:1]
    left = sorted((need for need in needs if not _is_presence(need)), key=_order)
    proven = 0
    while proven < len(left):
        trial = left[:proven] + left[proven + 1 :]
        try:
            _search_among(problem, presence, trial, steps)
        except Impossible as impossible:
            left = [need for need in trial if need in impossible.needs]
        else:
            proven += 1
    return left


def _search_among(problem: Problem, presence: Sequence[Need], needs: Sequence[Need], steps: Steps) -> None:
    """Search as if nothing else were needed; plugins that no need is about are left out."""
    names = {need.name for need in needs} | {need.by for need in needs}
    roots = [need for need in presence if need.name in names]
    roots += [need for need in needs if need.kind is not Kind.DEPENDENCY]
    search(problem, roots, steps, frozenset(needs))


def _is_presence(need: Need) -> bool:
    return need.kind in (Kind.INSTALL, Kind.INSTALLED) and not need.range


def _order(need: Need) -> tuple[str, int, str, str]:
    return need.name, _ORDER.index(need.kind), need.by, need.range


def told(gathered: Gathered, needs: Iterable[Need]) -> Unresolvable:
    """The refusal that names these needs: each a detail, and together a message."""
    ordered = sorted(needs, key=_order)
    details = [_detail(gathered, need, ordered) for need in ordered]
    return Unresolvable(problem=_message(gathered, ordered), details=details)


def unknown(names: Iterable[str]) -> list[Detail]:
    """Details for names that the catalogue does not have."""
    return [
        Detail(
            Message("plan.unknown", {"name": name}),
            rule=Kind.INSTALL.value,
            facts={"name": name, "range": None, "required_by": [], "candidates": []},
        )
        for name in names
    ]


def _detail(gathered: Gathered, need: Need, among: Sequence[Need]) -> Detail:
    facts = {
        "name": gathered.spelled(need.name),
        "range": None if need.kind is Kind.REMOVE else need.range or ANY,
        "required_by": [gathered.spelled(need.by)] if need.by else [],
        "candidates": _versions(gathered, gathered.candidates[need.name])[:MOST_VERSIONS],
    }
    return Detail(_clause(gathered, need, among), rule=need.kind.value, facts=facts)


def _message(gathered: Gathered, needs: Sequence[Need]) -> Message:
    """One sentence for each plugin that something is needed of, those that most is needed of last."""
    shown = needs[:MOST_CLAUSES]
    by_name: dict[str, list[Need]] = {}
    for need in shown:
        by_name.setdefault(need.name, []).append(need)
    groups = sorted(by_name.values(), key=lambda group: (len(group), group[0].name))
    sentences = [_sentence(gathered, group, needs) for group in groups if not _goes_without_saying(group, needs)]
    if len(needs) > len(shown):
        sentences.append(Message("plan.more", {"count": len(needs) - len(shown)}))
    return reduce(lambda first, then: Message("plan.then", {"first": first, "then": then}), sentences)


def _goes_without_saying(group: Sequence[Need], needs: Sequence[Need]) -> bool:
    """What is installed is named by what it needs, where that is told."""
    return all(need.kind is Kind.INSTALLED and any(need.name == other.by for other in needs) for need in group)


def _sentence(gathered: Gathered, group: Sequence[Need], among: Sequence[Need]) -> Message:
    clauses = [_clause(gathered, need, among) for need in group]
    if not gathered.problem.mask(group[0]):
        nothing = _nothing_fits(gathered, group[0].name)
        clauses = [nothing] if _is_presence(group[0]) else [clauses[0], nothing, *clauses[1:]]
    told = clauses[0]
    for place, clause in enumerate(clauses[1:]):
        told = Message("plan.and" if place else "plan.but", {"first": told, "then": clause})
    return told


def _nothing_fits(gathered: Gathered, name: str) -> Message:
    line = gathered.lines.get(name)
    shown = {"name": gathered.spelled(name)}
    if line is None:
        return Message("plan.unknown", shown)
    versions = _versions(gathered, gathered.candidates[name])
    if versions:
        return Message("plan.only_offered", {**shown, "versions": _listed(versions)})
    return Message("plan.none_offered" if line.is_enabled else "plan.disabled", shown)


def _clause(gathered: Gathered, need: Need, among: Sequence[Need]) -> Message:
    shown = {
        "name": gathered.spelled(need.name),
        "range": f" {need.range}" if need.range.strip() not in ("", ANY) else "",
    }
    if need.kind is not Kind.DEPENDENCY:
        return Message(_CLAUSES[need.kind], shown)
    first, *others = _versions(gathered, _who_need(gathered.problem, need, among))
    shown |= {"by": gathered.spelled(need.by), "version": first}
    return Message("plan.needs_too", {**shown, "others": _listed(others)}) if others else Message("plan.needs", shown)


def _listed(versions: Sequence[str]) -> str:
    return ", ".join([*versions[:MOST_SPOKEN], *("…" for _ in versions[MOST_SPOKEN : MOST_SPOKEN + 1])])


def _who_need(problem: Problem, need: Need, among: Sequence[Need]) -> Iterator[Candidate]:
    """The versions that have this dependency, of those that the other needs leave."""
    left = [one for one in problem.candidates[need.by] if need in problem.needs_of(one)]
    mask = reduce(and_, (problem.mask(other) for other in among if other.name == need.by), -1)
    return iter([one for one in left if one.bit & mask] or left)


def _versions(gathered: Gathered, candidates: Iterable[Candidate]) -> list[str]:
    """Their versions, the highest first; what cannot be compared stands last, as the host wrote it."""
    found = [one for one in candidates if not one.is_absence]
    known: list[Version] = sorted((one.version for one in found if one.version is not None), reverse=True)
    others = [gathered.installed[one.name].version for one in found if one.version is None]
    return [str(version) for version in known] + others
