"""Developers: profiles, the verified badge, statistics of their plugins, and the revenue ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from ..clock import utcnow
from ..database.session import db
from ..database.unit_of_work import unit_of_work
from ..errors import DeveloperNotFound, PluginNotFound
from ..models import Developer, DownloadDay, DownloadWindow, Plugin, Rating, RevenueEntry, User
from ..models.columns import UtcDateTime
from ..vocabulary import PluginStatus, Role, Verification
from . import accounts, audit, catalog, plugins, revisions
from .accounts.tokens import Actor
from .paging import page_of
from .releases import active_rows
from .revisions import WHATEVER, Expected

PROFILE: Final = ("display_name", "company", "website", "bio")
CURRENCY: Final = "USD"
DAYS_SHOWN: Final = 30
# Accounts with the role, or with a profile. All three conditions need users joined with profiles.
IS_DEVELOPER: Final = or_(User.role == Role.DEVELOPER.value, Developer.user_id.is_not(None))
SINCE: Final = func.coalesce(Developer.created_at, User.created_at, type_=UtcDateTime())


@dataclass(frozen=True, slots=True)
class Profile:
    """A developer as shown: account and profile together. An account without a profile shows its name."""

    user: User
    developer: Developer | None

    @property
    def display_name(self) -> str:
        return self.developer.display_name if self.developer else self.user.username

    @property
    def since(self) -> datetime:
        """When they became a developer: SINCE of one profile."""
        return self.developer.created_at if self.developer else self.user.created_at


def register(account: dict[str, str], profile: dict[str, Any], reserved: Iterable[str] = ()) -> Profile:
    """Create an account of role `developer` with its profile, unverified. Raises what accounts.create does.

    Account and profile are created in one transaction: neither exists without the other.
    """
    accounts.ensure_unreserved(account["username"], reserved)
    ready = accounts.prepared(account["username"], account["password"], email=account["email"])
    with unit_of_work():
        user = accounts.add(ready, role=Role.DEVELOPER)
        db.session.flush()
        developer = Developer(user_id=user.id, **profile)
        db.session.add(developer)
    return Profile(user, developer)


def get(developer_id: str) -> Profile:
    """The profile of an account that publishes. Raises DeveloperNotFound."""
    row = db.session.execute(
        select(User, Developer).outerjoin(Developer, Developer.user_id == User.id).where(User.id == developer_id)
    ).one_or_none()
    if row is None or (row[1] is None and row[0].role != Role.DEVELOPER and not _owns_any(developer_id)):
        raise DeveloperNotFound()
    return Profile(row[0], row[1])


# Built once: building a query costs as much as running it.
_NAMED: Final = (
    select(User, Developer)
    .outerjoin(Developer, Developer.user_id == User.id)
    .where(User.id.in_(bindparam("ids", expanding=True)))
)


def named(ids: Iterable[str | None]) -> dict[str, Profile]:
    """Profiles by user id, of those that exist."""
    wanted = {user_id for user_id in ids if user_id}
    if not wanted:
        return {}
    return {user.id: Profile(user, developer) for user, developer in db.session.execute(_NAMED, {"ids": list(wanted)})}


def page(
    words: str | None, verification: Verification | None, page_number: int, limit: int
) -> tuple[int, list[Profile]]:
    """The number of developers (whose name or address contains `words`), and one page of them, newest first."""
    query = select(User).outerjoin(Developer, Developer.user_id == User.id).where(IS_DEVELOPER)
    query = query.order_by(SINCE.desc(), User.id.desc())
    if words:
        texts = (User.username, User.email, Developer.display_name, Developer.company)
        query = query.where(accounts.contains((User.search_key, Developer.search_key), texts, words))
    if verification is not None:
        query = query.where(_verification_is(verification))
    total, users = page_of(query, page_number, limit)
    profiles = named(user.id for user in users)
    return total, [profiles[user.id] for user in users]


def count_unverified() -> int:
    """How many developers nobody has decided about yet: those that `page` lists as pending."""
    query = select(func.count()).select_from(User).outerjoin(Developer, Developer.user_id == User.id)
    return int(db.session.execute(query.where(IS_DEVELOPER, _verification_is(Verification.PENDING))).scalar_one())


def _verification_is(state: Verification) -> ColumnElement[bool]:
    verification: ColumnElement[str] = func.coalesce(Developer.verification, Verification.PENDING.value)
    return verification == state.value


def revision(profile: Profile, *, private: bool = True) -> str:
    """The revision of the profile, including the decision about its badge.

    It covers the private notes of that decision only for viewers who may see them (`private`); others cannot save
    anything.
    """
    developer = profile.developer
    if developer is None:
        return revisions.of("developer", profile.user.id)
    shown = [getattr(developer, name) for name in (*PROFILE, "verification")]
    notes = [developer.verification_notes] if private else []
    return revisions.of("developer", profile.user.id, *shown, *notes)


def update(developer_id: str, by: Actor, values: dict[str, Any], expected: Expected = WHATEVER) -> Profile:
    """Change a profile: one's own, or as an administrator anybody's, which is recorded in the audit log.

    Raises DeveloperNotFound, ChangedMeanwhile.
    """
    profile = get(developer_id)
    expected.ensure(revision(profile))
    developer = ensure_profile(profile.user)
    before = {name: getattr(developer, name) for name in values}
    for name, value in values.items():
        setattr(developer, name, value)
    developer.updated_at = utcnow()
    db.session.flush()
    _show()
    if "display_name" in values:
        for plugin in db.session.scalars(select(Plugin).where(Plugin.owner_id == developer_id)):
            catalog.touch(plugin)
    if by.id != developer_id:
        audit.record(
            by,
            "developer.updated",
            "developer",
            developer_id,
            fields=sorted(values),
            changes=audit.changes(before, values),
        )
    return Profile(profile.user, developer)


def verify(developer_id: str, by: Actor, *, verified: bool, notes: str, expected: Expected = WHATEVER) -> Profile:
    """Grant or refuse the verified badge. Raises ChangedMeanwhile."""
    profile = get(developer_id)
    expected.ensure(revision(profile))
    user = profile.user
    developer = ensure_profile(user)
    developer.verification = Verification.VERIFIED if verified else Verification.REJECTED
    developer.verification_notes = notes
    developer.verified_at = utcnow()
    developer.verified_by = by.id
    db.session.flush()
    _show()
    audit.record(by, "developer.verified", "developer", developer_id, verified=verified, notes=notes)
    return Profile(user, developer)


def _show() -> None:
    """Pages name developers, with their badge."""
    catalog.next_revision()


def ensure_profile(user: User) -> Developer:
    """The account's profile; an empty one is created if there is none."""
    developer = db.session.get(Developer, user.id)
    if developer is None:
        developer = Developer(user_id=user.id, display_name=user.username)
        db.session.add(developer)
        db.session.flush()
    return developer


