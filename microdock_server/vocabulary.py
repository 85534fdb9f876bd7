"""The domain's enumerations, permissions, and patterns of names.

Every pattern is meant for `fullmatch` and runs in linear time; lengths are checked before a pattern is tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A user's role, which alone decides what they may do."""

    USER = "user"
    DEVELOPER = "developer"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class BackupType(StrEnum):
    """What a backup holds: the host program's own data, or one plugin's."""

    PROGRAM = "program"
    PLUGIN = "plugin"


class PluginStatus(StrEnum):
    """The status of a plugin or a version. Only `published` is public.

    A version is `draft` only while its plugin is, and never `suspended`.
    """

    DRAFT = "draft"
    PENDING = "pending"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    REJECTED = "rejected"
    NEEDS_CHANGES = "needs_changes"
    SUSPENDED = "suspended"


class ReviewStatus(StrEnum):
    """The status of an entry of the review queue. The first two are open."""

    PENDING = "pending"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    NEEDS_CHANGES = "needs_changes"


OPEN_REVIEWS: Final = (ReviewStatus.PENDING, ReviewStatus.IN_REVIEW)


class Verdict(StrEnum):
    """The possible decisions of a review."""

    APPROVED = "approved"
    REJECTED = "rejected"
    NEEDS_CHANGES = "needs_changes"


class Priority(StrEnum):
    """The urgency of a review."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Reason(StrEnum):
    """Why something is in the review queue."""

    NEW = "new"
    NEW_VERSION = "new_version"
    KEY_UPLOAD = "key_upload"
    APPEAL = "appeal"
    FLAGGED = "auto_review_flagged"
    REPORTED = "reported"
    LOOKALIKE = "lookalike"


class AppealStatus(StrEnum):
    """The status of an appeal."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class AppealType(StrEnum):
    """What an appeal is against."""

    REVIEW_DECISION = "review_decision"
    SUSPENSION = "suspension"
    BLOCK = "block"


class Verification(StrEnum):
    """The verification status of a developer."""

    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"


class JobState(StrEnum):
    """The state of a background job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class AutoReviewStatus(StrEnum):
    """The state of an automatic review."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Event(StrEnum):
    """What users are notified of."""

    REVIEW_COMPLETED = "plugin_review_completed"
    STATUS_CHANGED = "plugin_status_changed"
    REVIEW_ASSIGNED = "new_review_assigned"
    APPEAL_PROCESSED = "appeal_processed"
    MAINTENANCE = "system_maintenance"
    STORAGE_DAMAGED = "storage_damaged"
    PLUGIN_BLOCKED = "plugin_blocked"
    PLUGIN_UNBLOCKED = "plugin_unblocked"
    RELEASE_CHANGED = "plugin_release_changed"


class ReleaseNews(StrEnum):
    """What somebody else did with the release of an owner's plugin: `change` of the event `plugin_release_changed`."""

    YANKED = "yanked"
    UNYANKED = "unyanked"
    RECOMMENDED = "recommended"
    UNBOUNDED = "unbounded"
    SETTINGS = "settings"
    RELEASED = "released"
    DEPRECATED = "deprecated"
    UNDEPRECATED = "undeprecated"


class Order(StrEnum):
    """The direction of a sort."""

    ASC = "asc"
    DESC = "desc"


class Period(StrEnum):
    """A number of days that ends today, for statistics."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "365d"
    ALL = "all"

    @property
    def days(self) -> int | None:
        """The number of days, including today; None for all time."""
        return None if self is Period.ALL else int(self.value[:-1])


class Risk(StrEnum):
    """How much harm a granted plugin permission can do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Channel(StrEnum):
    """The versions that a host wants: `preview` includes `stable`."""

    STABLE = "stable"
    PREVIEW = "preview"

    def of(self, version: str) -> Channel:
        """The channel of a version whose owner chose this one: a prerelease is always `preview`.

        It has a hyphen before any build metadata.
        """
        return Channel.PREVIEW if "-" in version.partition("+")[0] else self


class BlockSeverity(StrEnum):
    """What a block tells hosts to do with an installed plugin, the mildest first."""

    WARN = "warn"
    DISABLE = "disable"
    REMOVE = "remove"

    @property
    def rank(self) -> int:
        """The more severe, the higher."""
        return list(BlockSeverity).index(self)


class BlockStatus(StrEnum):
    """The status of a block. A `pending` one waits for a second person, and counts as `disable` until then."""

    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


class WhyNot(StrEnum):
    """Why a version is not offered to a host, in the order in which the reasons are tried."""

    BLOCKED = "blocked"
    YANKED = "yanked"
    ROLLED_BACK = "rolled_back"
    CHANNEL = "channel"
    NEEDS_ENGINE = "needs_engine"
    COOLDOWN = "cooldown"
    HELD_FOR_REVIEW = "held_for_review"
    ROLLOUT = "rollout"
    PINNED = "pinned"
    HELD_BY = "held_by"
    NEEDS_DEPENDENCY = "needs_dependency"


