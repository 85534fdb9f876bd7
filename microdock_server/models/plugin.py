"""Plugins, and what is remembered of deleted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import DISPLAY_NAME_MAX, PLUGIN_NAME_MAX, VERSION_MAX, PluginStatus
from .columns import Created, OptionalMoment, Uuid


class Plugin(Base):
    """A plugin as the catalogue shows it: the manifest of its current version under what its owner set, its state."""

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
    )

    name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), unique=True)
    id: Mapped[Uuid] = mapped_column(unique=True)
    # A small number that never changes: what the search index knows a plugin by. Given out by the catalogue.
    number: Mapped[int] = mapped_column(BigInteger, server_default="0")
    status: Mapped[str] = mapped_column(String(16), default=PluginStatus.PUBLISHED, server_default="published")
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # Outlives the owner's account: a name that was somebody's never becomes anybody's.
    had_owner: Mapped[bool] = mapped_column(default=False, server_default=false())
    category_id: Mapped[str | None] = mapped_column(ForeignKey("categories.id"))
    display_name: Mapped[str] = mapped_column(String(DISPLAY_NAME_MAX))
    description: Mapped[str] = mapped_column(Text)
    long_description: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    # Of which text the HTML is (services/texts.py). Loaded only where it is shown.
    long_description_html: Mapped[str | None] = mapped_column(Text, deferred=True)
    long_description_of: Mapped[str | None] = mapped_column(String(64))
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    repository: Mapped[str] = mapped_column(String(2048), default="", server_default=text("''"))
    author: Mapped[str] = mapped_column(String(200))
    license: Mapped[str] = mapped_column(String(200))
    homepage: Mapped[str] = mapped_column(String(2048))
    main_dll: Mapped[str] = mapped_column(String(1024))
    entry_class: Mapped[str] = mapped_column(String(500))
    # What the owner set through the marketplace, by column: it wins over every manifest.
    overrides: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    current_version: Mapped[str] = mapped_column(String(VERSION_MAX))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    is_deprecated: Mapped[bool] = mapped_column(default=False)
    # "": made through the marketplace, and its owner has set no key yet.
    upload_key_hash: Mapped[str] = mapped_column(String(255))
    # The account that made the key, where one did; a copy, not a reference.
    upload_key_by: Mapped[str | None] = mapped_column(String(36))
    # Of the ratings that are shown. The average is kept for sorting and made from the other two.
    rating_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rating_sum: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rating_average: Mapped[float | None] = mapped_column(Float)
    # The catalogue's revision at which this row last changed (download counts aside).
    revision: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    published_at: Mapped[OptionalMoment]

    if TYPE_CHECKING:
        # A column of a query over the versions, attached where both tables are known (version.py).
        total_download_count: int

    @property
    def is_public(self) -> bool:
        """May everybody see it?"""
        return self.status == PluginStatus.PUBLISHED

    @property
    def is_owned(self) -> bool:
        """Has it an owner, or had it one whose account is gone?"""
        return self.had_owner or self.owner_id is not None or not self.upload_key_hash


class PluginTombstone(Base):
    """A deleted plugin whose name stays taken: only its old key, or its old owner, opens it again."""

    __tablename__ = "plugin_tombstones"

    name_key: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    upload_key_hash: Mapped[str] = mapped_column(String(255))
    upload_key_by: Mapped[str | None] = mapped_column(String(36))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    had_owner: Mapped[bool] = mapped_column(default=False, server_default=false())
    deleted_at: Mapped[Created]

    @property
    def is_owned(self) -> bool:
        """Had the plugin an owner, whose account may be gone?"""
        return self.had_owner or self.owner_id is not None or not self.upload_key_hash
