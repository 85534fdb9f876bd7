"""An automatic review as a background job, and replaying a verdict from stored facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...clock import utcnow
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...errors import AutoReviewNotFound
from ...models import AutoReview, Plugin, PluginVersion
from ...vocabulary import OPEN_REVIEWS, AutoReviewStatus, Reason
from .. import catalog, configuration, jobs, reviews
from ..autoreview import requests
from ..autoreview.facts import Subject, Tools, gather
from ..autoreview.loading import runtime_of
from ..autoreview.rules import RULES_VERSION, has_high, judge
from ..files import place_of
from ..jobs import Leased
from ..releasing import publication


@dataclass(frozen=True, slots=True)
class Replay:
    """A stored verdict, and today's verdict on the same facts."""

    stored: dict[str, Any]
    again: dict[str, Any]

    @property
    def agrees(self) -> bool:
        return self.stored == self.again


def run(leased: Leased, tools: Tools) -> None:
    """Run the job. If killed at any point, it starts again: the last step writes verdict, effects and state
    together.
    """
    with unit_of_work():
        review = db.session.get(AutoReview, leased.payload["auto_review_id"])
        if review is None:
            # The plugin was deleted meanwhile.
            jobs.finish(leased)
            return
        review.status = AutoReviewStatus.RUNNING
        review.started_at = utcnow()
        subject = _subject(review)
        config = configuration.current()
    scans, host = config.upload_settings.virus_scan_enabled, config.review_settings.host
    facts = gather(subject, tools, scans=scans, host=host)
    verdict = judge(facts)
    with unit_of_work():
        review = db.session.get(AutoReview, leased.payload["auto_review_id"])
        if not jobs.finish(leased) or review is None:
            return
        _complete(review, facts, verdict)


def give_up(leased: Leased, reason: str) -> None:
    """Record that the last attempt failed, so that reviewers stop waiting for the result."""
    review = db.session.get(AutoReview, leased.payload["auto_review_id"])
    if review is not None:
        review.status = AutoReviewStatus.FAILED
        review.error = reason
        review.finished_at = utcnow()


def replay(auto_review_id: str) -> Replay:
    """Apply today's rules to the stored facts. Raises AutoReviewNotFound, also for a review that is not completed."""
    review = requests.get(auto_review_id)
    if review.facts is None or review.verdict is None:
        raise AutoReviewNotFound()
    return Replay(review.verdict, judge(review.facts))


def _subject(review: AutoReview) -> Subject:
    version = db.session.get_one(PluginVersion, (review.plugin_name, review.version))
    return Subject(
        plugin_name=version.plugin_name,
        display_name=version.display_name,
        version=version.version,
        place=place_of(version),
        file_size=version.file_size,
        description=version.description,
        license=version.license,
        changelog=version.changelog,
        dependencies=dict(version.dependencies),
        engines=dict(version.engines),
    )


def _complete(review: AutoReview, facts: dict[str, Any], verdict: dict[str, Any]) -> None:
    review.facts, review.verdict, review.rules_version = facts, verdict, RULES_VERSION
    review.status, review.error = AutoReviewStatus.COMPLETED, ""
    review.finished_at = utcnow()
    version = db.session.get_one(PluginVersion, (review.plugin_name, review.version))
    plugin = db.session.get_one(Plugin, review.plugin_name)
    version.assembly_finding = {**version.assembly_finding, "runtime": runtime_of(facts)}
    if version.is_public:
        # Its page says what was found.
        catalog.mark(plugin)
    waiting = reviews.open_of(version)
    config = configuration.current()
    if waiting is None and not version.is_public:
        # A person decided meanwhile, or it is a draft: there is nothing to prioritize, and nothing to publish.
        return
    if has_high(verdict):
        # A published version enters the queue again; a waiting one gets a higher priority.
        reviews.add_reason(waiting or reviews.enter(plugin, version, Reason.FLAGGED, None), Reason.FLAGGED)
        return
    if version.is_public and review.file_hash == version.file_hash:
        publication.clear(plugin, version)
    good = verdict["overall_score"] >= config.review_settings.auto_approve_threshold
    unmanned = config.review_settings.auto_review_enabled and not reviews.needs_person(plugin, version, config)
    if waiting is None or waiting.status not in OPEN_REVIEWS or not (unmanned and good):
        return
    if waiting.assigned_reviewer_id is None and not version.is_public and review.file_hash == version.file_hash:
        reviews.approve_automatically(waiting, plugin, version, f"{verdict['overall_score']}/100 · {RULES_VERSION}")
