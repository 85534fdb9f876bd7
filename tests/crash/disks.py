"""What a process that was killed leaves to the next one: the files below its directory, to the byte."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

# SQLite's index of its log is made anew by whoever opens the database first.
UNREAD: Final = "-shm"
# Chance names these, and nothing refers to them.
UNFINISHED: Final = re.compile(r"/(\.partial-|body-|\.jwt-secret-)[^/]+$")
# Lines with their time, which the program writes and never reads.
LOGS: Final = re.compile(r"/logs/[^/]+\.(log|json)$")


def digest(directory: Path) -> str:
    """The same for two directories from which the next process would read the same."""
    entries = []
    for path in directory.rglob("*"):
        name = UNFINISHED.sub(r"/\1", f"/{path.relative_to(directory)}")
        if not name.endswith(UNREAD):
            is_read = path.is_file() and not LOGS.search(name)
            content = hashlib.sha256(path.read_bytes()).hexdigest() if is_read else ""
            entries.append(f"{name} {path.lstat().st_mode:o} {content}\n")
    return hashlib.sha256("".join(sorted(entries)).encode()).hexdigest()
