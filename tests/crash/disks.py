"""What a process leaves to the next one.

Of one that was killed: the files below its directory, to the byte, for the next one recovers from what it finds there.
Of one that lived, whose files and database are whole: what is in them, but for times and the ids that chance makes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ..memory import in_memory

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


# In a database's dump: moments, and ids. Whatever refers to an id has the number that it has in the order of the dump.
TIME: Final = re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")
ID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
# Follows from all that stands before it, the moment among it.
CHAIN: Final = re.compile(r"""^(INSERT INTO "audit_log" .*),'[0-9a-f]{64}','[0-9a-f]{64}'\);$""", re.MULTILINE)


def content(directory: Path) -> str:
    """The same for two directories of processes that lived, from which the next one would read the same."""
    databases = sorted(directory.glob("*.db"))
    entries = [_dump(path) for path in databases]
    for path in directory.rglob("*"):
        if path.is_file() and not path.name.startswith(tuple(database.name for database in databases)):
            name = UNFINISHED.sub(r"/\1", f"/{path.relative_to(directory)}")
            read = b"" if LOGS.search(name) else path.read_bytes()
            entries.append(f"{name} {path.lstat().st_mode:o} {hashlib.sha256(read).hexdigest()}\n")
    return hashlib.sha256("".join(sorted(entries)).encode()).hexdigest()


def _dump(database: Path) -> str:
    """All that a database says, read from a copy: whoever opens the one on the disk writes to it."""
    with TemporaryDirectory(dir=in_memory()) as copy:
        for path in database.parent.glob(f"{database.name}*"):
            if not path.name.endswith(UNREAD):
                shutil.copy(path, copy)
        with closing(sqlite3.connect(Path(copy) / database.name)) as connection:
            text = "\n".join(connection.iterdump())
    numbers: dict[str, str] = {}
    text = CHAIN.sub(r"\1", TIME.sub("", text))
    text = ID.sub(lambda found: numbers.setdefault(found[0], f"id {len(numbers)}"), text)
    return f"{database.name} {text}"
