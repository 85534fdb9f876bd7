"""Categories: a tree."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from .columns import Created, Uuid

# Shorter than an id: what is a slug or an id cannot be taken for the other.
SLUG_MAX = 32


class Category(Base):
    """One category. Names are unique among siblings, by their key; `parent_key` is "" at the top.

    `slug` is the name in addresses, given once and unique among all. It is None where an earlier version of the
    program, which does not know this column, made the category; the id stands for it until categories.complete() gives
    one.

    `has_stale_index`: a category was moved from or to below it since the search index was built, so plugins may be
    indexed as below it that no longer are, or not as below it though they are. `indexed_parent_key` equals `parent_key`
    unless an earlier version of the program, which does not know this column, moved the category (or made it).
    """

    __tablename__ = "categories"
    __table_args__ = (
        UniqueConstraint("parent_key", "name_key"),
        Index("uq_categories_slug", "slug", unique=True),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("categories.id"), index=True)
    # In a unique constraint, nulls are not equal to each other.
    parent_key: Mapped[str] = mapped_column(String(36), default="")
    icon: Mapped[str] = mapped_column(String(100), default="")
    sort_order: Mapped[int] = mapped_column(Integer, default=0)
    has_stale_index: Mapped[bool] = mapped_column(default=False, server_default=false())
    indexed_parent_key: Mapped[str] = mapped_column(String(36), default="", server_default=text("''"))
    slug: Mapped[str | None] = mapped_column(String(SLUG_MAX))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    @property
    def address(self) -> str:
        """What stands for the category in addresses: its slug, or its id where it has none yet."""
        return self.slug or self.id
