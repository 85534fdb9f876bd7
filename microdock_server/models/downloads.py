"""Downloads by day and by window.

Triggers (migration 0002) keep these rows in step with the versions' counts: they run in the statement that counts a
download, so that every total is the sum of its rows.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import PLUGIN_NAME_MAX

# Counts from before daily counts existed.
UNDATED = "0000-00-00"


class DownloadDay(Base):
    """Downloads of one plugin on one day (UTC, `2026-01-31`)."""

    __tablename__ = "download_days"

    plugin_name: Mapped[str] = mapped_column(
        String(PLUGIN_NAME_MAX), ForeignKey("plugins.name", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class DownloadTotal(Base):
    """Downloads of all plugins on one day."""

    __tablename__ = "download_totals"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class DownloadWindow(Base):
    """Downloads of one plugin in total and in the last 7, 30, 90 and 365 days, as of the last roll-up."""

    __tablename__ = "download_windows"
    __table_args__ = (
        Index("ix_download_windows_public_total", "is_public", "total", "number"),
        Index("ix_download_windows_total", "total", "number"),
        Index("ix_download_windows_d7", "d7"),
        Index("ix_download_windows_d30", "d30"),
        Index("ix_download_windows_d90", "d90"),
        Index("ix_download_windows_d365", "d365"),
    )

    plugin_name: Mapped[str] = mapped_column(
        String(PLUGIN_NAME_MAX), ForeignKey("plugins.name", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(BigInteger)
    # Kept up to date by a trigger, so that the most downloaded published plugins are read from one index.
    is_public: Mapped[bool] = mapped_column(Boolean)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    d7: Mapped[int] = mapped_column(BigInteger, default=0)
    d30: Mapped[int] = mapped_column(BigInteger, default=0)
    d90: Mapped[int] = mapped_column(BigInteger, default=0)
    d365: Mapped[int] = mapped_column(BigInteger, default=0)
