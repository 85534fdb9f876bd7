"""Versions of plugins, and tombstones of deleted ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    cast,
    false,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from ..database.session import Base
from ..vocabulary import FULL_ROLLOUT, PLUGIN_NAME_MAX, VERSION_MAX, Channel, PluginStatus
from .columns import Created, OptionalMoment
from .plugin import Plugin
from .stored_file import StoredFileColumns

PRECEDENCE = String(255)


def package_file_name(plugin_name: str, version: str) -> str:
    """What a package is called: `myplugin@1.0.0.zip`."""
    return f"{plugin_name.rpartition('.')[2]}@{version}.zip"


class PluginVersion(StoredFileColumns, Base):
    """One package; public once its status says `published`.

    `precedence` is a text whose byte order is SemVer precedence; two versions that differ only in build metadata have
    the same one, so its uniqueness refuses the second.
    """

    __tablename__ = "plugin_versions"
    __table_args__ = (
        UniqueConstraint("plugin_name", "precedence"),
        Index("ix_plugin_versions_file_hash", "file_hash"),
        Index("ix_plugin_versions_stored_from", "stored_from", "file_size"),
        Index("ix_plugin_versions_plugin_name_file_size", "plugin_name", "file_size"),
        Index("ix_plugin_versions_available_at", "available_at"),
        Index("ix_plugin_versions_status_published_at", "status", "published_at", "plugin_name"),
    )

    plugin_name: Mapped[str] = mapped_column(
        String(PLUGIN_NAME_MAX), ForeignKey("plugins.name", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[str] = mapped_column(String(VERSION_MAX), primary_key=True)
    precedence: Mapped[str] = mapped_column(PRECEDENCE)
    status: Mapped[str] = mapped_column(String(16), default=PluginStatus.PUBLISHED, server_default="published")
    display_name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200))
    license: Mapped[str] = mapped_column(String(200))
    homepage: Mapped[str] = mapped_column(String(2048))
    main_dll: Mapped[str] = mapped_column(String(1024))
    entry_class: Mapped[str] = mapped_column(String(500))
    changelog: Mapped[str] = mapped_column(Text)
    # Like a plugin's long description.
    changelog_html: Mapped[str | None] = mapped_column(Text, deferred=True)
    changelog_of: Mapped[str | None] = mapped_column(String(64))
    dependencies: Mapped[dict[str, str]] = mapped_column(JSON)
    engines: Mapped[dict[str, str]] = mapped_column(JSON)
    # What the inspector found in the main assembly: managed or not, entry class found or not.
    assembly_finding: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_deprecated: Mapped[bool] = mapped_column(default=False)
    # None also where an earlier version of the program deprecated it.
    deprecated_at: Mapped[OptionalMoment]
    # What the owner chose. A prerelease is `preview` whatever stands here: see `channel`.
    chosen_channel: Mapped[str] = mapped_column("channel", String(16), default=Channel.STABLE, server_default="stable")
    # The end of the cooldown. None: there is none.
    available_at: Mapped[OptionalMoment]
    # Percent of hosts that are offered the version.
    rollout: Mapped[int] = mapped_column(Integer, default=FULL_ROLLOUT, server_default="100")
    is_paused: Mapped[bool] = mapped_column(default=False, server_default=false())
    # For a severe finding, until a reviewer releases it.
    is_held: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_yanked: Mapped[bool] = mapped_column(default=False, server_default=false())
    yank_reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    # Is its download refused, because a block that says so matches? Kept up to date by show_current, so that a download
    # asks one row alone.
    is_blocked: Mapped[bool] = mapped_column(default=False, server_default=false())
    # What the manifest declares. None: not declared, which is not the same as none.
    permissions: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    # The names of plugins that this one replaces.
    replaces: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    # The submitter: the account, the fingerprint of the upload key, the account that made that key. Copies, not
    # references: they stay valid after the account is deleted or the key replaced.
    submitted_by: Mapped[str | None] = mapped_column(String(36))
    submitted_key: Mapped[str | None] = mapped_column(String(16))
    submitted_key_by: Mapped[str | None] = mapped_column(String(36))
    download_count: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[Created]
    published_at: Mapped[OptionalMoment]

    @property
    def is_public(self) -> bool:
        """Can everybody see it, if the plugin is public?"""
        return self.status == PluginStatus.PUBLISHED

    @property
    def channel(self) -> Channel:
        """The channel of the version, which for a prerelease is not what the owner chose."""
        return Channel(self.chosen_channel).of(self.version)

    @property
    def offered_from(self) -> datetime | None:
        """When a published version's cooldown ends: its publication where it has none. None if it is not published."""
        return (self.available_at or self.published_at or self.created_at) if self.is_public else None

    @property
    def file_name(self) -> str:
        """See package_file_name."""
        return package_file_name(self.plugin_name, self.version)


# A plugin's total is the sum of its versions' counts and stored nowhere else: it cannot drift. Cast, because
# PostgreSQL's sum of integers is a decimal.
TOTAL_DOWNLOADS = (
    select(cast(func.coalesce(func.sum(PluginVersion.download_count), 0), BigInteger))
    .where(PluginVersion.plugin_name == Plugin.name)
    .correlate_except(PluginVersion)
    .scalar_subquery()
)
Plugin.total_download_count = column_property(TOTAL_DOWNLOADS)  # type: ignore[assignment]


class VersionTombstone(Base):
    """A deleted version whose number stays reserved: only the same bytes may use it again."""

    __tablename__ = "version_tombstones"

    name_key: Mapped[str] = mapped_column(
        String(PLUGIN_NAME_MAX),
        ForeignKey("plugin_tombstones.name_key", ondelete="CASCADE"),
        primary_key=True,
    )
    precedence: Mapped[str] = mapped_column(PRECEDENCE, primary_key=True)
    version: Mapped[str] = mapped_column(String(VERSION_MAX))
    file_hash: Mapped[str] = mapped_column(String(64))
