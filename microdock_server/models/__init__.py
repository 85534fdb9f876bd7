"""The archive: what is stored, one file a noun."""

from .backup import Backup
from .catalog import Catalog
from .install import Install
from .plugin import Plugin, PluginTombstone
from .setting import Setting
from .token import RefreshToken, RevokedToken, TokenFamily
from .user import User
from .version import PluginVersion, VersionTombstone

__all__ = [
    "Backup",
    "Catalog",
    "Install",
    "Plugin",
    "PluginTombstone",
    "PluginVersion",
    "RefreshToken",
    "RevokedToken",
    "Setting",
    "TokenFamily",
    "User",
    "VersionTombstone",
]
