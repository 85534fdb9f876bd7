"""What the page of one version says, and what changed between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ..api.core import packages
from ..bundle.inventory import PackedEntry, compare
from ..context import context
from ..database.unit_of_work import unit_of_work
from ..errors import FileMissing, VersionNotFound
from ..messages import Language
from ..models import Plugin, PluginVersion
from ..services import developers, plugins
from ..services.files import Place, place_of
from ..services.plugins import inventories, versions
from . import permissions, releases, trust
from .permissions import Permission
from .releases import Offers, Release
from .trust import Trust

# Rows of a list; a package can have thousands of files.
ROWS: Final = 250


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """Everything that the page of one version shows. `files` is None where the package could not be read.

    `older` and `newer` are the versions beside it, None where there is none.
    """

    plugin: Plugin
    release: Release
    files: Sequence[PackedEntry] | None
    files_count: int
    numbers: Sequence[str]
    older: str | None
    newer: str | None
    developer: developers.Profile | None
    permissions: Sequence[Permission] | None
    trust: Trust


@dataclass(frozen=True, slots=True)
class Named:
    """A published version by its stored names."""

    name: str
    version: str
    place: Place


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of what was added, removed or changed, and how many more there are."""

    kind: str
    lines: Sequence[str]
    more: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the manifest, before and after; None where it was not there."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed between two versions, by what it is."""

    lists: Mapping[str, Sequence[Part]]
    manifest: Sequence[Field]

    @property
    def count(self) -> int:
        """How much changed."""
        parts = (part for parts in self.lists.values() for part in parts)
        return len(self.manifest) + sum(len(part.lines) + part.more for part in parts)


def ensure_inventory(name: str, version: str) -> Named:
    """The published version, whose inventory is made now if there is none. Raises PluginNotFound or VersionNotFound."""
    with unit_of_work(writing=False):
        row = _published(plugins.get_public(name), version)
        found = Named(row.plugin_name, row.version, place_of(row))
        is_known = inventories.is_known(found.name, found.version)
    if not is_known:
        with packages.in_turn(), suppress(FileMissing):
            inventories.entries(found.name, found.version, found.place, context().storage, packages.limits())
    return found


def of(name: str, version: str, language: Language) -> VersionFacts:
    """The facts about a published version, within a unit of work. Raises PluginNotFound or VersionNotFound."""
    plugin = plugins.get_public(name)
    row = _published(plugin, version)
    known = inventories.known_entries(plugin.name, row.version)
    entries = None if known is None else sorted(known, key=lambda entry: entry.path)
    offers = Offers(plugin, language)
    numbers = offers.numbers
    if row.version not in numbers:
        # Withdrawn since the row was read: what is decided about versions may be of a later revision.
        raise VersionNotFound()
    place = numbers.index(row.version)
    developer = developers.named([plugin.owner_id]).get(plugin.owner_id or "")
    return VersionFacts(
        plugin=plugin,
        release=offers.release(row, releases.changelog(row, below=2)),
        files=None if entries is None else entries[:ROWS],
        files_count=0 if entries is None else len(entries),
        numbers=numbers,
        older=numbers[place + 1] if place + 1 < len(numbers) else None,
        newer=numbers[place - 1] if place else None,
        developer=developer,
        permissions=permissions.of(row),
        trust=trust.of(row, developer),
    )


def changes(before: Named, after: Named) -> Changes | None:
    """From one published version to another, of the same plugin; None where a package could not be read. Within a unit
    of work.
    """
    old, new = (inventories.known(one.name, one.version) for one in (before, after))
    if old is None or new is None:
        return None
    differences = compare(old, new)
    lists = {
        "permissions": _parts(differences["permissions"]),
        "capabilities": _parts(differences["capabilities"], lambda use: f"{use['capability']}: {use['evidence']}"),
        "native_imports": _parts(differences["native_imports"], lambda one: f"{one['module']}!{one['function']}"),
        "references": _parts(differences["references"]),
        "files": _parts(differences["files"]),
    }
    fields = [Field(one["field"], _value(one["old"]), _value(one["new"])) for one in differences["manifest"]]
    return Changes({key: parts for key, parts in lists.items() if parts}, fields)


def _parts(difference: Mapping[str, Any], write: Any = str) -> list[Part]:
    found = ((kind, difference.get(kind, ())) for kind in ("added", "removed", "changed"))
    return [
        Part(kind, [write(one) for one in every[:ROWS]], max(0, len(every) - ROWS)) for kind, every in found if every
    ]


def _value(value: Any) -> str | None:
    """A value of plugin.json as people read it: texts as they are, all else as JSON."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _published(plugin: Plugin, version: str) -> PluginVersion:
    row = versions.get(plugin, version)
    if not row.is_public:
        raise VersionNotFound()
    return row
