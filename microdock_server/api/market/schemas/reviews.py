"""The review queue, automatic reviews and appeals."""

from __future__ import annotations

from marshmallow import fields as plain

from ....schemas import answer_fields, fields
from ....schemas.base import Schema, StrictSchema
from ....schemas.reasons import ReleaseReason
from ....vocabulary import AppealStatus, AppealType, Priority, Reason, ReviewStatus, Verdict
from .base import Overridable, Page, paged, revision_field, shown
from .findings import AutoReview, Diff, Issue, VersionManifest
from .words import Action, AppealDecision, ItemVerdict


class QueueQuery(Page):
    status = fields.Choice(ReviewStatus, load_default=None)
    priority = fields.Choice(Priority, load_default=None)
    reviewer = fields.Id(load_default=None)
    reason = fields.Choice(Reason, load_default=None)


class ReviewedPlugin(Schema):
    id = plain.String(required=True)
    plugin_name = plain.String(required=True)
    name = plain.String(required=True)
    version = plain.String(required=True)
    developer = plain.String(required=True, allow_none=True)


class Person(Schema):
    id = plain.String(required=True)
    username = plain.String(required=True)


class AutoReviewSummary(Schema):
    status = plain.String(required=True)
    score = plain.Integer(required=True, allow_none=True)
    issues = plain.List(plain.Nested(Issue), required=True)


class ReviewReport(Schema):
    """A user's report of the plugin. `reporter` is a number, the same for all reports by one account."""

    reporter = plain.Integer(required=True)
    reason = plain.String(required=True)
    created_at = fields.Moment(required=True)


class Review(Schema):
    """One entry of the queue. `estimated_time` and `age` in minutes."""

    id = plain.String(required=True)
    plugin = plain.Nested(ReviewedPlugin, required=True)
    status = plain.String(required=True)
    priority = plain.String(required=True)
    reasons = plain.List(plain.String(), required=True)
    reports = plain.List(plain.Nested(ReviewReport), required=True)
    file_hash = plain.String(required=True, metadata={"description": "SHA-256 of the package under review"})
    submitted_at = fields.Moment(required=True)
    age = plain.Integer(required=True)
    is_overdue = plain.Boolean(required=True)
    assigned_reviewer = plain.Nested(Person, required=True, allow_none=True)
    assigned_at = fields.Moment(required=True, allow_none=True)
    assignment_notes = plain.String(required=True)
    started_at = fields.Moment(required=True, allow_none=True)
    decided_at = fields.Moment(required=True, allow_none=True)
    decided_by = plain.Nested(Person, required=True, allow_none=True)
    is_automatic = plain.Boolean(required=True)
    auto_review_result = plain.Nested(AutoReviewSummary, required=True, allow_none=True)
    estimated_time = answer_fields.Measured("integer", required=True)
    result = plain.String(required=True, allow_none=True)
    notes = plain.String(required=True)
    checklist = plain.Dict(keys=plain.String(), values=fields.StringMap(), required=True)
    recommendations = plain.List(plain.String(), required=True)
    revision = revision_field()


class QueueStats(Schema):
    total_pending = plain.Integer(required=True)
    high_priority = plain.Integer(required=True)
    medium_priority = plain.Integer(required=True)
    low_priority = plain.Integer(required=True)


class Queue(paged("reviews", Review)):  # type: ignore[misc]
    stats = plain.Nested(QueueStats, required=True)


class ReleasePreview(Schema):
    """What approving the version now would mean for hosts; of a published one, what it is for them."""

    is_offered = plain.Boolean(required=True)
    is_current = plain.Boolean(required=True)
    current_after = plain.String(required=True)
    reasons = plain.List(plain.Nested(ReleaseReason), required=True)


class ListedScreenshot(Schema):
    """A picture and its size in pixels."""

    url = plain.String(required=True)
    width = plain.Integer(required=True)
    height = plain.Integer(required=True)


class ReviewListing(Schema):
    """What the gallery says of the plugin once the version under review is its current one.

    Texts in Markdown are HTML as on its pages: sanitised, and with links in place of pictures from other hosts.
    """

    display_name = plain.String(required=True)
    description = plain.String(required=True)
    long_description_html = plain.String(required=True)
    changelog_html = plain.String(required=True)
    author = plain.String(required=True)
    license = plain.String(required=True)
    homepage = plain.String(required=True)
    repository = plain.String(required=True)
    tags = plain.List(plain.String(), required=True)
    category = plain.String(required=True, allow_none=True)
    icon = plain.String(required=True, allow_none=True)
    screenshots = plain.List(plain.Nested(ListedScreenshot), required=True)


class ReviewDetail(Review):
    position = plain.Integer(required=True, allow_none=True)
    manifest = plain.Nested(VersionManifest, required=True)
    changelog = plain.String(required=True)
    listing = plain.Nested(ReviewListing, required=True)
    diff = plain.Nested(Diff, required=True)
    auto_review = plain.Nested(AutoReview, required=True, allow_none=True)
    download_url = plain.String(required=True)
    release_preview = plain.Nested(ReleasePreview, required=True)


