"""How many hosts use a version: sketches from which nobody can be told."""

from __future__ import annotations

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import PLUGIN_NAME_MAX, VERSION_MAX

# `2026-W48`: an ISO week in UTC.
WEEK: int = 8


class ActiveSketch(Base):
    """The hosts that asked for updates of one version in one week, as a HyperLogLog sketch.

    Without references: a sketch is dropped when it is old, whatever became of its plugin.
    """

    __tablename__ = "active_sketches"
    __table_args__ = (Index("ix_active_sketches_week_estimate", "week", "estimate"),)

    week: Mapped[str] = mapped_column(String(WEEK), primary_key=True)
    plugin_name: Mapped[str] = mapped_column(String(PLUGIN_NAME_MAX), primary_key=True)
    version: Mapped[str] = mapped_column(String(VERSION_MAX), primary_key=True)
    registers: Mapped[bytes] = mapped_column(LargeBinary)
    # About how many hosts these are: to find the largest without reading all.
    estimate: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class ActiveSalt(Base):
    """What hosts' ids are hashed with in one week; deleted when the week is over."""

    __tablename__ = "active_salts"

    week: Mapped[str] = mapped_column(String(WEEK), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
