"""Ratings: one per user and plugin, with averages that always equal the visible ratings."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from ..clock import utcnow
from ..database.session import db
from ..errors import NotTheOwner, OwnRating, PluginNotFound, RatingExists, RatingNotFound
from ..models import Plugin, Rating, RatingReport, RatingRevision
from ..vocabulary import PluginStatus, permits
from . import audit, catalog, plugins, revisions
from .accounts.tokens import Actor
from .paging import page_of
from .revisions import WHATEVER, Expected

FIELDS: Final = ("rating", "title", "content", "pros", "cons")


class Order(StrEnum):
    """Sort orders of ratings."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    RATING = "rating"


_COLUMNS: Final = {
    Order.CREATED_AT: Rating.created_at,
    Order.UPDATED_AT: Rating.updated_at,
    Order.RATING: Rating.rating,
}


def page(
    plugin: Plugin, viewer: Actor | None, order: Order, *, descending: bool, page_number: int, limit: int
) -> tuple[int, Sequence[Rating]]:
    """The number of the plugin's ratings that the viewer may see, and one page of them; moderators also see hidden
    ones.
    """
    query = select(Rating).where(Rating.plugin_name == plugin.name)
    if not _moderates(viewer):
        query = query.where(Rating.is_hidden.is_(False))
    column = _COLUMNS[order]
    order_by = (column.desc(), Rating.id.desc()) if descending else (column, Rating.id)
    return page_of(query.order_by(*order_by), page_number, limit)


# Built once: building a query costs as much as running it.
_VISIBLE: Final = (Rating.plugin_name == bindparam("name"), Rating.is_hidden.is_(False))
_NEWEST: Final = (
    select(Rating)
    .where(*_VISIBLE)
    .order_by(Rating.created_at.desc(), Rating.id.desc())
    .offset(bindparam("skipped"))
    .limit(bindparam("count"))
)
_BY_STARS: Final = select(Rating.rating, func.count()).where(*_VISIBLE).group_by(Rating.rating)


def newest(plugin: Plugin, *, skipped: int, count: int) -> Sequence[Rating]:
    """At most so many visible ratings, newest first, after those that are skipped; plugin.rating_count says how many
    there are.
    """
    return db.session.scalars(_NEWEST, {"name": plugin.name, "skipped": skipped, "count": count}).all()


def distribution(plugin: Plugin) -> dict[str, int]:
    """The number of visible ratings by number of stars."""
    rows = db.session.execute(_BY_STARS, {"name": plugin.name})
    counts = {int(stars): int(count) for stars, count in rows}
    return {str(stars): counts.get(stars, 0) for stars in range(5, 0, -1)}


def for_moderation(
    *, reported: bool | None, hidden: bool | None, page_number: int, limit: int
) -> tuple[int, Sequence[Rating]]:
    """The number of ratings for moderators, and one page of them, the most reported first."""
    query = select(Rating).order_by(Rating.report_count.desc(), Rating.created_at.desc(), Rating.id.desc())
    if reported is not None:
        query = query.where(Rating.report_count > 0 if reported else Rating.report_count == 0)
    if hidden is not None:
        query = query.where(Rating.is_hidden.is_(hidden))
    return page_of(query, page_number, limit)


def create(reference: str, by: Actor, values: dict[str, Any]) -> Rating:
    """Rate a published plugin. Raises PluginNotFound, OwnRating, RatingExists."""
    plugin = plugins.get_seen(reference, by)
    if plugins.is_owner(plugin, by):
        raise OwnRating()
    if plugin.status != PluginStatus.PUBLISHED:
        raise PluginNotFound()
    if _of(plugin.name, by.id) is not None:
        raise RatingExists()
    rating = Rating(plugin_name=plugin.name, user_id=by.id, version=plugin.current_version, **values)
    db.session.add(rating)
    db.session.flush()
    _count(plugin, 1, rating.rating)
    return rating


def revision(rating: Rating) -> str:
    """The revision of the rating, including the owner's reply and its visibility."""
    return revisions.of_columns("rating", rating, ("id", *FIELDS, "reply", "is_hidden"))


