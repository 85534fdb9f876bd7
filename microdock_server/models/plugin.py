"""Plugins, and tombstones of deleted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import DISPLAY_NAME_MAX, PLUGIN_NAME_MAX, VERSION_MAX, PluginStatus
from .columns import Created, OptionalMoment, Uuid


class Plugin(Base):
    """A plugin as the catalogue shows it: the current version's manifest, overridden by what its owner set, and its
    state.
    """

    __tablename__ = "plugins"
    __table_args__ = (
        Index("ix_plugins_revision", "revision"),
        Index("uq_plugins_number", "number", unique=True),
        Index("ix_plugins_status_created_at", "status", "created_at", "number"),
        Index("ix_plugins_status_updated_at", "status", "updated_at", "number"),
        Index("ix_plugins_status_rating", "status", "rating_average", "number"),
        Index("ix_plugins_created_at", "created_at", "number"),
        Index("ix_plugins_updated_at", "updated_at", "number"),
        Index("ix_plugins_rating", "rating_average", "number"),
        Index("ix_plugins_owner_id_status", "owner_id", "status", "created_at", "number"),
        Index("ix_plugins_category_id_status", "category_id", "status"),
        Index("ix_plugins_next_change_at", "next_change_at"),
        # With all that counts by category and orders by weighed ratings read: rows with their texts are long.
        Index("ix_plugins_status_category_id", "status", "category_id", "number"),
        Index("ix_plugins_status_ratings", "status", "rating_count", "rating_sum", "category_id", "number"),
    )

    name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), unique=True)
    id: Mapped[Uuid] = mapped_column(unique=True)
    # A small number that never changes: the plugin's id in the search index. Assigned by the catalogue.
    number: Mapped[int] = mapped_column(BigInteger, server_default="0")
    status: Mapped[str] = mapped_column(String(16), default=PluginStatus.PUBLISHED, server_default="published")
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # Outlives the owner's account: an owned name never becomes available to others.
    had_owner: Mapped[bool] = mapped_column(default=False, server_default=false())
    category_id: Mapped[str | None] = mapped_column(ForeignKey("categories.id"))
    display_name: Mapped[str] = mapped_column(String(DISPLAY_NAME_MAX))
    description: Mapped[str] = mapped_column(Text)
    long_description: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    # The hash of the text that the HTML was made from (services/plugins/texts.py). Loaded only where it is shown.
    long_description_html: Mapped[str | None] = mapped_column(Text, deferred=True)
    long_description_of: Mapped[str | None] = mapped_column(String(64))
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    repository: Mapped[str] = mapped_column(String(2048), default="", server_default=text("''"))
    author: Mapped[str] = mapped_column(String(200))
    license: Mapped[str] = mapped_column(String(200))
    homepage: Mapped[str] = mapped_column(String(2048))
    main_dll: Mapped[str] = mapped_column(String(1024))
    entry_class: Mapped[str] = mapped_column(String(500))
    # Values that the owner set through the marketplace, by column: they take precedence over every manifest.
    overrides: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    current_version: Mapped[str] = mapped_column(String(VERSION_MAX))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    is_deprecated: Mapped[bool] = mapped_column(default=False)
    # None also where an earlier version of the program deprecated it.
    deprecated_at: Mapped[OptionalMoment]
    deprecation_reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    # When a deprecated plugin will be gone, if that is known.
    sunset_at: Mapped[OptionalMoment]
    # The name of the plugin to use instead.
    replacement: Mapped[str | None] = mapped_column(String(PLUGIN_NAME_MAX))
    # The highest version that is offered; None: no bound.
    recommended_version: Mapped[str | None] = mapped_column(String(VERSION_MAX))
    recommended_reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    # When time alone may next change the current version: a cooldown or a block ends.
    next_change_at: Mapped[OptionalMoment]
    # "": created through the marketplace, and its owner has not made a key yet.
    upload_key_hash: Mapped[str] = mapped_column(String(255))
    # The account that made the key, if one did; a copy, not a reference.
    upload_key_by: Mapped[str | None] = mapped_column(String(36))
    # Of visible ratings. The average is stored for sorting and computed from the other two.
    rating_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rating_sum: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rating_average: Mapped[float | None] = mapped_column(Float)
    # The catalogue's revision at which this row last changed (download counts aside).
    revision: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    published_at: Mapped[OptionalMoment]

    if TYPE_CHECKING:
        # A column computed from the versions, attached where both tables are defined (version.py).
        total_download_count: int

    @property
    def is_public(self) -> bool:
        """Can everybody see it?"""
        return self.status == PluginStatus.PUBLISHED

    @property
    def is_owned(self) -> bool:
        """Does it have an owner, or did it have one whose account was deleted?"""
        return self.had_owner or self.owner_id is not None or not self.upload_key_hash


class PluginTombstone(Base):
    """A deleted plugin whose name stays reserved: only its old key, or its old owner, can use it again."""

    __tablename__ = "plugin_tombstones"

    name_key: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    upload_key_hash: Mapped[str] = mapped_column(String(255))
    upload_key_by: Mapped[str | None] = mapped_column(String(36))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    had_owner: Mapped[bool] = mapped_column(default=False, server_default=false())
    deleted_at: Mapped[Created]

    @property
    def is_owned(self) -> bool:
        """Did the plugin have an owner (whose account may be deleted)?"""
        return self.had_owner or self.owner_id is not None or not self.upload_key_hash
