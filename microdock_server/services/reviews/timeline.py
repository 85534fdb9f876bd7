"""The review history of a version, for its owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ...database.session import db
from ...models import AutoReview, PluginVersion, Review
from ...vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Step:
    """One event. `notes` are those written for the owner."""

    at: datetime
    event: str
    notes: str = ""


def of(version: PluginVersion) -> list[Step]:
    """The version's events, oldest first. Reviewers' names and internal notes are left out."""
    steps = [*_reviews(version), *_auto_reviews(version)]
    return sorted(steps, key=lambda step: step.at)


def _reviews(version: PluginVersion) -> Iterator[Step]:
    query = select(Review).where(Review.plugin_name == version.plugin_name, Review.version == version.version)
    for row in db.session.scalars(query.order_by(Review.submitted_at, Review.id)):
        if row.reasons == [Reason.REPORTED.value]:
            # Reports are confidential between reporters and reviewers.
            continue
        yield Step(row.submitted_at, "submitted")
        if row.assigned_at is not None:
            yield Step(row.assigned_at, "assigned")
        if row.started_at is not None:
            yield Step(row.started_at, "started")
        if row.decided_at is not None:
            yield Step(row.decided_at, row.status, row.notes)


def _auto_reviews(version: PluginVersion) -> Iterator[Step]:
    query = select(AutoReview).where(
        AutoReview.plugin_name == version.plugin_name, AutoReview.version == version.version
    )
    for row in db.session.scalars(query.order_by(AutoReview.created_at, AutoReview.id)):
        if row.finished_at is not None:
            yield Step(row.finished_at, f"auto_review_{row.status}")
