"""A past for what was made just now: when versions were published, who rated them when, and downloads of each day.

There is no service for it, since nothing else has a past that it did not live through; the rows are set to what they
would hold. The audit log is not touched: it says when the server was filled.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update

from ..clock import utcnow
from ..database.session import db
from ..database.unit_of_work import unit_of_work
from ..models import Developer, DownloadDay, DownloadTotal, DownloadWindow, Install, PluginVersion, Rating, Review, User
from ..services import catalog, plugins, statistics
from .people import People
from .texts.entries import ENTRIES
from .texts.people import MAKERS
from .texts.shapes import Entry

DAY: Final = timedelta(days=1)
# Downloads of a Saturday or Sunday, compared with other days.
WEEKEND: Final = 0.55
# The days that reviews took.
REVIEWED_IN: Final = (0.2, 2.6)


def tell(everybody: People) -> None:
    """Move everything back in time, and spread downloads over the days since."""
    now = utcnow()
    chance = random.Random("microdock demo history")  # noqa: S311  (no secret)
    with unit_of_work():
        _age_people(everybody, chance, now)
        for entry in ENTRIES:
            _age(entry, chance, now)
    statistics.roll(now.date())
    with unit_of_work():
        totals: Counter[str] = Counter()
        for entry in ENTRIES:
            if entry.releases[0].outcome == "approved":
                totals += _download(entry, chance, now)
        for day, count in sorted(totals.items()):
            row = db.session.get(DownloadTotal, day)
            if row is None:
                db.session.add(DownloadTotal(day=day, count=count))
            else:
                row.count += count


def ages(entry: Entry) -> list[float]:
    """How many days ago each release was published, or sent in."""
    steps = max(1, len(entry.releases) - 1)
    return [entry.first - (entry.first - entry.last) * place / steps for place in range(len(entry.releases))]


def _age_people(everybody: People, chance: random.Random, now: datetime) -> None:
    since = {maker.username: maker.since for maker in MAKERS}
    for name, actor in everybody.others.items():
        moment = now - _days(since.get(name, 0) or chance.uniform(200, 440))
        db.session.get_one(User, actor.id).created_at = moment
        developer = db.session.get(Developer, actor.id)
        if developer is not None:
            developer.created_at = moment
            if developer.verified_at is not None:
                developer.verified_at = moment + _days(3)
        db.session.execute(
            update(Install).where(Install.user_id == actor.id).values(installed_at=now - _days(chance.uniform(1, 120)))
        )


def _age(entry: Entry, chance: random.Random, now: datetime) -> None:
    plugin = plugins.get(entry.name)
    moments = {}
    for release, age in zip(entry.releases, ages(entry), strict=True):
        moment = now - _days(age + chance.uniform(0, 0.4))
        if release.cooldown:
            moment = now - timedelta(hours=1)
        version = db.session.get_one(PluginVersion, (entry.name, release.number))
        sent = moment - _days(chance.uniform(*REVIEWED_IN))
        version.created_at = sent
        if version.published_at is not None:
            version.published_at = moments[release.number] = moment
        _age_review(entry.name, release.number, sent, moment)
    plugin.created_at = now - _days(entry.first + 3)
    if plugin.published_at is not None and moments:
        plugin.published_at, plugin.updated_at = min(moments.values()), max(moments.values())
    for rating in db.session.scalars(select(Rating).where(Rating.plugin_name == entry.name).order_by(Rating.id)):
        _age_rating(rating, moments, chance, now)
    catalog.mark(plugin)


def _age_rating(rating: Rating, moments: Mapping[str, datetime], chance: random.Random, now: datetime) -> None:
    """Date it within half a year, and nothing before the version that it speaks of."""
    oldest = max(now - _days(180), *_spoken_of(f"{rating.title} {rating.content}", moments))
    rating.created_at = rating.updated_at = now - _days((now - oldest) / DAY * chance.uniform(0.05, 0.95))
    if rating.reply is not None:
        oldest = max(rating.created_at, *_spoken_of(rating.reply, moments))
        rating.replied_at = oldest + _days(min(chance.uniform(0.1, 3), (now - oldest) / DAY * 0.9))
    earlier = [number for number, moment in moments.items() if moment <= rating.created_at and "-" not in number]
    rating.version = earlier[-1] if earlier else rating.version


def _spoken_of(text: str, moments: Mapping[str, datetime]) -> list[datetime]:
    """When the first version, and the versions that a text names, were published."""
    return [min(moments.values()), *(moment for number, moment in moments.items() if number in text)]


def _age_review(name: str, number: str, sent: datetime, decided: datetime) -> None:
    query = select(Review).where(Review.plugin_name == name, Review.version == number)
    for review in db.session.scalars(query.order_by(Review.id).limit(1)):
        review.submitted_at = sent
        if review.started_at is not None:
            review.started_at = decided - _days((decided - sent) / DAY / 4)
        if review.decided_at is not None:
            review.decided_at = decided


def _days(count: float) -> timedelta:
    """So many days, in whole seconds as all stored times."""
    return timedelta(seconds=round(count * 86_400))


def _download(entry: Entry, chance: random.Random, now: datetime) -> Counter[str]:
    """Count the plugin's downloads, of each day for the version that was the newest then; returns them by day."""
    plugin = plugins.get(entry.name)
    rows = db.session.scalars(
        select(PluginVersion).where(PluginVersion.plugin_name == entry.name, PluginVersion.published_at.is_not(None))
    )
    released = sorted(rows, key=lambda row: row.published_at or now)
    days: Counter[str] = Counter()
    windows = dict.fromkeys(("total", *statistics.WINDOWS.values()), 0)
    by_version: Counter[str] = Counter()
    for ago in range(entry.first, -1, -1):
        moment = now - timedelta(days=ago)
        count = _of_day(entry, ago, moment, chance)
        current = [row for row in released if (row.published_at or now) <= moment] or released[:1]
        by_version[current[-1].version] += count
        days[f"{moment:%Y-%m-%d}"] += count
        windows["total"] += count
        for length, column in statistics.WINDOWS.items():
            windows[column] += count if ago < length else 0
    for row in released:
        row.download_count = by_version[row.version]
    db.session.flush()
    # The database counted all of them today, and in every window.
    db.session.execute(delete(DownloadDay).where(DownloadDay.plugin_name == entry.name))
    counted = [{"plugin_name": entry.name, "day": day, "count": count} for day, count in days.items() if count]
    db.session.execute(insert(DownloadDay), counted)
    db.session.execute(update(DownloadWindow).where(DownloadWindow.plugin_name == entry.name).values(**windows))
    catalog.mark(plugin)
    return days


def _of_day(entry: Entry, ago: int, moment: datetime, chance: random.Random) -> int:
    """More in a plugin's first weeks and after each release, fewer at weekends."""
    grown = 0.45 + 0.55 * (1 - ago / max(1, entry.first))
    news = sum(math.exp(-(age - ago) / 6) for age in ages(entry) if age >= ago)
    weekday = WEEKEND if moment.weekday() > 4 else 1.0
    return round(entry.daily * (grown + 0.8 * news) * weekday * chance.uniform(0.75, 1.25))
