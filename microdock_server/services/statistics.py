"""Statistics for administrators, from roll-ups, so that they take no longer with millions of downloads.

Triggers count every download by day and by window as it happens (see models/downloads.py). What remains is to subtract
days that have left a window: once a day, by the first request or task that needs it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, extract, func, select, text

from ..caching import SingleFlight
from ..clock import iso, utcnow
from ..database.session import db
from ..database.unit_of_work import unit_of_work
from ..models import Block, Developer, DownloadTotal, DownloadWindow, Plugin, PluginVersion, Review, Setting, User
from ..vocabulary import OPEN_REVIEWS, BlockStatus, Period, PluginStatus, ReviewStatus
from .developers import IS_DEVELOPER, SINCE
from .releases import active_rows, lines

TOP: Final = 10
DAYS_SHOWN: Final = 31
ROLLED_KEY: Final = "statistics.rolled"
WINDOWS: Final = {7: "d7", 30: "d30", 90: "d90", 365: "d365"}
_flights: Final[SingleFlight[tuple[str, Period], dict[str, Any]]] = SingleFlight()
_DECIDED: Final = (ReviewStatus.APPROVED, ReviewStatus.REJECTED, ReviewStatus.NEEDS_CHANGES)


def of_system(period: Period) -> dict[str, Any]:
    """Current numbers of plugins and open reviews; decisions, downloads and most downloaded plugins within the period.

    Concurrent requests share the result.
    """
    return _flights.run((str(db.engine.url), period), lambda: _of_system(period))


def _of_system(period: Period) -> dict[str, Any]:
    roll()
    now = utcnow()
    with unit_of_work(writing=False):
        return {
            "period": period.value,
            "plugins": _plugins(),
            "reviews": _reviews(_since(period, now)),
            "developers": _developers(_since(period, now), now),
            "downloads": _downloads(period, now),
            "releases": _releases(now),
        }


def roll(today: date | None = None) -> bool:
    """Subtract expired days from the windows; True if there were any. In a unit of its own."""
    day = (today or utcnow().date()).isoformat()
    with unit_of_work(writing=False):
        if (_rolled() or "") >= day:
            return False
    with unit_of_work():
        last = _rolled()
        # After the clock was set back, this waits until it has caught up: nothing is subtracted twice.
        if last is not None and last >= day:
            return False
        if last is not None:
            for length, column in WINDOWS.items():
                _expire(column, length, date.fromisoformat(last), date.fromisoformat(day))
        db.session.merge(Setting(key=ROLLED_KEY, value=day))
    return True


def _rolled() -> str | None:
    row = db.session.get(Setting, ROLLED_KEY)
    return row.value if row else None


def _expire(column: str, length: int, last: date, today: date) -> None:
    """A window contains today and the days before it; what was in it on `last` and is not today is subtracted."""
    gone = {"first": (last - timedelta(days=length)).isoformat(), "end": (today - timedelta(days=length)).isoformat()}
    db.session.execute(
        text(
            f"UPDATE download_windows SET {column} = {column} - old.count FROM "  # noqa: S608  (our own names)
            "(SELECT plugin_name, sum(count) AS count FROM download_days WHERE day > :first AND day <= :end "
            "GROUP BY plugin_name) AS old WHERE old.plugin_name = download_windows.plugin_name"
        ),
        gone,
    )


def _plugins() -> dict[str, int]:
    rows = db.session.execute(select(Plugin.status, func.count()).group_by(Plugin.status))
    counts = {str(status): int(count) for status, count in rows}
    return {
        "total": sum(counts.values()),
        "published": counts.get(PluginStatus.PUBLISHED, 0),
        "pending_review": counts.get(PluginStatus.PENDING, 0) + counts.get(PluginStatus.IN_REVIEW, 0),
        **{
            status.value: counts.get(status, 0)
            for status in (
                PluginStatus.REJECTED,
                PluginStatus.NEEDS_CHANGES,
                PluginStatus.SUSPENDED,
                PluginStatus.DRAFT,
            )
        },
    }


def _reviews(since: datetime | None) -> dict[str, Any]:
    """Reviews decided in the period; times in days, from submission to decision. Without decisions, no average."""
    days_taken = (extract("epoch", Review.decided_at) - extract("epoch", Review.submitted_at)) / 86_400.0
    query = select(Review.status, func.count(), func.sum(days_taken)).where(Review.status.in_(_DECIDED))
    if since is not None:
        query = query.where(Review.decided_at >= since)
    rows = {
        str(status): (int(count), float(days or 0))
        for status, count, days in db.session.execute(query.group_by(Review.status))
    }
    completed = sum(count for count, _ in rows.values())
    waiting = select(func.count(), func.min(Review.submitted_at)).where(Review.status.in_(OPEN_REVIEWS))
    pending, oldest = db.session.execute(waiting).one()
    return {
        "completed": completed,
        "pending": int(pending),
        "oldest_pending_at": iso(oldest) if oldest else None,
        "average_time": round(sum(days for _, days in rows.values()) / completed, 4) if completed else None,
        "approval_rate": round(rows.get(ReviewStatus.APPROVED, (0, 0))[0] / completed, 4) if completed else None,
    }


def _developers(since: datetime | None, now: datetime) -> dict[str, int]:
    month = now.replace(day=1, hour=0, minute=0, second=0)
    active = select(func.count()).select_from(Developer).where(Developer.last_published_at.is_not(None))
    if since is not None:
        active = active.where(Developer.last_published_at >= since)
    everybody = select(func.count()).select_from(User).outerjoin(Developer, Developer.user_id == User.id)
    everybody = everybody.where(IS_DEVELOPER)
    return {
        "total": _one(everybody),
        "active": _one(active),
        "new_this_month": _one(everybody.where(month <= SINCE)),
    }


def _downloads(period: Period, now: datetime) -> dict[str, Any]:
    total = select(func.coalesce(func.sum(DownloadTotal.count), 0))
    if period.days is not None:
        since = (now - timedelta(days=period.days - 1)).date().isoformat()
        within = total.where(DownloadTotal.day >= since)
    else:
        within = total
    shown = (now - timedelta(days=min(period.days or DAYS_SHOWN, DAYS_SHOWN) - 1)).date().isoformat()
    days = db.session.execute(
        select(DownloadTotal.day, DownloadTotal.count)
        .where(DownloadTotal.day >= shown, DownloadTotal.count > 0)
        .order_by(DownloadTotal.day)
    )
    return {
        "total": _one(within),
        "all_time": _one(total),
        "this_month": _one(total.where(DownloadTotal.day >= f"{now:%Y-%m}-01")),
        "by_day": {day: int(count) for day, count in days},
        "top_plugins": _top(period),
    }


def _releases(now: datetime) -> dict[str, Any]:
    """What is in force now: versions in cooldown, blocks that wait or are in force, and the versions most in use."""
    cooling = select(func.count()).select_from(PluginVersion)
    cooling = cooling.where(PluginVersion.available_at > now, PluginVersion.status == PluginStatus.PUBLISHED)
    blocks = db.session.execute(select(Block.status, func.count()).where(lines.in_force(now)).group_by(Block.status))
    counts = {str(status): int(count) for status, count in blocks}
    return {
        "in_cooldown": _one(cooling),
        "active_blocks": counts.get(BlockStatus.ACTIVE, 0),
        "pending_blocks": counts.get(BlockStatus.PENDING, 0),
        "top_active": [
            {
                "plugin_id": plugin.id,
                "name": plugin.display_name,
                "plugin_name": plugin.name,
                "version": version,
                "active_estimate": estimate,
            }
            for plugin, version, estimate in active_rows.top(TOP)
        ],
    }


def _top(period: Period) -> list[dict[str, Any]]:
    column = getattr(DownloadWindow, WINDOWS[period.days] if period.days else "total")
    rows = db.session.execute(
        select(Plugin.id, Plugin.name, Plugin.display_name, column.label("downloads"))
        .select_from(DownloadWindow)
        .join(Plugin, Plugin.name == DownloadWindow.plugin_name)
        .where(column > 0)
        .order_by(column.desc())
        .limit(TOP)
    )
    return [
        {"plugin_id": row.id, "name": row.display_name, "plugin_name": row.name, "downloads": int(row.downloads)}
        for row in rows
    ]


def _since(period: Period, now: datetime) -> datetime | None:
    if period.days is None:
        return None
    return (now - timedelta(days=period.days - 1)).replace(hour=0, minute=0, second=0)


def _one(query: Select[Any]) -> int:
    return int(db.session.execute(query).scalar_one())
