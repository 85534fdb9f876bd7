"""Blocks of installed plugins."""

from __future__ import annotations

from sqlalchemy import JSON, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import PLUGIN_NAME_MAX, RANGE_MAX, URL_MAX, BlockStatus
from .columns import Created, OptionalMoment, Uuid


class Block(Base):
    """An administrator's word on installed versions of a plugin: a range of them, or packages by their hash.

    The plugin need not be in the catalogue: it may be deleted, and installed all the same. Accounts are copies, not
    references: they stay valid after the account is deleted.
    """

    __tablename__ = "blocks"
    __table_args__ = (
        Index("ix_blocks_plugin_key", "plugin_key"),
        Index("ix_blocks_status", "status", "created_at"),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    # The name as it was given, and in lower case.
    plugin: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX))
    plugin_key: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX))
    # A range; None: only packages by their hash.
    versions: Mapped[str | None] = mapped_column(String(RANGE_MAX))
    sha256: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    severity: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(8), default=BlockStatus.ACTIVE)
    # By language: `zh` and `en`.
    reason: Mapped[dict[str, str]] = mapped_column(JSON)
    advisory_url: Mapped[str] = mapped_column(String(URL_MAX), default="", server_default=text("''"))
    created_at: Mapped[Created]
    created_by: Mapped[str] = mapped_column(String(36))
    # None: until it is revoked.
    expires_at: Mapped[OptionalMoment]
    # When it became what it says now, its reason aside, and by whom: neither this account nor the one that made it can
    # approve it.
    proposed_at: Mapped[Created]
    proposed_by: Mapped[str] = mapped_column(String(36))
    approved_at: Mapped[OptionalMoment]
    approved_by: Mapped[str | None] = mapped_column(String(36))
    revoked_at: Mapped[OptionalMoment]
    revoked_by: Mapped[str | None] = mapped_column(String(36))
    revoke_reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
