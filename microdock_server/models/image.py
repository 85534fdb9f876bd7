"""Icons and screenshots."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import PLUGIN_NAME_MAX
from .columns import Created, Uuid
from .stored_file import StoredFileColumns

# The kinds.
ICON: Final = "icon"
SCREENSHOT: Final = "screenshot"


class PluginImage(StoredFileColumns, Base):
    """One image of a plugin, re-encoded from its owner's file. `kind` is ICON or SCREENSHOT."""

    __tablename__ = "plugin_images"
    __table_args__ = (
        Index("ix_plugin_images_plugin_name", "plugin_name", "kind", "position"),
        Index("ix_plugin_images_stored_from", "stored_from", "file_size"),
    )

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    plugin_name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), ForeignKey("plugins.name", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    position: Mapped[int] = mapped_column(Integer)
    media_type: Mapped[str] = mapped_column(String(32))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Created]