class Assignment(StrictSchema):
    reviewer_id = fields.Id(required=True)
    priority = fields.Choice(Priority, load_default=None)
    notes = fields.Prose(max=2000, load_default="")


class Decision(Overridable):
    result = fields.Choice(Verdict, required=True)
    notes = fields.Prose(max=10_000, load_default="")
    checklist = fields.Sections(ItemVerdict, load_default=dict)
    recommendations = fields.Many(fields.Prose(min=1, max=500), max=50, load_default=list)
    # The hash of the reviewed package; a decision is refused with 409 where the version now has other bytes.
    file_hash = fields.Text(min=64, max=64, load_default=None)


class Batch(Overridable):
    review_ids = fields.Many(fields.Id(), max=100, min=1, required=True)
    action = fields.Choice(Action, required=True)
    notes = fields.Prose(max=10_000, load_default="")


class RefusedDetail(Schema):
    """A detail as in the envelope of a refusal; `rule`, `entry` and `help_url` only where there is a rule."""

    field = plain.String(required=True, allow_none=True)
    message = plain.String(required=True)
    rule = plain.String()
    entry = plain.String(allow_none=True)
    help_url = plain.String(allow_none=True)


class BatchRefusal(Schema):
    """The error that the decision would have been refused with on its own."""

    code = plain.Integer(required=True)
    slug = plain.String(required=True)
    message = plain.String(required=True)
    details = plain.List(plain.Nested(RefusedDetail), required=True)


class BatchItem(Schema):
    review_id = plain.String(required=True)
    success = plain.Boolean(required=True)
    status = plain.String(required=True, allow_none=True)
    error = plain.Nested(BatchRefusal, required=True, allow_none=True)


class BatchResult(Schema):
    results = plain.List(plain.Nested(BatchItem), required=True)
    succeeded = plain.Integer(required=True)
    failed = plain.Integer(required=True)


class TimelineStep(Schema):
    """One step of a version under review."""

    at = fields.Moment(required=True)
    event = plain.String(
        required=True,
        metadata={
            "enum": [
                *("submitted", "assigned", "started", "approved", "rejected", "needs_changes"),
                *("auto_review_completed", "auto_review_failed"),
            ]
        },
    )
    notes = plain.String(required=True)


class Evidence(StrictSchema):
    type = fields.Text(min=1, max=50, required=True)
    url = fields.Url(min=1, required=True)
    description = fields.Prose(max=1000, load_default="")


AppealEvidence = shown("AppealEvidence", Evidence)


class NewAppeal(StrictSchema):
    plugin_id = fields.Text(min=1, max=100, required=True)
    type = fields.Choice(AppealType, load_default=AppealType.REVIEW_DECISION)
    reason = fields.Prose(min=1, max=2000, required=True)
    description = fields.Prose(max=10_000, load_default="")
    evidence = fields.Many(fields.Nested(Evidence), max=20, load_default=list)
    block_id = fields.Id(load_default=None)


class AppealQuery(Schema):
    status = fields.Choice(AppealStatus, load_default=None)
    plugin_id = fields.Text(min=1, max=100, load_default=None)
    page = fields.Number(min=1, max=1_000_000, from_text=True, load_default=None)
    limit = fields.Number(min=1, max=100, from_text=True, load_default=None)


class AppealAction(StrictSchema):
    type = fields.Choice(AppealDecision, required=True)
    plugin_id = fields.Text(min=1, max=100, required=True)
    new_status = fields.Text(min=1, max=20, required=True)


GrantedAction = shown("GrantedAction", AppealAction)


class AppealJudgement(Overridable):
    decision = fields.Choice(AppealStatus, required=True)
    response = fields.Prose(max=10_000, load_default="")
    actions = fields.Many(fields.Nested(AppealAction), max=10, load_default=list)


class Against(Schema):
    """The reason of the decision that is appealed against."""

    reason = plain.String(required=True)
    decided_at = fields.Moment(required=True, allow_none=True)


class Appeal(Schema):
    id = plain.String(required=True)
    plugin_id = plain.String(required=True)
    plugin = plain.Nested(ReviewedPlugin, required=True)
    type = plain.String(required=True)
    reason = plain.String(required=True)
    description = plain.String(required=True)
    evidence = plain.List(plain.Nested(AppealEvidence), required=True)
    status = plain.String(required=True)
    decision_id = plain.String(required=True)
    against = plain.Nested(Against, required=True)
    # For the caller: may they decide it, if not why, and would `override: true` with a reason help?
    may_process = plain.Boolean(required=True)
    may_not_because = plain.String(required=True, allow_none=True)
    may_override = plain.Boolean(required=True)
    appellant = plain.Nested(Person, required=True, allow_none=True)
    response = plain.String(required=True)
    actions = plain.List(plain.Nested(GrantedAction), required=True)
    decided_by = plain.Nested(Person, required=True, allow_none=True)
    decided_at = fields.Moment(required=True, allow_none=True)
    created_at = fields.Moment(required=True)
