"""Every setting, typed and read from the environment once, and the checks that keep an unsafe server from starting."""

from .declarations import DEFAULT_PASSWORD
from .safety import ensure_safe, is_loopback
from .settings import Settings, load_settings
from .values import ConfigurationError, database_url, normal_origin

__all__ = [
    "DEFAULT_PASSWORD",
    "ConfigurationError",
    "Settings",
    "database_url",
    "ensure_safe",
    "is_loopback",
    "load_settings",
    "normal_origin",
]