def record_revenue(developer_id: str, by: Actor, values: dict[str, Any]) -> RevenueEntry:
    """Add an entry to the ledger; `amount` in hundredths. Raises DeveloperNotFound, and PluginNotFound for others'
    plugins.
    """
    get(developer_id)
    plugin_id = values.pop("plugin_id", None)
    plugin = plugins.get_seen(plugin_id, by) if plugin_id else None
    if plugin is not None and plugin.owner_id != developer_id:
        raise PluginNotFound()
    name = plugin.name if plugin else None
    entry = RevenueEntry(developer_id=developer_id, plugin_name=name, recorded_by=by.id, **values)
    db.session.add(entry)
    db.session.flush()
    audit.record(
        by,
        "developer.revenue_recorded",
        "developer",
        developer_id,
        entry=entry.id,
        amount=entry.amount,
        currency=entry.currency,
        plugin=name,
    )
    return entry


def statistics(developer_id: str, now: datetime) -> dict[str, Any]:
    """Statistics of the developer's plugins, each number a sum of rows. Money in hundredths."""
    get(developer_id)
    names = db.session.scalars(select(Plugin.name).where(Plugin.owner_id == developer_id)).all()
    return {
        "plugins": _plugin_counts(developer_id),
        "downloads": _downloads(names, now),
        "ratings": _ratings(names),
        "actives": _actives(names, now),
        "revenue": _revenue(developer_id, now),
    }


