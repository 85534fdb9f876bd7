"""Every setting, read from the environment (and `.env`) once, typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import marshmallow
from environs import Env, EnvError
from sqlalchemy.engine import make_url

from ..addresses.bucket import parse_address
from ..addresses.collector import ensure_collector_url
from ..addresses.redis import ensure_redis_url
from ..addresses.scanner import ensure_scanner_url
from ..vocabulary import Risk
from .secret import jwt_secret
from .values import (
    ConfigurationError,
    accel_prefix,
    between,
    database_url,
    ensure_log_level,
    ensure_public_url,
    extensions,
    hosts,
    one_of,
    origins,
    permissions,
)

DEFAULT_PASSWORD: Final = "admin"
DEFAULT_ORIGINS: Final = "http://localhost:3000,http://localhost:3001,http://127.0.0.1:3000,http://127.0.0.1:3001"
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's settings. Names are the variables' in lower case; sizes are bytes unless they say otherwise.

    What is secret, or a URL that may hold a password, is in no representation.
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
    env = Env(eager=True)
    env_file = Path.cwd() / ".env"
    saved = dict(os.environ)
    try:
        if env_file.is_file():
            env.read_env(str(env_file), recurse=False)
        os.environ.update(overrides or {})
        settings = _read(env)
    except (EnvError, marshmallow.ValidationError) as wrong:
        raise ConfigurationError(str(wrong)) from wrong
    finally:
        if overrides is not None:
            os.environ.clear()
            os.environ.update(saved)
    return settings


def _read(env: Env) -> Settings:
    # As long as there are settings: one line each, so that each is found by its name.
    data_dir = Path(env.str("DATA_DIR", "instance")).absolute()
    log_file = _path(env, "LOG_FILE", data_dir / "logs" / "app.log")
    debug = env.bool("DEBUG", True)
    return Settings(
        app_name=env.str("APP_NAME", "MicroDock Plugin Server"),
        app_version=env.str("APP_VERSION", "2.0.0"),
        debug=debug,
        host=env.str("HOST", "127.0.0.1").strip().removeprefix("[").removesuffix("]"),
        port=env.int("PORT", 8000, validate=between(1, 65535)),
        data_dir=data_dir,
        database_url=database_url(env.str("DATABASE_URL", ""), data_dir),
        database_pool_size=env.int("DATABASE_POOL_SIZE", 5, validate=between(1, 100)),
        upload_dir=_path(env, "UPLOAD_DIR", data_dir / "uploads"),
        backup_dir=_path(env, "BACKUP_DIR", data_dir / "backups"),
        temp_dir=_path(env, "TEMP_DIR", data_dir / "temp"),
        log_dir=log_file.parent,
        log_file=log_file,
        log_level=env.str("LOG_LEVEL", "INFO", validate=ensure_log_level).upper(),
        max_upload_size=env.int("MAX_UPLOAD_SIZE", 100 * MIB, validate=between(1, 1 << 40)),
        allowed_extensions=extensions(env.str("ALLOWED_EXTENSIONS", ".zip")),
        admin_username=env.str("ADMIN_USERNAME", "admin"),
        admin_password=env.str("ADMIN_PASSWORD", DEFAULT_PASSWORD),
        admin_email=env.str("ADMIN_EMAIL", "") or None,
        jwt_secret_key=jwt_secret(env.str("JWT_SECRET_KEY", ""), debug, data_dir),
        jwt_algorithm=env.str("JWT_ALGORITHM", "HS256", validate=one_of("HS256", "HS384", "HS512")),
        jwt_expire_minutes=env.int("JWT_EXPIRE_MINUTES", 1440, validate=between(1, 5_256_000)),
        jwt_access_expire_minutes=env.int("JWT_ACCESS_EXPIRE_MINUTES", 60, validate=between(1, 5_256_000)),
        upload_secret_key=env.str("UPLOAD_SECRET_KEY", "") or None,
        cors_origins=origins(env.str("CORS_ORIGINS", DEFAULT_ORIGINS)),
        allowed_hosts=hosts(env.str("ALLOWED_HOSTS", "")),
        public_url=_checked(env, "PUBLIC_URL", ensure_public_url).rstrip("/") or None,
        trusted_proxies=env.int("TRUSTED_PROXIES", 0, validate=between(0, 10)),
        x_accel_prefix=accel_prefix(env.str("X_ACCEL_PREFIX", "")),
        ratelimit_enabled=env.bool("RATELIMIT_ENABLED", True),
        backups_owner_can_delete=env.bool("BACKUPS_OWNER_CAN_DELETE", False),
        backup_max_count=env.int("BACKUP_MAX_COUNT", 100, validate=between(1, 1_000_000)),
        backup_max_bytes=env.int("BACKUP_MAX_BYTES", 2048 * MIB, validate=between(1, 1 << 50)),
        storage_max_bytes=env.int("STORAGE_MAX_BYTES", 0, validate=between(0, 1 << 60)),
        account_max_bytes=env.int("ACCOUNT_MAX_BYTES", 10 * 1024 * MIB, validate=between(0, 1 << 60)),
        address_max_bytes=env.int("ADDRESS_MAX_BYTES", 0, validate=between(0, 1 << 60)),
        installs_require_catalog=env.bool("INSTALLS_REQUIRE_CATALOG", False),
        install_permissions=permissions(env.str("INSTALL_PERMISSIONS", "")),
        immutable_versions=env.bool("IMMUTABLE_VERSIONS", False),
        require_managed_assembly=env.bool("REQUIRE_MANAGED_ASSEMBLY", False),
        package_max_entries=env.int("PACKAGE_MAX_ENTRIES", 10_000, validate=between(1, 1_000_000)),
        package_max_unpacked=env.int("PACKAGE_MAX_UNPACKED", 1024 * MIB, validate=between(1, 1 << 40)),
        package_max_ratio=env.int("PACKAGE_MAX_RATIO", 200, validate=between(2, 100_000)),
        disk_reserve=env.int("DISK_RESERVE", 268_435_456, validate=between(0, 1 << 50)),
        disk_warning=env.int("DISK_WARNING", 1_073_741_824, validate=between(0, 1 << 50)),
        maintenance=_schedule(env),
        backup_retention_days=env.int("BACKUP_RETENTION_DAYS", 0, validate=between(0, 36_500)),
        rehash_cycle_days=env.int("REHASH_CYCLE_DAYS", 30, validate=between(1, 3650)),
        auto_migrate=env.bool("AUTO_MIGRATE", False),
        redis_url=_checked(env, "REDIS_URL", ensure_redis_url),
        storage_url=_checked(env, "STORAGE_URL", parse_address),
        storage_downloads=env.str("STORAGE_DOWNLOADS", "redirect", validate=one_of("redirect", "proxy")),
        storage_link_seconds=env.int("STORAGE_LINK_SECONDS", 300, validate=between(10, 604_800)),
        aws_access_key_id=env.str("AWS_ACCESS_KEY_ID", ""),
        aws_secret_access_key=env.str("AWS_SECRET_ACCESS_KEY", ""),
        aws_session_token=env.str("AWS_SESSION_TOKEN", ""),
        clamav_url=_checked(env, "CLAMAV_URL", ensure_scanner_url),
        otlp_endpoint=_checked(env, "OTEL_EXPORTER_OTLP_ENDPOINT", ensure_collector_url),
        web_concurrency=env.int("WEB_CONCURRENCY", 2, validate=between(1, 256)),
        web_threads=env.int("WEB_THREADS", 16, validate=between(1, 1024)),
        client_grace_seconds=env.int("CLIENT_GRACE_SECONDS", 10, validate=between(1, 600)),
        client_min_rate=env.int("CLIENT_MIN_RATE", 1024, validate=between(0, 1 << 30)),
        ws_max_connections=env.int("WS_MAX_CONNECTIONS", 200, validate=between(0, 10_000)),
        ws_max_per_user=env.int("WS_MAX_PER_USER", 10, validate=between(1, 10_000)),
    )


def _schedule(env: Env) -> Mapping[str, int]:
    """Seconds between two runs of each maintenance task; 0 turns it off."""
    seconds = between(0, 31 * 86_400)
    return {
        "tokens": env.int("MAINTENANCE_TOKENS", 3600, validate=seconds),
        "jobs": env.int("MAINTENANCE_JOBS", 3600, validate=seconds),
        "temp": env.int("MAINTENANCE_TEMP", 3600, validate=seconds),
        "gc": env.int("MAINTENANCE_GC", 86400, validate=seconds),
        "rollup": env.int("MAINTENANCE_ROLLUP", 3600, validate=seconds),
        "retention": env.int("MAINTENANCE_RETENTION", 86400, validate=seconds),
        "rehash": env.int("MAINTENANCE_REHASH", 300, validate=seconds),
    }


def _path(env: Env, name: str, default: Path) -> Path:
    return Path(env.str(name, "") or default).absolute()


def _checked(env: Env, name: str, ensure: Callable[[str], object]) -> str:
    """A text that may be empty, or must please `ensure`: its ValueError becomes the variable's ConfigurationError."""
    text = env.str(name, "")
    try:
        if text:
            ensure(text)
    except ValueError as wrong:
        raise ConfigurationError(f"{name} {wrong}") from None
    return str(text)
