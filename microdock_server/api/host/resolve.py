"""Plans and lockfiles on the host surface."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import orjson

from ... import errors
from ...bundle.versions import EngineVersion
from ...clock import utcnow
from ...context import context
from ...messages import text
from ...services.releases import locks, plans
from ...services.releases.asked import asked_range
from ...services.releases.decision import Derived, Host, Line
from ...services.releases.gathering import Installed, Question, Wanted
from ...vocabulary import Channel
from ..core.links import absolute, download_path
from ..core.request import language
from ..core.surface import Answer
from ..core.update_answers import Asked
from . import host, resolve_schemas


@host.operation(
    "POST",
    "/plugins/resolve",
    body=resolve_schemas.Resolve,
    answer=resolve_schemas.Plan,
    message="plan.made",
    transaction="own",
    errors=(errors.UnknownPlugin, errors.Unresolvable, errors.TooComplex),
)
def resolve(body: dict[str, Any]) -> Any:
    """Which versions to install, update, keep and remove so that every dependency holds, and the lockfile of that.

    What is installed is kept unless the request or another plugin needs a different version; of the rest the highest
    offered version is taken. A lockfile is checked instead, and makes the plan where all of it can be had.
    """
    if body["lock"] is not None:
        return _check(body)
    plan = plans.resolve(_question(body), _Published())
    return _answer(plan, locks.lock_of(body["engines"], plan), ())


def _question(body: Mapping[str, Any]) -> Question:
    engines = {name.lower(): EngineVersion.parse(version) for name, version in body["engines"].items()}
    return Question(
        Host(utcnow(), engines, body["channel"] or Channel.STABLE, body["client_id"]),
        [Wanted(**one) for one in body["install"]],
        body["remove"] or (),
        _installed(body["installed"]),
    )


def _check(body: Mapping[str, Any]) -> Answer:
    lock = body["lock"]
    locked = [locks.Locked(name, **package) for name, package in lock["plugins"].items()]
    installed = _installed(body["installed"])
    checked = locks.check(locked, installed, _Published(), utcnow())
    return Answer(_answer(checked.plan, lock, checked.problems), message="plan.lock_checked")


def _answer(
    plan: Sequence[plans.Planned], lock: Mapping[str, Any], problems: Sequence[locks.Problem]
) -> orjson.Fragment:
    """Rendered at once: a plan may have thousands of values. The keys of a lockfile are sorted at every level."""
    written = orjson.Fragment(orjson.dumps(lock, option=orjson.OPT_SORT_KEYS))
    address = absolute("")
    shown = [_shown(one, address) for one in plan]
    return orjson.Fragment(orjson.dumps({"plan": shown, "lock": written, "problems": list(map(_told, problems))}))


_NO_PACKAGE: Final = {"file_hash": None, "file_size": None, "download_url": None}
_paths: Final[Derived[str]] = Derived()


def _shown(one: plans.Planned, address: str) -> dict[str, Any]:
    shown = {"name": one.name, "version": one.version, "action": one.action.value, "required_by": one.required_by}
    release = one.release
    if release is None:
        return shown | _NO_PACKAGE
    path = _paths.of(release, lambda: download_path(one.name, str(release.version)))
    return shown | {"file_hash": release.sha256, "file_size": release.size, "download_url": address + path}


def _told(problem: locks.Problem) -> dict[str, Any]:
    spoken = language()
    params = {**problem.params, "reason": problem.reason.get(spoken, "")}
    return {"name": problem.name, "code": problem.code.value, "message": text(problem.text, spoken, params)}


def _installed(asked: Sequence[Asked]) -> list[Installed]:
    return [
        Installed(one.name, one.version, None if one.pin is None else asked_range(one.pin), one.channel, one.sha256)
        for one in asked
    ]


class _Published:
    """The published plugins of one question: what changed is asked once."""

    def __init__(self) -> None:
        self._read = context().releases.lines

    def __call__(self, names: Collection[str]) -> Mapping[str, Line]:
        found = self._read(names)
        self._read = context().releases.further
        return {key: line for key, line in found.items() if line.releases}
