"""What happened to the invented plugins after their publication: ratings, releases, blocks, installs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from ..clock import utcnow
from ..context import Context
from ..database.unit_of_work import unit_of_work
from ..models import Plugin
from ..services import installs, ownership, plugins, ratings
from ..services.plugins import versions
from ..services.plugins.submitters import Sender
from ..services.releasing import acts, blocks
from ..services.reviews import appeals
from ..vocabulary import AppealType, BlockSeverity
from .people import People
from .texts import people as said
from .texts.entries import ENTRIES
from .texts.shapes import Entry

SUNSET: Final = timedelta(days=120)
# Hosts that ask for updates in this week, for counts of active installations.
HOSTS: Final = 900
INSTALLED: Final = 5
_SEED: Final = "microdock demo"


def perform(everybody: People, context: Context) -> None:
    """All that happened, in the order in which it can happen: what is rated or installed must still be there."""
    _rate(everybody)
    _install(everybody, context)
    _count_hosts(context)
    _release(everybody)
    _moderate(everybody)


def published() -> list[Entry]:
    """The plugins that were published, among them one that was suspended since."""
    return [entry for entry in ENTRIES if entry.releases[0].outcome == "approved"]


def _rate(everybody: People) -> None:
    chance = _chance("ratings")
    for entry in published():
        with unit_of_work():
            names = list(said.USERS)
            chance.shuffle(names)
            short = [(*text, "") for text in chance.sample(said.SHORT, min(len(said.SHORT), entry.daily // 12))]
            for stars, title, text, reply in (*said.RATINGS.get(entry.name, ()), *short):
                values = {"rating": stars, "title": title, "content": text, "pros": [], "cons": []}
                rating = ratings.create(entry.name, everybody[names.pop()], values)
                if reply:
                    ratings.reply(entry.name, rating.id, everybody[entry.owner], reply)
    _advertise(everybody)


def _advertise(everybody: People) -> None:
    """A rating that is an advertisement, which a user reports and a reviewer hides."""
    title, text = said.SPAM
    with unit_of_work():
        values = {"rating": 5, "title": title, "content": text, "pros": [], "cons": []}
        spam = ratings.create(said.ADVERTISED, everybody["yanyu"], values)
        ratings.report(said.ADVERTISED, spam.id, everybody[said.USERS[0]], said.SPAM_REASON)
        ratings.hide(spam.id, everybody.admin, hidden=True, reason=said.SPAM_REASON)


def _install(everybody: People, context: Context) -> None:
    chance = _chance("installs")
    allowed = context.settings.install_permissions
    for name in said.USERS:
        with unit_of_work():
            for entry in chance.sample(published(), INSTALLED):
                plugin = plugins.get(entry.name)
                user, granted = everybody[name].id, entry.permissions or ()
                number = plugin.current_version
                installs.install(
                    user, plugin.name, plugin.display_name, number, granted, allowed=allowed, require_catalog=True
                )


def _count_hosts(context: Context) -> None:
    """Let hosts ask for updates, as counts of active installations know them."""
    chance = _chance("hosts")
    entries = published()
    weights = [entry.daily for entry in entries]
    with unit_of_work(writing=False):
        current = plugins.named(entry.name for entry in entries)
        numbers = {name: plugin.current_version for name, plugin in current.items()}
    for host in range(HOSTS):
        names = {entry.name for entry in chance.choices(entries, weights, k=INSTALLED)}
        context.actives.count(f"demo-{host}", [(name, numbers[name]) for name in sorted(names)])
    context.actives.flush()


def _release(everybody: People) -> None:
    """Yanks, a pause, a recommendation and a deprecation, each by the plugin's developer."""
    for name, (number, reason) in said.YANKED.items():
        for plugin, by in _owned(name, everybody):
            acts.yank(plugin, versions.get(plugin, number), by, reason)
    for name, number in said.PAUSED.items():
        for plugin, by in _owned(name, everybody):
            acts.set_release(plugin, versions.get(plugin, number), by, {"paused": True})
    for name, (number, reason) in said.RECOMMENDED.items():
        for plugin, by in _owned(name, everybody):
            acts.recommend(plugin, versions.get(plugin, number), by, reason)
    for name, (replacement, reason) in said.DEPRECATED.items():
        for plugin, by in _owned(name, everybody):
            values = {"reason": reason, "replacement": replacement, "sunset": utcnow() + SUNSET}
            acts.deprecate(plugin, by, values)


def _owned(name: str, everybody: People) -> Iterator[tuple[Plugin, Sender]]:
    """The plugin and its owner as the one who acts, in a unit of work."""
    with unit_of_work():
        plugin = plugins.get(name)
        owner = next(entry.owner for entry in ENTRIES if entry.name == name)
        yield plugin, Sender(everybody[owner])


def _moderate(everybody: People) -> None:
    """Blocks, a suspension, a plugin that is disabled, an appeal and a report."""
    for name, (numbers, severity, reason) in said.BLOCKS.items():
        with unit_of_work():
            block = {"plugin": name, "versions": numbers, "severity": BlockSeverity(severity), "reason": asdict(reason)}
            blocks.create(everybody.admin, block)
    with unit_of_work():
        for name in said.DISABLED:
            plugins.disable(name, everybody.admin)
        for name in said.SUSPENDED:
            plugins.suspend(plugins.get(name), everybody.admin, said.SUSPENSION)
        for name in said.APPEALED:
            values = {"reason": said.APPEAL, "description": "", "evidence": []}
            appeals.submit(name, AppealType.REVIEW_DECISION, everybody["yanyu"], values)
        ownership.report(said.REPORTED, everybody[said.USERS[1]], said.REPORT)


def _chance(of: str) -> random.Random:
    """Chance that is the same each time."""
    return random.Random(f"{_SEED} {of}")  # noqa: S311  (no secret)
