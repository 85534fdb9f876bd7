"""Combinations of settings with which a server refuses to start, although each setting is valid."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from ..addresses import client
from .declarations import DEFAULT_PASSWORD
from .settings import Settings
from .values import ConfigurationError

PLACEHOLDER_SECRETS: Final = frozenset(
    {
        "默认密钥",
        "your-secret-key-change-in-production",
        "your-very-secure-secret-key-change-this-in-production",
        "your-very-secure-jwt-secret-key-minimum-32-characters",
    }
)
MIN_SECRET_BYTES: Final = 32


def ensure_safe(settings: Settings) -> None:
    """Refuse what is unsafe (documented defaults are for DEBUG on loopback addresses only) or not possible yet."""
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
    """Is the bucket usable, if one is configured?"""
    if not settings.storage_url:
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not getattr(settings, name.lower()):
            raise ConfigurationError(f"{name} must be set where STORAGE_URL names a bucket")
    if find_spec("obstore") is None:
        raise ConfigurationError("STORAGE_URL needs the extra s3: pip install 'microdock-server[s3]'")


def is_loopback(host: str) -> bool:
    """Is `host` a name or address of this machine that no other machine can reach?"""
    return host.lower() == "localhost" or client.is_loopback(host)
