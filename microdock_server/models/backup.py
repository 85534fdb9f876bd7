"""Backups of users' data."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from .columns import Created
from .stored_file import StoredFileColumns


class Backup(StoredFileColumns, Base):
    """One opaque file of one user. Ids are never reused."""

    __tablename__ = "backups"
    __table_args__ = (
        # What is listed, counted and summed by user key is read from the index alone.
        Index("ix_backups_user_key_created_at", "user_key", "created_at", "id", "file_size"),
        Index("ix_backups_created_at", "created_at", "id"),
        Index("ix_backups_stored_from", "stored_from", "file_size"),
        {"sqlite_autoincrement": True},
    )

    # SQLite numbers rows by itself only for a column that is exactly INTEGER.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    user_key: Mapped[str] = mapped_column(String(256))
    backup_type: Mapped[str] = mapped_column(String(16))
    plugin_name: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Created]
