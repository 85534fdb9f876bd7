"""Update checks: a whole host in one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import orjson

from ...bundle.versions import InvalidVersion, Version
from ...clock import iso, utcnow
from ...context import context, settings
from ...messages import Language, text
from ...services.releases import decision, updates
from ...services.releases.index import Key
from ...services.releases.lines import parsed_version
from ...services.releases.updates import Installed, Told, Update
from ...vocabulary import AboutInstalled, WhyNot
from ..core.request import language
from . import host
from .release_schemas import UpdateCheck, Updates


@host.operation(
    "POST",
    "/plugins/updates",
    body=UpdateCheck,
    answer=Updates,
    message="plugins.updates",
    transaction="own",
)
def check(body: dict[str, Any]) -> orjson.Fragment:
    """What a host should do with each of its plugins: update, go back to a lower version, disable or remove it, or
    nothing; and why it is not offered anything higher.
    """
    asking = decision.Host(now=utcnow(), engines=body["engines"], channel=body["channel"], client_id=body["client_id"])
    installed = [_installed(one) for one in body["installed"]]
    index = context().releases
    found = updates.decide(asking, installed, index.lines([one.name for one in installed]))
    changelogs = index.changelogs([(one.line, one.passed) for one in found if one.line is not None and one.passed])
    answer = {
        "checked_at": iso(asking.now),
        "serial": 0,
        "updates": [shown(one, changelogs, language()) for one in found],
    }
    return orjson.Fragment(orjson.dumps(answer))


def _installed(given: Mapping[str, Any]) -> Installed:
    granted, hashed = given["granted_permissions"], given["sha256"]
    return Installed(
        name=given["name"],
        text=given["version"],
        version=_version(given["version"]),
        sha256=hashed,
        channel=given["channel"],
        pin=given["pin"],
        granted=None if granted is None else tuple(granted),
    )


def _version(written: str) -> Version | None:
    try:
        return parsed_version(written)
    except InvalidVersion:
        return None


def shown(found: Update, changelogs: Mapping[Key, str], language: Language) -> dict[str, Any]:
    """The answer for one plugin as JSON."""
    line = found.line
    return {
        "name": found.installed.name,
        "installed": found.installed.text,
        "action": found.action.value,
        "target": None if line is None or found.target is None else target(line, found.target),
        "newest": None if found.newest is None else str(found.newest.version),
        "reasons": [_reason(told, language) for told in found.reasons],
        "permissions_added": None if found.permissions_added is None else list(found.permissions_added),
        "changelog": [] if line is None else list(_passed(line, found.passed, changelogs)),
        "block": None if line is None or found.block is None else block(line.name, found.block),
        "replacement": None if line is None else line.replacement,
    }


def target(line: decision.Line, release: decision.Release) -> dict[str, Any]:
    """What a host needs to fetch a version and to check what it got."""
    version = str(release.version)
    return {
        "version": version,
        "file_name": f"{line.name.rpartition('.')[2]}@{version}.zip",
        "file_size": release.size,
        "file_hash": release.sha256,
        "download_url": download_url(line.name, version),
        "published_at": iso(release.published_at),
        "permissions": None if release.permissions is None else list(release.permissions),
        "dependencies": {name: str(needed) for name, needed in release.dependencies.items()},
        "engines": {name: str(needed) for name, needed in release.engines.items()},
    }


def download_url(name: str, version: str) -> str:
    """Where the package of this version is, by GET."""
    return f"{settings().public_url or ''}/api/v1/marketplace/plugins/{name}/versions/{quote(version)}/download"


def block(name: str, found: decision.Block) -> dict[str, Any]:
    """A block as hosts are told of it."""
    return {
        "plugin": name,
        "versions": None if found.versions is None else str(found.versions),
        "sha256": sorted(found.hashes),
        "severity": found.severity.value,
        "reason": dict(found.reason),
        "advisory_url": found.advisory_url,
        "since": iso(found.since),
        "expires_at": None if found.expires_at is None else iso(found.expires_at),
    }


def _passed(line: decision.Line, passed: Sequence[decision.Release], changelogs: Mapping[Key, str]) -> Any:
    for release in passed:
        written = changelogs.get((line.name, str(release.version)))
        if written is not None:
            yield {"version": str(release.version), "published_at": iso(release.published_at), "changelog": written}


# Codes whose text depends on whether somebody said why.
_PLAIN: Final = (WhyNot.YANKED, AboutInstalled.INSTALLED_YANKED)


def _reason(told: Told, language: Language) -> dict[str, Any]:
    params = {name: _as_json(value, language) for name, value in told.params.items()}
    return {
        "code": told.code.value,
        "version": told.version,
        "message": _sentence(told, params, language),
        "params": params,
    }


def _sentence(told: Told, params: Mapping[str, Any], language: Language) -> str:
    key = f"release.{told.code.value}"
    if told.code in _PLAIN and not params["reason"]:
        key += "_plain"
    elif told.code is WhyNot.NEEDS_ENGINE and params["has"] is None:
        key += "_unstated"
    elif told.code is WhyNot.NEEDS_DEPENDENCY and params["has"] is None:
        key += "_missing"
    elif told.code is WhyNot.ROLLOUT and params["paused"]:
        key += "_paused"
    elif told.code is AboutInstalled.DEPRECATED and params["replacement"]:
        key += "_replaced"
    words = {name: ", ".join(value) if isinstance(value, list) else value for name, value in params.items()}
    return text(key, language, {**words, "version": told.version})


def _as_json(value: Any, language: Language) -> Any:
    """A value as hosts see it; of a text in both languages, the one that is asked for."""
    if isinstance(value, dict):
        return value[language]
    return iso(value) if isinstance(value, datetime) else value
