"""Snapshots of the whole server: database and files in one archive, created online, verified, restored, undone."""

from .creating import Snapshot, Source, create
from .encryption import Keys, Lock
from .problems import SnapshotProblem
from .reading import Known, read_manifest
from .restoring import SQLITE_FILE, Restored, restore
from .switching import undo
from .verifying import Verified, verify

__all__ = [
    "SQLITE_FILE",
    "Keys",
    "Known",
    "Lock",
    "Restored",
    "Snapshot",
    "SnapshotProblem",
    "Source",
    "Verified",
    "create",
    "read_manifest",
    "restore",
    "undo",
    "verify",
]