def edit(reference: str, rating_id: str, by: Actor, values: dict[str, Any], expected: Expected = WHATEVER) -> Rating:
    """Change one's own rating; the previous text is kept.

    Raises RatingNotFound, NotTheOwner, ChangedMeanwhile, and OwnRating where the plugin became theirs since they rated
    it.
    """
    rating = get(plugins.get_seen(reference, by), rating_id, by)
    if rating.user_id != by.id:
        raise NotTheOwner()
    plugin = db.session.get_one(Plugin, rating.plugin_name)
    if plugins.is_owner(plugin, by):
        raise OwnRating()
    expected.ensure(revision(rating))
    before = rating.rating
    db.session.add(RatingRevision(rating_id=rating.id, **{name: getattr(rating, name) for name in FIELDS}))
    for name, value in values.items():
        setattr(rating, name, value)
    rating.edit_count += 1
    rating.updated_at = utcnow()
    db.session.flush()
    if not rating.is_hidden:
        _count(plugin, 0, rating.rating - before)
    return rating


def reply(reference: str, rating_id: str, by: Actor, text: str, expected: Expected = WHATEVER) -> Rating:
    """Set the owner's reply to a rating; a later one replaces it. Raises NotTheOwner, ChangedMeanwhile."""
    plugin = plugins.get_owned(reference, by)
    rating = get(plugin, rating_id, by)
    expected.ensure(revision(rating))
    rating.reply = text
    rating.replied_at = utcnow()
    # It stands on the plugin's page.
    catalog.mark(plugin)
    if not plugins.is_owner(plugin, by):
        audit.record(by, "rating.replied", "rating", rating.id, plugin=plugin.name)
    return rating


def report(reference: str, rating_id: str, by: Actor, reason: str) -> Rating:
    """Report a rating to moderators; once per user, and reporting again replaces the reason."""
    rating = get(plugins.get_seen(reference, by), rating_id, by)
    known = db.session.get(RatingReport, (rating.id, by.id))
    if known is not None:
        known.reason = reason
        return rating
    db.session.add(RatingReport(rating_id=rating.id, user_id=by.id, reason=reason))
    rating.report_count += 1
    return rating


def hide(rating_id: str, by: Actor, *, hidden: bool, reason: str, expected: Expected = WHATEVER) -> Rating:
    """Hide a rating, which also leaves the average, or show it again. Raises RatingNotFound, ChangedMeanwhile."""
    rating = db.session.get(Rating, rating_id)
    if rating is None:
        raise RatingNotFound()
    expected.ensure(revision(rating))
    if rating.is_hidden != hidden:
        plugin = db.session.get_one(Plugin, rating.plugin_name)
        rating.is_hidden = hidden
        sign = -1 if hidden else 1
        _count(plugin, sign, sign * rating.rating)
    rating.hidden_reason = reason if hidden else ""
    action = "rating.hidden" if hidden else "rating.shown"
    audit.record(by, action, "rating", rating.id, plugin=rating.plugin_name, reason=reason)
    return rating


def get(plugin: Plugin, rating_id: str, viewer: Actor) -> Rating:
    """A rating of this plugin; hidden ones are found by their author and by moderators only. Raises RatingNotFound."""
    rating = db.session.get(Rating, rating_id)
    if rating is None or rating.plugin_name != plugin.name:
        raise RatingNotFound()
    if rating.is_hidden and rating.user_id != viewer.id and not _moderates(viewer):
        raise RatingNotFound()
    return rating


def reports_of(ratings: Sequence[Rating]) -> dict[str, list[str]]:
    """The reports of these ratings, by rating id."""
    query = select(RatingReport.rating_id, RatingReport.reason).where(
        RatingReport.rating_id.in_([rating.id for rating in ratings])
    )
    found: dict[str, list[str]] = {}
    for rating_id, reason in db.session.execute(query.order_by(RatingReport.created_at)):
        found.setdefault(rating_id, []).append(reason)
    return found


def _moderates(viewer: Actor | None) -> bool:
    return viewer is not None and permits(viewer.role, "review.view")


def _of(plugin_name: str, user_id: str) -> Rating | None:
    return db.session.scalar(select(Rating).where(Rating.plugin_name == plugin_name, Rating.user_id == user_id))


def _count(plugin: Plugin, more: int, points: int) -> None:
    """Increment count and sum in the database, not from values read before: exact under concurrency."""
    count, total = Plugin.rating_count + more, Plugin.rating_sum + points
    db.session.execute(
        update(Plugin)
        .where(Plugin.name == plugin.name)
        .values(rating_count=count, rating_sum=total, rating_average=total * 1.0 / func.nullif(count, 0))
    )
    db.session.refresh(plugin, ["rating_count", "rating_sum", "rating_average"])
    catalog.mark(plugin)