def _plugin_counts(developer_id: str) -> dict[str, int]:
    rows = db.session.execute(
        select(Plugin.status, func.count()).where(Plugin.owner_id == developer_id).group_by(Plugin.status)
    )
    counts = {str(status): int(count) for status, count in rows}
    return {
        "total": sum(counts.values()),
        "pending": counts.get(PluginStatus.PENDING, 0) + counts.get(PluginStatus.IN_REVIEW, 0),
        **{
            status.value: counts.get(status, 0)
            for status in PluginStatus
            if status not in (PluginStatus.PENDING, PluginStatus.IN_REVIEW)
        },
    }


def _downloads(names: Sequence[str], now: datetime) -> dict[str, Any]:
    mine = DownloadDay.plugin_name.in_(names)
    total = db.session.execute(
        select(func.coalesce(func.sum(DownloadWindow.total), 0)).where(DownloadWindow.plugin_name.in_(names))
    ).scalar_one()
    since = f"{now - timedelta(days=DAYS_SHOWN - 1):%Y-%m-%d}"
    days = db.session.execute(
        select(DownloadDay.day, func.sum(DownloadDay.count))
        .where(mine, DownloadDay.day >= since)
        .group_by(DownloadDay.day)
    )
    this_month, last_month = f"{now:%Y-%m}", f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    month = func.substr(DownloadDay.day, 1, 7)
    rows = db.session.execute(
        select(month, func.sum(DownloadDay.count)).where(mine, month.in_((this_month, last_month))).group_by(month)
    )
    months = {name: int(count) for name, count in rows}
    current, before = months.get(this_month, 0), months.get(last_month, 0)
    return {
        "total": int(total),
        "this_month": current,
        "last_month": before,
        # In percent of the month before; undefined if that had none.
        "growth_rate": round((current - before) * 100 / before, 1) if before else None,
        "by_day": {day: int(count) for day, count in sorted(days)},
    }


def _actives(names: Sequence[str], now: datetime) -> dict[str, Any]:
    """Installations that asked for updates: a host with two of the plugins counts for both."""
    found = active_rows.by_plugin(names, now)
    return {"total": sum(found.values()), "by_plugin": found}


def _ratings(names: Sequence[str]) -> dict[str, Any]:
    rows = db.session.execute(
        select(Rating.rating, func.count())
        .where(Rating.plugin_name.in_(names), Rating.is_hidden.is_(False))
        .group_by(Rating.rating)
    )
    counts = {int(stars): int(count) for stars, count in rows}
    total = sum(counts.values())
    points = sum(stars * count for stars, count in counts.items())
    return {
        "average": round(points / total, 2) if total else None,
        "total_reviews": total,
        "distribution": {str(stars): counts.get(stars, 0) for stars in range(5, 0, -1)},
    }


def _revenue(developer_id: str, now: datetime) -> dict[str, Any]:
    """By currency: sums across currencies would be meaningless."""
    month = now.replace(day=1, hour=0, minute=0, second=0)
    rows = db.session.execute(
        select(
            RevenueEntry.currency,
            func.sum(RevenueEntry.amount),
            func.coalesce(func.sum(RevenueEntry.amount).filter(RevenueEntry.occurred_at >= month), 0),
        )
        .where(RevenueEntry.developer_id == developer_id)
        .group_by(RevenueEntry.currency)
        .order_by(func.count().desc(), RevenueEntry.currency)
    ).all()
    every = [{"currency": currency, "total": int(total), "this_month": int(some)} for currency, total, some in rows]
    main = every[0] if every else {"currency": CURRENCY, "total": 0, "this_month": 0}
    return {**main, "by_currency": every}


def _owns_any(user_id: str) -> bool:
    return db.session.scalar(select(Plugin.name).where(Plugin.owner_id == user_id).limit(1)) is not None
