"""The facts of an automatic review: gathered once, stored, and the only input of the rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import select

from ...bundle import Limits, Problem, inspect_package
from ...bundle.contents import survey
from ...bundle.inventory import Inventory
from ...bundle.lookalikes import find_lookalikes
from ...bundle.versions.ranges import EngineRange, Range
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...models import Plugin, PluginVersion
from ...storage import Storages
from ...text import names
from ...vocabulary import PluginStatus
from ..files import Place
from ..plugins import inventories
from .scanning import scan

# 2: the contents of the whole package, and facts about hosts.
FACTS_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class Tools:
    """What gathering needs besides the database."""

    storage: Storages
    limits: Limits
    scanner_url: str | None
    require_managed_assembly: bool = False
    # What may be granted to installed plugins; None: not checked.
    known_permissions: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """The reviewed version; detached from any session."""

    plugin_name: str
    display_name: str
    version: str
    place: Place
    file_size: int
    description: str
    license: str
    changelog: str
    dependencies: dict[str, str]
    engines: dict[str, str]


def gather(subject: Subject, tools: Tools, *, scans: bool, host: dict[str, Any]) -> dict[str, Any]:
    """Everything that the rules need, as JSON. Slow: reads the package several times, and holds no transaction
    meanwhile.

    `host` describes the hosts that load plugins; it is stored with the facts so that the verdict can be reproduced.
    """
    with tools.storage.open(*subject.place) as package:
        report = inspect_package(
            package,
            tools.limits,
            require_managed_assembly=tools.require_managed_assembly,
            known_permissions=tools.known_permissions,
        )
    with tools.storage.open(*subject.place) as package:
        scanned = scan(package, tools.scanner_url if scans else None)
    with tools.storage.open(*subject.place) as package:
        contents = survey(package, tools.limits)
    inventory = inventories.of(subject.plugin_name, subject.version, subject.place, tools.storage, tools.limits)
    with unit_of_work(writing=False):
        dependencies = [_dependency(name, text) for name, text in sorted(subject.dependencies.items())]
        engines = [_engine(name, text, _known_engines(subject)) for name, text in sorted(subject.engines.items())]
        lookalikes = _lookalikes(subject)
    return {
        "facts_version": FACTS_VERSION,
        "package": _package(subject, inventory),
        "inspection": _told(report.problems),
        "warnings": _told(report.warnings),
        "scan": scanned.as_json(),
        "assembly": contents.facts.as_json() if contents.facts else None,
        "contents": contents.as_json(),
        "host": host,
        "permissions": list(inventory.permissions),
        "documents": {**inventory.documents, "description": len(subject.description.strip())},
        "dependencies": dependencies,
        "engines": engines,
        "lookalikes": lookalikes,
    }


def _told(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [{"rule": p.rule, "entry": p.entry, "field": p.field, "values": p.values()} for p in problems]


def _package(subject: Subject, inventory: Inventory) -> dict[str, Any]:
    return {
        "file_size": subject.file_size,
        "unpacked_size": inventory.unpacked_size,
        "entries": len(inventory.files),
        "largest": max((item.size for item in inventory.files), default=0),
    }


def _dependency(name: str, text: str) -> dict[str, Any]:
    """Does such a plugin exist, with a published version in the range?"""
    numbers: Sequence[str] = db.session.scalars(
        select(PluginVersion.version)
        .join(Plugin, Plugin.name == PluginVersion.plugin_name)
        .where(
            Plugin.name_key == name.lower(),
            Plugin.status == PluginStatus.PUBLISHED,
            PluginVersion.status == PluginStatus.PUBLISHED,
        )
    ).all()
    wanted = Range.parse(text)
    return {
        "name": name,
        "range": text,
        "known": bool(numbers),
        "satisfied": any(wanted.contains(number) for number in numbers),
    }


def _engine(name: str, text: str, known: frozenset[str]) -> dict[str, Any]:
    """Can any engine version satisfy the range, and does another published plugin name the same engine?"""
    return {
        "name": name,
        "range": text,
        "satisfiable": EngineRange.parse(text).is_satisfiable(),
        "known": names.key(name) in known,
    }


def _known_engines(subject: Subject) -> frozenset[str]:
    rows = db.session.scalars(
        select(PluginVersion.engines)
        .where(PluginVersion.status == PluginStatus.PUBLISHED, PluginVersion.plugin_name != subject.plugin_name)
        .order_by(PluginVersion.created_at.desc())
        .limit(1000)
    )
    return frozenset(names.key(name) for engines in rows for name in engines) | {"microdock"}


def _lookalikes(subject: Subject) -> list[dict[str, Any]]:
    """Other owners' names that could be confused with this one, by package name and by display name."""
    owner = db.session.scalar(select(Plugin.owner_id).where(Plugin.name == subject.plugin_name))
    others = select(Plugin.name, Plugin.display_name).where(Plugin.name != subject.plugin_name)
    if owner is not None:
        others = others.where(Plugin.owner_id.is_distinct_from(owner))
    rows = db.session.execute(others).all()
    found = [asdict(item) for item in find_lookalikes(subject.plugin_name, [row.name for row in rows])]
    same = names.key(subject.display_name)
    found += [
        {"name": row.name, "reason": "same_display_name", "distance": 0}
        for row in rows
        if names.key(row.display_name) == same
    ][:5]
    return found
