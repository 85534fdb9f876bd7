"""Appeals against a rejection, a suspension or a block: decided by somebody else; a granted one takes effect in the
same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from ...clock import utcnow
from ...database.session import db
from ...errors import (
    AppealDecided,
    AppealExists,
    AppealNotFound,
    DomainError,
    Forbidden,
    Invalid,
    NothingToAppeal,
    NotTheOwner,
    OwnDecision,
    OwnPlugin,
    TransitionNotAllowed,
)
from ...messages import Message
from ...models import Appeal, AuditEntry, Block, Plugin, PluginVersion, Review
from ...vocabulary import AppealStatus, AppealType, Event, PluginStatus, Reason, ReviewStatus, permits
from .. import accounts, audit, catalog, notifications, plugins, reviews
from ..accounts.tokens import Actor
from ..paging import page_of
from ..plugins import submitters, versions
from ..plugins.lifecycle import SETTLED, Act, after
from ..releases import lines
from ..releasing import blocks, publication

# Who decides: those who could take the decision back without an appeal.
_PERMISSIONS: Final = {
    AppealType.REVIEW_DECISION: "review.update",
    AppealType.SUSPENSION: "plugin.suspend",
    AppealType.BLOCK: blocks.PERMISSION,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of an appeal: the plugin, the rejected version or the block, the reason given, and when."""

    plugin: Plugin
    version: PluginVersion | None
    reason: str | Message
    decided_at: datetime | None
    block: Block | None = None


def submit(reference: str, kind: AppealType, by: Actor, values: dict[str, Any]) -> Appeal:
    """Appeal against the last rejection, the suspension, or a block of one's own plugin: the one that `block_id` in
    `values` names, or else the strongest.

    Raises PluginNotFound, NotTheOwner, NothingToAppeal, AppealExists while an appeal against the same decision is open.
    """
    plugin = plugins.get_seen(reference, by)
    if not plugins.is_owner(plugin, by):
        raise NotTheOwner()
    values = dict(values)
    block_id = values.pop("block_id", None)
    decision_id, against_id = _blocking(plugin, block_id) if kind is AppealType.BLOCK else _decision(plugin, kind)
    if _open_against(decision_id) is not None:
        raise AppealExists()
    appeal = Appeal(
        plugin_name=plugin.name, decision_id=decision_id, against_id=against_id, appellant_id=by.id, type=kind, **values
    )
    db.session.add(appeal)
    db.session.flush()
    return appeal


def page(
    *,
    appellant_id: str | None,
    status: AppealStatus | None,
    plugin: Plugin | None,
    page_number: int | None,
    limit: int | None,
) -> tuple[int, Sequence[Appeal]]:
    """The number of matching appeals, and one page of them, newest first."""
    query = select(Appeal).order_by(Appeal.created_at.desc(), Appeal.id.desc())
    if appellant_id is not None:
        query = query.where(Appeal.appellant_id == appellant_id)
    if status is not None:
        query = query.where(Appeal.status == status)
    if plugin is not None:
        query = query.where(Appeal.plugin_name == plugin.name)
    return page_of(query, page_number, limit)


def get(appeal_id: str) -> Appeal:
    """Raises AppealNotFound."""
    appeal = db.session.get(Appeal, appeal_id)
    if appeal is None:
        raise AppealNotFound()
    return appeal


def process(
    appeal_id: str,
    decision: AppealStatus,
    by: Actor,
    response: str,
    actions: Sequence[dict[str, Any]],
    *,
    override: str | None = None,
) -> Appeal:
    """Decide an appeal. If granted, its actions undo the decision now; without actions the plugin is reviewed again.

    `override` is the reason why somebody decides an appeal that concerns themselves, if nobody else could. Raises
    AppealNotFound, AppealDecided, OwnDecision, OwnPlugin, OwnSubmission, OverrideRefused, Invalid for actions that this
    appeal cannot have, Forbidden for those who may not reverse the decision, TransitionNotAllowed if the plugin's
    status has changed meanwhile.
    """
    appeal = _open(appeal_id)
    plugin = db.session.get_one(Plugin, appeal.plugin_name)
    is_override = _ensure_may_hear(appeal, by, override=override is not None)
    if decision is AppealStatus.APPROVED:
        _grant(appeal, plugin, by, response, actions)
    elif actions:
        raise Invalid.field("actions", "field.action")
    appeal.response, appeal.actions = response, list(actions)
    _close(appeal, plugin, decision, by, **submitters.overridden(override, is_override))
    return appeal


