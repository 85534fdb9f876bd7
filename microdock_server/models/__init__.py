"""Tables, one file per noun."""

from .actives import ActiveSalt, ActiveSketch
from .appeal import Appeal
from .audit import AuditEntry
from .backup import Backup
from .block import Block
from .catalog import Catalog
from .category import Category
from .developer import Developer, RevenueEntry
from .downloads import UNDATED, DownloadDay, DownloadTotal, DownloadWindow
from .image import PluginImage
from .install import Install
from .job import Job
from .notification import Notification, NotificationRead
from .plugin import Plugin, PluginTombstone
from .rating import Rating, RatingReport, RatingRevision
from .review import AutoReview, Review, VersionInventory
from .review_reply import ReviewReply
from .setting import Setting
from .token import RefreshToken, RevokedToken, TokenFamily
from .user import User
from .version import PluginVersion, VersionTombstone, package_file_name

__all__ = [
    "UNDATED",
    "ActiveSalt",
    "ActiveSketch",
    "Appeal",
    "AuditEntry",
    "AutoReview",
    "Backup",
    "Block",
    "Catalog",
    "Category",
    "Developer",
    "DownloadDay",
    "DownloadTotal",
    "DownloadWindow",
    "Install",
    "Job",
    "Notification",
    "NotificationRead",
    "Plugin",
    "PluginImage",
    "PluginTombstone",
    "PluginVersion",
    "Rating",
    "RatingReport",
    "RatingRevision",
    "RefreshToken",
    "RevenueEntry",
    "Review",
    "ReviewReply",
    "RevokedToken",
    "Setting",
    "TokenFamily",
    "User",
    "VersionInventory",
    "VersionTombstone",
    "package_file_name",
]
