"""Inventories of packages: made once per version, stored, and compared with the previous version's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import bindparam, select

from ...bundle import Limits
from ...bundle.inventory import Inventory, PackedEntry, compare, take_inventory
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...models import PluginVersion, VersionInventory
from ...storage import Storages
from ...vocabulary import PluginStatus
from ..files import Place, place_of
from ..releases.permissions import unknown

_IS_IT: Final = (
    VersionInventory.plugin_name == bindparam("name"),
    VersionInventory.version == bindparam("number"),
    # Made by a version of the program that did not know entries.
    VersionInventory.entries.is_not(None),
)
_CONTENT: Final = select(VersionInventory.content).where(*_IS_IT)
_IS_KNOWN: Final = select(VersionInventory.version).where(*_IS_IT)
_ENTRIES: Final = select(VersionInventory.entries).where(*_IS_IT)


def of(plugin_name: str, version: str, place: Place, storage: Storages, limits: Limits) -> Inventory:
    """The version's inventory, without its entries; made now if there is none.

    Opens its own units: no transaction is held while hashing.
    """
    with unit_of_work(writing=False):
        found = known(plugin_name, version)
    return _made(plugin_name, version, place, storage, limits) if found is None else found


def known(plugin_name: str, version: str) -> Inventory | None:
    """The version's inventory, without its entries; None if none was made yet."""
    found = db.session.scalar(_CONTENT, {"name": plugin_name, "number": version})
    return None if found is None else Inventory.from_json(found)


def is_known(plugin_name: str, version: str) -> bool:
    """Was the version's inventory made already?"""
    return db.session.scalar(_IS_KNOWN, {"name": plugin_name, "number": version}) is not None


def known_entries(plugin_name: str, version: str) -> Iterable[PackedEntry] | None:
    """The entries of the version's package, in the order of their data; None if no inventory was made yet."""
    found = db.session.scalar(_ENTRIES, {"name": plugin_name, "number": version})
    return None if found is None else map(PackedEntry._make, found)


def entries(plugin_name: str, version: str, place: Place, storage: Storages, limits: Limits) -> Iterable[PackedEntry]:
    """The same, made now if need be. Opens its own units. Raises FileMissing."""
    with unit_of_work(writing=False):
        known = known_entries(plugin_name, version)
    return _made(plugin_name, version, place, storage, limits).entries if known is None else known


def _made(plugin_name: str, version: str, place: Place, storage: Storages, limits: Limits) -> Inventory:
    with storage.open(*place) as package:
        inventory = take_inventory(package, limits)
    # Beyond the limits of today, which may be others tomorrow.
    if not inventory.entries:
        return inventory
    made = VersionInventory(
        plugin_name=plugin_name,
        version=version,
        content=inventory.as_json(),
        entries=[list(entry) for entry in inventory.entries],
    )
    with unit_of_work():
        subject = db.session.get(PluginVersion, (plugin_name, version))
        # Deleted meanwhile, or even uploaded anew with other bytes: nothing is stored.
        if subject is not None and place_of(subject) == place:
            db.session.merge(made)
    return inventory


def difference(
    plugin_name: str, version: str, storage: Storages, limits: Limits, known_permissions: Collection[str]
) -> dict[str, Any]:
    """The changes of a version since the nearest published one; `against` names that one, or is null."""
    with unit_of_work(writing=False):
        subject = db.session.get_one(PluginVersion, (plugin_name, version))
        before = published_before(plugin_name, version)
    new = of(plugin_name, version, place_of(subject), storage, limits)
    old = of(plugin_name, before.version, place_of(before), storage, limits) if before else None
    changes = compare(old, new)
    changes["permissions"]["unknown"] = unknown(new.permissions, known_permissions)
    return {"against": before.version if before else None, **changes}


def published_before(plugin_name: str, version: str) -> PluginVersion | None:
    """The published version that a version is compared with: the one published last among the others."""
    return db.session.scalar(
        select(PluginVersion)
        .where(
            PluginVersion.plugin_name == plugin_name,
            PluginVersion.status == PluginStatus.PUBLISHED,
            PluginVersion.version != version,
        )
        .order_by(PluginVersion.published_at.desc(), PluginVersion.precedence.desc())
        .limit(1)
    )
