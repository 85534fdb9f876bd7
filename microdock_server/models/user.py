"""People who log in."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base
from .columns import Created, OptionalMoment, Uuid


class User(Base):
    """An account. Names and addresses are unique ignoring case: the `_key` columns hold them case-folded."""

    __tablename__ = "users"

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    username_key: Mapped[str] = mapped_column(String(128), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(512), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    # True from the first start on the documented default password until the password is changed.
    has_default_password: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(16))
    is_active: Mapped[bool] = mapped_column(default=True)
    # Every token carries the epoch it was made in; raising it revokes them all.
    token_epoch: Mapped[int] = mapped_column(default=0)
    # Raised by every change to what the user has installed.
    installs_revision: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[Created]
    last_login_at: Mapped[OptionalMoment]
