"""Plugins whose names a reader may take for those of popular ones."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from ...bundle.lookalikes import Lookalike, find_lookalikes
from ...database.session import db
from ...models import DownloadWindow, Plugin

# How many of the most downloaded plugins a name is compared with: it bounds what one upload costs.
POPULAR: Final = 1000


def to_popular(plugin: Plugin) -> list[Lookalike]:
    """The popular plugins that were there before this one and whose names look like its; nearest first."""
    # By number, which is given out in order: the plugin that was first is not the one that passes for another.
    others = (
        select(DownloadWindow.plugin_name)
        .where(DownloadWindow.is_public, DownloadWindow.number < plugin.number)
        .order_by(DownloadWindow.total.desc(), DownloadWindow.number.desc())
        .limit(POPULAR)
    )
    return find_lookalikes(plugin.name, db.session.scalars(others))
