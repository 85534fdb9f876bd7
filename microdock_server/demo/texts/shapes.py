"""How plugins are written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Release:
    """A version, what its changelog says, and what became of its review: a verdict, `pending`, `in_review` or `draft`.

    `rollout` in percent of hosts, `cooldown` in hours.
    """

    number: str
    changelog: str
    outcome: str = "approved"
    rollout: int = 100
    cooldown: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A plugin, its releases from the first to the last.

    `drawing` is its icon (see pictures.py), `scenes` its screenshots, `colours` a palette. `uses` are APIs that its
    assembly names. `first` and `last` are the ages of its first and last release in days, `daily` its downloads.
    """

    name: str
    owner: str
    title: str
    summary: str
    story: str
    category: str
    tags: tuple[str, ...]
    colours: str
    drawing: str
    scenes: tuple[str, ...]
    releases: tuple[Release, ...]
    permissions: tuple[str, ...] | None = ()
    uses: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    engine: str = ">=2.0.0"
    licence: str = "MIT"
    first: int = 300
    last: int = 20
    daily: int = 10
