"""Requesting automatic reviews, and finding their results."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select, tuple_

from ...database.session import db
from ...errors import AutoReviewNotFound
from ...models import AutoReview, Plugin, PluginVersion
from ...models.columns import new_id
from ...vocabulary import AutoReviewStatus
from .. import jobs

KIND = "auto_review"
_UNFINISHED = (AutoReviewStatus.PENDING, AutoReviewStatus.RUNNING)


def request(version: PluginVersion) -> AutoReview:
    """Queue an automatic review of this version; returns the running one if there is one."""
    found = latest(version)
    if found is not None and found.status in _UNFINISHED:
        return found
    review = AutoReview(
        id=new_id(),
        plugin_name=version.plugin_name,
        version=version.version,
        file_hash=version.file_hash,
        status=AutoReviewStatus.PENDING,
    )
    db.session.add(review)
    jobs.enqueue(KIND, auto_review_id=review.id)
    return review


def latest(version: PluginVersion) -> AutoReview | None:
    """The version's newest automatic review."""
    return db.session.scalar(
        select(AutoReview)
        .where(AutoReview.plugin_name == version.plugin_name, AutoReview.version == version.version)
        .order_by(AutoReview.created_at.desc(), AutoReview.id.desc())
        .limit(1)
    )


def latest_of_each(versions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], AutoReview]:
    """The newest automatic review of each version that has one, by the plugin's name and the version."""
    wanted = set(versions)
    if not wanted:
        return {}
    key = (AutoReview.plugin_name, AutoReview.version)
    newest_first = (AutoReview.created_at.desc(), AutoReview.id.desc())
    place = func.row_number().over(partition_by=key, order_by=newest_first).label("place")
    ranked = select(AutoReview.id, place).where(tuple_(*key).in_(wanted)).subquery()
    query = select(AutoReview).join(ranked, ranked.c.id == AutoReview.id).where(ranked.c.place == 1)
    return {(row.plugin_name, row.version): row for row in db.session.scalars(query)}


def latest_of(plugin: Plugin) -> AutoReview:
    """The plugin's newest automatic review, of any version. Raises AutoReviewNotFound."""
    found = db.session.scalar(
        select(AutoReview)
        .where(AutoReview.plugin_name == plugin.name)
        .order_by(AutoReview.created_at.desc(), AutoReview.id.desc())
        .limit(1)
    )
    if found is None:
        raise AutoReviewNotFound()
    return found


def get(auto_review_id: str) -> AutoReview:
    """The automatic review. Raises AutoReviewNotFound."""
    found = db.session.get(AutoReview, auto_review_id)
    if found is None:
        raise AutoReviewNotFound()
    return found
