"""What is new, for feeds: the versions that were published last, of all plugins or of one, and the newest blocks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine, Row, RowMapping, Select, bindparam, func, select

from ...database.prepared import Prepared
from ...database.session import db, table_of
from ...database.unit_of_work import read_autocommit
from ...errors import PluginNotFound
from ...models import AuditEntry, Block, Plugin, PluginVersion, Setting
from ...models.columns import UtcDateTime
from ...vocabulary import BlockSeverity, Channel, PluginStatus
from . import lines
from .transitions import UNYANKED, YANKED

NEWEST: Final = 50
# Characters of a changelog that a feed shows; what it cuts off is at the end.
CHANGELOG_SHOWN: Final = 4000
INSTALLATION: Final = "installation.id"
# Nothing has happened yet.
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

_PLUGIN: Final = table_of(Plugin)
_VERSION: Final = table_of(PluginVersion)
_IS_PUBLIC: Final = _PLUGIN.c.status == PluginStatus.PUBLISHED.value
_IS_SHOWN: Final = select(_PLUGIN.c.name).where(
    _PLUGIN.c.name == _VERSION.c.plugin_name, _IS_PUBLIC, _PLUGIN.c.is_enabled.is_(True)
)
_RELEASES: Final = (
    select(
        *_VERSION.c["plugin_name", "version", "author", "description", "published_at", "is_yanked", "yank_reason"],
        _VERSION.c.channel,
        func.substr(_VERSION.c.changelog, 1, CHANGELOG_SHOWN + 1).label("changelog"),
    )
    .where(
        _VERSION.c.status == PluginStatus.PUBLISHED.value,
        _VERSION.c.published_at.is_not(None),
        # Nobody can download it.
        _VERSION.c.is_blocked.is_(False),
    )
    # As the index has them, but for versions of one plugin that were published in the same second.
    .order_by(_VERSION.c.published_at.desc(), _VERSION.c.plugin_name.desc(), _VERSION.c.precedence.desc())
    .limit(NEWEST)
)
# Not a join: that an engine could begin with the plugins, and sort all versions of all of them.
_NEWEST: Final = _RELEASES.where(_IS_SHOWN.correlate(_VERSION).exists())
_SHOWN: Final = select(*_PLUGIN.c["id", "name", "display_name"]).where(
    _PLUGIN.c.name.in_(bindparam("names", expanding=True))
)
_BLOCK: Final = table_of(Block)
_AUDIT: Final = table_of(AuditEntry)
# When versions were yanked, and offered again, which the log alone keeps. The oldest first.
_YANKS: Final = (
    select(_AUDIT.c.target_id, _AUDIT.c.details, _AUDIT.c.at)
    .where(
        _AUDIT.c.target_type == "plugin",
        _AUDIT.c.target_id.in_(bindparam("names", expanding=True)),
        _AUDIT.c.action.in_((YANKED, UNYANKED)),
    )
    .order_by(_AUDIT.c.id)
)
_ABOUT_BLOCKS: Final = select(func.max(_AUDIT.c.at)).where(_AUDIT.c.target_type == "block")
# When anybody made, changed, approved or revoked it last.
_BLOCK_CHANGED: Final = func.coalesce(
    _ABOUT_BLOCKS.where(_AUDIT.c.target_id == _BLOCK.c.id).correlate(_BLOCK).scalar_subquery(),
    _BLOCK.c.proposed_at,
    type_=UtcDateTime(),
)
_LAST_EXPIRED: Final = select(func.max(_BLOCK.c.expires_at)).where(
    _BLOCK.c.expires_at <= bindparam("now", type_=UtcDateTime())
)
_PREPARED_LAST_EXPIRED: Final = Prepared(_LAST_EXPIRED)


@dataclass(frozen=True, slots=True)
class Published:
    """A version that is published, and of its plugin what does not change with versions."""

    plugin_id: str
    name: str
    display_name: str
    version: str
    author: str
    description: str
    published_at: datetime
    # Also when it was yanked last, or offered again.
    updated_at: datetime
    is_preview: bool
    is_yanked: bool
    yank_reason: str
    # Its first 4,000 characters and one more: what is longer is cut off there.
    changelog: str

    @property
    def id(self) -> uuid.UUID:
        """UUIDv5 of the version, in the namespace that is the plugin's own id."""
        return uuid.uuid5(uuid.UUID(self.plugin_id), f"version:{self.version}")


@dataclass(frozen=True, slots=True)
class News:
    """What a feed tells, what was updated last first. `changed_at`: nothing of it changed later, not even by leaving
    the feed.

    The ids of feed and entries are made of what never changes, so that readers show nothing twice.
    """

    id: uuid.UUID
    releases: Sequence[Published]
    changed_at: datetime

    @property
    def updated_at(self) -> datetime:
        """When a version was published last, yanked, or offered again."""
        return self.releases[0].updated_at if self.releases else NEVER


