"""Every setting, read from the environment (and `.env`) once, typed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import marshmallow
from environs import Env, EnvError
from sqlalchemy.engine import make_url

from ..addresses.bucket import parse_address
from ..addresses.collector import ensure_collector_url
from ..addresses.redis import ensure_redis_url
from ..addresses.scanner import ensure_scanner_url
from ..vocabulary import Risk
from .declarations import DECLARED
from .read_env import read_env
from .reader import Reader
from .release import installed_version
from .secret import jwt_secret
from .values import (
    ConfigurationError,
    accel_prefix,
    contact,
    database_url,
    ensure_public_url,
    extensions,
    hosts,
    origins,
    permissions,
    scheme,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's settings. Names are the variables' in lower case; sizes are in bytes unless they say otherwise.

    Secrets, and URLs that may contain a password, are left out of the representation.
    """

    app_name: str
    app_version: str
    debug: bool
    host: str
    port: int
    data_dir: Path
    database_url: str = field(repr=False)
    database_pool_size: int
    upload_dir: Path
    backup_dir: Path
    temp_dir: Path
    log_dir: Path
    log_file: Path
    log_level: str
    max_upload_size: int
    allowed_extensions: tuple[str, ...]
    admin_username: str
    admin_password: str = field(repr=False)
    admin_email: str | None
    jwt_secret_key: str = field(repr=False)
    jwt_algorithm: str
    jwt_expire_minutes: int
    jwt_access_expire_minutes: int
    upload_secret_key: str | None = field(repr=False)
    cors_origins: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    public_url: str | None
    gallery: bool
    security_contact: str | None
    app_link_scheme: str
    trusted_proxies: int
    x_accel_prefix: str | None
    ratelimit_enabled: bool
    backups_owner_can_delete: bool
    backup_max_count: int
    backup_max_bytes: int
    storage_max_bytes: int
    account_max_bytes: int
    address_max_bytes: int
    installs_require_catalog: bool
    install_permissions: Mapping[str, Risk]
    immutable_versions: bool
    require_managed_assembly: bool
    package_max_entries: int
    package_max_unpacked: int
    package_max_ratio: int
    disk_reserve: int
    disk_warning: int
    maintenance: Mapping[str, int]
    backup_retention_days: int
    rehash_cycle_days: int
    auto_migrate: bool
    storage_url: str
    storage_downloads: str
    storage_link_seconds: int
    aws_access_key_id: str
    aws_secret_access_key: str = field(repr=False)
    aws_session_token: str = field(repr=False)
    redis_url: str = field(repr=False)
    clamav_url: str
    otlp_endpoint: str
    web_concurrency: int
    web_threads: int
    client_grace_seconds: int
    client_min_rate: int
    ws_max_connections: int
    ws_max_per_user: int

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None on another engine."""
        return Path(make_url(self.database_url).database or "") if self.is_sqlite else None


def load_settings(overrides: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, then `.env` in the working directory, then defaults.

    `overrides` (variable name → text) win over all of them. Raises ConfigurationError naming the variable.
    """
    saved = dict(os.environ)
    try:
        os.environ.update({**read_env(), **(overrides or {})})
        settings = read_settings(Reader(Env(eager=True)))
    except (EnvError, marshmallow.ValidationError) as wrong:
        raise ConfigurationError(str(wrong)) from wrong
    finally:
        if overrides is not None:
            os.environ.clear()
            os.environ.update(saved)
    return settings


