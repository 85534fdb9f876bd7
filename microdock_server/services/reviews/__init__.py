"""The review queue: what waits, who reviews it, and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from ...clock import utcnow
from ...database.session import db
from ...errors import AssignedToAnother, Forbidden, Invalid, ReviewDecided, ReviewerBusy, ReviewNotFound, ReviewOutdated
from ...models import Plugin, PluginVersion, Review, User
from ...vocabulary import (
    OPEN_REVIEWS,
    Channel,
    Event,
    PluginStatus,
    Priority,
    Reason,
    ReviewStatus,
    Role,
    Verdict,
    permits,
)
from .. import audit, catalog, configuration, notifications, plugins, revisions
from ..accounts.tokens import Actor
from ..audit import SERVER, Who
from ..autoreview import requests as auto_reviews
from ..configuration import Config
from ..plugins import submitters
from ..plugins.lifecycle import ACT_OF, REVIEW_STATUS_OF, SETTLED, Act, after
from ..releasing import publication
from ..revisions import WHATEVER, Expected
from .review_queue import is_open

URGENCY: Final = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}
_PRIORITY_OF: Final = {
    Reason.APPEAL: Priority.HIGH,
    Reason.FLAGGED: Priority.HIGH,
    Reason.REPORTED: Priority.HIGH,
    Reason.KEY_UPLOAD: Priority.LOW,
}


def submit(plugin: Plugin, version: PluginVersion, reason: Reason, by_id: str | None) -> Review:
    """Put a version into the queue, for `reason`; its plugin's status follows unless it is published.

    Published at once if no review is required.
    """
    if plugin.status not in SETTLED and plugin.status not in (PluginStatus.PENDING, PluginStatus.IN_REVIEW):
        plugins.move(plugin, Act.SUBMIT)
    if version.status not in (PluginStatus.PENDING, PluginStatus.IN_REVIEW):
        version.status = after(version.status, Act.SUBMIT)
    review = enter(plugin, version, reason, by_id)
    config = configuration.current()
    if config.review_settings.auto_review_enabled:
        auto_reviews.request(version)
    elif not needs_person(plugin, version, config):
        approve_automatically(review, plugin, version, "")
    return review


def needs_person(plugin: Plugin, version: PluginVersion, config: Config) -> bool:
    """Must a person decide on the version, whatever automatic review finds?

    Where previews need no review, a prerelease of a published plugin does not.
    """
    if not config.review_settings.manual_review_required:
        return False
    # Not what the owner chose the channel `preview` for: that may be changed without a review.
    is_prerelease = Channel.STABLE.of(version.version) is Channel.PREVIEW
    return config.release_settings.preview_needs_review or not (plugin.is_public and is_prerelease)


def enter(plugin: Plugin, version: PluginVersion, reason: Reason, by_id: str | None) -> Review:
    """The version's entry in the queue; if it exists already, with one more reason."""
    review = open_of(version)
    if review is None:
        review = Review(
            plugin_name=plugin.name,
            version=version.version,
            file_hash=version.file_hash,
            reasons=[],
            submitted_by=by_id,
            submitted_at=utcnow(),
            status=ReviewStatus.PENDING,
        )
        _prioritise(review, _PRIORITY_OF.get(reason, Priority.MEDIUM))
        db.session.add(review)
    add_reason(review, reason)
    db.session.flush()
    return review


def add_reason(review: Review, reason: Reason) -> None:
    """Add a reason to a review; an urgent reason makes it urgent."""
    if reason not in review.reasons:
        review.reasons = [*review.reasons, reason.value]
    wanted = _PRIORITY_OF.get(reason, Priority.MEDIUM)
    if URGENCY[wanted] < review.urgency:
        _prioritise(review, wanted)


# Built once: building a query costs as much as running it.
_OPEN: Final = select(Review).where(
    Review.plugin_name == bindparam("name"), Review.version == bindparam("number"), is_open()
)


def open_of(version: PluginVersion) -> Review | None:
    """The version's open review."""
    return db.session.scalar(_OPEN, {"name": version.plugin_name, "number": version.version})


def get(review_id: str) -> Review:
    """The review. Raises ReviewNotFound."""
    found = db.session.get(Review, review_id)
    if found is None:
        raise ReviewNotFound()
    return found


def by_id(ids: Iterable[str]) -> dict[str, Review]:
    """Reviews by id, of those that exist, in one query."""
    wanted = set(ids)
    found = db.session.scalars(select(Review).where(Review.id.in_(wanted))) if wanted else ()
    return {review.id: review for review in found}


def revision(review: Review) -> str:
    """The revision of the review: its reviewer, priority, file and status."""
    names = ("id", "status", "assigned_reviewer_id", "priority", "assignment_notes", "file_hash")
    return revisions.of_columns("review", review, names)


