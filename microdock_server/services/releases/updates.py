"""What a host is to do with each of its plugins: the choices for each (see choices.py), made to fit each other. Plain
values alone.

Choices that break a dependency among the installed plugins are struck out, one after the other, until none is left that
does. A choice that was struck out stays so, hence this ends; plugins are looked at in the order of their names, hence
the order in which a host lists them does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Final

from ...bundle.versions import Range
from ...vocabulary import WhyNot
from .choices import Choice, Outcome, Update
from .decision import Reason

# Dependencies that are compared for one answer.
MOST_COMPARED: Final = 100_000


def decide(choices: Sequence[Choice]) -> list[Update]:
    """An answer for each of these plugins, whose names differ, in their order. Strikes out choices: see the module."""
    fit(choices)
    return [choice.answer() for choice in choices]


def fit(choices: Sequence[Choice]) -> None:
    """Strike out what does not fit. Of a plugin that nothing is struck out of, the answer is the one for it alone."""
    _fit({choice.key: choice for choice in choices})


def fit_already(outcomes: Mapping[str, Outcome], choose: Callable[[str], Choice]) -> bool:
    """Would `fit` strike nothing out, so that the answer for each plugin is the one for it alone?

    By name in lower case: what the host has of each by itself, and what makes its choice. Most dependencies hold: only
    those that do not are looked at closely.
    """
    choices: dict[str, Choice] = {}
    for key, outcome in outcomes.items():
        if all(outcome.holds(name, outcomes.get(name)) for name in outcome.needs):
            continue
        for one in (key, *outcome.needs):
            if one in outcomes and one not in choices:
                choices[one] = choose(one)
        if _loss(choices[key], choices) is not None:
            return False
    return True


def _fit(choices: Mapping[str, Choice]) -> None:
    """Strike out choices until every dependency among the plugins holds, of those that can."""
    needers: dict[str, set[str]] = defaultdict(set)
    for key, choice in choices.items():
        for release in (*choice.offered, choice.own):
            for name in release.needs if release is not None else ():
                needers[name].add(key)
    # Nothing breaks that nobody touches: those who stay are looked at only beside somebody who does not.
    waiting = {key for key, choice in choices.items() if choice.offered}
    waiting |= {needer for key in waiting for needer in needers[key]}
    in_order, compared = sorted(waiting), 0
    while in_order:
        key = in_order[0]
        choice = choices[key]
        compared += 1 + (0 if choice.chosen is None else len(choice.chosen.needs))
        if compared > MOST_COMPARED:
            _give_up(choices, needers)
            return
        changed = _settle(choice, choices)
        if changed is None:
            waiting.discard(heappop(in_order))
            continue
        for other in (changed, *needers[changed]):
            if other not in waiting:
                waiting.add(other)
                heappush(in_order, other)


def _give_up(choices: Mapping[str, Choice], needers: Mapping[str, set[str]]) -> None:
    """Where it takes too long to find out what fits, whatever depends on others stays as it is."""
    for key, choice in choices.items():
        while choice.offered:
            needs = choice.offered[0].needs
            if needs:
                name, needed = next(iter(needs.items()))
                other = choices.get(name)
                has = None if other is None or other.installed.version is None else str(other.installed.version)
                params = {"name": choice.spelling(name), "range": str(needed), "has": has}
                choice.strike(Reason(WhyNot.NEEDS_DEPENDENCY, params))
            elif needers.get(key):
                by = choices[min(needers[key])].installed.name
                choice.strike(Reason(WhyNot.HELD_BY, {"by": by, "range": str(choice.installed.text)}))
            else:
                break


def _settle(choice: Choice, choices: Mapping[str, Choice]) -> str | None:
    """Strike out one choice for the first dependency that does not hold; the key of the plugin that lost it."""
    loss = _loss(choice, choices)
    if loss is None:
        return None
    loser, reason = loss
    loser.strike(reason)
    return loser.key


def _loss(choice: Choice, choices: Mapping[str, Choice]) -> tuple[Choice, Reason] | None:
    """Who loses its best choice, and why, for the first dependency that does not hold; None if all hold that can."""
    chosen = choice.chosen
    if chosen is None:
        return None
    for name, needed in chosen.needs.items():
        other = choices.get(name)
        if other is not None and other.fits(needed):
            continue
        loss = _give_way(choice, other, name, needed)
        if loss is not None:
            return loss
    return None


def _give_way(choice: Choice, other: Choice | None, name: str, needed: Range) -> tuple[Choice, Reason] | None:
    """Which of the two loses its best choice: None where that helps nobody, or where it was so before."""
    has = None if other is None else other.version
    if choice.target is not None:
        if other is None and choice.own is not None and name in choice.own.needs:
            return None
        if other is None or not other.can_fit(needed) or _fits_without(choice, other, name):
            params = {"name": choice.spelling(name), "range": str(needed), "has": None if has is None else str(has)}
            return choice, Reason(WhyNot.NEEDS_DEPENDENCY, params)
    if other is None or not other.offered or not other.can_fit(needed):
        return None
    return other, Reason(WhyNot.HELD_BY, {"by": choice.installed.name, "range": str(needed)})


def _fits_without(choice: Choice, other: Choice, name: str) -> bool:
    """Would a plugin fit what the other is about to become, if it gave its best choice up?"""
    if other.version is None:
        return False
    needs = (release.needs.get(name) for release in (*choice.offered[1:], choice.own) if release is not None)
    return any(needed is None or other.fits(needed) for needed in needs)