@dataclass(frozen=True, slots=True)
class PluginNews(News):
    """Those of one plugin, whose name is as the catalogue writes it."""

    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """A block that is in force: of a range of versions, or of so many packages. `reason` by language."""

    id: uuid.UUID
    plugin: str
    versions: str | None
    packages: int
    severity: BlockSeverity
    reason: Mapping[str, str]
    advisory_url: str
    since: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class BlockNews:
    """What the feed of blocks tells, the one that changed last first. `changed_at`: when anything of it did, also by
    leaving the feed.
    """

    id: uuid.UUID
    blocks: Sequence[Blocked]
    changed_at: datetime

    @property
    def updated_at(self) -> datetime:
        """When a block was made, changed, approved or revoked last, or expired."""
        return self.changed_at


def newest() -> News:
    """The versions that were published last, of plugins that everybody can see and download."""
    changed = db.session.scalar(select(func.max(_PLUGIN.c.updated_at)))
    # A deleted plugin takes the time of its last change with it.
    deleted = db.session.scalar(
        select(AuditEntry.at).where(AuditEntry.action == "plugin.deleted").order_by(AuditEntry.id.desc()).limit(1)
    )
    return News(feed_id("plugins"), _published(_NEWEST), max(changed or NEVER, deleted or NEVER))


def newest_of(name: str) -> PluginNews:
    """The same of one plugin, disabled ones too. Raises PluginNotFound where not everybody can see it."""
    columns = _PLUGIN.c["id", "name", "display_name", "updated_at"]
    plugin = db.session.execute(select(*columns).where(_PLUGIN.c.name_key == name.lower(), _IS_PUBLIC)).first()
    if plugin is None:
        raise PluginNotFound()
    feed = uuid.uuid5(uuid.UUID(plugin.id), "feed")
    releases = _published(_RELEASES.where(_VERSION.c.plugin_name == plugin.name))
    return PluginNews(feed, releases, plugin.updated_at, plugin.name, plugin.display_name)


def newest_blocks(now: datetime) -> BlockNews:
    """The blocks in force that were made, changed or approved last."""
    rows = db.session.execute(
        select(_BLOCK, _BLOCK_CHANGED.label("changed_at"))
        .where(lines.in_force(now))
        .order_by(_BLOCK_CHANGED.desc(), _BLOCK.c.id.desc())
        .limit(NEWEST)
    )
    found = [_blocked(row) for row in rows]
    changed, expired = db.session.scalar(_ABOUT_BLOCKS), db.session.scalar(_LAST_EXPIRED, {"now": now})
    return BlockNews(feed_id("blocks"), found, max(moment for moment in (changed, expired, NEVER) if moment))


def last_expired(now: datetime, engine: Engine) -> datetime | None:
    """When a block expired last: what blocks are in force depends on nothing else but the catalogue's revision.
    `engine` is an `autocommit_engine`.
    """
    found: datetime | None = read_autocommit(engine, _PREPARED_LAST_EXPIRED, {"now": now})[0][0]
    return found


def feed_id(name: str) -> uuid.UUID:
    """A feed of the whole server: UUIDv5 of its name, in the namespace that is the installation's own id."""
    found = db.session.get(Setting, INSTALLATION)
    return uuid.uuid5(uuid.UUID(found.value) if found else uuid.NAMESPACE_OID, f"microdock.feeds.{name}")


def ensure_installation_id() -> None:
    """Give this installation an id of its own, if it has none: a random UUID that goes where its data go."""
    if db.session.get(Setting, INSTALLATION) is None:
        db.session.add(Setting(key=INSTALLATION, value=str(uuid.uuid4())))


def _blocked(row: Row[Any]) -> Blocked:
    block = lines.block_of(row)
    return Blocked(
        id=uuid.uuid5(uuid.UUID(row.id), "block"),
        plugin=row.plugin,
        versions=row.versions,
        packages=len(row.sha256),
        severity=block.severity,
        reason=row.reason,
        advisory_url=row.advisory_url,
        since=row.created_at,
        changed_at=row.changed_at,
    )


def _published(query: Select[Any]) -> list[Published]:
    rows = db.session.execute(query).mappings().all()
    names = list({row["plugin_name"] for row in rows})
    named = {one.name: one for one in db.session.execute(_SHOWN, {"names": names})}
    yanks = db.session.execute(_YANKS, {"names": names})
    yanked = {(one.target_id, one.details.get("version")): one.at for one in yanks}
    found = [
        _of_row(row, named[row["plugin_name"]], yanked.get((row["plugin_name"], row["version"]), NEVER)) for row in rows
    ]
    return sorted(found, key=lambda one: one.updated_at, reverse=True)


def _of_row(row: RowMapping, plugin: Row[Any], yanked_at: datetime) -> Published:
    """`yanked_at`: when it was yanked, or offered again, last."""
    values = {key: value for key, value in row.items() if key not in ("plugin_name", "channel")}
    values["is_preview"] = Channel(row["channel"]).of(row["version"]) is Channel.PREVIEW
    values["updated_at"] = max(row["published_at"], yanked_at)
    return Published(plugin_id=plugin.id, name=plugin.name, display_name=plugin.display_name, **values)
