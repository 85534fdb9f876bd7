"""What there is in the audit log: every action that the program records, and every kind of target."""

from __future__ import annotations

from typing import Final

# By kind of what they are about, each alphabetically. Entries of earlier versions may have others.
ACTS: Final = (
    *("appeal.approved", "appeal.rejected"),
    *("backup.deleted", "backup.expired"),
    *("block.approved", "block.changed", "block.created", "block.revoked"),
    *("category.created", "category.deleted", "category.updated"),
    *("developer.revenue_recorded", "developer.updated", "developer.verified"),
    "job.retried",
    *("plugin.claimed", "plugin.deleted", "plugin.deprecated", "plugin.disabled", "plugin.enabled"),
    *("plugin.recommended", "plugin.reported", "plugin.restored", "plugin.suspended", "plugin.undeprecated"),
    *("plugin.updated", "plugin.upload_key_renewed"),
    *("rating.hidden", "rating.replied", "rating.shown"),
    *("review.approved", "review.assigned", "review.needs_changes", "review.rejected", "review.started"),
    *("review_reply.changed", "review_reply.deleted", "review_reply.shared", "review_reply.unshared"),
    "storage.damage_found",
    *("system.config_changed", "system.maintenance_announced"),
    *("user.created", "user.disabled", "user.enabled", "user.password_set", "user.role_changed"),
    *("version.deprecated", "version.release_changed", "version.released", "version.unyanked", "version.uploaded"),
    "version.yanked",
)
TARGETS: Final = (
    *("appeal", "backup", "block", "category", "developer", "job", "plugin", "rating", "review"),
    *("review_reply", "storage", "system", "user"),
)
