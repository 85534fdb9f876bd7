"""Directories in memory for test files that need no disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

SHARED_MEMORY: Final = Path("/dev/shm")
# Containers give 64 MiB, which a single test may fill.
ENOUGH: Final = 4 << 30


def in_memory() -> Path | None:
    """A directory of the machine's memory, where it has one with room; None where it has not."""
    if not os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return None
    found = os.statvfs(SHARED_MEMORY)
    return SHARED_MEMORY if found.f_bavail * found.f_frsize >= ENOUGH else None
