"""What waits for somebody who runs the server: numbers for the start of the admin page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import func, select

from ..clock import utcnow
from ..database.session import db
from ..models import Appeal, Block, Rating, Review
from ..vocabulary import AppealStatus, BlockStatus, JobState, Reason
from . import developers, jobs
from .releases import lines
from .reviews import review_queue


def counts(may: Callable[[str], bool]) -> dict[str, int]:
    """How many wait, by what; only of what the caller may see the list of.

    Each number is the length of that list; of blocks without those that have expired.
    """
    return {name: count() for name, (permission, count) in _COUNTED.items() if may(permission)}


def _appeals() -> int:
    return _count(Appeal, Appeal.status == AppealStatus.PENDING)


def _reported_plugins() -> int:
    return _count(Review, review_queue.is_open(), review_queue.is_queued_for(Reason.REPORTED))


def _reported_ratings() -> int:
    return _count(Rating, Rating.report_count > 0, Rating.is_hidden.is_(False))


def _pending_blocks() -> int:
    return _count(Block, lines.in_force(utcnow()), Block.status == BlockStatus.PENDING)


def _failed_jobs() -> int:
    return jobs.counts().get(JobState.FAILED, 0)


def _count(model: Any, *conditions: Any) -> int:
    return int(db.session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one())


# The permission that the list needs, and the number.
_COUNTED: Final[dict[str, tuple[str, Callable[[], int]]]] = {
    "appeals": ("review.view", _appeals),
    "reported_plugins": ("review.view", _reported_plugins),
    "reported_ratings": ("review.view", _reported_ratings),
    "pending_blocks": ("system.blocks", _pending_blocks),
    "unverified_developers": ("user.view", developers.count_unverified),
    "failed_jobs": ("system.resources", _failed_jobs),
}
