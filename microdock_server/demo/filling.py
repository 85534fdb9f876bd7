"""Fills an empty server with a marketplace to look at, through the services that everybody's requests go through.

What is invented is the same each time, except ids, passwords, and times, which count back from now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import func, select

from ..api.core import packages as limits_of
from ..bundle import inspect_package
from ..context import Context
from ..database.session import db
from ..database.unit_of_work import unit_of_work
from ..jobs.worker import run_job
from ..models import Category, Plugin, User
from ..services import configuration, jobs, plugins, publishing, reviews
from ..services.catalog import categories
from ..services.plugins import images, versions
from ..services.publishing import Submission
from ..storage import Incoming
from ..vocabulary import Role, Verdict
from . import acts, history, people, pictures
from .packages import package
from .people import Login, People
from .texts.entries import ENTRIES
from .texts.people import APPROVALS, CATEGORIES, CHANGES, MAKERS, REJECTION, REVIEWERS
from .texts.shapes import Entry

_MAKERS = {maker.username: maker for maker in MAKERS}
_NOTES = {Verdict.REJECTED: REJECTION, Verdict.NEEDS_CHANGES: CHANGES}


class NotEmpty(Exception):
    """The server holds something already, which its text names."""


class NoAdministrator(Exception):
    """The server has no administrator yet, in whose name decisions are made."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made."""

    plugins: int
    versions: int
    people: int
    logins: tuple[Login, ...]


def fill(app: Flask, context: Context, say: Callable[[str], None]) -> Filled:
    """Fill the server. `say` hears what happens meanwhile. Raises NotEmpty, NoAdministrator.

    It is not one transaction, no more than a year of a real marketplace: if it is killed, what was made stays, and the
    server is to be emptied before the next try.
    """
    admin_id = _ensure_empty()
    say("people …")
    everybody = people.create(admin_id)
    places = _categories(everybody)
    independent: list[Entry] = []
    dependent: list[Entry] = []
    for entry in ENTRIES:
        (dependent if entry.needs else independent).append(entry)
    for number, some in enumerate((independent, dependent)):
        say("plugins, their pictures and reviews …" if number == 0 else "plugins that need others …")
        for entry in some:
            _submit(entry, everybody, places, context)
        _run_jobs(app, context)
        _decide(some, everybody)
    say("ratings, releases and what became of them …")
    acts.perform(everybody, context)
    say("a history …")
    history.tell(everybody)
    _run_jobs(app, context)
    total = sum(len(entry.releases) for entry in ENTRIES)
    return Filled(len(ENTRIES), total, len(everybody.others), everybody.logins)


def _ensure_empty() -> str:
    """The administrator's id."""
    with unit_of_work(writing=False):
        for model, what in ((Plugin, "plugins"), (Category, "categories")):
            if db.session.scalar(select(func.count()).select_from(model)):
                raise NotEmpty(f"this server has {what} already")
        found = db.session.scalars(select(User).limit(2)).all()
        if len(found) > 1 or any(user.role != Role.ADMIN for user in found):
            raise NotEmpty("this server has accounts besides its administrator")
        if not found:
            raise NoAdministrator
        return found[0].id


def _categories(everybody: People) -> dict[str, str]:
    """Ids of the categories by the names that plugins know them by."""
    ids: dict[str, str] = {}
    with unit_of_work():
        for place, (slug, (parent, name, description)) in enumerate(CATEGORIES.items()):
            values = {"name": name, "description": description, "sort_order": place}
            created = categories.create(everybody.admin, values | {"parent_id": ids[parent] if parent else None})
            ids[slug] = created.id
    return ids


def _submit(entry: Entry, everybody: People, places: dict[str, str], context: Context) -> None:
    """Send in the plugin and all its versions, as its developer."""
    owner, maker = everybody[entry.owner], _MAKERS[entry.owner]
    shown = images.prepare(
        pictures.icon(entry.drawing, entry.colours), pictures.screenshots(entry.scenes, entry.colours, entry.name)
    )
    values = {
        "long_description": entry.story,
        "category_id": places[entry.category],
        "tags": list(entry.tags),
        "repository": f"https://code.example/{entry.owner}/{entry.name.rpartition('.')[2]}",
    }
    for release in entry.releases:
        with Incoming(context.settings.temp_dir, context.settings.max_upload_size) as body:
            body.write(package(entry, release, maker))
            report = inspect_package(
                body.reader(),
                limits_of.limits(),
                require_managed_assembly=True,
                known_permissions=context.settings.install_permissions,
            )
            if release is entry.releases[0]:
                form = Submission(
                    values=values, images=shown, is_draft=release.outcome == "draft", rollout=release.rollout
                )
                publishing.create(body, report, owner, form, context.storage)
            else:
                form = Submission(rollout=release.rollout)
                publishing.add(entry.name, body, report, owner, form, storage=context.storage)


def _run_jobs(app: Flask, context: Context) -> None:
    """Run what waits, automatic reviews above all; a worker of the server may take some of it."""
    while (due := jobs.next_due(context.autocommit)) is not None and run_job(app, due, "demo"):
        pass


def _decide(entries: Iterable[Entry], everybody: People) -> None:
    """Review what was sent in, from the first version of each plugin to the last."""
    waiting = [(entry, release) for entry in entries for release in entry.releases]
    for place, (entry, release) in enumerate(waiting):
        if release.outcome in ("draft", "pending"):
            continue
        by = everybody[REVIEWERS[place % len(REVIEWERS)]]
        with unit_of_work():
            version = versions.get(plugins.get(entry.name), release.number)
            review = reviews.open_of(version)
            if review is None:
                continue
            if release.outcome == "in_review":
                reviews.start(review.id, by)
                continue
            verdict = Verdict(release.outcome)
            notes = _NOTES.get(verdict) or APPROVALS[place % len(APPROVALS)]
            with _cooling(everybody, release.cooldown):
                reviews.decide(review.id, verdict, by, notes=notes, starts=True)


@contextmanager
def _cooling(everybody: People, hours: int) -> Iterator[None]:
    """What is published meanwhile has a cooldown of so many hours; afterwards the setting is what it was."""
    before = configuration.current().release_settings.cooldown_hours
    _set_cooldown(everybody, hours or before)
    yield
    _set_cooldown(everybody, before)


def _set_cooldown(everybody: People, hours: int) -> None:
    configuration.change(everybody.admin, {"release_settings": {"cooldown_hours": hours}})
