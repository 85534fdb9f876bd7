"""Appeals on the marketplace surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ... import errors
from ...errors import Invalid
from ...messages import Message
from ...models import Appeal
from ...services import developers, plugins
from ...services.accounts.tokens import Actor
from ...services.developers import Profile
from ...services.reviews import appeals
from ...services.reviews.appeals import Subject
from ...vocabulary import AppealStatus
from ..core.request import language
from . import market, serializers
from .schemas import reviews as schemas
from .schemas.base import override_of

APPEAL: Final = {"appeal_id": {"type": "string", "maxLength": 36}}
# The document says `approved` where the plugin's status becomes `published`.
_PUBLISHED: Final = ("approved", "published")


@market.operation(
    "POST",
    "/developers/appeals",
    access="plugin.update",
    body=schemas.NewAppeal,
    answer=schemas.Appeal,
    status=201,
    message="market.appeal_submitted",
    transaction="write",
    errors=(
        errors.NotTheOwner,
        errors.PluginNotFound,
        errors.AppealExists,
        errors.NothingToAppeal,
    ),
)
def submit(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Appeal against the last rejection, the suspension, or a block of one's own plugin: the strongest block, where
    `block_id` names none.
    """
    reference, kind = body.pop("plugin_id"), body.pop("type")
    return _rows([appeals.submit(reference, kind, actor, body)], actor)[0]


@market.operation(
    "GET",
    "/developers/appeals",
    access="plugin.view_own",
    query=schemas.AppealQuery,
    answer=schemas.Appeal,
    many=True,
    errors=(errors.PluginNotFound,),
)
def own(query: dict[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """My appeals, newest first."""
    return _listed(query, actor, actor.id)


@market.operation(
    "GET",
    "/admin/appeals",
    access="review.view",
    query=schemas.AppealQuery,
    answer=schemas.Appeal,
    many=True,
    errors=(errors.PluginNotFound,),
)
def listed(query: dict[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """Everybody's appeals, newest first."""
    return _listed(query, actor, None)


@market.operation(
    "GET",
    "/admin/appeals/<appeal_id>",
    access="review.view",
    path=APPEAL,
    answer=schemas.Appeal,
    errors=(errors.AppealNotFound,),
)
def one(appeal_id: str, actor: Actor) -> dict[str, Any]:
    """One appeal, decided or not."""
    return _rows([appeals.get(appeal_id)], actor)[0]


@market.operation(
    "POST",
    "/admin/appeals/<appeal_id>/process",
    access="review.update",
    path=APPEAL,
    body=schemas.AppealJudgement,
    answer=schemas.Appeal,
    message="market.appeal_processed",
    transaction="write",
    errors=(
        errors.OwnDecision,
        errors.OwnPlugin,
        errors.OwnSubmission,
        errors.AppealNotFound,
        errors.AppealDecided,
        errors.OverrideRefused,
        errors.TransitionNotAllowed,
    ),
)
def process(appeal_id: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Decide an appeal. If granted, its actions undo the decision at once; without actions, the plugin is reviewed
    again. A granted one against a block revokes it.
    """
    if body["decision"] is AppealStatus.PENDING:
        raise Invalid.field("decision", "field.status")
    for place, action in enumerate(body["actions"]):
        if action["new_status"] not in _PUBLISHED:
            raise Invalid.field(f"actions.{place}.new_status", "field.status")
    override = override_of(body)
    row = appeals.process(appeal_id, body["decision"], actor, body["response"], body["actions"], override=override)
    return _rows([row], actor)[0]


def _listed(query: dict[str, Any], actor: Actor, appellant_id: str | None) -> list[dict[str, Any]]:
    plugin = plugins.get_seen(query["plugin_id"], actor) if query["plugin_id"] else None
    _, rows = appeals.page(
        appellant_id=appellant_id,
        status=query["status"],
        plugin=plugin,
        page_number=query["page"],
        limit=query["limit"],
    )
    return _rows(rows, actor)


def _hearing(row: Appeal, subject: Subject, viewer: Actor) -> dict[str, Any]:
    """May this viewer decide it, and if not, why? Shown before they write an answer."""
    problem = appeals.hindrance(row, subject, viewer)
    if problem is None:
        return {"may_process": True, "may_not_because": None, "may_override": False}
    return {
        "may_process": False,
        "may_not_because": problem.message.render(language()),
        "may_override": any(detail.rule == "override_possible" for detail in problem.details),
    }


def _rows(rows: Sequence[Appeal], viewer: Actor) -> list[dict[str, Any]]:
    found = appeals.subjects(rows)
    owners = developers.named(subject.plugin.owner_id for subject in found.values())
    people = serializers.named_people(who for row in rows for who in (row.appellant_id, row.decided_by))
    names: tuple[str, ...] = (
        "id",
        "type",
        "reason",
        "description",
        "evidence",
        "status",
        "decision_id",
        "response",
        "actions",
    )
    names += ("decided_at", "created_at")
    return [
        {
            **{name: getattr(row, name) for name in names},
            **_about(found[row.id], owners),
            **_hearing(row, found[row.id], viewer),
            "appellant": people.get(row.appellant_id),
            "decided_by": people.get(row.decided_by or ""),
        }
        for row in rows
    ]


def _in_words(reason: str | Message) -> str:
    return reason.render(language()) if isinstance(reason, Message) else reason


def _about(subject: Subject, owners: dict[str, Profile]) -> dict[str, Any]:
    plugin = subject.plugin
    return {
        "plugin_id": plugin.id,
        "plugin": serializers.reviewed(plugin, plugin.current_version, owners),
        "against": {"reason": _in_words(subject.reason), "decided_at": subject.decided_at},
    }
