"""Small catalogues, drawn at random, and every plan that there is for a question about one."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from random import Random

from microdock_server.bundle.versions import Range, Version
from microdock_server.services.releases.decision import Host, Line, Release
from microdock_server.services.releases.gathering import Installed, Question, Wanted

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RANGES = ("^1.0.0", "^2.0.0", "^3.0.0", ">=2.0.0", "<3.0.0", "*", "1.0.0 || 3.0.0", "~2.0.0")

# Thousands of catalogues have the same few; nobody changes one.
ranged = cache(Range.parse)
versioned = cache(Version.parse)


def release(version: str, **needs: str) -> Release:
    """`release("1.0.0", b="^1.0.0")`: its package is told by its hash."""
    dependencies = {name: ranged(text) for name, text in needs.items()}
    return Release(
        versioned(version),
        NOW,
        hashlib.sha256(version.encode()).hexdigest(),
        1,
        dependencies=dependencies,
        needs=dependencies,
    )


def line(name: str, *releases: Release, **state: bool) -> Line:
    """With its releases, highest first."""
    return Line(name, sorted(releases, key=lambda one: one.version, reverse=True), **state)


@dataclass(frozen=True)
class Catalogue:
    """Lines by name in lower case; counts how often it is asked."""

    lines: Mapping[str, Line]

    def __call__(self, names: Collection[str]) -> Mapping[str, Line]:
        return {name: self.lines[name] for name in names if name in self.lines}


def catalogue(*lines: Line) -> Catalogue:
    return Catalogue({one.name.lower(): one for one in lines})


def question(
    install: Iterable[str] = (), installed: Iterable[str] = (), remove: Iterable[str] = (), host: Host | None = None
) -> Question:
    """`question(["a ^1.0.0"], ["b 1.0.0", "c 1.0.0 ~1.0.0"])`: ranges and pins stand behind names and versions."""
    wanted = [text.partition(" ") for text in install]
    mine = [text.split(" ", 2) for text in installed]
    return Question(
        host or Host(NOW),
        [Wanted(name, ranged(text) if text else None) for name, _, text in wanted],
        list(remove),
        [Installed(name, version, ranged(pin[0]) if pin else None) for name, version, *pin in mine],
    )


def drawn(random: Random) -> tuple[Catalogue, Question]:
    """Up to five plugins of up to three versions that need each other, in cycles too, and a question about them."""
    names = "abcde"[: random.randint(2, 5)]
    density = random.choice((0.15, 0.3, 0.5))
    lines = []
    for name in names:
        others = [other for other in (*names, "z") if other != name]
        versions = [
            release(
                f"{number}.0.0",
                **{
                    other: random.choice(RANGES)
                    for other in others
                    if random.random() < (density if other in names else 0.03)
                },
            )
            for number in random.sample((1, 2, 3), random.randint(1, 3))
        ]
        lines.append(line(name, *versions))
    return catalogue(*lines), _asked(random, names)


def _asked(random: Random, names: str) -> Question:
    kinds = {name: random.choice(("install", "install", "installed", "both", "remove", "")) for name in names}
    install = [name for name, kind in kinds.items() if kind in ("install", "both")]
    installed = [name for name, kind in kinds.items() if kind in ("installed", "both")]
    remove = [name for name, kind in kinds.items() if kind == "remove"]
    installed += [name for name in remove if random.random() < 0.7]
    return question(
        [f"{name} {random.choice(RANGES)}" if random.random() < 0.3 else name for name in install],
        [
            f"{name} {random.randint(1, 3)}.0.0" + (f" {random.choice(RANGES)}" if random.random() < 0.2 else "")
            for name in installed
        ],
        remove,
    )


def shuffled(random: Random, asked: Question) -> Question:
    """The same question, in another order."""

    def mixed(items: Sequence[object]) -> list[object]:
        return random.sample(list(items), len(items))

    return replace(asked, install=mixed(asked.install), remove=mixed(asked.remove), installed=mixed(asked.installed))


# What a host has: a version by plugin.
State = Mapping[str, Version]


class Oracle:
    """Tries everything there is, by the words of the specification and with no code of the search."""

    def __init__(self, known: Catalogue, asked: Question) -> None:
        self.known, self.asked = known, asked
        self.had = {one.name: versioned(one.version) for one in asked.installed}
        self.today = {name: version for name, version in self.had.items() if name in known.lines}

    def dependencies(self, name: str, version: Version) -> Mapping[str, Range]:
        found = self.known.lines[name].find(version)
        return {} if found is None else found.dependencies

    def has_plan(self) -> bool:
        """Is there a state that answers the question? What is broken today need not be repaired."""
        return any(self.is_plan(state) for state in self.states())

    def states(self) -> Iterator[State]:
        names = sorted(self.known.lines)
        choices = []
        for name in names:
            versions = {one.version for one in self.known.lines[name].releases}
            versions |= {self.had[name]} if name in self.had else set()
            choices.append(self.choices(name, sorted(versions)))
        for picked in itertools.product(*choices):
            yield {name: version for name, version in zip(names, picked, strict=True) if version is not None}

    def choices(self, name: str, versions: Sequence[Version]) -> list[Version | None]:
        """Without those that the question rules out by itself."""
        if name in self.asked.remove:
            return [None]
        must_be = name in self.today or name in {one.name for one in self.asked.install}
        return [*versions] if must_be else [None, *versions]

    def is_plan(self, state: State) -> bool:
        return self.is_asked_for(state) and all(
            self.holds(state, name, other, wanted) or self.was_broken(state, name, other, wanted)
            for name, version in state.items()
            for other, wanted in self.dependencies(name, version).items()
        )

    def is_asked_for(self, state: State) -> bool:
        for wanted in self.asked.install:
            if wanted.name not in state:
                return False
            if wanted.range is not None and not wanted.range.spans(state[wanted.name]):
                return False
        if any(name in state for name in self.asked.remove):
            return False
        return all(self.is_kept(state, one) for one in self.asked.installed if one.name not in self.asked.remove)

    def is_kept(self, state: State, one: Installed) -> bool:
        if one.name not in self.known.lines:
            return True
        has = state.get(one.name)
        return has is not None and (has == self.had[one.name] or one.pin is None or one.pin.spans(has))

    def holds(self, state: State, name: str, other: str, wanted: Range) -> bool:
        return other in state and wanted.spans(state[other])

    def was_broken(self, state: State, name: str, other: str, wanted: Range) -> bool:
        if other in self.asked.remove or self.today.get(name) != state[name]:
            return False
        return not self.holds(self.today, name, other, wanted)

    def is_moved_for_a_removal(self, state: State) -> bool:
        """Would a plugin change for nothing but that it needs one that is to be removed?"""
        for name, had in self.today.items():
            if name in self.asked.remove or state[name] == had:
                continue
            if any(other in self.asked.remove for other in self.dependencies(name, had)) and self.would_do(state, name):
                return True
        return False

    def would_do(self, state: State, name: str) -> bool:
        """Does the installed version satisfy everything that is said about the plugin?"""
        had = self.had[name]
        said = [one.range for one in self.asked.install if one.name == name and one.range is not None]
        said += [
            wanted
            for other, version in state.items()
            for needed, wanted in self.dependencies(other, version).items()
            if needed == name
        ]
        return all(wanted.spans(had) for wanted in said)
