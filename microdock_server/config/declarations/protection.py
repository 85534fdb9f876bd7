"""Accounts, secrets, and limits on what clients may use."""

from __future__ import annotations

from typing import Final

from .setting import MIB, Group, Kind, Setting

DEFAULT_PASSWORD: Final = "admin"
GROUPS: Final = (
    Group(
        "Accounts and secrets",
        (
            Setting(
                "ADMIN_USERNAME",
                Kind.TEXT,
                "admin",
                "The administrator's name. The account is created at the first start; later changes here do nothing.",
            ),
            Setting(
                "ADMIN_PASSWORD",
                Kind.SECRET,
                DEFAULT_PASSWORD,
                "The administrator's first password, 8 to 128 characters. The default works for clients of the same "
                "machine alone.",
            ),
            Setting("ADMIN_EMAIL", Kind.TEXT, "", "The administrator's e-mail address."),
            Setting(
                "JWT_SECRET_KEY",
                Kind.SECRET,
                "",
                "Signs tokens: at least 32 random bytes. All nodes need the same.",
                follows="generated once and kept in `DATA_DIR`, with `DEBUG=true`",
            ),
            Setting(
                "JWT_ALGORITHM",
                Kind.TEXT,
                "HS256",
                "How tokens are signed.",
                choices=("HS256", "HS384", "HS512"),
            ),
            Setting("JWT_EXPIRE_MINUTES", Kind.MINUTES, 1440, "Life of a host API token.", 1, 5_256_000),
            Setting(
                "JWT_ACCESS_EXPIRE_MINUTES",
                Kind.MINUTES,
                60,
                "Life of a marketplace access token.",
                1,
                5_256_000,
            ),
            Setting(
                "UPLOAD_SECRET_KEY",
                Kind.SECRET,
                "",
                "Where set, uploads by key must carry it in the form field `upload_secret`.",
            ),
        ),
    ),
    Group(
        "Limits",
        (
            Setting(
                "RATELIMIT_ENABLED",
                Kind.SWITCH,
                True,
                "Limit requests: 100 a minute for an address, 500 for a user, 1,000 for an administrator. "
                "`GET /api/v1/limits` lists them all.",
            ),
            Setting(
                "MAX_UPLOAD_SIZE",
                Kind.BYTES,
                100 * MIB,
                "Size of one package or backup.",
                1,
                1 << 40,
            ),
            Setting(
                "ALLOWED_EXTENSIONS",
                Kind.LIST,
                ".zip",
                "What a backup's name may end in, separated by commas. Packages are always `.zip`.",
            ),
            Setting("BACKUP_MAX_COUNT", Kind.NUMBER, 100, "Backups of one user key.", 1, 1_000_000),
            Setting("BACKUP_MAX_BYTES", Kind.BYTES, 2048 * MIB, "All backups of one user key.", 1, 1 << 50),
            Setting(
                "STORAGE_MAX_BYTES",
                Kind.BYTES,
                0,
                "All packages, images and backups together. More is refused with 507. `0`: no limit.",
                0,
                1 << 60,
            ),
            Setting(
                "ACCOUNT_MAX_BYTES",
                Kind.BYTES,
                10 * 1024 * MIB,
                "The plugins of one account. More is refused with 409. `0`: no limit.",
                0,
                1 << 60,
            ),
            Setting(
                "ADDRESS_MAX_BYTES",
                Kind.BYTES,
                0,
                "What one client address (IPv6: one /64) may store. More is refused with 409. `0`: no limit. Set it "
                "only where `TRUSTED_PROXIES` is right: behind an undeclared proxy all clients are one address.",
                0,
                1 << 60,
            ),
            Setting("PACKAGE_MAX_ENTRIES", Kind.NUMBER, 10_000, "Entries of one package.", 1, 1_000_000),
            Setting("PACKAGE_MAX_UNPACKED", Kind.BYTES, 1024 * MIB, "What one package may unpack to.", 1, 1 << 40),
            Setting(
                "PACKAGE_MAX_RATIO",
                Kind.NUMBER,
                200,
                "How many times its own size a package may unpack to. It counts beyond 10 MiB.",
                2,
                100_000,
            ),
            Setting(
                "DISK_RESERVE",
                Kind.BYTES,
                256 * MIB,
                "Space that uploads leave free on every filesystem in use. What would need it is refused with 507.",
                0,
                1 << 50,
            ),
            Setting(
                "DISK_WARNING",
                Kind.BYTES,
                1024 * MIB,
                "The log warns when less is free. It must not be less than `DISK_RESERVE`. `0`: never, with a "
                "`DISK_RESERVE` of 0.",
                0,
                1 << 50,
            ),
        ),
    ),
)
