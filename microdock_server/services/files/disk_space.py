"""Free disk space: uploads are refused before a disk is full, and warnings are logged earlier. Reads continue."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

# A disk is queried at most this often.
KEPT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Space:
    """One filesystem, in bytes: space available to us, and total size. `device` identifies filesystems."""

    device: int
    free: int
    size: int


class DiskGuard:
    """Watches the filesystems of some directories. In bytes: `reserve` stays free; below `warning` the log says so."""

    def __init__(self, directories: Mapping[str, Path], reserve: int, warning: int) -> None:
        self.reserve, self.warning = reserve, warning
        self._directories = dict(directories)
        self._lock = threading.Lock()
        self._spaces: dict[str, Space] = {}
        self._asked = 0.0
        self._state = "ok"

    def spaces(self) -> dict[str, Space]:
        """Space by directory, at most a second old. A filesystem that does not answer is left out."""
        with self._lock:
            if not self._spaces or time.monotonic() - self._asked >= KEPT_SECONDS:
                self._spaces = {name: found for name, path in self._directories.items() if (found := _measure(path))}
                self._asked = time.monotonic()
                self._note()
            return self._spaces

    def state(self) -> str:
        """`ok`, `low` (below the warning) or `full` (below the reserve)."""
        self.spaces()
        return self._state

    def has_room(self, size: int) -> bool:
        """Would `size` further bytes leave the reserve free, on every filesystem?"""
        return all(space.free - size >= self.reserve for space in self.spaces().values())

    def _note(self) -> None:
        """Log every crossing of a threshold once."""
        free = min((space.free for space in self._spaces.values()), default=self.warning)
        now = "full" if free < self.reserve else "low" if free < self.warning else "ok"
        before, self._state = self._state, now
        if now == before:
            return
        if now == "ok":
            log.info("disk space: %d bytes free, enough again", free)
        elif now == "low":
            log.warning("disk space is low: %d bytes free; below %d uploads are refused", free, self.reserve)
        else:
            log.error("disk space: %d bytes free, less than DISK_RESERVE (%d): uploads are refused", free, self.reserve)


def _measure(path: Path) -> Space | None:
    for place in (path, *path.parents):
        try:
            found = os.statvfs(place)
            device = place.stat().st_dev
        except FileNotFoundError:
            # The directory is created with the first file.
            continue
        except OSError:
            log.warning("a filesystem does not say how much it has left", exc_info=True)
            return None
        return Space(device, found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)
    return None
