"""The review queue on the marketplace surface, and automatic reviews."""

from __future__ import annotations

from typing import Any, Final

from ... import errors
from ...context import context, settings
from ...database.unit_of_work import unit_of_work
from ...errors import DomainError
from ...media import prose
from ...models import Plugin, PluginVersion, Review
from ...models.image import ICON, SCREENSHOT
from ...services import ownership, plugins, reviews
from ...services.accounts.tokens import Actor
from ...services.autoreview import requests as auto_reviews
from ...services.catalog import categories
from ...services.plugins import images, inventories, texts
from ...services.releasing import publication
from ...services.releasing.publication import Outlook
from ...services.reviews import review_queue
from ...services.revisions import Expected
from ...vocabulary import Verdict
from ..core import packages, release_answers
from ..core.envelopes import Refusal
from ..core.links import download_url
from ..core.request import language
from ..core.surface import Surface
from . import market, serializers
from .findings import full
from .plugins import REFERENCE
from .schemas import reviews as schemas
from .schemas.base import override_of, pagination
from .schemas.findings import AutoReview
from .schemas.words import Action

REVIEW: Final = {"review_id": {"type": "string", "maxLength": 36}}
# Refusals of assigning a review, to oneself or another.
TAKING: Final = (
    *(errors.AssignedToAnother, errors.OwnPlugin, errors.OwnSubmission),
    *(errors.ReviewNotFound, errors.ReviewDecided, errors.ReviewerBusy),
)
# The level of the heading that texts stand below, as on the gallery's pages.
_HEADING: Final = 3
_VERDICTS: Final = {
    Action.APPROVE: Verdict.APPROVED,
    Action.REJECT: Verdict.REJECTED,
    Action.NEEDS_CHANGES: Verdict.NEEDS_CHANGES,
}


