"""Plans, compared with every plan that there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from random import Random

import pytest

from microdock_server.bundle.versions import Version
from microdock_server.errors import DomainError, TooComplex, UnknownPlugin, Unresolvable
from microdock_server.services.releases import conflicts, plans, search
from microdock_server.services.releases.candidates import Kind, Need
from microdock_server.services.releases.decision import Line
from microdock_server.services.releases.gathering import Question, gather
from microdock_server.services.releases.plans import Planned, resolve
from microdock_server.services.releases.search import Impossible, Steps
from microdock_server.vocabulary import PlanAction

from .catalogues import Catalogue, Oracle, catalogue, drawn, line, question, release, shuffled

CATALOGUES = 5_000
# Compared side by side.
PARTS = 5


def answer(known: Catalogue, asked: Question) -> Sequence[Planned] | DomainError:
    try:
        return resolve(asked, known)
    except (Unresolvable, UnknownPlugin, TooComplex) as refusal:
        return refusal


def told(found: Sequence[Planned] | DomainError) -> list[str]:
    if isinstance(found, DomainError):
        return [found.slug, found.message.render("en"), *(str(one.facts) for one in found.details)]
    return [f"{one.action.value} {one.name} {one.version} {one.required_by}" for one in found]


def state_of(plan: Sequence[Planned], known: Catalogue) -> dict[str, Version]:
    kept = [one for one in plan if one.action is not PlanAction.REMOVE and one.name in known.lines]
    return {one.name: Version.parse(one.version) for one in kept}


@pytest.mark.parametrize("part", range(PARTS))
def test_a_plan_is_found_exactly_where_there_is_one(part: int) -> None:
    seen = Counter[str]()
    for seed in range(part, CATALOGUES, PARTS):
        known, asked = drawn(Random(seed))
        oracle = Oracle(known, asked)
        found = answer(known, asked)
        if isinstance(found, DomainError):
            assert found.slug == "unresolvable", seed
            is_forced = {one.rule for one in found.details} == {"installed", "dependency", "remove"}
            seen["forced" if is_forced else "refused"] += 1
            # A plan may exist that changes a plugin for a removal alone, which nobody asked for.
            assert is_forced or not oracle.has_plan(), seed
        else:
            seen["planned"] += 1
            state = state_of(found, known)
            assert oracle.is_plan(state) and not oracle.is_moved_for_a_removal(state), seed
    # Enough of each to mean something.
    assert seen["planned"] > 300 and seen["refused"] > 100 and seen["forced"] > 1, seen


def test_the_order_of_the_question_never_matters() -> None:
    for seed in range(0, CATALOGUES, 5):
        random = Random(seed)
        known, asked = drawn(random)
        assert told(answer(known, asked)) == told(answer(known, shuffled(random, asked))), seed


def test_nothing_is_left_out_and_nothing_comes_before_what_it_needs() -> None:
    for seed in range(0, CATALOGUES, 5):
        known, asked = drawn(Random(seed))
        plan = answer(known, asked)
        if isinstance(plan, DomainError):
            continue
        names = [one.name for one in plan]
        assert len(set(names)) == len(names)
        assert {one.name for one in asked.installed} <= set(names)
        needs = {one.name: _needs(known, one) for one in plan if one.action is not PlanAction.REMOVE}
        for place, name in enumerate(one for one in names if one in needs):
            late = [other for other in needs[name] if other in needs and other not in names[:place]]
            # Only what needs the plugin in turn may stand behind it.
            assert all(name in _reached(needs, other) for other in late), seed


def _needs(known: Catalogue, one: Planned) -> set[str]:
    return set() if one.release is None else set(one.release.dependencies)


def _reached(needs: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for other in needs.get(waiting.pop(), set()) - found:
            found.add(other)
            waiting.append(other)
    return found


def test_the_needs_in_conflict_cannot_hold_together_but_without_any_one_of_them() -> None:
    checked = 0
    for seed in range(0, CATALOGUES, 2):
        known, asked = drawn(Random(seed))
        gathered = gather(asked, known, 100, Steps())
        gathered.excuse()
        problem, steps = gathered.problem, Steps()
        try:
            search.search(problem, gathered.roots, steps)
        except Impossible as impossible:
            found = conflicts.smallest(problem, gathered.roots, impossible.needs, steps)
        else:
            continue
        checked += 1
        if found[0].kind in (Kind.INSTALL, Kind.INSTALLED) and not found[0].range:
            assert len(found) == 1 and not problem.mask(found[0])
            continue
        presence = [need for need in gathered.roots if not need.range and need.kind is not Kind.REMOVE]
        assert not _can_hold(problem, presence, found), seed
        for need in found:
            assert _can_hold(problem, presence, [one for one in found if one != need]), (seed, need)
    assert checked > 300


def _can_hold(problem: search.Problem, presence: list[Need], needs: list[Need]) -> bool:
    """By trying all there is: can these needs hold where the request's plugins are there?"""
    roots = [*presence, *(need for need in needs if need.kind is not Kind.DEPENDENCY)]

    def fits(chosen: dict[str, search.Candidate], waiting: list[Need]) -> bool:
        if not waiting:
            return True
        need, *rest = waiting
        here = chosen.get(need.name)
        options = problem.candidates[need.name] if here is None else [here]
        for one in options:
            if one.bit & problem.mask(need):
                more = [] if here is not None else [other for other in problem.needs_of(one) if other in needs]
                if fits({**chosen, need.name: one}, [*rest, *more]):
                    return True
        return False

    return fits({}, roots)


