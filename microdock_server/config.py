"""Every setting, read from the environment (and `.env`) once, typed, with the reasons a server refuses to start."""

from __future__ import annotations

import ipaddress
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import marshmallow
from environs import Env, EnvError

from . import tracing
from .nodes.redis import ensure_redis_url
from .services.scanning import ensure_scanner_url
from .storage.address import parse_address
from .vocabulary import DEFAULT_PERMISSIONS, Risk

DEFAULT_PASSWORD: Final = "admin"
PLACEHOLDER_SECRETS: Final = frozenset(
    {
        "默认密钥",
        "your-secret-key-change-in-production",
        "your-very-secure-secret-key-change-this-in-production",
        "your-very-secure-jwt-secret-key-minimum-32-characters",
    }
)
MIB: Final = 1024 * 1024
MIN_SECRET_BYTES: Final = 32


class ConfigurationError(Exception):
    """A setting is wrong; the message names the variable and says what it must be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's settings. Names are the variables' in lower case; sizes are bytes unless they say otherwise."""

    app_name: str
    app_version: str
    debug: bool
    host: str
    port: int
    data_dir: Path
    database_url: str
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
    admin_password: str
    admin_email: str | None
    jwt_secret_key: str
    jwt_algorithm: str
    jwt_expire_minutes: int
    jwt_access_expire_minutes: int
    upload_secret_key: str | None
    cors_origins: tuple[str, ...]
    public_url: str | None
    trusted_proxies: int
    x_accel_prefix: str | None
    ratelimit_enabled: bool
    backups_owner_can_delete: bool
    backup_max_count: int
    backup_max_bytes: int
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
    aws_secret_access_key: str
    aws_session_token: str
    redis_url: str
    clamav_url: str
    otlp_endpoint: str
    web_concurrency: int
    web_threads: int
    ws_max_connections: int
    ws_max_per_user: int

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None on another engine."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.is_sqlite else None


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
    data_dir = Path(env.str("DATA_DIR", "instance")).absolute()
    log_file = _path(env, "LOG_FILE", data_dir / "logs" / "app.log")
    debug = env.bool("DEBUG", True)
    return Settings(
        app_name=env.str("APP_NAME", "MicroDock Plugin Server"),
        app_version=env.str("APP_VERSION", "2.0.0"),
        debug=debug,
        host=env.str("HOST", "127.0.0.1"),
        port=env.int("PORT", 8000, validate=_between(1, 65535)),
        data_dir=data_dir,
        database_url=database_url(env.str("DATABASE_URL", ""), data_dir),
        database_pool_size=env.int("DATABASE_POOL_SIZE", 5, validate=_between(1, 100)),
        upload_dir=_path(env, "UPLOAD_DIR", data_dir / "uploads"),
        backup_dir=_path(env, "BACKUP_DIR", data_dir / "backups"),
        temp_dir=_path(env, "TEMP_DIR", data_dir / "temp"),
        log_dir=log_file.parent,
        log_file=log_file,
        log_level=env.str("LOG_LEVEL", "INFO", validate=_log_level).upper(),
        max_upload_size=env.int("MAX_UPLOAD_SIZE", 100 * MIB, validate=_between(1, 1 << 40)),
        allowed_extensions=_extensions(env.str("ALLOWED_EXTENSIONS", ".zip")),
        admin_username=env.str("ADMIN_USERNAME", "admin"),
        admin_password=env.str("ADMIN_PASSWORD", DEFAULT_PASSWORD),
        admin_email=env.str("ADMIN_EMAIL", "") or None,
        jwt_secret_key=_jwt_secret(env.str("JWT_SECRET_KEY", ""), debug, data_dir),
        jwt_algorithm=env.str("JWT_ALGORITHM", "HS256", validate=_one_of("HS256", "HS384", "HS512")),
        jwt_expire_minutes=env.int("JWT_EXPIRE_MINUTES", 1440, validate=_between(1, 5_256_000)),
        jwt_access_expire_minutes=env.int("JWT_ACCESS_EXPIRE_MINUTES", 60, validate=_between(1, 5_256_000)),
        upload_secret_key=env.str("UPLOAD_SECRET_KEY", "") or None,
        cors_origins=_origins(env),
        public_url=_public_url(env.str("PUBLIC_URL", "")),
        trusted_proxies=env.int("TRUSTED_PROXIES", 0, validate=_between(0, 10)),
        x_accel_prefix=_accel_prefix(env.str("X_ACCEL_PREFIX", "")),
        ratelimit_enabled=env.bool("RATELIMIT_ENABLED", True),
        backups_owner_can_delete=env.bool("BACKUPS_OWNER_CAN_DELETE", False),
        backup_max_count=env.int("BACKUP_MAX_COUNT", 100, validate=_between(1, 1_000_000)),
        backup_max_bytes=env.int("BACKUP_MAX_BYTES", 2048 * MIB, validate=_between(1, 1 << 50)),
        installs_require_catalog=env.bool("INSTALLS_REQUIRE_CATALOG", False),
        install_permissions=_permissions(env.str("INSTALL_PERMISSIONS", "")),
        immutable_versions=env.bool("IMMUTABLE_VERSIONS", False),
        require_managed_assembly=env.bool("REQUIRE_MANAGED_ASSEMBLY", False),
        package_max_entries=env.int("PACKAGE_MAX_ENTRIES", 10_000, validate=_between(1, 1_000_000)),
        package_max_unpacked=env.int("PACKAGE_MAX_UNPACKED", 1024 * MIB, validate=_between(1, 1 << 40)),
        package_max_ratio=env.int("PACKAGE_MAX_RATIO", 200, validate=_between(2, 100_000)),
        disk_reserve=env.int("DISK_RESERVE", 268_435_456, validate=_between(0, 1 << 50)),
        disk_warning=env.int("DISK_WARNING", 1_073_741_824, validate=_between(0, 1 << 50)),
        maintenance=_schedule(env),
        backup_retention_days=env.int("BACKUP_RETENTION_DAYS", 0, validate=_between(0, 36_500)),
        rehash_cycle_days=env.int("REHASH_CYCLE_DAYS", 30, validate=_between(1, 3650)),
        auto_migrate=env.bool("AUTO_MIGRATE", False),
        redis_url=_redis_url(env.str("REDIS_URL", "")),
        storage_url=_storage_url(env.str("STORAGE_URL", "")),
        storage_downloads=env.str("STORAGE_DOWNLOADS", "redirect", validate=_one_of("redirect", "proxy")),
        storage_link_seconds=env.int("STORAGE_LINK_SECONDS", 300, validate=_between(10, 604_800)),
        aws_access_key_id=env.str("AWS_ACCESS_KEY_ID", ""),
        aws_secret_access_key=env.str("AWS_SECRET_ACCESS_KEY", ""),
        aws_session_token=env.str("AWS_SESSION_TOKEN", ""),
        clamav_url=_scanner_url(env.str("CLAMAV_URL", "")),
        otlp_endpoint=_otlp_endpoint(env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")),
        web_concurrency=env.int("WEB_CONCURRENCY", 2, validate=_between(1, 256)),
        web_threads=env.int("WEB_THREADS", 16, validate=_between(1, 1024)),
        ws_max_connections=env.int("WS_MAX_CONNECTIONS", 200, validate=_between(0, 10_000)),
        ws_max_per_user=env.int("WS_MAX_PER_USER", 10, validate=_between(1, 10_000)),
    )


def _schedule(env: Env) -> Mapping[str, int]:
    """Seconds between two runs of each maintenance task; 0 turns it off."""
    seconds = _between(0, 31 * 86_400)
    return {
        "tokens": env.int("MAINTENANCE_TOKENS", 3600, validate=seconds),
        "jobs": env.int("MAINTENANCE_JOBS", 3600, validate=seconds),
        "temp": env.int("MAINTENANCE_TEMP", 3600, validate=seconds),
        "gc": env.int("MAINTENANCE_GC", 86400, validate=seconds),
        "rollup": env.int("MAINTENANCE_ROLLUP", 3600, validate=seconds),
        "retention": env.int("MAINTENANCE_RETENTION", 86400, validate=seconds),
        "rehash": env.int("MAINTENANCE_REHASH", 300, validate=seconds),
    }


def ensure_safe(settings: Settings) -> None:
    """Refuse what is unsafe (documented defaults are for DEBUG, on loopback addresses alone) or not there yet."""
    _ensure_storage(settings)
    if settings.disk_warning < settings.disk_reserve:
        raise ConfigurationError("DISK_WARNING must not be less than DISK_RESERVE: it warns before uploads are refused")
    if settings.debug:
        if settings.admin_password == DEFAULT_PASSWORD and not is_loopback(settings.host):
            raise ConfigurationError(
                f"ADMIN_PASSWORD is the documented default, which is served on loopback addresses alone: "
                f"set ADMIN_PASSWORD, or HOST=127.0.0.1 (it is {settings.host})"
            )
        return
    if settings.admin_password == DEFAULT_PASSWORD:
        raise ConfigurationError("ADMIN_PASSWORD is the documented default: set ADMIN_PASSWORD (DEBUG is false)")
    if not 8 <= len(settings.admin_password) <= 128:
        raise ConfigurationError("ADMIN_PASSWORD must be 8 to 128 characters long (DEBUG is false)")
    secret = settings.jwt_secret_key
    if secret in PLACEHOLDER_SECRETS or len(secret.encode()) < MIN_SECRET_BYTES:
        raise ConfigurationError("JWT_SECRET_KEY must be a random text of at least 32 bytes (DEBUG is false)")


def _ensure_storage(settings: Settings) -> None:
    """Can the bucket be used, where one is named?"""
    if not settings.storage_url:
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not getattr(settings, name.lower()):
            raise ConfigurationError(f"{name} must be set where STORAGE_URL names a bucket")
    if find_spec("obstore") is None:
        raise ConfigurationError("STORAGE_URL needs the extra s3: pip install 'microdock-server[s3]'")


def is_loopback(host: str) -> bool:
    """Is `host` a name or address of this machine that no other machine can reach?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _path(env: Env, name: str, default: Path) -> Path:
    return Path(env.str(name, "") or default).absolute()


def database_url(url: str, data_dir: Path) -> str:
    """The setting as SQLAlchemy wants it, with absolute paths. Raises ConfigurationError."""
    if not url:
        return f"sqlite:///{data_dir / 'microdock.db'}"
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ConfigurationError("DATABASE_URL must be a URL such as sqlite:///./data/plugins.db")
    if scheme in ("sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"):
        path = rest.removeprefix("/")
        if not path or path == ":memory:":
            raise ConfigurationError("DATABASE_URL must name a database file: several processes share it")
        return f"sqlite:///{Path(path).absolute()}"
    if scheme in ("postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"):
        return f"postgresql+psycopg://{rest}"
    raise ConfigurationError("DATABASE_URL must begin with sqlite:/// or postgresql://")


def _jwt_secret(secret: str, debug: bool, data_dir: Path) -> str:
    """A missing secret is made once and kept beside the data, but only where DEBUG is on."""
    if secret or not debug:
        return secret
    kept = data_dir / "jwt-secret"
    if not kept.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _write_once(kept, secrets.token_urlsafe(48))
    return kept.read_text(encoding="ascii").strip()


def _write_once(path: Path, text: str) -> None:
    """Give `path` this text, readable by its owner only, unless another process was first: then theirs stays."""
    # mkstemp makes the file for its owner only; linked when complete, nobody ever reads half a secret.
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            Path(path).hardlink_to(draft)
    finally:
        Path(draft).unlink()


def _extensions(text: str) -> tuple[str, ...]:
    """`.zip,.tar.gz`, also spelled as JSON or a Python set, as the documents do."""
    words = [word.strip(" {}[]()'\"") for word in text.split(",")]
    found = tuple(word.lower() if word.startswith(".") else f".{word.lower()}" for word in words if word)
    if not found:
        raise ConfigurationError("ALLOWED_EXTENSIONS must name at least one extension, such as .zip")
    return found


def _origins(env: Env) -> tuple[str, ...]:
    default = "http://localhost:3000,http://localhost:3001,http://127.0.0.1:3000,http://127.0.0.1:3001"
    words = (word.strip(" []'\"") for word in env.str("CORS_ORIGINS", default).split(","))
    return tuple(word.rstrip("/") for word in words if word)


def _public_url(text: str) -> str | None:
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError("PUBLIC_URL must be an http(s) address such as https://plugins.example.com")
    return text.rstrip("/")


def _scanner_url(text: str) -> str:
    try:
        ensure_scanner_url(text)
    except ValueError as wrong:
        raise ConfigurationError(f"CLAMAV_URL: {wrong}") from wrong
    return text


def _redis_url(text: str) -> str:
    try:
        ensure_redis_url(text)
    except ValueError as wrong:
        raise ConfigurationError(f"REDIS_URL {wrong}") from wrong
    return text


def _storage_url(text: str) -> str:
    try:
        if text:
            parse_address(text)
    except ValueError as wrong:
        raise ConfigurationError(f"STORAGE_URL {wrong}") from wrong
    return text


def _otlp_endpoint(text: str) -> str:
    try:
        tracing.ensure_endpoint(text)
    except ValueError as wrong:
        raise ConfigurationError(f"OTEL_EXPORTER_OTLP_ENDPOINT {wrong}") from wrong
    return text


def _accel_prefix(text: str) -> str | None:
    if text and not text.startswith("/"):
        raise ConfigurationError("X_ACCEL_PREFIX must begin with / (the internal location in nginx)")
    return text.rstrip("/") or None


def _permissions(text: str) -> Mapping[str, Risk]:
    """`name=risk,name=risk`; a risk left out is low."""
    if not text:
        return DEFAULT_PERMISSIONS
    found = {}
    for item in text.split(","):
        name, _, risk = (part.strip() for part in item.partition("="))
        if not name or risk.lower() not in ("", *Risk):
            raise ConfigurationError("INSTALL_PERMISSIONS must read name=risk,name=risk; risks are low, medium, high")
        found[name] = Risk(risk.lower() or Risk.LOW)
    return found


def _between(low: int, high: int) -> Callable[[Any], None]:
    def check(value: int) -> None:
        if not low <= value <= high:
            raise marshmallow.ValidationError(f"must be between {low} and {high}")

    return check


def _one_of(*choices: str) -> Callable[[Any], None]:
    def check(value: str) -> None:
        if value not in choices:
            raise marshmallow.ValidationError(f"must be one of {', '.join(choices)}")

    return check


def _log_level(value: str) -> None:
    _one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")(value.upper())
