"""Lockfiles: the exact packages of a plan, and whether they can still be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from ...bundle.versions import Version
from ...vocabulary import LockProblem, PlanAction
from .asked import asked_version
from .decision import Derived, Line, Release, strongest_block
from .gathering import Installed, Lines
from .plans import Part, Planned, action_for, in_order

LOCKFILE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Locked:
    """A package as a lockfile names it. `dependencies`: ranges by name."""

    name: str
    version: str
    sha256: str
    size: int
    dependencies: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a locked package. `reason`: an administrator's or the owner's words, by language."""

    name: str
    code: LockProblem
    # The key of its text, and what fills it besides the reason.
    text: str
    params: Mapping[str, object]
    reason: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A lockfile's problems by name, the gravest of each package; and the plan that it makes, if all can be had."""

    problems: Sequence[Problem]
    plan: Sequence[Planned]


def lock_of(engines: Mapping[str, str], plan: Sequence[Planned]) -> dict[str, Any]:
    """The lockfile of a plan, as JSON: the same for the same set, once its keys are sorted.

    Plugins of which the catalogue has no such package are left out: nothing is known that could be compared.
    """
    packages = {
        one.name: _entries.of(one.release, partial(_entry, one.release))
        for one in plan
        if one.release is not None and one.action is not PlanAction.REMOVE
    }
    return {"lockfile_version": LOCKFILE_VERSION, "engines": dict(engines), "plugins": packages}


_entries: Final[Derived[dict[str, Any]]] = Derived()


def _entry(release: Release) -> dict[str, Any]:
    return {
        "version": str(release.version),
        "sha256": release.sha256,
        "size": release.size,
        "dependencies": {name: str(needed) for name, needed in release.dependencies.items()},
    }


def check(locked: Sequence[Locked], installed: Sequence[Installed], lines: Lines, now: datetime) -> Checked:
    """Can the packages be had, as they were? A yanked one can; installed plugins that are not locked are kept."""
    known = lines({one.name.lower() for one in locked} | {one.name.lower() for one in installed})
    found = [_problem(one, known.get(one.name.lower()), now) for one in sorted(locked, key=lambda one: one.name)]
    problems = [one for one in found if one is not None]
    if any(one.code is not LockProblem.YANKED for one in problems):
        return Checked(problems, ())
    mine = {one.name.lower(): one for one in installed}
    parts = {key: _kept(one, known.get(key)) for key, one in mine.items()}
    parts |= {key: _part(one, known[key], mine.get(key)) for one in locked if (key := one.name.lower())}
    return Checked(problems, in_order(parts))


def _kept(mine: Installed, line: Line | None) -> Part:
    version = asked_version(mine.version)
    release = None if line is None or version is None else line.find(version)
    needs = frozenset(name.lower() for name in release.dependencies) if release is not None else frozenset()
    return Part(mine.name if line is None else line.name, mine.version, PlanAction.KEEP, release, needs)


def _part(locked: Locked, line: Line, mine: Installed | None) -> Part:
    version = Version.parse(locked.version)
    has = None if mine is None else asked_version(mine.version)
    action = PlanAction.KEEP if version == has else action_for(mine, version)
    needs = frozenset(name.lower() for name in locked.dependencies)
    return Part(line.name, locked.version, action, line.find(version), needs)


def _problem(locked: Locked, line: Line | None, now: datetime) -> Problem | None:
    code, reason = _fault(locked, line, now)
    if code is None:
        return None
    is_disabled = line is not None and code is LockProblem.BLOCKED and not reason
    text = "lock.disabled" if is_disabled else f"lock.{code.value}"
    return Problem(locked.name, code, text, {"name": locked.name, "version": locked.version}, reason)


def _fault(locked: Locked, line: Line | None, now: datetime) -> tuple[LockProblem | None, Mapping[str, str]]:
    if line is None:
        return LockProblem.UNKNOWN_PLUGIN, {}
    release = line.find(Version.parse(locked.version))
    if release is None:
        return LockProblem.MISSING, {}
    if (release.sha256, release.size) != (locked.sha256, locked.size):
        return LockProblem.HASH_MISMATCH, {}
    block = strongest_block(line, release.version, (release.sha256,), now)
    if block is not None or not line.is_enabled:
        return LockProblem.BLOCKED, {} if block is None else block.reason
    if release.is_yanked:
        return LockProblem.YANKED, {"zh": release.yank_reason, "en": release.yank_reason}
    return None, {}
