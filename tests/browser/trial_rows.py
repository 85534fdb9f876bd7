"""Plugins of the trial that nobody looks at closely: rows without packages, in every state, with downloads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from flask import Flask
from sqlalchemy import inspect, select, update

from microdock_server.bundle.versions import sort_key
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Plugin, PluginVersion

from ..rows import add_plugins, count_downloads, move_downloads
from .trial_texts import DEVELOPERS, NAMES, STORY

PREFIX: Final = "com.example.trial"
STATES: Final = (
    *("published", "published", "published", "rejected"),
    *("draft", "needs_changes", "published", "suspended"),
)
# Versions have the state of their plugin, where that one was never published.
UNPUBLISHED: Final = ("rejected", "draft", "needs_changes")
EARLIER: Final = ("0.9.0", "0.8.1", "0.8.0")
DAYS: Final = 28


def add_rows(app: Flask, categories: Sequence[str], count: int) -> None:
    """Add so many, of every developer and in every one of the categories (ids), named `….row-000` and so on."""
    owners = [*DEVELOPERS]
    made = {
        f"trial.row-{place:03}": {
            "display_name": NAMES[place % len(NAMES)] if place % 3 == 0 else f"Plugin {place}",
            "description": STORY[:200],
            "status": STATES[place % len(STATES)],
            "owner": owners[place % len(owners)],
            "category_id": categories[place % len(categories)],
            "downloads": place * place % 7919,
            "is_deprecated": place % 11 == 0,
            "is_enabled": place % 13 != 0,
        }
        for place in range(count)
    }
    add_plugins(app, made)
    with app.app_context(), unit_of_work():
        for status in UNPUBLISHED:
            of = select(Plugin.name).where(Plugin.status == status)
            db.session.execute(update(PluginVersion).where(PluginVersion.plugin_name.in_(of)).values(status=status))
        for version in db.session.scalars(select(PluginVersion).where(PluginVersion.status == "published")).all():
            db.session.add_all(_earlier(version, number) for number in EARLIER)
    _download(app)


def _earlier(version: PluginVersion, number: str) -> PluginVersion:
    """The same version under a lower number."""
    values = {column.key: getattr(version, column.key) for column in inspect(PluginVersion).column_attrs}
    kept = {name: value for name, value in values.items() if name not in ("changelog_html", "changelog_of")}
    own = {"version": number, "precedence": sort_key(number), "storage_key": f"{version.storage_key}-{number}"}
    return PluginVersion(**kept | own | {"download_count": 7})


def _download(app: Flask) -> None:
    """Some downloads of each day, of one plugin."""
    today, each = datetime.now(UTC).date(), 1 + len(EARLIER)
    # Every version of it is counted.
    count_downloads(app, "trial.row-001", sum(range(DAYS)))
    for ago in range(DAYS - 1):
        move_downloads(app, "trial.row-001", today - timedelta(days=ago + 1), (DAYS - 1 - ago) * each)
