"""Places of data, files and logs, and external services."""

from __future__ import annotations

from typing import Final

from .setting import Group, Kind, Setting

GROUPS: Final = (
    Group(
        "Data and files",
        (
            Setting(
                "DATA_DIR",
                Kind.PATH,
                "instance",
                "The parent of the database, files, logs and temporary files, unless those have a place of their own.",
            ),
            Setting(
                "DATABASE_URL",
                Kind.URL,
                "",
                "`sqlite:///path` or `postgresql://user:password@host/database` (extra `postgresql`).",
                follows="`microdock.db` in `DATA_DIR`",
            ),
            Setting(
                "DATABASE_POOL_SIZE",
                Kind.NUMBER,
                5,
                "PostgreSQL connections that each process keeps for units of work, and as many again for single reads "
                "and counts.",
                1,
                100,
            ),
            Setting(
                "AUTO_MIGRATE",
                Kind.SWITCH,
                False,
                "Migrate the database when the server starts. `scripts/serve` sets it to `true`. Otherwise run "
                "`flask db upgrade`.",
            ),
            Setting("UPLOAD_DIR", Kind.PATH, "", "Packages and images.", follows="`uploads` in `DATA_DIR`"),
            Setting("BACKUP_DIR", Kind.PATH, "", "Users' backups.", follows="`backups` in `DATA_DIR`"),
            Setting(
                "TEMP_DIR",
                Kind.PATH,
                "",
                "Uploads that are still arriving, and nothing else. Keep it on the filesystem of `UPLOAD_DIR` and "
                "`BACKUP_DIR`, so that a file is not copied a second time.",
                follows="`temp` in `DATA_DIR`",
            ),
            Setting(
                "X_ACCEL_PREFIX",
                Kind.TEXT,
                "",
                "Let nginx send files: the internal location that maps to `DATA_DIR`, such as `/internal`.",
            ),
        ),
    ),
    Group(
        "Object storage",
        (
            Setting(
                "STORAGE_URL",
                Kind.URL,
                "",
                "Keep files in an S3 bucket: `s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1` (extra "
                "`s3`). Without `endpoint` it is Amazon's. Where clients use another address than the server, add "
                "`&public_endpoint=https://files.example.com`.",
                follows="the local disk",
            ),
            Setting("AWS_ACCESS_KEY_ID", Kind.TEXT, "", "The bucket's access key. Never put it into `STORAGE_URL`."),
            Setting("AWS_SECRET_ACCESS_KEY", Kind.SECRET, "", "The bucket's secret key."),
            Setting("AWS_SESSION_TOKEN", Kind.SECRET, "", "Needed with temporary credentials only."),
            Setting(
                "STORAGE_DOWNLOADS",
                Kind.TEXT,
                "redirect",
                "`redirect`: clients fetch files from the bucket by a signed link. `proxy`: through the server.",
                choices=("redirect", "proxy"),
            ),
            Setting("STORAGE_LINK_SECONDS", Kind.SECONDS, 300, "How long a signed link is valid.", 10, 604_800),
        ),
    ),
    Group(
        "Other services",
        (
            Setting(
                "REDIS_URL",
                Kind.URL,
                "",
                "What several nodes share: rate limits, notifications, job messages (extra `redis`). "
                "`redis://[user:password@]host[:port][/number]`, `rediss://…` for TLS, or `unix:///path/to/socket`.",
            ),
            Setting(
                "CLAMAV_URL",
                Kind.URL,
                "",
                "Packages that wait for review are scanned by this clamd: `tcp://127.0.0.1:3310` or "
                "`unix:///run/clamav/clamd.ctl`. Empty: no scan is run, and the review says so.",
            ),
            Setting(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                Kind.URL,
                "",
                "Send traces by OTLP over HTTP to this collector, such as `http://127.0.0.1:4318` (extra `tracing`).",
            ),
        ),
    ),
    Group(
        "Logs",
        (
            Setting(
                "LOG_FILE",
                Kind.PATH,
                "",
                "The text log. `app.json` (JSON lines) and `error.log` are written beside it.",
                follows="`logs/app.log` in `DATA_DIR`",
            ),
            Setting(
                "LOG_LEVEL",
                Kind.TEXT,
                "INFO",
                "The least important level that is logged. `INFO` writes a line for every request.",
                choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
            ),
        ),
    ),
)
