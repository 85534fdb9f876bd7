"""What hosts and people are told of releases, as JSON: what to do with a plugin, what to fetch, and each reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ...clock import iso
from ...messages import Language, text, written
from ...models import package_file_name
from ...services.releases import block_list
from ...services.releases.choices import Told, Update
from ...services.releases.decision import Line, Release
from ...services.releases.index import Key
from ...vocabulary import AboutInstalled, WhyNot
from .links import download_url


def shown(found: Update, changelogs: Mapping[Key, str], language: Language) -> dict[str, Any]:
    """The answer for one plugin as JSON."""
    line = found.line
    return {
        "name": found.installed.name,
        "installed": found.installed.text,
        "action": found.action.value,
        "target": None if line is None or found.target is None else target(line, found.target),
        "newest": None if found.newest is None else str(found.newest.version),
        "reasons": [reason(told, language) for told in found.reasons],
        "permissions_added": None if found.permissions_added is None else list(found.permissions_added),
        "changelog": [] if line is None else list(_passed(line, found.passed, changelogs)),
        "block": None if line is None or found.block is None else block_list.shown(line.name, found.block),
        "replacement": None if line is None else line.replacement,
    }


def target(line: Line, release: Release) -> dict[str, Any]:
    """What a host needs to fetch a version and to check what it got."""
    version = str(release.version)
    return {
        "version": version,
        "file_name": package_file_name(line.name, version),
        "file_size": release.size,
        "file_hash": release.sha256,
        "download_url": download_url(line.name, version),
        "published_at": iso(release.published_at),
        "permissions": None if release.permissions is None else list(release.permissions),
        "dependencies": {name: str(needed) for name, needed in release.dependencies.items()},
        "engines": {name: str(needed) for name, needed in release.engines.items()},
    }


def _passed(line: Line, passed: Sequence[Release], changelogs: Mapping[Key, str]) -> Iterator[dict[str, Any]]:
    for release in passed:
        written = changelogs.get((line.name, str(release.version)))
        if written is not None:
            yield {"version": str(release.version), "published_at": iso(release.published_at), "changelog": written}


# Codes whose text depends on whether somebody said why.
_PLAIN: Final = (WhyNot.YANKED, AboutInstalled.INSTALLED_YANKED)


def reason(told: Told, language: Language) -> dict[str, Any]:
    """One reason as JSON: its code, what it is about, the sentence for people, and what decided."""
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
    elif told.code is AboutInstalled.UNKNOWN_PLUGIN and params:
        key += "_suspended"
    words = {name: ", ".join(value) if isinstance(value, list) else value for name, value in params.items()}
    return text(key, language, {**words, "version": told.version})


def _as_json(value: Any, language: Language) -> Any:
    """A value as hosts see it; of a text in both languages, the one that is asked for."""
    if isinstance(value, dict):
        return written(value, language)
    return iso(value) if isinstance(value, datetime) else value
