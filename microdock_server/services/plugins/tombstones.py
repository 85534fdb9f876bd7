"""What everybody may know about deleted plugins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ...database.session import db
from ...models import AuditEntry, PluginTombstone
from .. import plugins


@dataclass(frozen=True, slots=True)
class Deleted:
    """A plugin that was published when it was deleted, by its name as it was written."""

    name: str
    since: datetime


def find_public(name: str) -> Deleted | None:
    """The deleted plugin of this name, ignoring case, that everybody could see until then.

    None also where its name is free again, where it was not published when it was deleted, or was published anew since,
    and where an earlier version of the program deleted it, which did not note whether it was published.
    """
    key = name.lower()
    if db.session.get(PluginTombstone, key) is None:
        return None
    anew = plugins.find(name)
    if anew is not None and anew.published_at is not None:
        return None
    query = select(AuditEntry).where(
        AuditEntry.action == plugins.DELETED,
        AuditEntry.target_type == "plugin",
        func.lower(AuditEntry.target_id) == key,
    )
    entry = db.session.scalar(query.order_by(AuditEntry.id.desc()).limit(1))
    if entry is None or not entry.details.get("published"):
        return None
    return Deleted(entry.target_id, entry.at)
