"""Topics that group the document's operations, in the order in which a reader needs them."""

from __future__ import annotations

import re
from typing import Final

_MARKET: Final = r"/api/v1/(marketplace|developers|admin)"
# Name, description, and a pattern of paths. The first match counts; the order in the document is that of TOPICS.
_BY_PATH: Final = (
    ("Host: accounts", "/api/auth/"),
    ("Host: plugins", "/api/plugins/"),
    ("Host: backups", "/api/backups/"),
    ("Installs", "/api/v1/plugins/"),
    ("Accounts", "/api/v1/auth/"),
    ("Appeals", rf"{_MARKET}/appeals"),
    ("Categories", rf"{_MARKET}/categories"),
    ("Moderation", "/api/v1/admin/(ratings|plugins/[^/]+/status)"),
    ("Reviews", "/api/v1/admin/(reviews|review-replies|plugins/[^/]+/auto-review)"),
    ("Users", "/api/v1/admin/users"),
    ("Developers", rf"{_MARKET}/?.*developers|/api/v1/developers"),
    ("Ratings", "/api/v1/marketplace/plugins/[^/]+/reviews"),
    ("Versions", "/api/v1/marketplace/plugins/[^/]+/versions"),
    ("Plugins", "/api/v1/marketplace/plugins"),
    ("Notifications", "/api/v1/notifications"),
    ("Administration", "/api/v1/(admin|limits)"),
    ("Server", "/"),
)

TOPICS: Final = {
    "Server": "What is asked of the server as a whole: its health, its metrics, this document.",
    "Host: plugins": "What hosts ask for: lists, details, packages. Publishing by key, and administrators' acts.",
    "Host: backups": "Backups of users, who name themselves by a secret key and need no account.",
    "Host: accounts": "Logging in from a host.",
    "Installs": "The installed set of the user who is logged in.",
    "Accounts": "Registering, logging in and out, and changing the password.",
    "Plugins": "The marketplace: finding plugins, and publishing one's own.",
    "Versions": "The versions of a plugin, their packages, and how their review goes.",
    "Categories": "The tree that plugins are sorted into.",
    "Ratings": "Stars and words by users, and owners' answers.",
    "Developers": "Profiles, statistics and badges of those who publish.",
    "Appeals": "Asking for a decision to be looked at again, and hearing that.",
    "Notifications": "What happened that concerns the user; also sent live at `/ws`.",
    "Reviews": "The queue of what waits for review, decisions, and automatic reviews.",
    "Moderation": "Taking plugins and ratings out of sight, and back.",
    "Users": "Accounts as administrators see them.",
    "Administration": "Configuration, statistics, the machine, limits, and the audit log.",
}


def topic_of(path: str) -> str:
    """The topic of a path."""
    return next(name for name, pattern in _BY_PATH if re.match(pattern, path))
