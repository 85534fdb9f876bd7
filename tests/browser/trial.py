"""A marketplace as a trial with real people leaves it: many plugins, long and foreign names, a month of decisions.

Made through the services that requests go through, each act on its own day: the clock is turned back meanwhile. Plugins
that nobody looks at closely are rows without packages (trial_rows.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select

from microdock_server.api.core import packages as limits_of
from microdock_server.bundle import inspect_package
from microdock_server.clock import iso, utcnow
from microdock_server.context import Context
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.demo import pictures
from microdock_server.models import Developer, Job, Plugin, Review
from microdock_server.services import (
    accounts,
    audit,
    backups,
    developers,
    notifications,
    ownership,
    plugins,
    publishing,
    ratings,
    reviews,
)
from microdock_server.services.accounts import passwords, tokens
from microdock_server.services.accounts.tokens import Actor
from microdock_server.services.backups import NewBackup, Quota
from microdock_server.services.catalog import categories
from microdock_server.services.plugins import images
from microdock_server.services.plugins.images import NewImages
from microdock_server.services.publishing import Submission
from microdock_server.services.releasing import blocks
from microdock_server.services.reviews import appeals
from microdock_server.storage import Incoming
from microdock_server.vocabulary import (
    AppealStatus,
    AppealType,
    BackupType,
    BlockSeverity,
    Event,
    JobState,
    Role,
    Verdict,
)

from ..market import run_jobs
from .page import PASSWORD
from .trial_rows import PREFIX, add_rows
from .trial_texts import (
    APPEAL,
    CHANGELOG,
    DEVELOPERS,
    NAMES,
    NOTES,
    REASON,
    STORY,
    UNBROKEN_NAME,
    USERS,
    package_of,
)

PLUGINS: Final = 200
WAITING: Final = 30
# So many of them are of plugins that nobody knows yet, at least.
NEW: Final = 24
# Of each there is one for every width at which a task is measured.
EACH: Final = 2
# The plugins of tasks. Their packages, and so the pages about them, are alike.
FOCUS, APPEALED, PUBLISHED = (
    tuple(f"{PREFIX}.{kind}-{place}" for place in range(EACH)) for kind in ("focus", "appealed", "published")
)
SUSPENDED: Final = f"{PREFIX}.suspended"
SUSPENDED_BY: Final = "colleague"
# Days ago.
SUSPENDED_ON: Final = 6
BEGINNING: Final = 30


@dataclass(frozen=True)
class Facts:
    """Ids that a test cannot know: of open reviews by the plugin's name, and of people by their username."""

    reviews: dict[str, str]
    people: dict[str, str]


class Past:
    """The clock of this process, some days back; it never goes further back than it was."""

    def __init__(self) -> None:
        self._ago: timedelta = timedelta()

    def turn(self, days: float) -> None:
        """Let it be so many days ago."""
        self._ago = timedelta(days=days)

    @contextmanager
    def turned(self) -> Iterator[Past]:
        """Turned back by 30 days, until the end."""
        real = time.time
        self.turn(BEGINNING)
        with patch("time.time", lambda: real() - self._ago.total_seconds()):
            yield self


def fill(app: Flask) -> Facts:
    """Fill an empty server's data; the server may run meanwhile."""
    with Past().turned() as past:
        with app.app_context():
            market = _Market(app, past)
            market.people()
            market.categories()
        add_rows(app, market.kinds, PLUGINS - len(market.real()) - NEW)
        with app.app_context():
            market.submit_and_decide()
            market.moderate()
            market.wait()
            market.use()
            past.turn(0)
            run_jobs(app)
            return market.facts()


