"""Developers: profiles of accounts that publish, and their revenue."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..text import names
from ..vocabulary import PLUGIN_NAME_MAX, Verification
from .columns import Created, Moment, OptionalMoment


class Developer(Base):
    """The profile of one account. Documents are references: the server never fetches them."""

    __tablename__ = "developers"
    __table_args__ = (
        Index("ix_developers_created_at", "created_at"),
        Index("ix_developers_last_published_at", "last_published_at"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(200))
    company: Mapped[str] = mapped_column(String(200), default="")
    # What searches for people match; null in rows written by the version before 0004.
    search_key: Mapped[str | None] = mapped_column(Text)
    website: Mapped[str] = mapped_column(String(2048), default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    verification_documents: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    verification: Mapped[str] = mapped_column(String(16), default=Verification.PENDING)
    verification_notes: Mapped[str] = mapped_column(Text, default="")
    verified_at: Mapped[OptionalMoment]
    verified_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # When the developer last submitted a version.
    last_published_at: Mapped[OptionalMoment]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


@event.listens_for(Developer, "before_insert")
@event.listens_for(Developer, "before_update")
def _derive(_mapper: Any, _connection: Any, developer: Developer) -> None:
    """Derived from the names, and never set by hand."""
    developer.search_key = names.search_key(developer.display_name, developer.company)


class RevenueEntry(Base):
    """One entry of the ledger. `amount` is in hundredths of `currency`; a negative one is a correction."""

    __tablename__ = "revenue_entries"
    __table_args__ = (
        Index("ix_revenue_entries_developer_id", "developer_id", "currency", "occurred_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    developer_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # The name, not a reference: the ledger outlives the plugin.
    plugin_name: Mapped[str | None] = mapped_column(String(PLUGIN_NAME_MAX))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    note: Mapped[str] = mapped_column(Text, default="")
    occurred_at: Mapped[Moment]
    recorded_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]