@market.operation("GET", "/admin/reviews/queue", access="review.view", query=schemas.QueueQuery, answer=schemas.Queue)
def queue(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Reviews that wait, the most urgent and oldest first; with `status` also decided ones."""
    total, rows = review_queue.page(
        status=query["status"],
        priority=query["priority"],
        reviewer_id=query["reviewer"],
        reason=query["reason"],
        page_number=query["page"],
        limit=query["limit"],
    )
    return {
        "reviews": serializers.review_rows(rows),
        "stats": review_queue.stats(),
        "pagination": pagination(query, total),
    }


@market.operation(
    "GET",
    "/admin/reviews/<review_id>",
    access="review.view",
    path=REVIEW,
    answer=schemas.ReviewDetail,
    transaction="own",
    conditional=True,
    errors=(errors.ReviewNotFound,),
)
def detail(review_id: str, actor: Actor) -> dict[str, Any]:
    """One review, with the changes since the last published version and the findings of automatic review."""
    with unit_of_work(writing=False):
        row = reviews.get(review_id)
        plugin, version = reviews.subject(row)
        found = auto_reviews.latest(version)
        shown = {
            **_row(row),
            "position": review_queue.position(row),
            "manifest": ownership.manifest_of(version),
            "changelog": version.changelog,
            "auto_review": full(found) if found else None,
            "listing": _listing(plugin, version),
        }
        shown["release_preview"] = _outlook(publication.outlook(plugin, version))
        shown["download_url"] = download_url(shown["plugin"]["id"], version.version)
    difference = inventories.difference(
        row.plugin_name, row.version, context().storage, packages.limits(), settings().install_permissions
    )
    return {**shown, "diff": difference}


@market.operation(
    "POST",
    "/admin/reviews/<review_id>/assign",
    access="review.update",
    path=REVIEW,
    body=schemas.Assignment,
    answer=schemas.Review,
    message="market.review_assigned",
    transaction="write",
    conditional=True,
    errors=TAKING,
)
def assign(review_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Give an open review to a reviewer."""
    row = reviews.assign(
        review_id, body["reviewer_id"], actor, priority=body["priority"], notes=body["notes"], expected=expected
    )
    return _row(row)


@market.operation(
    "POST",
    "/admin/reviews/<review_id>/start",
    access="review.update",
    path=REVIEW,
    answer=schemas.Review,
    message="market.review_started",
    transaction="write",
    errors=(*TAKING, errors.TransitionNotAllowed),
)
def start(review_id: str, actor: Actor) -> dict[str, Any]:
    """Start a review; one that is assigned to nobody becomes the caller's."""
    return _row(reviews.start(review_id, actor))


@market.operation(
    "POST",
    "/admin/reviews/<review_id>/submit",
    access="review.update",
    path=REVIEW,
    body=schemas.Decision,
    answer=schemas.Review,
    message="market.review_submitted",
    transaction="write",
    conditional=True,
    errors=(
        errors.AssignedToAnother,
        errors.OwnPlugin,
        errors.OwnSubmission,
        errors.ReviewNotFound,
        errors.OverrideRefused,
        errors.ReviewDecided,
        errors.ReviewOutdated,
        errors.TransitionNotAllowed,
    ),
)
def submit(review_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Decide a review that was started. One's own submission only with an override, where nobody else could decide."""
    row = reviews.decide(
        review_id,
        body["result"],
        actor,
        notes=body["notes"],
        checklist=body["checklist"],
        recommendations=body["recommendations"],
        file_hash=body["file_hash"],
        override=override_of(body),
        expected=expected,
    )
    return _row(row)


@market.operation(
    "POST",
    "/admin/reviews/batch",
    access="review.update",
    body=schemas.Batch,
    answer=schemas.BatchResult,
    message="market.reviews_batched",
    transaction="own",
)
def batch(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Decide several reviews, started or not. Each has its own result: a failure does not stop the others."""
    override = override_of(body)
    results = [_decided(review_id, actor, body, override) for review_id in dict.fromkeys(body["review_ids"])]
    succeeded = sum(1 for item in results if item["success"])
    return {"results": results, "succeeded": succeeded, "failed": len(results) - succeeded}


@market.operation(
    "POST",
    "/admin/plugins/<plugin_id>/auto-review",
    access="review.create",
    path=REFERENCE,
    answer=AutoReview,
    message="market.auto_review_started",
    transaction="write",
    errors=(errors.PluginNotFound,),
)
def begin_auto_review(plugin_id: str, actor: Actor) -> dict[str, Any]:
    """Start an automatic review of the version that waits, or else of the current one, in the background."""
    plugin = plugins.get_seen(plugin_id, actor)
    return full(auto_reviews.request(ownership.version_to_review(plugin)))


@market.operation(
    "GET",
    "/admin/plugins/<plugin_id>/auto-review/result",
    access="review.view",
    path=REFERENCE,
    answer=AutoReview,
    errors=(
        errors.PluginNotFound,
        errors.AutoReviewNotFound,
    ),
)
def auto_review_result(plugin_id: str, actor: Actor) -> dict[str, Any]:
    """The newest automatic review of the plugin. What could not be measured is `not_measured`."""
    return full(auto_reviews.latest_of(plugins.get_seen(plugin_id, actor)))


def _row(row: Review) -> dict[str, Any]:
    return serializers.review_rows([row])[0]


def _listing(plugin: Plugin, version: PluginVersion) -> dict[str, Any]:
    """What the gallery says of the plugin once this version is its current one."""
    shown, category = images.of(plugin), categories.find(plugin.category_id)
    names = ("display_name", "description", "author", "license", "homepage")
    icons = [image for image in shown if image.kind == ICON]
    engine = context().autocommit
    return {
        **{name: plugin.overrides.get(name, getattr(version, name)) for name in names},
        "long_description_html": str(prose.in_page(texts.long_description_html(plugin, engine), _HEADING)),
        "changelog_html": str(prose.in_page(texts.changelog_html(version, engine), _HEADING)),
        "repository": plugin.repository,
        "tags": plugin.tags,
        "category": category and category.name,
        "icon": serializers.image_url(plugin.id, icons[0].id) if icons else None,
        "screenshots": [
            {"url": serializers.image_url(plugin.id, image.id), "width": image.width, "height": image.height}
            for image in shown
            if image.kind == SCREENSHOT
        ],
    }


def _outlook(found: Outlook) -> dict[str, Any]:
    return {
        "is_offered": found.is_offered,
        "is_current": found.is_current,
        "current_after": found.current,
        "reasons": [release_answers.reason(told, language()) for told in found.reasons],
    }


def _decided(review_id: str, actor: Actor, body: dict[str, Any], override: str | None) -> dict[str, Any]:
    verdict, notes = _VERDICTS[body["action"]], body["notes"]
    try:
        with unit_of_work():
            row = reviews.decide(review_id, verdict, actor, notes=notes, starts=True, override=override)
            status = row.status
    except DomainError as refusal:
        return {"review_id": review_id, "success": False, "status": None, "error": _refused(market, refusal)}
    return {"review_id": review_id, "success": True, "status": status, "error": None}


def _refused(surface: Surface, refusal: DomainError) -> dict[str, Any]:
    code = surface.envelope.status_of(refusal)
    told = Refusal(code, refusal.slug, refusal.message, refusal.details)
    body = surface.envelope.failure(told, language(), "")
    return {"code": code, "slug": refusal.slug, "message": body["message"], "details": body["error"]["details"]}