def read_settings(read: Reader) -> Settings:
    """Every declared variable, assigned to its field."""
    # Long because there are as many lines as settings: one line each, so that each is found by its name.
    data_dir = read.path("DATA_DIR", Path(str(DECLARED["DATA_DIR"].default)))
    log_file = read.path("LOG_FILE", data_dir / "logs" / "app.log")
    debug = read.switch("DEBUG")
    return Settings(
        app_name=read.text("APP_NAME"),
        app_version=read.text("APP_VERSION") or installed_version(),
        debug=debug,
        host=read.text("HOST").strip().removeprefix("[").removesuffix("]"),
        port=read.number("PORT"),
        data_dir=data_dir,
        database_url=database_url(read.text("DATABASE_URL"), data_dir),
        database_pool_size=read.number("DATABASE_POOL_SIZE"),
        upload_dir=read.path("UPLOAD_DIR", data_dir / "uploads"),
        backup_dir=read.path("BACKUP_DIR", data_dir / "backups"),
        temp_dir=read.path("TEMP_DIR", data_dir / "temp"),
        log_dir=log_file.parent,
        log_file=log_file,
        log_level=read.text("LOG_LEVEL").upper(),
        max_upload_size=read.number("MAX_UPLOAD_SIZE"),
        allowed_extensions=extensions(read.text("ALLOWED_EXTENSIONS")),
        admin_username=read.text("ADMIN_USERNAME"),
        admin_password=read.text("ADMIN_PASSWORD"),
        admin_email=read.text("ADMIN_EMAIL") or None,
        jwt_secret_key=jwt_secret(read.text("JWT_SECRET_KEY"), debug, data_dir),
        jwt_algorithm=read.text("JWT_ALGORITHM"),
        jwt_expire_minutes=read.number("JWT_EXPIRE_MINUTES"),
        jwt_access_expire_minutes=read.number("JWT_ACCESS_EXPIRE_MINUTES"),
        upload_secret_key=read.text("UPLOAD_SECRET_KEY") or None,
        cors_origins=origins(read.text("CORS_ORIGINS")),
        allowed_hosts=hosts(read.text("ALLOWED_HOSTS")),
        public_url=read.checked("PUBLIC_URL", ensure_public_url).rstrip("/") or None,
        gallery=read.switch("GALLERY"),
        security_contact=contact(read.text("SECURITY_CONTACT")),
        app_link_scheme=scheme(read.text("APP_LINK_SCHEME")),
        trusted_proxies=read.number("TRUSTED_PROXIES"),
        x_accel_prefix=accel_prefix(read.text("X_ACCEL_PREFIX")),
        ratelimit_enabled=read.switch("RATELIMIT_ENABLED"),
        backups_owner_can_delete=read.switch("BACKUPS_OWNER_CAN_DELETE"),
        backup_max_count=read.number("BACKUP_MAX_COUNT"),
        backup_max_bytes=read.number("BACKUP_MAX_BYTES"),
        storage_max_bytes=read.number("STORAGE_MAX_BYTES"),
        account_max_bytes=read.number("ACCOUNT_MAX_BYTES"),
        address_max_bytes=read.number("ADDRESS_MAX_BYTES"),
        installs_require_catalog=read.switch("INSTALLS_REQUIRE_CATALOG"),
        install_permissions=permissions(read.text("INSTALL_PERMISSIONS")),
        immutable_versions=read.switch("IMMUTABLE_VERSIONS"),
        require_managed_assembly=read.switch("REQUIRE_MANAGED_ASSEMBLY"),
        package_max_entries=read.number("PACKAGE_MAX_ENTRIES"),
        package_max_unpacked=read.number("PACKAGE_MAX_UNPACKED"),
        package_max_ratio=read.number("PACKAGE_MAX_RATIO"),
        disk_reserve=read.number("DISK_RESERVE"),
        disk_warning=read.number("DISK_WARNING"),
        maintenance=_schedule(read),
        backup_retention_days=read.number("BACKUP_RETENTION_DAYS"),
        rehash_cycle_days=read.number("REHASH_CYCLE_DAYS"),
        auto_migrate=read.switch("AUTO_MIGRATE"),
        redis_url=read.checked("REDIS_URL", ensure_redis_url),
        storage_url=read.checked("STORAGE_URL", parse_address),
        storage_downloads=read.text("STORAGE_DOWNLOADS"),
        storage_link_seconds=read.number("STORAGE_LINK_SECONDS"),
        aws_access_key_id=read.text("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=read.text("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=read.text("AWS_SESSION_TOKEN"),
        clamav_url=read.checked("CLAMAV_URL", ensure_scanner_url),
        otlp_endpoint=read.checked("OTEL_EXPORTER_OTLP_ENDPOINT", ensure_collector_url),
        web_concurrency=read.number("WEB_CONCURRENCY"),
        web_threads=read.number("WEB_THREADS"),
        client_grace_seconds=read.number("CLIENT_GRACE_SECONDS"),
        client_min_rate=read.number("CLIENT_MIN_RATE"),
        ws_max_connections=read.number("WS_MAX_CONNECTIONS"),
        ws_max_per_user=read.number("WS_MAX_PER_USER"),
    )


def _schedule(read: Reader) -> Mapping[str, int]:
    """Seconds between two runs of each maintenance task; 0 turns it off."""
    tasks = ("tokens", "jobs", "temp", "gc", "rollup", "retention", "rehash")
    return {task: read.number(f"MAINTENANCE_{task.upper()}") for task in tasks}
