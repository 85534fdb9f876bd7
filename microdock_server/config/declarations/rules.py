"""Rules that administrators choose, and scheduled maintenance."""

from __future__ import annotations

from typing import Final

from .setting import DAY, Group, Kind, Setting

GROUPS: Final = (
    Group(
        "Rules",
        (
            Setting(
                "REQUIRE_MANAGED_ASSEMBLY",
                Kind.SWITCH,
                False,
                "Refuse packages whose main assembly is not .NET or lacks the entry class.",
            ),
            Setting(
                "IMMUTABLE_VERSIONS",
                Kind.SWITCH,
                False,
                "A deleted plugin without an owner keeps its name, key and version numbers taken. One with an owner "
                "always does.",
            ),
            Setting(
                "BACKUPS_OWNER_CAN_DELETE",
                Kind.SWITCH,
                False,
                "The holder of a user key may delete its backups. Otherwise only an administrator may.",
            ),
            Setting(
                "INSTALLS_REQUIRE_CATALOG",
                Kind.SWITCH,
                False,
                "Only plugins of this server may be recorded as installed.",
            ),
            Setting(
                "INSTALL_PERMISSIONS",
                Kind.LIST,
                "",
                "Permissions that installs may grant, as `name=risk,name=risk`. A risk is `low`, `medium` or `high`.",
                follows="the documented list",
            ),
        ),
    ),
    Group(
        "Maintenance",
        (
            Setting(
                "MAINTENANCE_TOKENS",
                Kind.SECONDS,
                3600,
                "How often expired tokens are forgotten. Times are by the clock: `3600` is every full hour. `0` turns "
                "a task off, here and below.",
                0,
                31 * DAY,
            ),
            Setting(
                "MAINTENANCE_JOBS",
                Kind.SECONDS,
                3600,
                "How often jobs that ended a week ago are forgotten.",
                0,
                31 * DAY,
            ),
            Setting(
                "MAINTENANCE_TEMP",
                Kind.SECONDS,
                3600,
                "How often the remains of interrupted uploads are removed.",
                0,
                31 * DAY,
            ),
            Setting(
                "MAINTENANCE_GC",
                Kind.SECONDS,
                DAY,
                "How often files without a row in the database are removed.",
                0,
                31 * DAY,
            ),
            Setting(
                "MAINTENANCE_ROLLUP",
                Kind.SECONDS,
                3600,
                "How often days that have passed are summed up for the statistics, and old weeks of them deleted.",
                0,
                31 * DAY,
            ),
            Setting(
                "MAINTENANCE_RETENTION",
                Kind.SECONDS,
                DAY,
                "How often users' backups older than `BACKUP_RETENTION_DAYS` are deleted.",
                0,
                31 * DAY,
            ),
            Setting(
                "BACKUP_RETENTION_DAYS",
                Kind.DAYS,
                0,
                "How long users' backups are kept. `0`: for good.",
                0,
                36_500,
            ),
            Setting(
                "MAINTENANCE_REHASH",
                Kind.SECONDS,
                300,
                "How often a part of all stored files is read and compared with its hashes.",
                0,
                31 * DAY,
            ),
            Setting(
                "REHASH_CYCLE_DAYS",
                Kind.DAYS,
                30,
                "Within this time every stored file is read once.",
                1,
                3650,
            ),
        ),
    ),
)
