"""Stored facts about tokens: logins, their refresh tokens, and single revoked tokens."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from .columns import Created, Moment, OptionalMoment, Uuid


class TokenFamily(Base):
    """One login and every token that descends from it."""

    __tablename__ = "token_families"

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    remember_me: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Created]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    revoked_at: Mapped[OptionalMoment]


class RefreshToken(Base):
    """An issued refresh token. It is spent once; if it is used again, its family is revoked."""

    __tablename__ = "refresh_tokens"

    jti: Mapped[str] = mapped_column(String(36), primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[Moment]
    spent_at: Mapped[OptionalMoment]


class RevokedToken(Base):
    """A revoked token, stored until it would have expired anyway."""

    __tablename__ = "revoked_tokens"
    __table_args__ = (Index("ix_revoked_tokens_expires_at", "expires_at"),)

    jti: Mapped[str] = mapped_column(String(36), primary_key=True)
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Created]