def assign(
    review_id: str,
    reviewer_id: str,
    by: Actor,
    *,
    priority: Priority | None,
    notes: str,
    expected: Expected = WHATEVER,
) -> Review:
    """Assign an open review to a reviewer who did not submit the version.

    Raises Invalid for anybody else, ReviewerBusy, ReviewDecided, OwnPlugin, OwnSubmission, ChangedMeanwhile.
    """
    review = _open(review_id)
    _ensure_not_anothers(review, by)
    expected.ensure(revision(review))
    reviewer = db.session.get(User, reviewer_id)
    if reviewer is None:
        raise Invalid.field("reviewer_id", "field.user")
    if not reviewer.is_active or not permits(Role(reviewer.role), "review.update"):
        raise Invalid.field("reviewer_id", "field.reviewer")
    plugin, version = subject(review)
    if reviewer_id in submitters.of(plugin, version):
        raise submitters.refusal(plugin, reviewer_id)
    _claim(review, reviewer_id)
    review.assignment_notes = notes
    if priority is not None:
        _prioritise(review, priority)
    notifications.notify(
        reviewer_id,
        Event.REVIEW_ASSIGNED,
        **{**notifications.about(plugin), "link": f"/admin/reviews/{review.id}"},
        review_id=review.id,
        version=review.version,
        priority=review.priority,
        notes=notes,
    )
    audit.record(by, "review.assigned", "review", review.id, reviewer_id=reviewer_id, priority=review.priority)
    db.session.flush()
    return review


def start(review_id: str, by: Actor) -> Review:
    """Start a review; an unassigned one becomes the caller's.

    The version's submitter can start it only if nobody else could, and then needs an override to decide. Raises
    AssignedToAnother, OwnPlugin, OwnSubmission, ReviewerBusy, ReviewDecided, TransitionNotAllowed if it was started
    already.
    """
    review = _open(review_id)
    plugin, version = subject(review)
    barred = submitters.of(plugin, version)
    if by.id in barred and submitters.is_anybody_else(barred):
        raise submitters.refusal(plugin, by.id)
    _ensure_not_anothers(review, by)
    if review.assigned_reviewer_id is None:
        _claim(review, by.id)
    _start(review, plugin, version)
    audit.record(by, "review.started", "review", review.id, plugin=plugin.name, version=version.version)
    db.session.flush()
    return review


def decide(
    review_id: str,
    verdict: Verdict,
    by: Actor,
    *,
    notes: str = "",
    checklist: dict[str, Any] | None = None,
    recommendations: Sequence[str] = (),
    file_hash: str | None = None,
    starts: bool = False,
    override: str | None = None,
    expected: Expected = WHATEVER,
) -> Review:
    """Decide a started review (with `starts`, also one that was not started). The decision is about `file_hash`.

    `override` is the reason why a submitter decides on their own submission, if nobody else could. Raises
    ReviewDecided, AssignedToAnother, OwnPlugin, OwnSubmission, OverrideRefused, ReviewOutdated, TransitionNotAllowed,
    ChangedMeanwhile.
    """
    review = _open(review_id)
    plugin, version = subject(review)
    barred, problem = submitters.of(plugin, version), submitters.refusal(plugin, by.id)
    is_override = submitters.ensure_may_decide(barred, by, problem, override=override is not None)
    _ensure_not_anothers(review, by)
    expected.ensure(revision(review))
    if review.file_hash != version.file_hash or file_hash not in (None, review.file_hash):
        raise ReviewOutdated()
    if review.status == ReviewStatus.PENDING:
        _begin_to_decide(review, plugin, version, verdict, by, starts=starts or is_override)
    review.notes, review.checklist, review.recommendations = notes, checklist or {}, list(recommendations)
    _close(review, plugin, version, verdict, by, **submitters.overridden(override, is_override))
    return review


def approve_automatically(review: Review, plugin: Plugin, version: PluginVersion, notes: str) -> None:
    """Publish a version with a good enough score, if the configuration requires no manual review."""
    if review.status == ReviewStatus.PENDING:
        _start(review, plugin, version)
    review.is_automatic = True
    review.notes = notes
    _close(review, plugin, version, Verdict.APPROVED, SERVER)


def last_decision(plugin: Plugin, status: ReviewStatus) -> Review | None:
    """The plugin's last review with this decision."""
    query = select(Review).where(Review.plugin_name == plugin.name, Review.status == status)
    return db.session.scalar(query.order_by(Review.decided_at.desc(), Review.id.desc()).limit(1))


def _open(review_id: str) -> Review:
    review = get(review_id)
    if review.status not in OPEN_REVIEWS:
        raise ReviewDecided()
    return review