def test_what_is_installed_is_preferred_then_the_highest() -> None:
    known = catalogue(
        line("a", release("1.0.0", b="*"), release("2.0.0", b="*")),
        line("b", release("1.0.0"), release("2.0.0")),
    )
    assert told(resolve(question(["a"], ["b 1.0.0"]), known)) == ["keep b 1.0.0 ('a',)", "install a 2.0.0 ()"]


def test_unrelated_plugins_cost_nothing() -> None:
    lines = [line(f"p{index}", release("1.0.0")) for index in range(400)]
    known = catalogue(line("a", release("1.0.0", b="*")), line("b", release("1.0.0")), *lines)
    asked = question(["a"], [f"p{index} 1.0.0" for index in range(400)])
    gathered = gather(asked, known, 2_000, Steps())
    assert len(gathered.untouched) == 400
    steps = Steps(2)
    assert set(search.search(gathered.problem, gathered.roots, steps)) == {"a", "b"}


def test_steps_count_needs_where_each_plugin_needs_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """More plugins than versions that differ: no plan, and an exponential number of ways to find that out."""
    names = [f"p{number}" for number in range(22)]
    lines = [
        line(
            name,
            *(
                release(
                    f"{number}.0.0", **{other: f"<{number}.0.0 || >{number}.0.0" for other in names if other != name}
                )
                for number in range(1, 21)
            ),
        )
        for name in names
    ]
    monkeypatch.setattr(plans, "Steps", lambda: Steps(300))
    masks, mask = Counter[str](), search.Problem.mask

    def counted(problem: search.Problem, need: Need) -> int:
        masks["seen"] += 1
        return mask(problem, need)

    monkeypatch.setattr(search.Problem, "mask", counted)
    assert isinstance(answer(catalogue(*lines), question(["p0"])), TooComplex)
    assert masks["seen"] < 60_000


def test_the_catalogue_is_asked_once_for_each_step_of_a_chain() -> None:
    chain = [line(f"c{index}", release("1.0.0", **{f"c{index + 1}": "*"})) for index in range(10)]
    known = catalogue(*chain, line("c10", release("1.0.0")), line("a", release("1.0.0")), line("b", release("1.0.0")))
    asked: list[list[str]] = []

    def lines(names: Sequence[str]) -> object:
        asked.append(sorted(names))
        return known(names)

    resolve(question(["c0"], ["a 1.0.0", "b 1.0.0"]), lines)
    assert asked == [["a", "b", "c0"], *([f"c{index}"] for index in range(1, 11))]


def hard(size: int) -> Catalogue:
    """Plugins of which one is too many, so that all of them have to be tried against each other: a pigeonhole."""
    holes = [line(f"hole{hole}", *(release(f"{place}.0.0") for place in range(1, size + 2))) for hole in range(size)]
    pigeons = [
        line(
            f"pigeon{place}",
            *(release(f"{hole + 1}.0.0", **{f"hole{hole}": f"{place}.0.0"}) for hole in range(size)),
        )
        for place in range(1, size + 2)
    ]
    return catalogue(*holes, *pigeons)


def test_a_search_that_takes_too_long_is_refused_whatever_the_machine() -> None:
    size = 7
    asked = question([f"pigeon{place}" for place in range(1, size + 2)])
    found = answer(hard(size), asked)
    assert isinstance(found, TooComplex)
    assert found.params == {"steps": 5_000, "plugins": 2_000}
    # A small one of its kind is explained.
    assert isinstance(answer(hard(2), question(["pigeon1", "pigeon2", "pigeon3"])), Unresolvable)


def test_a_question_may_concern_so_many_plugins_and_no_more() -> None:
    asked: list[int] = []

    def lines(names: Collection[str]) -> dict[str, Line]:
        """Plugins that each need three others, without end."""
        asked.append(len(names))
        return {name: line(name, release("1.0.0", **{f"{name}{more}": "*" for more in "abc"})) for name in names}

    with pytest.raises(TooComplex):
        resolve(question(["a"]), lines)
    assert sum(asked) <= plans.MAX_PLUGINS and len(asked) == 7


def test_a_chain_of_hundreds() -> None:
    chain = [line(f"c{index}", release("1.0.0", **{f"c{index + 1}": "*"})) for index in range(300)]
    known = catalogue(*chain, line("c300", release("1.0.0")))
    assert [one.name for one in resolve(question(["c0"]), known)] == [f"c{index}" for index in range(300, -1, -1)]


@pytest.mark.parametrize("seed", range(5))
def test_five_hundred_installed_plugins_that_need_each_other(seed: int) -> None:
    random = Random(seed)
    names = [f"p{index}" for index in range(500)]
    lines = []
    for place, name in enumerate(names):
        below = random.sample(names[:place], min(place, 2))
        lines.append(line(name, *(release(f"{number}.0.0", **dict.fromkeys(below, ">=1.0.0")) for number in (1, 2, 3))))
    known = catalogue(*lines, line("new", release("1.0.0", p0="^3.0.0", p499="^2.0.0")))
    plan = resolve(question(["new"], [f"{name} 1.0.0" for name in names]), known)
    changed = {one.name: one.action for one in plan if one.action is not PlanAction.KEEP}
    assert changed == {"new": PlanAction.INSTALL, "p0": PlanAction.UPDATE, "p499": PlanAction.UPDATE}


def test_comparing_versions_takes_steps_too() -> None:
    """Three plugins whose many versions each need one exact version of the next: a small search of much work."""
    numbers = [f"1.{minor}.0" for minor in range(400)]
    lines = [
        line("a", *(release(number, b=number) for number in numbers)),
        line("b", *(release(number, c=number) for number in numbers)),
        line("c", *(release(number, a="9.0.0") for number in numbers)),
    ]
    with pytest.raises(TooComplex):
        resolve(question(["a"]), catalogue(*lines))
