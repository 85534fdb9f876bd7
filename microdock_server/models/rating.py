"""Users' ratings of plugins."""

from __future__ import annotations

from sqlalchemy import JSON, ForeignKey, Index, Integer, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import PLUGIN_NAME_MAX, VERSION_MAX
from .columns import Created, OptionalMoment, Uuid


class Rating(Base):
    """One user's current rating of one plugin."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("plugin_name", "user_id"),
        Index("ix_ratings_plugin_name_created_at", "plugin_name", "is_hidden", "created_at"),
        Index("ix_ratings_user_id", "user_id"),
        Index("ix_ratings_report_count", "report_count"),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    plugin_name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), ForeignKey("plugins.name", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # The current version when the rating was written.
    version: Mapped[str] = mapped_column(String(VERSION_MAX))
    rating: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[str] = mapped_column(Text, default="")
    pros: Mapped[list[str]] = mapped_column(JSON, default=list)
    cons: Mapped[list[str]] = mapped_column(JSON, default=list)
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[OptionalMoment]
    is_hidden: Mapped[bool] = mapped_column(default=False)
    hidden_reason: Mapped[str] = mapped_column(Text, default="")
    report_count: Mapped[int] = mapped_column(Integer, default=0)
    edit_count: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class RatingRevision(Base):
    """The text of a rating before an edit."""

    __tablename__ = "rating_revisions"
    __table_args__ = (Index("ix_rating_revisions_rating_id", "rating_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    rating_id: Mapped[str] = mapped_column(ForeignKey("ratings.id", ondelete="CASCADE"))
    rating: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    pros: Mapped[list[str]] = mapped_column(JSON)
    cons: Mapped[list[str]] = mapped_column(JSON)
    replaced_at: Mapped[Created]


class RatingReport(Base):
    """A user's report of a rating; one per user."""

    __tablename__ = "rating_reports"

    rating_id: Mapped[str] = mapped_column(ForeignKey("ratings.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Created]
