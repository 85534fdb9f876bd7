"""Plugins whose names could be confused with those of popular ones."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from ...bundle.lookalikes import Lookalike, find_lookalikes
from ...database.session import db
from ...models import DownloadWindow, Plugin

# How many of the most downloaded plugins a name is compared with; this bounds the cost of an upload.
POPULAR: Final = 1000


def to_popular(plugin: Plugin) -> list[Lookalike]:
    """Popular plugins older than this one whose names resemble its name; nearest first."""
    return find_lookalikes(plugin.name, db.session.scalars(_OLDER, {"number": plugin.number}))


# Built once. Numbers are assigned in order: the older plugin is not the impostor.
_OLDER: Final = (
    select(DownloadWindow.plugin_name)
    .where(DownloadWindow.is_public, DownloadWindow.number < bindparam("number"))
    .order_by(DownloadWindow.total.desc(), DownloadWindow.number.desc())
    .limit(POPULAR)
)