class _Market:
    """The filling, step by step; every method is called once, in the order in which they stand here."""

    def __init__(self, app: Flask, past: Past) -> None:
        self._app, self._past = app, past
        self._context: Context = app.extensions["microdock"]
        self._who: dict[str, Actor] = {}
        self.kinds: list[str] = []

    def people(self) -> None:
        """Two reviewers, developers of every kind of verification, forty users; one password's hash for all."""
        hashed = passwords.hash_password(PASSWORD)
        roles = {"reviewer": Role.REVIEWER, "colleague": Role.REVIEWER}
        roles |= dict.fromkeys(DEVELOPERS, Role.DEVELOPER) | dict.fromkeys(USERS, Role.USER)
        with unit_of_work():
            for place, (name, role) in enumerate(roles.items()):
                email = f"person{place}@trial.example"
                ready = accounts.Prepared(name, email, hashed, False)
                user = accounts.add(ready, role=role)
                db.session.flush()
                if name in DEVELOPERS:
                    shown, company, _ = DEVELOPERS[name]
                    documents = [{"type": "identity", "file_url": f"https://papers.example/{place}.pdf"}]
                    profile = {"display_name": shown, "company": company, "website": f"https://dev{place}.example/"}
                    db.session.add(Developer(user_id=user.id, verification_documents=documents, **profile))
            for user in accounts.everyone():
                claims = tokens.host_token(user, timedelta(hours=1))
                self._who[user.username] = Actor(user.id, user.username, Role(user.role), claims, 0)
        for name, (_, _, verified) in DEVELOPERS.items():
            if verified is not None:
                with unit_of_work():
                    developers.verify(self._who[name].id, self._who["admin"], verified=verified, notes=NOTES)

    def categories(self) -> None:
        """Six, two of them below others; one has a long name, one is written from the right."""
        with unit_of_work():
            for place, (name, parent) in enumerate(
                (("工具 Tools", None), ("时间 Time", 0), ("أدوات", None), (UNBROKEN_NAME[:60], 0), ("🎨 Art", None))
            ):
                values = {"name": name, "description": "", "sort_order": place}
                above = None if parent is None else self.kinds[parent]
                created = categories.create(self._who["admin"], values | {"parent_id": above})
                self.kinds.append(created.id)

    def submit_and_decide(self) -> None:
        """Plugins with packages: first versions of all, and further ones of most, each with its decision."""
        real = self.real()
        for number, release in enumerate(("1.0.0", "1.1.0", "2.0.0-beta.1")):
            for place, name in enumerate(real):
                if number > place % 3 and name not in FOCUS:
                    continue
                self._past.turn(BEGINNING - 1 - 7 * number - 6 * place / len(real))
                self._send(name, release, is_focus=name in FOCUS)
            run_jobs(self._app)
            self._past.turn(BEGINNING - 8 - 7 * number)
            self._decide()

    def moderate(self) -> None:
        """A suspension by a colleague, others by the administrator, appeals and their answers, blocks, reports."""
        admin, colleague = self._who["admin"], self._who[SUSPENDED_BY]
        self._past.turn(7)
        for name in APPEALED:
            with unit_of_work():
                plugins.suspend(plugins.get(name), colleague, REASON)
        self._past.turn(SUSPENDED_ON)
        with unit_of_work():
            plugins.suspend(plugins.get(SUSPENDED), self._who[SUSPENDED_BY], REASON)
        self._past.turn(5)
        for name in APPEALED:
            with unit_of_work():
                values = {"reason": APPEAL, "description": STORY, "evidence": _EVIDENCE}
                owner = self._owner(name)
                appeals.submit(name, AppealType.SUSPENSION, owner, values)
        rejected = self._of_status("rejected", "trial.real")
        for place, name in enumerate(rejected):
            with unit_of_work():
                appeal = appeals.submit(
                    name, AppealType.REVIEW_DECISION, self._owner(name), {"reason": APPEAL, "evidence": []}
                )
            if place % 2:
                with unit_of_work():
                    answer = (appeal.id, AppealStatus.REJECTED, admin, NOTES, ())
                    appeals.process(*answer)
        self._past.turn(4)
        published = self._of_status("published", "trial.real")
        for place, severity in enumerate(BlockSeverity):
            with unit_of_work():
                reason = {"zh": "会丢失数据，" * 12, "en": REASON}
                block = {"plugin": published[place], "versions": ">=1.0.0", "severity": severity, "reason": reason}
                blocks.create(admin, block)
        for place, name in enumerate(published[3:6]):
            with unit_of_work():
                ownership.report(name, self._who[USERS[place]], REASON)

    def wait(self) -> None:
        """Thirty reviews that wait, some assigned, some started, some overdue."""
        for place, name in enumerate(FOCUS):
            self._past.turn(3)
            self._send(name, "3.0.0", is_focus=True, place=place)
        count = len(self._open())
        for place in range(WAITING - count):
            self._past.turn(3 - 2.9 * place / WAITING)
            self._send(f"{PREFIX}.waiting-{place}", "1.0.0", is_odd=place % 9 == 2)
        run_jobs(self._app)
        self._past.turn(0.05)
        for place, review_id in enumerate(self._open()):
            by = self._who[("reviewer", "colleague", "admin")[place % 3]]
            with unit_of_work():
                found = reviews.get(review_id)
                if found.plugin_name in FOCUS or place % 3 == 2:
                    continue
                if place % 6 == 1:
                    reviews.start(review_id, by)
                elif place % 2:
                    reviews.assign(review_id, by.id, self._who["admin"], priority=None, notes=NOTES)

    def use(self) -> None:
        """Ratings with reports, backups of many keys, notices, a user who was disabled, and a job that failed."""
        self._past.turn(0.04)
        admin, reviewer = self._who["admin"], self._who["reviewer"]
        published = self._of_status("published", "trial.")
        for place, name in enumerate(USERS[:24]):
            with unit_of_work():
                values = {"rating": 1 + place % 5, "title": NAMES[place % len(NAMES)], "content": STORY}
                rating = ratings.create(published[place % 9], self._who[name], values | {"pros": [REASON], "cons": []})
                if place % 4 == 0:
                    ratings.report(published[place % 9], rating.id, self._who[USERS[place + 1]], REASON)
                if place % 8 == 0:
                    ratings.hide(rating.id, reviewer, hidden=True, reason=REASON)
        for place in range(25):
            self._keep(f"machine-{place % 7}-{'k' * 8}" if place % 5 else "K" * 256, place)
        for starts in (timedelta(hours=-30), timedelta(days=2)):
            with unit_of_work():
                times = {"starts_at": iso(utcnow() + starts), "ends_at": iso(utcnow() + starts + timedelta(hours=2))}
                said = {"text": REASON, **times}
                notifications.notify(None, Event.MAINTENANCE, link="/admin/", **said)
                audit.record(admin, "system.maintenance_announced", "system", "maintenance", **said)
        with unit_of_work():
            accounts.set_active(self._who[USERS[-1]].id, False, admin)
            about = {"kind": "auto_review", "payload": {}, "state": JobState.FAILED, "attempts": 5, "error": REASON}
            db.session.add(Job(**about, available_at=utcnow(), finished_at=utcnow()))

    def facts(self) -> Facts:
        with unit_of_work(writing=False):
            found = db.session.execute(
                select(Review.plugin_name, Review.id).where(Review.status.in_(("pending", "in_review")))
            )
            return Facts({str(row[0]): str(row[1]) for row in found}, {name: by.id for name, by in self._who.items()})

    def real(self) -> list[str]:
        return [*FOCUS, *APPEALED, *PUBLISHED, SUSPENDED, *(f"{PREFIX}.real-{place:02}" for place in range(36))]

    def _owner(self, name: str) -> Actor:
        with unit_of_work(writing=False):
            owner = plugins.get(name).owner_id
        return next(by for by in self._who.values() if by.id == owner)

    def _send(self, name: str, release: str, *, is_focus: bool = False, is_odd: bool = False, place: int = 0) -> None:
        """Send in a version, as the plugin's developer; the first creates the plugin."""
        number = sum(map(ord, name))
        title = NAMES[number % len(NAMES)]
        if name in (*FOCUS, *PUBLISHED, *APPEALED, SUSPENDED):
            title = f"{name.rpartition('.')[2].replace('-', ' ').title()}"
        content = package_of(name, release, title, is_large=is_focus, is_odd=is_odd)
        settings = self._context.settings
        with Incoming(settings.temp_dir, settings.max_upload_size) as body:
            body.write(content)
            report = inspect_package(body.reader(), limits_of.limits(), require_managed_assembly=True)
            with unit_of_work(writing=False):
                is_known = plugins.find(name) is not None
            if is_known:
                form = Submission(changelog=CHANGELOG)
                publishing.add(name, body, report, self._owner(name), form, storage=self._context.storage)
                return
            owner = "developer" if name in (*FOCUS, *PUBLISHED, *APPEALED) else [*DEVELOPERS][number % len(DEVELOPERS)]
            values = {
                "long_description": STORY,
                "category_id": self.kinds[number % len(self.kinds)],
                "tags": ["trial"],
            }
            form = Submission(values=values, images=_pictures(name) if is_focus else NewImages(), changelog=CHANGELOG)
            publishing.create(body, report, self._who[owner], form, self._context.storage)

    def _decide(self) -> None:
        """Decide what waits, reviewers in turn. Of plugins that have one version some are refused, or sent back."""
        refused = [name for place, name in enumerate(self.real()) if place % 3 == 0 and "real" in name][::2]
        for place, review_id in enumerate(self._open()):
            by = self._who[("reviewer", "colleague")[place % 2]]
            with unit_of_work():
                name = reviews.get(review_id).plugin_name
                verdict = Verdict.APPROVED
                if name in refused:
                    verdict = Verdict.NEEDS_CHANGES if refused.index(name) % 3 == 2 else Verdict.REJECTED
                reviews.decide(review_id, verdict, by, notes=NOTES, starts=True)

    def _open(self) -> Sequence[str]:
        with unit_of_work(writing=False):
            query = select(Review.id).where(Review.status.in_(("pending", "in_review")))
            return db.session.scalars(query.order_by(Review.submitted_at, Review.id)).all()

    def _of_status(self, status: str, part: str) -> Sequence[str]:
        with unit_of_work(writing=False):
            query = select(Plugin.name).where(Plugin.status == status, Plugin.name.contains(part))
            return db.session.scalars(query.order_by(Plugin.name)).all()

    def _keep(self, user_key: str, place: int) -> None:
        settings = self._context.settings
        with Incoming(settings.temp_dir, settings.max_upload_size) as body:
            body.write(b"backup" * (place + 1) * 999)
            plugin = f"{PREFIX}.real-{place:02}" if place % 2 else ""
            kind = BackupType.PLUGIN if place % 2 else BackupType.PROGRAM
            name = f"{NAMES[place % len(NAMES)][:100]}.zip"
            new = NewBackup(user_key, kind, plugin, name, STORY[:300] if place % 3 else None)
            backups.keep(new, body.received(), Quota(1000, 1 << 30), self._context.storage)


_EVIDENCE: Final = [{"type": "document", "url": "https://papers.example/" + "long-address/" * 20, "description": STORY}]


def _pictures(name: str) -> NewImages:
    """An icon and three screenshots."""
    icon = pictures.icon("c w 50 50 28;l d 50 50 50 32 4;l d 50 50 64 56 4", "lagoon")
    return images.prepare(icon, pictures.screenshots(("clock", "calendar", "chart"), "lagoon", name))
