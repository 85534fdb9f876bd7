"""Background jobs: the truth about them, whatever delivers them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.session import Base
from ..vocabulary import JobState
from .columns import Created, Moment, OptionalMoment, Uuid


class Job(Base):
    """One piece of work. Whoever runs it holds a lease; a lease that ran out lets another try."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state", "state", "available_at"),)

    id: Mapped[Uuid] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    # Names the holder of the lease: a worker that lost it cannot finish for the next.
    leased_by: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[OptionalMoment]
    available_at: Mapped[Moment]
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[Created]
    finished_at: Mapped[OptionalMoment]
