"""Review progress of one's own versions: the findings of automatic review, and the steps so far."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ... import errors
from ...errors import AutoReviewNotFound, NotTheOwner
from ...models import PluginVersion
from ...services import plugins
from ...services.accounts.tokens import Actor
from ...services.autoreview import requests as auto_reviews
from ...services.plugins import versions
from ...services.reviews import timeline
from ...vocabulary import permits
from ..core.surface import Access
from . import market
from .findings import full
from .schemas import reviews as schemas
from .schemas.findings import AutoReview
from .versions import VERSION


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/versions/<version>/auto-review",
    access=Access.LOGGED_IN,
    path=VERSION,
    answer=AutoReview,
    errors=(
        errors.NotTheOwner,
        errors.AutoReviewNotFound,
        errors.PluginNotFound,
        errors.VersionNotFound,
    ),
)
def auto_review(plugin_id: str, version: str, actor: Actor) -> dict[str, Any]:
    """The newest automatic review of one's own version, with the evidence of each finding."""
    found = auto_reviews.latest(_own(plugin_id, version, actor))
    if found is None:
        raise AutoReviewNotFound()
    # The cause of a failed job is not shown to clients.
    private = {} if permits(actor.role, "review.view") else {"error": None}
    return {**full(found), **private}


@market.operation(
    "GET",
    "/marketplace/plugins/<plugin_id>/versions/<version>/timeline",
    access=Access.LOGGED_IN,
    path=VERSION,
    answer=schemas.TimelineStep,
    many=True,
    errors=(
        errors.NotTheOwner,
        errors.PluginNotFound,
        errors.VersionNotFound,
    ),
)
def steps(plugin_id: str, version: str, actor: Actor) -> list[dict[str, Any]]:
    """The review timeline of one's own version, oldest step first."""
    return [asdict(step) for step in timeline.of(_own(plugin_id, version, actor))]


def _own(plugin_id: str, version: str, actor: Actor) -> PluginVersion:
    """The version, for its owner and for those who may see everything. Raises PluginNotFound, NotTheOwner,
    VersionNotFound.
    """
    plugin = plugins.get_seen(plugin_id, actor)
    if not plugins.sees_hidden(plugin, actor):
        raise NotTheOwner()
    return versions.get(plugin, version)
