"""Texts of the admin page: `admin.<key of the page>` → (Chinese, English).

The page is built with what `page_files` makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .appeals import APPEALS
from .audit import AUDIT
from .automatic_review import AUTOMATIC_REVIEW
from .blocks import BLOCKS
from .common import COMMON
from .dashboard import DASHBOARD
from .people import PEOPLE
from .plugins import PLUGINS
from .releases import RELEASES
from .review_files import REVIEW_FILES
from .review_replies import REVIEW_REPLIES
from .reviews import REVIEWS
from .system import SYSTEM

__all__ = ["ADMIN", "PREFIX", "SHARED"]

PREFIX: Final = "admin."

ADMIN: Final[dict[str, tuple[str, str]]] = {
    **COMMON,
    **DASHBOARD,
    **PLUGINS,
    **REVIEWS,
    **REVIEW_FILES,
    **REVIEW_REPLIES,
    **AUTOMATIC_REVIEW,
    **APPEALS,
    **AUDIT,
    **PEOPLE,
    **SYSTEM,
    **RELEASES,
    **BLOCKS,
}

# What the page says in the same words as the API or the gallery: its key → the key in the catalogue.
SHARED: Final[Mapping[str, str]] = {
    "duration.second": "duration.second",
    "duration.seconds": "duration.seconds",
    "duration.minute": "duration.minute",
    "duration.minutes": "duration.minutes",
    "page.plugins": "page.plugins",
    "page.categories": "page.categories",
    "action.download": "page.download",
    "action.search": "page.search",
    "state.all": "page.all",
    "dashboard.periods.all": "page.all",
    "dashboard.asTable": "page.chart_table",
    "field.downloads": "page.sort_downloads",
    "plugins.sortBy.relevance": "page.sort_relevance",
    "plugins.sortBy.newest": "page.sort_new",
    "plugins.sortBy.downloads": "page.sort_downloads",
    "plugins.rating": "page.sort_rating",
    "plugins.sortBy.rating": "page.sort_rating",
    "plugins.category": "page.category",
    "plugins.screenshots": "page.screenshots",
    "plugins.versions": "page.versions",
    "status.deprecated": "page.deprecated",
    "status.verified": "page.verified",
    "plugins.file.rule": "page.help.rule",
    "system.jobs.queued": "market.job_queued",
    "reviews.isStarted": "market.review_started",
    "replies.kept": "market.reply_kept",
    "replies.deleted": "market.reply_deleted",
    "reviews.diff.added": "page.added",
    "reviews.diff.removed": "page.removed",
    "reviews.diff.changed": "page.changed",
    "reviews.diff.field": "page.field",
    "reviews.diff.permissions": "page.change_permissions",
    "reviews.diff.references": "page.change_references",
    "reviews.diff.native_imports": "page.change_native_imports",
}