class AboutInstalled(StrEnum):
    """What an update check says about the installed version itself, or about its plugin."""

    INSTALLED_YANKED = "installed_yanked"
    INSTALLED_BLOCKED = "installed_blocked"
    INSTALLED_UNPUBLISHED = "installed_unpublished"
    INSTALLED_MODIFIED = "installed_modified"
    DISABLED = "disabled"
    DEPRECATED = "deprecated"
    UNKNOWN_PLUGIN = "unknown_plugin"
    PERMISSIONS_WIDENED = "permissions_widened"


class HostAction(StrEnum):
    """What a host is to do with an installed plugin."""

    NONE = "none"
    UPDATE = "update"
    DOWNGRADE = "downgrade"
    DISABLE = "disable"
    REMOVE = "remove"
    UNKNOWN = "unknown"


class PlanAction(StrEnum):
    """What a plan does with a plugin."""

    INSTALL = "install"
    UPDATE = "update"
    DOWNGRADE = "downgrade"
    REMOVE = "remove"
    KEEP = "keep"


class LockProblem(StrEnum):
    """Why a plugin of a lockfile cannot be had as it was."""

    UNKNOWN_PLUGIN = "unknown_plugin"
    MISSING = "missing"
    HASH_MISMATCH = "hash_mismatch"
    BLOCKED = "blocked"
    YANKED = "yanked"


ROLE_PERMISSIONS: Final[dict[Role, tuple[str, ...]]] = {
    Role.USER: ("rating.create", "rating.update"),
    Role.DEVELOPER: (
        "plugin.create",
        "plugin.update",
        "plugin.delete",
        "plugin.view_own",
        "rating.create",
        "rating.update",
    ),
    Role.REVIEWER: (
        "plugin.view_all",
        "review.create",
        "review.update",
        "review.view",
        "rating.create",
        "rating.update",
    ),
    Role.ADMIN: ("plugin.*", "review.*", "user.*", "system.*", "rating.*"),
}


def permits(role: Role, permission: str) -> bool:
    """Does `role` hold `permission`, directly or through a wildcard such as `plugin.*`?"""
    area = permission.partition(".")[0]
    granted = ROLE_PERMISSIONS[role]
    return permission in granted or f"{area}.*" in granted


# Stands for all permissions to store data, in manifests and in grants.
STORAGE_WILDCARD: Final = "storage:*"
STORAGE_PERMISSIONS: Final = frozenset(("storage:local", "storage:session"))
# Of a permission's name, and how many a plugin.json may list.
PERMISSION_MAX: Final = 100
PERMISSIONS_MAX: Final = 200

# The default of the permissions that an installed plugin may be granted.
DEFAULT_PERMISSIONS: Final[Mapping[str, Risk]] = {
    "storage:local": Risk.LOW,
    "storage:session": Risk.LOW,
    "router:navigate": Risk.LOW,
    "ui:modal": Risk.LOW,
    "ui:notification": Risk.LOW,
    "file:download": Risk.LOW,
    "router:guard": Risk.MEDIUM,
    "http:api": Risk.MEDIUM,
    "user:profile": Risk.MEDIUM,
    "file:upload": Risk.MEDIUM,
    "websocket:connect": Risk.MEDIUM,
    "http:external": Risk.HIGH,
    "user:modify": Risk.HIGH,
}

# Returned instead of a number that cannot be measured.
NOT_MEASURED: Final = "not_measured"

# In DATA_DIR: what the last backup of the server was, for the metrics.
LAST_BACKUP: Final = "last-backup.json"

# In `settings`: the public list of blocks, as JSON.
BLOCK_LIST: Final = "releases.block_list"

# The package's field in the marketplace's forms.
PACKAGE_FIELD: Final = "plugin_file"

PLUGIN_NAME_MAX: Final = 100
PLUGIN_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z][A-Za-z0-9-]*)*")
PLUGIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z][A-Za-z0-9-]*)+")

# Facts about hosts, as developers write them: a .NET type, an assembly's simple name, a target framework, an
# architecture.
TYPE_NAME: Final = re.compile(r"(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*)?")
ASSEMBLY_NAME: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*")
OPTIONAL_ASSEMBLY_NAME: Final = re.compile(rf"(?:{ASSEMBLY_NAME.pattern})?")
TARGET_FRAMEWORK: Final = re.compile(
    r"(?:net[1-4][0-9]{1,2}|netcoreapp[1-3]\.[0-9]|net[0-9]{1,2}\.[0-9](?:-[a-z0-9.]+)?)"
)


class Architecture(StrEnum):
    """The processor architectures of hosts."""

    X86 = "x86"
    X64 = "x64"
    ARM64 = "arm64"
    ARM = "arm"


VERSION_MAX: Final = 64
# The share of hosts that are offered a version, in percent, when its rollout is over.
FULL_ROLLOUT: Final = 100
RANGE_MAX: Final = 256
# The reason that somebody gives for an act.
REASON_MAX: Final = 2000

# For new keys: existing shorter ones stay valid.
FIRST_KEY_MIN: Final = 8
UPLOAD_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
USER_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,255}")

UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")

CURRENCY: Final = re.compile(r"[A-Z]{3}")

URL_MAX: Final = 2048
DISPLAY_NAME_MAX: Final = 200
DESCRIPTION_MAX: Final = 10_000
CHANGELOG_MAX: Final = 100_000
LONG_DESCRIPTION_MAX: Final = 50_000
# Of a reply that a reviewer keeps.
REPLY_TITLE_MAX: Final = 100
