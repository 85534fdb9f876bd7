"""Inventories of packages: made once per version, stored, and compared with the previous version's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ...bundle import Limits
from ...bundle.inventory import Inventory, compare, take_inventory
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...models import PluginVersion, VersionInventory
from ...storage import Storages
from ...vocabulary import PluginStatus
from ..files import Place, place_of


def of(plugin_name: str, version: str, place: Place, storage: Storages, limits: Limits) -> Inventory:
    """The version's inventory; made now if there is none. Opens its own units: no transaction is held while hashing."""
    with unit_of_work(writing=False):
        known = db.session.get(VersionInventory, (plugin_name, version))
        if known is not None:
            return Inventory.from_json(known.content)
    with storage.open(*place) as package:
        inventory = take_inventory(package, limits)
    with unit_of_work():
        if db.session.get(PluginVersion, (plugin_name, version)) is not None:
            db.session.merge(VersionInventory(plugin_name=plugin_name, version=version, content=inventory.as_json()))
    return inventory


def difference(plugin_name: str, version: str, storage: Storages, limits: Limits) -> dict[str, Any]:
    """The changes of a version since the nearest published one; `against` names that one, or is null."""
    with unit_of_work(writing=False):
        subject = db.session.get_one(PluginVersion, (plugin_name, version))
        before = db.session.scalar(
            select(PluginVersion)
            .where(
                PluginVersion.plugin_name == plugin_name,
                PluginVersion.status == PluginStatus.PUBLISHED,
                PluginVersion.version != version,
            )
            .order_by(PluginVersion.published_at.desc(), PluginVersion.precedence.desc())
            .limit(1)
        )
    new = of(plugin_name, version, place_of(subject), storage, limits)
    old = of(plugin_name, before.version, place_of(before), storage, limits) if before else None
    return {"against": before.version if before else None, **compare(old, new)}