def subject(review: Review) -> tuple[Plugin, PluginVersion]:
    """The plugin and the version that the review is about."""
    plugin = db.session.get_one(Plugin, review.plugin_name)
    return plugin, db.session.get_one(PluginVersion, (review.plugin_name, review.version))


def _ensure_not_anothers(review: Review, by: Actor) -> None:
    if review.assigned_reviewer_id not in (None, by.id) and by.role != Role.ADMIN:
        raise AssignedToAnother()


def _claim(review: Review, reviewer_id: str) -> None:
    limit = configuration.current().review_settings.max_open_reviews
    query = select(func.count()).select_from(Review).where(Review.assigned_reviewer_id == reviewer_id, is_open())
    if review.assigned_reviewer_id != reviewer_id and db.session.execute(query).scalar_one() >= limit:
        raise ReviewerBusy(limit=limit)
    review.assigned_reviewer_id = reviewer_id
    review.assigned_at = utcnow()


def _start(review: Review, plugin: Plugin, version: PluginVersion) -> None:
    after(PluginStatus(review.status), Act.START)
    review.status = ReviewStatus.IN_REVIEW
    review.started_at = utcnow()
    # A report is about a published version, which stays published during the review.
    if version.status != PluginStatus.PUBLISHED:
        version.status = after(version.status, Act.START)
    if plugin.status not in SETTLED and plugin.status != PluginStatus.IN_REVIEW:
        plugins.move(plugin, Act.START)


def _begin_to_decide(
    review: Review, plugin: Plugin, version: PluginVersion, verdict: Verdict, by: Actor, *, starts: bool
) -> None:
    """Start a review together with its decision, where that is allowed. Raises TransitionNotAllowed otherwise."""
    if not starts:
        after(PluginStatus.PENDING, ACT_OF[verdict])
    review.assigned_reviewer_id = review.assigned_reviewer_id or by.id
    _start(review, plugin, version)


def _close(review: Review, plugin: Plugin, version: PluginVersion, verdict: Verdict, by: Who, **details: Any) -> None:
    review.status = REVIEW_STATUS_OF[verdict]
    review.decided_at = utcnow()
    review.decided_by = by.id
    db.session.flush()
    if version.status == PluginStatus.PUBLISHED:
        _judge_report(plugin, verdict, by, review.notes)
    else:
        _judge_version(plugin, version, ACT_OF[verdict])
    if plugin.owner_id is not None:
        _notify_owner(plugin.owner_id, review, plugin, verdict)
    audit.record(
        by,
        f"review.{verdict.value}",
        "review",
        review.id,
        plugin=plugin.name,
        version=version.version,
        file_hash=review.file_hash,
        automatic=review.is_automatic,
        **details,
    )


def _notify_owner(owner_id: str, review: Review, plugin: Plugin, verdict: Verdict) -> None:
    notifications.notify(
        owner_id,
        Event.REVIEW_COMPLETED,
        **notifications.about(plugin),
        version=review.version,
        review_id=review.id,
        review_result=verdict.value,
        notes=review.notes,
    )


def _judge_version(plugin: Plugin, version: PluginVersion, act: Act) -> None:
    version.status = after(version.status, act)
    if act is Act.APPROVE:
        publication.published(version)
    db.session.flush()
    if plugin.status in SETTLED:
        plugins.show_current(plugin)
        catalog.touch(plugin)
        return
    plugins.move(plugin, act)
    if act is not Act.APPROVE:
        _go_on_waiting(plugin)


def _go_on_waiting(plugin: Plugin) -> None:
    """A version was rejected while another waits: the plugin then waits as well."""
    statuses = set(db.session.scalars(select(Review.status).where(Review.plugin_name == plugin.name, is_open())))
    if statuses:
        plugins.move(plugin, Act.SUBMIT)
        if ReviewStatus.IN_REVIEW in statuses:
            plugins.move(plugin, Act.START)


def _judge_report(plugin: Plugin, verdict: Verdict, by: Who, notes: str) -> None:
    """Decide a report: the version stays published, unless somebody with the right to suspend confirms it."""
    if verdict is Verdict.REJECTED:
        if not isinstance(by, Actor) or not permits(by.role, "plugin.suspend"):
            raise Forbidden()
        # Somebody may have suspended it during the review.
        if plugin.status != PluginStatus.SUSPENDED:
            plugins.suspend(plugin, by, notes)
    elif verdict is Verdict.APPROVED:
        # Its page says when it was last approved, and by whom.
        catalog.mark(plugin)


def _prioritise(review: Review, priority: Priority) -> None:
    review.priority, review.urgency = priority.value, URGENCY[priority]
