"""What is noted on a version when it becomes published, whichever way: by key, by review, or by a granted appeal; and
what that would mean for hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ...clock import utcnow
from ...database.session import db
from ...models import Plugin, PluginVersion
from ...vocabulary import AboutInstalled, AutoReviewStatus, PluginStatus
from .. import audit, catalog, configuration, plugins
from ..autoreview import requests as auto_reviews
from ..autoreview.rules import has_high
from ..configuration import ReleaseSettings
from ..plugins.lifecycle import SETTLED
from ..releases import decision, lines
from ..releases.choices import Told
from ..releases.decision import Host, Line, Release


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a version is for hosts once it is published, or what it is if it is published already.

    `is_offered`: to all hosts on the channel `stable` whose engines it fits, at once. `is_current`: do lists show it?
    They show `current`. `reasons`: all that keeps it from being offered to all, and what hosts are told of its plugin.
    """

    is_offered: bool
    is_current: bool
    current: str
    reasons: Sequence[Told]


def published(version: PluginVersion) -> None:
    """Note when the version was published, when its cooldown ends, and whether it is held for a finding.

    Later changes of the configuration do not move that. Where findings hold versions, one without a complete automatic
    review is held until its review, requested now, ends without a severe finding.
    """
    settings = configuration.current().release_settings
    now = utcnow()
    version.published_at = now
    version.available_at = _available_at(now, settings)
    if settings.gate_on_findings:
        # What is requested refers to the row.
        db.session.add(version)
        db.session.flush()
        verdict = _verdict(version)
        if verdict is None:
            auto_reviews.request(version)
        version.is_held = not _is_cleared(verdict)


def clear(plugin: Plugin, version: PluginVersion) -> None:
    """An automatic review of the published version found nothing severe: it is no longer held."""
    if not version.is_held:
        return
    version.is_held = False
    db.session.flush()
    plugins.show_current(plugin)
    catalog.touch(plugin)
    audit.record(audit.SERVER, "version.released", "plugin", plugin.name, version=version.version, automatic=True)


def outlook(plugin: Plugin, version: PluginVersion) -> Outlook:
    """What publishing the version now would mean for hosts; of a published one, what it is for them. Changes nothing.

    Costs the same few statements whatever the number of versions.
    """
    now = utcnow()
    release = lines.outline_of(version) if version.is_public else _as_published(version, now)
    line = lines.line_with(plugin, release)
    # Served last: what it is offered, every host is.
    kept = [
        Told(reason.code, version.version, reason.params) for reason in decision.all_reasons(release, line, Host(now))
    ]
    about = _about(plugin, line, version)
    is_seen = line.is_enabled and not _stays_hidden(plugin)
    current = decision.current(line, now)
    return Outlook(
        is_offered=is_seen and not kept,
        is_current=current is release,
        current=str(current.version),
        reasons=(*kept, *about),
    )


def _as_published(version: PluginVersion, now: datetime) -> Release:
    """The version as `published` would leave it."""
    settings = configuration.current().release_settings
    return replace(
        lines.outline_of(version),
        published_at=now,
        available_at=_available_at(now, settings),
        is_held=settings.gate_on_findings and not _is_cleared(_verdict(version)),
    )


def _about(plugin: Plugin, line: Line, version: PluginVersion) -> list[Told]:
    """What hosts are told of the plugin, whatever its version."""
    told = []
    if _stays_hidden(plugin):
        told.append(Told(AboutInstalled.UNKNOWN_PLUGIN, None, {"status": plugin.status}))
    if not line.is_enabled:
        told.append(Told(AboutInstalled.DISABLED, None))
    if line.is_deprecated or version.is_deprecated:
        told.append(Told(AboutInstalled.DEPRECATED, None, {"replacement": line.replacement}))
    return told


def _stays_hidden(plugin: Plugin) -> bool:
    """Does nobody see the plugin, even if a version of it is approved?"""
    return plugin.status in SETTLED and plugin.status != PluginStatus.PUBLISHED


def _available_at(now: datetime, settings: ReleaseSettings) -> datetime | None:
    """When the cooldown ends of what is published now; None where there is none."""
    return now + timedelta(hours=settings.cooldown_hours) if settings.cooldown_hours else None


def _is_cleared(verdict: dict[str, Any] | None) -> bool:
    """Did a complete automatic review find nothing severe?"""
    return verdict is not None and not has_high(verdict)


def _verdict(version: PluginVersion) -> dict[str, Any] | None:
    """What a complete automatic review of these bytes found; None if there is none."""
    found = auto_reviews.latest(version)
    if (
        found is not None
        and found.status == AutoReviewStatus.COMPLETED
        and found.file_hash == version.file_hash
        and found.verdict is not None
    ):
        return found.verdict
    return None
