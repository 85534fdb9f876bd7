"""The words of the domain: enumerations, permissions, and the patterns names must match.

Every pattern is meant for `fullmatch` and runs in linear time; lengths are checked before a pattern is tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a user may do is decided by exactly one of these."""

    USER = "user"
    DEVELOPER = "developer"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class BackupType(StrEnum):
    """What a backup holds: the host program's own data, or one plugin's."""

    PROGRAM = "program"
    PLUGIN = "plugin"


class Risk(StrEnum):
    """How much harm a granted plugin permission can do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


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


# What an installed plugin may be granted, where the settings say nothing else.
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

PLUGIN_NAME_MAX: Final = 100
PLUGIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z][A-Za-z0-9-]*)+")

VERSION_MAX: Final = 64
RANGE_MAX: Final = 256

UPLOAD_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
USER_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,255}")

DISPLAY_NAME_MAX: Final = 200
DESCRIPTION_MAX: Final = 10_000
CHANGELOG_MAX: Final = 100_000
