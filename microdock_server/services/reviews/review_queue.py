"""Queries on the review queue: its entries, their order, and estimates."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, String, bindparam, cast, func, or_, select

from ...clock import utcnow
from ...database.session import db
from ...models import AuditEntry, Plugin, Review
from ...vocabulary import NOT_MEASURED, OPEN_REVIEWS, Priority, Reason, ReviewStatus
from .. import audit
from ..paging import page_of

# How many past reviews an estimate is based on.
SAMPLE: Final = 50
MOST_REPORTS: Final = 20


def page(
    *,
    status: ReviewStatus | None,
    priority: Priority | None,
    reviewer_id: str | None,
    reason: Reason | None,
    page_number: int,
    limit: int,
) -> tuple[int, Sequence[Review]]:
    """The number of matching reviews, and one page: open ones by urgency and age, others newest first."""
    query = select(Review).where(is_open() if status is None else Review.status == status)
    if priority is not None:
        query = query.where(Review.priority == priority)
    if reviewer_id is not None:
        query = query.where(Review.assigned_reviewer_id == reviewer_id)
    if reason is not None:
        query = query.where(is_queued_for(reason))
    if status is None or status in OPEN_REVIEWS:
        query = query.order_by(Review.urgency, Review.submitted_at, Review.id)
    else:
        query = query.order_by(Review.decided_at.desc(), Review.id.desc())
    return page_of(query, page_number, limit)


def stats() -> dict[str, int]:
    """The number of open reviews, by priority."""
    rows = db.session.execute(select(Review.priority, func.count()).where(is_open()).group_by(Review.priority))
    counts = {str(priority): int(count) for priority, count in rows}
    return {
        "total_pending": sum(counts.values()),
        **{f"{priority}_priority": counts.get(priority, 0) for priority in Priority},
    }


def position(review: Review) -> int | None:
    """The review's position among the open ones, 1 being next; None once it is decided."""
    if review.status not in OPEN_REVIEWS:
        return None
    own = {"urgency": review.urgency, "submitted_at": review.submitted_at, "id": review.id}
    return int(db.session.execute(_AHEAD, own).scalar_one()) + 1


def estimated_minutes() -> int | Literal["not_measured"]:
    """Minutes from submission to decision: the median of the last 50 reviews that a person decided."""
    rows = db.session.execute(_SAMPLE).all()
    if not rows:
        return NOT_MEASURED
    seconds = statistics.median((decided - submitted).total_seconds() for submitted, decided in rows if decided)
    return max(1, round(seconds / 60))


def latest_of(plugin: Plugin) -> Review | None:
    """The plugin's newest review, open or decided."""
    return db.session.scalar(_LATEST, {"name": plugin.name})


def reports(rows: Sequence[Review]) -> dict[str, list[AuditEntry]]:
    """The user reports behind reviews, by review, newest first; at most 20 each."""
    reported = {row.id: row.plugin_name for row in rows if Reason.REPORTED.value in row.reasons}
    if not reported:
        return {}
    found: dict[str, list[AuditEntry]] = {}
    for entry in audit.of_targets("plugin.reported", "plugin", set(reported.values())):
        of_review = found.setdefault(str(entry.details.get("review")), [])
        if entry.details.get("review") in reported and len(of_review) < MOST_REPORTS:
            of_review.append(entry)
    return found


def is_overdue(review: Review, days: int) -> bool:
    """Has it waited for longer than the configuration allows?"""
    return review.status in OPEN_REVIEWS and utcnow() - review.submitted_at > timedelta(days=days)


def age_minutes(review: Review, now: datetime) -> int:
    """How long it has waited, or had waited when it was decided."""
    return max(0, int(((review.decided_at or now) - review.submitted_at).total_seconds() // 60))


def is_queued_for(reason: Reason) -> ColumnElement[bool]:
    """Is this among the reasons why the version is in the queue?"""
    return cast(Review.reasons, String).like(f'%"{reason.value}"%')


def is_open() -> ColumnElement[bool]:
    """Is the review undecided?"""
    return Review.status.in_(OPEN_REVIEWS)


# Built once: building a query costs as much as running it.
_SAME_URGENCY: Final = Review.urgency == bindparam("urgency")
_SAME_MOMENT: Final = Review.submitted_at == bindparam("submitted_at")
_SOONER: Final = or_(
    Review.urgency < bindparam("urgency"),
    _SAME_URGENCY & (Review.submitted_at < bindparam("submitted_at")),
    _SAME_URGENCY & _SAME_MOMENT & (Review.id < bindparam("id")),
)
_AHEAD: Final = select(func.count()).select_from(Review).where(is_open(), _SOONER)
_SAMPLE: Final = (
    select(Review.submitted_at, Review.decided_at)
    .where(Review.decided_at.is_not(None), Review.decided_by.is_not(None))
    .order_by(Review.decided_at.desc())
    .limit(SAMPLE)
)
_LATEST: Final = (
    select(Review)
    .where(Review.plugin_name == bindparam("name"))
    .order_by(Review.submitted_at.desc(), Review.id.desc())
    .limit(1)
)
