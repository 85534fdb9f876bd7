"""Installed plugins of users."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from .columns import Created


class Install(Base):
    """One plugin in a user's installed set. `plugin_key` is the case-folded id: unique per user."""

    __tablename__ = "user_plugins"
    __table_args__ = (
        UniqueConstraint("user_id", "plugin_key"),
        Index("ix_user_plugins_user_id_enabled", "user_id", "enabled"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), ForeignKey("users.id", ondelete="CASCADE"))
    plugin_id: Mapped[str] = mapped_column(String(100))
    plugin_key: Mapped[str] = mapped_column(String(100))
    plugin_name: Mapped[str] = mapped_column(String(200))
    plugin_version: Mapped[str] = mapped_column(String(50))
    enabled: Mapped[bool] = mapped_column(default=True)
    granted_permissions: Mapped[list[str]] = mapped_column(JSON)
    installed_at: Mapped[Created]
    updated_at: Mapped[Created]
