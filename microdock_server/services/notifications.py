"""Notifications: created in the transaction that causes them, and read by their user, live or later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any, Final

from sqlalchemy import Engine, Row, and_, bindparam, exists, func, insert, or_, select

from ..clock import utcnow
from ..cluster import wakeup
from ..database.prepared import Prepared
from ..database.session import db
from ..database.unit_of_work import ensure_whole, read_autocommit
from ..messages import CATALOGUE, DEFAULT_LANGUAGE, Message, text
from ..models import Notification, NotificationRead, Plugin, User
from ..models.columns import UtcDateTime
from ..vocabulary import Event
from .paging import page_of

MAX_BATCH: Final = 1000
# Where a person's own words are found, by event.
_REASONS: Final = ("reason", "notes", "response")


def notify(user_id: str | None, event: Event, **data: Any) -> None:
    """Notify a user (None: everybody) of an event once this transaction is committed. `data` is JSON."""
    ensure_whole()
    db.session.add(Notification(user_id=user_id, event=event, data=data))
    wakeup.wake("notifications")


def about(plugin: Plugin) -> dict[str, str]:
    """Data of every notification about a plugin: its names, and the page that shows it."""
    return {
        "plugin_id": plugin.id,
        "plugin_name": plugin.name,
        "display_name": plugin.display_name,
        "link": f"/admin/plugins/{plugin.name}",
    }


def latest_id(engine: Engine) -> int:
    """The id of the newest notification; 0 if there is none."""
    return int(read_autocommit(engine, _LATEST)[0][0] or 0)


def after(last_id: int, engine: Engine) -> Sequence[Row[Any]]:
    """Rows of notifications newer than `last_id`, oldest first, at most 1,000, for all users."""
    return read_autocommit(engine, _AFTER, {"last_id": last_id, "batch": MAX_BATCH})


def missed(user_id: str, last_id: int, engine: Engine) -> Sequence[Row[Any]]:
    """Rows of the user's notifications newer than `last_id`, oldest first, at most 1,000."""
    bounds = {"user_id": user_id, "last_id": last_id, "batch": MAX_BATCH, "now": utcnow()}
    return read_autocommit(engine, _MISSED, bounds)


def unread(user_id: str, after_id: int, up_to: int, engine: Engine) -> Sequence[Row[Any]]:
    """Rows of the user's unread notifications newer than `after_id`, up to this id, oldest first, at most 1,000."""
    bounds = {"user_id": user_id, "last_id": after_id, "up_to": up_to, "batch": MAX_BATCH, "now": utcnow()}
    return read_autocommit(engine, _UNREAD, bounds)


def message_for(event: str, data: Mapping[str, Any]) -> Message:
    """The text of a notification: what happened to what, and the reason that somebody gave.

    Missing values in `data` are left blank; an unknown event is shown by its name.
    """
    keys = (f"event.{event}.{_variant(data)}", f"event.{event}")
    key = next((key for key in keys if key in CATALOGUE), None)
    if key is None:
        return Message("event.unknown", {"event": event})
    blanks = [name for _, name, _, _ in Formatter().parse(text(key, DEFAULT_LANGUAGE)) if name]
    said = Message(key, {name: _in_words(name, data.get(name, "")) for name in blanks})
    if data.get("override"):
        said = Message("event.override", {"what": said, "reason": data.get("override_reason", "")})
    reason = next((data[name] for name in _REASONS if data.get(name)), None)
    if isinstance(reason, Mapping):
        reason = Message("said", reason)
    return said if reason is None else Message("event.because", {"what": said, "reason": reason})


def _variant(data: Mapping[str, Any]) -> object:
    """The variant of an event's text: by the decision or change, a block's severity, or by whether times are given."""
    found = data.get("review_result") or data.get("decision") or data.get("change") or data.get("severity")
    return found or ("timed" if data.get("starts_at") else None)


def _in_words(name: str, value: object) -> object:
    key = f"status.{value}"
    return Message(key) if name.endswith("_status") and key in CATALOGUE else value


def page(user_id: str, *, unread: bool | None, page_number: int, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """The number of the user's notifications, and one page of them: unread first, then newest first."""
    read = _was_read(user_id)
    query = select(Notification).where(_is_for(user_id))
    if unread is not None:
        query = query.where(~read if unread else read)
    total, found = page_of(query.order_by(read, Notification.id.desc()), page_number, limit)
    ids = [item.id for item in found]
    done = set(
        db.session.scalars(
            select(NotificationRead.notification_id).where(
                NotificationRead.user_id == user_id, NotificationRead.notification_id.in_(ids)
            )
        )
    )
    return total, [
        {"id": item.id, "event": item.event, "data": item.data, "created_at": item.created_at, "read": item.id in done}
        for item in found
    ]


def count_unread(user_id: str) -> int:
    """The number of the user's unread notifications."""
    query = select(func.count()).select_from(Notification).where(_is_for(user_id), ~_was_read(user_id))
    return int(db.session.execute(query).scalar_one())


def mark_read(user_id: str, ids: Sequence[int] | None) -> int:
    """Mark these (None: all) as read; returns how many were unread. Ids of others' notifications are ignored."""
    query = select(Notification.id).where(_is_for(user_id), ~_was_read(user_id))
    if ids is not None:
        query = query.where(Notification.id.in_(ids))
    fresh = db.session.scalars(query).all()
    now = utcnow()
    rows = [{"user_id": user_id, "notification_id": number, "read_at": now} for number in fresh]
    if rows:
        db.session.execute(insert(NotificationRead), rows)
    return len(rows)


def _is_for(user_id: str) -> Any:
    # Announcements from before the account was created are left out. An account whose creation lies in the future,
    # because the clock was set back since, gets all of them.
    joined = select(User.created_at).where(User.id == user_id).scalar_subquery()
    is_news = or_(Notification.created_at >= joined, joined > utcnow())
    everybody = and_(Notification.user_id.is_(None), is_news)
    return or_(Notification.user_id == user_id, everybody)


def _was_read(user_id: str) -> Any:
    return exists().where(NotificationRead.user_id == user_id, NotificationRead.notification_id == Notification.id)


_TABLE: Final = Notification.__table__
_LATEST: Final = Prepared(select(func.max(_TABLE.c.id)))
_AFTER: Final = select(_TABLE).where(_TABLE.c.id > bindparam("last_id")).order_by(_TABLE.c.id).limit(bindparam("batch"))
_JOINED: Final = select(User.created_at).where(User.id == bindparam("user_id")).scalar_subquery()
_IS_NEWS: Final = or_(_TABLE.c.created_at >= _JOINED, bindparam("now", type_=UtcDateTime) < _JOINED)
_MISSED: Final = (
    select(_TABLE)
    .where(
        _TABLE.c.id > bindparam("last_id"),
        or_(_TABLE.c.user_id == bindparam("user_id"), and_(_TABLE.c.user_id.is_(None), _IS_NEWS)),
    )
    .order_by(_TABLE.c.id)
    .limit(bindparam("batch"))
)
_READ: Final = NotificationRead.__table__
_UNREAD: Final = _MISSED.where(
    _TABLE.c.id <= bindparam("up_to"),
    ~exists().where(_READ.c.user_id == bindparam("user_id"), _READ.c.notification_id == _TABLE.c.id),
)