def subjects(rows: Sequence[Appeal]) -> dict[str, Subject]:
    """Subjects of appeals by appeal id; the number of queries does not depend on theirs."""
    found = plugins.named(row.plugin_name for row in rows)
    suspensions = audit.by_id(row.decision_id for row in rows if row.type == AppealType.SUSPENSION)
    decided = reviews.by_id(row.decision_id for row in rows if row.type == AppealType.REVIEW_DECISION)
    said = blocks.by_id(row.decision_id for row in rows if row.type == AppealType.BLOCK)
    sent = versions.exactly((review.plugin_name, review.version) for review in decided.values())
    return {
        row.id: _about_block(found[row.plugin_name], said[row.decision_id])
        if row.decision_id in said
        else _subject(found[row.plugin_name], row.decision_id, suspensions, decided, sent)
        for row in rows
    }


def _about_block(plugin: Plugin, block: Block) -> Subject:
    return Subject(plugin, None, Message("said", block.reason), block.proposed_at, block)


def _subject(
    plugin: Plugin,
    decision_id: str,
    suspensions: Mapping[str, AuditEntry],
    decided: Mapping[str, Review],
    sent: Mapping[tuple[str, str], PluginVersion],
) -> Subject:
    review, suspension = decided.get(decision_id), suspensions.get(decision_id)
    if review is not None:
        version = sent.get((review.plugin_name, review.version))
        return Subject(plugin, version, review.notes, review.decided_at)
    if suspension is not None:
        return Subject(plugin, None, str(suspension.details.get("reason", "")), suspension.at)
    return Subject(plugin, None, "", None)


def _open(appeal_id: str) -> Appeal:
    appeal = get(appeal_id)
    if appeal.status != AppealStatus.PENDING:
        raise AppealDecided()
    return appeal


def hindrance(appeal: Appeal, subject: Subject, judge: Actor) -> DomainError | None:
    """Why somebody may not decide an appeal (details say if an override is possible); None if they may."""
    if appeal.status != AppealStatus.PENDING:
        return AppealDecided()
    if not permits(judge.role, _permission(appeal)):
        return Forbidden()
    barred, problem = _barred(appeal, subject, judge)
    return submitters.hindrance(barred, judge, problem, permission=_permission(appeal))


def _permission(appeal: Appeal) -> str:
    return _PERMISSIONS[AppealType(appeal.type)]


def _ensure_may_hear(appeal: Appeal, judge: Actor, *, override: bool) -> bool:
    """Refuse those who made the decision, those whom the appeal is for, and submitters of what it would publish.

    Also those who may not reverse the decision: they could only refuse the appeal.
    """
    if not permits(judge.role, _permission(appeal)):
        raise Forbidden()
    barred, problem = _barred(appeal, subjects([appeal])[appeal.id], judge)
    return submitters.ensure_may_decide(barred, judge, problem, override=override, permission=_permission(appeal))


def _barred(appeal: Appeal, subject: Subject, judge: Actor) -> tuple[set[str | None], DomainError]:
    """Who may not decide the appeal, and the error for `judge` if they are one of them."""
    plugin, version, block = subject.plugin, subject.version, subject.block
    deciders = {appeal.against_id} if block is None else {appeal.against_id, *blocks.deciders(block)}
    barred = {*deciders, appeal.appellant_id, plugin.owner_id}
    barred |= submitters.of(plugin, version) if version else set()
    if judge.id in deciders:
        problem: DomainError = OwnDecision()
    else:
        problem = OwnPlugin() if judge.id == appeal.appellant_id else submitters.refusal(plugin, judge.id)
    return barred, problem


def _decision(plugin: Plugin, kind: AppealType) -> tuple[str, str | None]:
    """The decision that is appealed against, and who made it."""
    if kind is AppealType.SUSPENSION:
        if plugin.status != PluginStatus.SUSPENDED:
            raise NothingToAppeal()
        suspension = plugins.last_suspension(plugin)
        # If the log has no entry, nobody is barred for the decision; the plugin's id stands for it.
        return (str(suspension.id), suspension.actor_id) if suspension else (plugin.id, None)
    review = reviews.last_decision(plugin, ReviewStatus.REJECTED)
    version = _version(review) if review else None
    if review is None or version is None or version.status != PluginStatus.REJECTED:
        raise NothingToAppeal()
    return review.id, review.decided_by


