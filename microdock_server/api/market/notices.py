"""Notifications on the marketplace surface."""

from __future__ import annotations

from typing import Any

from ...errors import Invalid
from ...services import notifications
from ...services.accounts.tokens import Actor
from ..core.request import language
from ..core.surface import Access
from . import market
from .schemas import system as schemas
from .schemas.base import pagination


@market.operation(
    "GET",
    "/notifications",
    access=Access.LOGGED_IN,
    query=schemas.NotificationQuery,
    answer=schemas.NotificationPage,
)
def listed(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """My notifications: unread first, then newest first."""
    total, rows = notifications.page(actor.id, unread=query["unread"], page_number=query["page"], limit=query["limit"])
    shown = [{**row, "message": _message(row)} for row in rows]
    return {
        "notifications": shown,
        "pagination": pagination(query, total),
        "unread_count": notifications.count_unread(actor.id),
    }


@market.operation(
    "POST",
    "/notifications/read",
    access=Access.LOGGED_IN,
    body=schemas.Reading,
    answer=schemas.ReadCount,
    message="market.notifications_read",
    transaction="caller",
)
def read(actor: Actor, body: dict[str, Any]) -> dict[str, int]:
    """Mark some of my notifications, or all, as read."""
    if body["ids"] is None and not body["all"]:
        raise Invalid.field("ids", "field.required")
    return {"marked": notifications.mark_read(actor.id, None if body["all"] else body["ids"])}


def _message(row: dict[str, Any]) -> str:
    return notifications.message_for(row["event"], row["data"]).render(language())
