"""People who log in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, String, Text, event, inspect
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..text import confusables, names
from .columns import Created, OptionalMoment, Uuid


class User(Base):
    """An account. Names and addresses are unique by their keys (names.key), which the `_key` columns hold.

    Where an old row has the same key as another, a suffix after a line break makes it distinct. `skeleton` and
    `search_key` are null in rows from before migration 0004, and in those that the previous version writes;
    accounts.complete() fills them in.
    """

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_skeleton", "skeleton"), Index("ix_users_skeleton_cased", "skeleton_cased"))

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    username_key: Mapped[str] = mapped_column(String(128), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(512), unique=True)
    # What the name looks like, with case folded before and after (confusables.skeletons).
    skeleton: Mapped[str | None] = mapped_column(String(255))
    skeleton_cased: Mapped[str | None] = mapped_column(String(255))
    # What searches for people match.
    search_key: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(String(255))
    # True from the first start with the documented default password until the password is changed.
    has_default_password: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(16))
    is_active: Mapped[bool] = mapped_column(default=True)
    # Every token contains the epoch at its creation; incrementing the epoch revokes them all.
    token_epoch: Mapped[int] = mapped_column(default=0)
    # Incremented by every change to the user's installed set.
    installs_revision: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[Created]
    last_login_at: Mapped[OptionalMoment]

    @property
    def is_stored(self) -> bool:
        """Does it have a row already?"""
        return inspect(self).has_identity

    def derive(self) -> None:
        """Derive columns from the name."""
        self.skeleton, self.skeleton_cased = confusables.skeletons(self.username)
        self.search_key = names.search_key(self.username, self.email)


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
def _derive(_mapper: Any, _connection: Any, user: User) -> None:
    """Columns derived from the name are never set by hand. Rows that still need completion stay marked as such."""
    if user.skeleton is not None or not user.is_stored:
        user.derive()
