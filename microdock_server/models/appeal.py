"""Appeals against decisions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import PLUGIN_NAME_MAX, AppealStatus
from .columns import Created, OptionalMoment, Uuid

_OPEN = text("status = 'pending'")


class Appeal(Base):
    """One appeal. `decision_id` is the review or the block it is against, or the audit entry of the suspension.

    The plugin's own id stands for a suspension that the audit log has no entry of.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        Index("uq_appeals_open", "decision_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_appeals_status", "status", "created_at"),
        Index("ix_appeals_appellant_id", "appellant_id", "created_at"),
        Index("ix_appeals_plugin_name", "plugin_name"),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    plugin_name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), ForeignKey("plugins.name", ondelete="CASCADE"))
    decision_id: Mapped[str] = mapped_column(String(36))
    # Who made the decision: they may not decide the appeal. None if no person did.
    against_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    appellant_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    status: Mapped[str] = mapped_column(String(16), default=AppealStatus.PENDING)
    response: Mapped[str] = mapped_column(Text, default="")
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[OptionalMoment]
    created_at: Mapped[Created]
