"""What is noted on a version when it becomes published, whichever way: by key, by review, or by a granted appeal."""

from __future__ import annotations

from datetime import timedelta

from ...clock import utcnow
from ...database.session import db
from ...models import Plugin, PluginVersion
from ...vocabulary import AutoReviewStatus
from .. import audit, catalog, configuration, plugins
from ..autoreview import requests as auto_reviews
from ..autoreview.rules import has_high


def published(version: PluginVersion) -> None:
    """Note when the version was published, when its cooldown ends, and whether it is held for a finding.

    Later changes of the configuration do not move that. Where findings hold versions, one without a complete automatic
    review is held until its review, requested now, ends without a severe finding.
    """
    settings = configuration.current().release_settings
    now = utcnow()
    version.published_at = now
    version.available_at = now + timedelta(hours=settings.cooldown_hours) if settings.cooldown_hours else None
    if settings.gate_on_findings:
        # What is requested refers to the row.
        db.session.add(version)
        db.session.flush()
        version.is_held = not _is_cleared(version)


def clear(plugin: Plugin, version: PluginVersion) -> None:
    """An automatic review of the published version found nothing severe: it is no longer held."""
    if not version.is_held:
        return
    version.is_held = False
    db.session.flush()
    plugins.show_current(plugin)
    catalog.touch(plugin)
    audit.record(audit.SERVER, "version.released", "plugin", plugin.name, version=version.version, automatic=True)


def _is_cleared(version: PluginVersion) -> bool:
    """Did its automatic review find nothing severe? Requests one unless there is a complete one of these bytes."""
    found = auto_reviews.latest(version)
    if (
        found is not None
        and found.status == AutoReviewStatus.COMPLETED
        and found.file_hash == version.file_hash
        and found.verdict is not None
    ):
        return not has_high(found.verdict)
    auto_reviews.request(version)
    return False
