"""The review queue, and results of automatic reviews."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import PLUGIN_NAME_MAX, VERSION_MAX, AutoReviewStatus, Priority, ReviewStatus
from .columns import Created, OptionalMoment, Uuid

_OPEN = text("status IN ('pending', 'in_review')")


class Review(Base):
    """One version in the queue, or the decision on it. `file_hash` is that of the reviewed package."""

    __tablename__ = "reviews"
    __table_args__ = (
        ForeignKeyConstraint(
            ["plugin_name", "version"], ["plugin_versions.plugin_name", "plugin_versions.version"], ondelete="CASCADE"
        ),
        Index("uq_reviews_open", "plugin_name", "version", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_reviews_plugin_name", "plugin_name", "version"),
        Index("ix_reviews_status", "status", "urgency", "submitted_at"),
        Index("ix_reviews_assigned_reviewer_id", "assigned_reviewer_id", "status"),
        Index("ix_reviews_decided_at", "decided_at"),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    plugin_name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX))
    version: Mapped[str] = mapped_column(String(VERSION_MAX))
    file_hash: Mapped[str] = mapped_column(String(64))
    reasons: Mapped[list[str]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(16), default=ReviewStatus.PENDING)
    priority: Mapped[str] = mapped_column(String(8), default=Priority.MEDIUM)
    # The priority as a number to sort by: 0 is the most urgent.
    urgency: Mapped[int] = mapped_column(Integer, default=1)
    submitted_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    submitted_at: Mapped[Created]
    assigned_reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    assigned_at: Mapped[OptionalMoment]
    assignment_notes: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[OptionalMoment]
    decided_at: Mapped[OptionalMoment]
    # None for a decision that no person made.
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    is_automatic: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str] = mapped_column(Text, default="")
    checklist: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    recommendations: Mapped[list[str]] = mapped_column(JSON, default=list)


class AutoReview(Base):
    """One automatic review: the facts gathered (`facts`), and the verdict of the rules at the time."""

    __tablename__ = "auto_reviews"
    __table_args__ = (
        ForeignKeyConstraint(
            ["plugin_name", "version"], ["plugin_versions.plugin_name", "plugin_versions.version"], ondelete="CASCADE"
        ),
        Index("ix_auto_reviews_plugin_name", "plugin_name", "version", "created_at"),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    plugin_name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX))
    version: Mapped[str] = mapped_column(String(VERSION_MAX))
    file_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default=AutoReviewStatus.PENDING)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rules_version: Mapped[str] = mapped_column(String(32), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]
    started_at: Mapped[OptionalMoment]
    finished_at: Mapped[OptionalMoment]


class VersionInventory(Base):
    """The contents of a version's package: every file by hash, and the main assembly's references."""

    __tablename__ = "version_inventories"
    __table_args__ = (
        ForeignKeyConstraint(
            ["plugin_name", "version"], ["plugin_versions.plugin_name", "plugin_versions.version"], ondelete="CASCADE"
        ),
    )

    plugin_name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    version: Mapped[str] = mapped_column(String(VERSION_MAX), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Of each entry, in the order of bundle.inventory.PackedEntry. None where a version of the program made the row that
    # did not know them: the inventory is made anew.
    entries: Mapped[list[list[Any]] | None] = mapped_column(JSON(none_as_null=True))
