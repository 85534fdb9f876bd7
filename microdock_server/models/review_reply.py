"""Replies that reviewers keep, to write them again."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import REPLY_TITLE_MAX
from .columns import Created, Uuid


class ReviewReply(Base):
    """A text that a reviewer keeps: seen by its owner alone, or (`is_shared`) by everybody who decides reviews."""

    __tablename__ = "review_replies"
    __table_args__ = (
        Index("ix_review_replies_owner_id", "owner_id"),
        Index("ix_review_replies_is_shared", "is_shared"),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(REPLY_TITLE_MAX))
    text: Mapped[str] = mapped_column(Text)
    is_shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
