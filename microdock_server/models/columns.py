"""Column types that several tables share."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from ..clock import utcnow


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. Stored without a zone, so that every engine compares and sorts it the same way."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def new_id() -> str:
    """A UUID as text, version 7 (RFC 9562): it begins with the time, so ids of one process sort in order of
    creation.
    """
    now = time.time_ns()
    milliseconds, rest = divmod(now, 1_000_000)
    # The bits below a millisecond hold the fraction, to about a quarter of a microsecond.
    part = rest * 4096 // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | part << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


Uuid = Annotated[str, mapped_column(String(36), default=new_id)]
Created = Annotated[datetime, mapped_column(UtcDateTime, default=utcnow)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
OptionalMoment = Annotated[datetime | None, mapped_column(UtcDateTime)]