def _blocking(plugin: Plugin, block_id: str | None) -> tuple[str, str | None]:
    """The block that is appealed against, and whose account, if it is still there, said what it says."""
    if block_id is None:
        strongest = blocks.strongest(plugin)
        block_id = None if strongest is None else strongest.id
    block = None if block_id is None else blocks.find(block_id)
    if block is None or block.plugin_key != plugin.name_key or not lines.is_in_force(block, utcnow()):
        raise NothingToAppeal()
    return block.id, block.proposed_by if accounts.usernames([block.proposed_by]) else None


def _version(review: Review) -> PluginVersion | None:
    return db.session.get(PluginVersion, (review.plugin_name, review.version))


def _open_against(decision_id: str) -> Appeal | None:
    return db.session.scalar(
        select(Appeal).where(Appeal.decision_id == decision_id, Appeal.status == AppealStatus.PENDING)
    )


def _ensure_fits(plugin: Plugin, actions: Sequence[dict[str, Any]]) -> None:
    """The only possible action of an appeal is to publish its plugin."""
    for place, action in enumerate(actions):
        if place or action["plugin_id"] not in (plugin.id, plugin.name):
            raise Invalid.field(f"actions.{place}.plugin_id", "field.action")


def _grant(appeal: Appeal, plugin: Plugin, by: Actor, response: str, actions: Sequence[dict[str, Any]]) -> None:
    if appeal.type == AppealType.BLOCK:
        _lift(appeal, by, response, actions)
        return
    _ensure_fits(plugin, actions)
    if appeal.type == AppealType.SUSPENSION:
        _restore(appeal, plugin, by, response)
    else:
        _reopen(appeal, plugin, is_direct=bool(actions))


def _close(appeal: Appeal, plugin: Plugin, decision: AppealStatus, by: Actor, **details: Any) -> None:
    appeal.status, appeal.decided_by, appeal.decided_at = decision, by.id, utcnow()
    _notify_appellant(appeal, plugin, details)
    audit.record(
        by, f"appeal.{decision.value}", "appeal", appeal.id, plugin=plugin.name, actions=appeal.actions, **details
    )


def _notify_appellant(appeal: Appeal, plugin: Plugin, overridden: dict[str, Any]) -> None:
    notifications.notify(
        appeal.appellant_id,
        Event.APPEAL_PROCESSED,
        appeal_id=appeal.id,
        **notifications.about(plugin),
        type=appeal.type,
        appeal_reason=appeal.reason,
        decision=appeal.status,
        response=appeal.response,
        **overridden,
    )


def _restore(appeal: Appeal, plugin: Plugin, by: Actor, response: str) -> None:
    """End the suspension that the appeal is about; a later suspension is another decision, with an appeal of its
    own.
    """
    if plugin.status == PluginStatus.SUSPENDED and _decision(plugin, AppealType.SUSPENSION)[0] != appeal.decision_id:
        raise TransitionNotAllowed(status=plugin.status, act=Act.RESTORE.value)
    plugins.restore(plugin, by, response)


def _lift(appeal: Appeal, by: Actor, response: str, actions: Sequence[dict[str, Any]]) -> None:
    """Revoke the block: the only effect that the appeal can have."""
    if actions:
        raise Invalid.field("actions", "field.action")
    blocks.revoke(by, appeal.decision_id, response)


def _reopen(appeal: Appeal, plugin: Plugin, *, is_direct: bool) -> None:
    review = reviews.get(appeal.decision_id)
    version = db.session.get_one(PluginVersion, (review.plugin_name, review.version))
    act = Act.GRANT_APPEAL if is_direct else Act.REOPEN
    version.status = after(version.status, act)
    if is_direct:
        publication.published(version)
    db.session.flush()
    _follow(plugin, act)
    if not is_direct:
        reviews.enter(plugin, version, Reason.APPEAL, appeal.appellant_id)


def _follow(plugin: Plugin, act: Act) -> None:
    """Update the plugin for the version's new status; its own may have changed since the decision."""
    if plugin.status == PluginStatus.REJECTED:
        plugins.move(plugin, act)
    elif plugin.status in SETTLED:
        plugins.show_current(plugin)
        catalog.touch(plugin)
    elif act is Act.GRANT_APPEAL:
        after(plugin.status, act)
    elif plugin.status == PluginStatus.NEEDS_CHANGES:
        plugins.move(plugin, Act.SUBMIT)
