"""Requesting automatic reviews, and finding their results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import bindparam, func, select, tuple_

from ...database.session import db
from ...errors import AutoReviewNotFound
from ...models import AutoReview, Plugin, PluginVersion
from ...models.columns import new_id
from ...vocabulary import AutoReviewStatus
from .. import jobs

KIND = "auto_review"
_UNFINISHED = (AutoReviewStatus.PENDING, AutoReviewStatus.RUNNING)
# Built once: building a query costs as much as running it.
_NEWEST_FIRST: Final = (AutoReview.created_at.desc(), AutoReview.id.desc())
_OF_PLUGIN: Final = (
    select(AutoReview).where(AutoReview.plugin_name == bindparam("name")).order_by(*_NEWEST_FIRST).limit(1)
)
_OF_VERSION: Final = _OF_PLUGIN.where(AutoReview.version == bindparam("number"))
_COMPLETED: Final = _OF_VERSION.where(
    AutoReview.status == AutoReviewStatus.COMPLETED, AutoReview.file_hash == bindparam("hash")
)
_KEY: Final = (AutoReview.plugin_name, AutoReview.version)
_RANKED: Final = (
    select(AutoReview.id, func.row_number().over(partition_by=_KEY, order_by=_NEWEST_FIRST).label("place"))
    # The names by themselves as well: see database/pairs.py.
    .where(AutoReview.plugin_name.in_(bindparam("names", expanding=True)))
    .where(tuple_(*_KEY).in_(bindparam("versions", expanding=True)))
    .subquery()
)
_OF_EACH: Final = select(AutoReview).join(_RANKED, _RANKED.c.id == AutoReview.id).where(_RANKED.c.place == 1)


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
    return db.session.scalar(_OF_VERSION, {"name": version.plugin_name, "number": version.version})


def latest_completed(version: PluginVersion) -> AutoReview | None:
    """The newest automatic review of the version's bytes that has a verdict."""
    values = {"name": version.plugin_name, "number": version.version, "hash": version.file_hash}
    return db.session.scalar(_COMPLETED, values)


def latest_of_each(versions: Iterable[tuple[str, str]]) -> dict[tuple[str, str], AutoReview]:
    """The newest automatic review of each version that has one, by the plugin's name and the version."""
    wanted = set(versions)
    if not wanted:
        return {}
    found = db.session.scalars(_OF_EACH, {"names": list({name for name, _ in wanted}), "versions": list(wanted)})
    return {(row.plugin_name, row.version): row for row in found}


def latest_of(plugin: Plugin) -> AutoReview:
    """The plugin's newest automatic review, of any version. Raises AutoReviewNotFound."""
    found = db.session.scalar(_OF_PLUGIN, {"name": plugin.name})
    if found is None:
        raise AutoReviewNotFound()
    return found


def get(auto_review_id: str) -> AutoReview:
    """The automatic review. Raises AutoReviewNotFound."""
    found = db.session.get(AutoReview, auto_review_id)
    if found is None:
        raise AutoReviewNotFound()
    return found
