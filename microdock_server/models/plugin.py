"""Plugins, and what is remembered of deleted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base
from ..vocabulary import DISPLAY_NAME_MAX, PLUGIN_NAME_MAX, VERSION_MAX
from .columns import Created, Uuid


class Plugin(Base):
    """A plugin as the catalogue shows it: the manifest of its current version, and its state."""

    __tablename__ = "plugins"
    __table_args__ = (Index("ix_plugins_revision", "revision"),)

    name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), unique=True)
    id: Mapped[Uuid] = mapped_column(unique=True)
    display_name: Mapped[str] = mapped_column(String(DISPLAY_NAME_MAX))
    description: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200))
    license: Mapped[str] = mapped_column(String(200))
    homepage: Mapped[str] = mapped_column(String(2048))
    main_dll: Mapped[str] = mapped_column(String(1024))
    entry_class: Mapped[str] = mapped_column(String(500))
    current_version: Mapped[str] = mapped_column(String(VERSION_MAX))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    is_deprecated: Mapped[bool] = mapped_column(default=False)
    upload_key_hash: Mapped[str] = mapped_column(String(255))
    # The catalogue's revision at which this row last changed (download counts aside).
    revision: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    if TYPE_CHECKING:
        # A column of a query over the versions, attached where both tables are known (version.py).
        total_download_count: int


class PluginTombstone(Base):
    """A deleted plugin whose name stays taken: only its old key opens it again."""

    __tablename__ = "plugin_tombstones"

    name_key: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    upload_key_hash: Mapped[str] = mapped_column(String(255))
    deleted_at: Mapped[Created]
