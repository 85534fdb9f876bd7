"""Ratings on the marketplace surface, and their moderation."""

from __future__ import annotations

from typing import Any, Final

from ... import errors
from ...errors import Invalid
from ...models import Rating
from ...services import plugins, ratings
from ...services.accounts.tokens import Actor
from ...services.revisions import Expected
from ...vocabulary import Order
from ..core.surface import Access
from . import market, serializers
from .plugins import REFERENCE
from .schemas import ratings as schemas
from .schemas.base import pagination
from .schemas.plugins import NewReport

RATING: Final = {**REFERENCE, "review_id": {"type": "string", "maxLength": 36}}


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/reviews",
    access=Access.GUEST,
    path=REFERENCE,
    query=schemas.RatingQuery,
    answer=schemas.RatingPage,
    errors=(errors.PluginNotFound,),
)
def listed(plugin_id: str, query: dict[str, Any], actor: Actor | None = None) -> dict[str, Any]:
    """Users' ratings of a plugin."""
    plugin = plugins.get_seen(plugin_id, actor)
    total, rows = ratings.page(
        plugin,
        actor,
        query["sort"],
        descending=query["order"] == Order.DESC,
        page_number=query["page"],
        limit=query["limit"],
    )
    people = serializers.named_people(row.user_id for row in rows)
    return {
        "reviews": [serializers.rating_row(row, people) for row in rows],
        "pagination": pagination(query, total),
        "summary": {
            "average": serializers.rating_of(plugin),
            "total": plugin.rating_count,
            "distribution": ratings.distribution(plugin),
        },
    }


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/reviews",
    access="rating.create",
    path=REFERENCE,
    body=schemas.NewRating,
    answer=schemas.Rating,
    status=201,
    message="market.rating_created",
    transaction="write",
    errors=(
        errors.OwnRating,
        errors.PluginNotFound,
        errors.RatingExists,
    ),
)
def create(plugin_id: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Rate a published plugin; once per user, and never one's own."""
    return _row(ratings.create(plugin_id, actor, body))


@market.operation(
    "PUT",
    "/marketplace/plugins/<plugin_id>/reviews/<review_id>",
    access="rating.update",
    path=RATING,
    body=schemas.RatingChange,
    answer=schemas.Rating,
    message="market.rating_updated",
    transaction="write",
    conditional=True,
    errors=(
        errors.NotTheOwner,
        errors.OwnRating,
        errors.PluginNotFound,
        errors.RatingNotFound,
    ),
)
def update(plugin_id: str, review_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Change one's own rating; the previous text is kept in its history."""
    if not body:
        raise Invalid.field("rating", "field.empty")
    return _row(ratings.edit(plugin_id, review_id, actor, body, expected))


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/reviews/<review_id>/reply",
    access="plugin.update",
    path=RATING,
    body=schemas.NewReply,
    answer=schemas.Rating,
    message="market.rating_replied",
    transaction="write",
    conditional=True,
    errors=(
        errors.NotTheOwner,
        errors.PluginNotFound,
        errors.RatingNotFound,
    ),
)
def reply(plugin_id: str, review_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """The owner's answer; a later one replaces it."""
    return _row(ratings.reply(plugin_id, review_id, actor, body["content"], expected))


@market.operation(
    "POST",
    "/marketplace/plugins/<plugin_id>/reviews/<review_id>/report",
    access="rating.create",
    path=RATING,
    body=NewReport,
    message="market.reported",
    transaction="write",
    errors=(
        errors.PluginNotFound,
        errors.RatingNotFound,
    ),
    act="report",
)
def report(plugin_id: str, review_id: str, actor: Actor, body: dict[str, Any]) -> None:
    """Report a rating to the moderators."""
    ratings.report(plugin_id, review_id, actor, body["reason"])


@market.operation(
    "GET",
    "/admin/ratings",
    access="review.view",
    query=schemas.ModerationQuery,
    answer=schemas.ModeratedRatingPage,
)
def moderated(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Ratings of all plugins for moderators, the most reported first."""
    total, rows = ratings.for_moderation(
        reported=query["reported"], hidden=query["hidden"], page_number=query["page"], limit=query["limit"]
    )
    people = serializers.named_people(row.user_id for row in rows)
    reports = ratings.reports_of(rows)
    titles = plugins.display_names(row.plugin_name for row in rows)
    shown = [_moderated(row, people, reports.get(row.id, []), titles) for row in rows]
    return {"ratings": shown, "pagination": pagination(query, total)}


@market.operation(
    "POST",
    "/admin/ratings/<review_id>/hide",
    access="review.update",
    path={"review_id": RATING["review_id"]},
    body=schemas.Hiding,
    answer=schemas.ModeratedRating,
    message="market.rating_hidden",
    transaction="write",
    conditional=True,
    errors=(errors.RatingNotFound,),
)
def hide(review_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Hide a rating, which also leaves the average, or show it again."""
    row = ratings.hide(review_id, actor, hidden=body["hidden"], reason=body["reason"], expected=expected)
    reports = ratings.reports_of([row]).get(row.id, [])
    return _moderated(row, serializers.named_people([row.user_id]), reports, plugins.display_names([row.plugin_name]))


def _row(row: Rating) -> dict[str, Any]:
    return serializers.rating_row(row, serializers.named_people([row.user_id]))


def _moderated(
    row: Rating, people: dict[str, dict[str, str]], reports: list[str], titles: dict[str, str]
) -> dict[str, Any]:
    names = ("plugin_name", "report_count", "hidden_reason")
    return {
        **serializers.rating_row(row, people),
        **{name: getattr(row, name) for name in names},
        "plugin_display_name": titles.get(row.plugin_name),
        "reports": reports,
    }
