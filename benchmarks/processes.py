"""What Linux tells about the processes of a server: workers, their memory, whose connection is whose."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

MIB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """The processes that this one started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(pid: int) -> tuple[float, float]:
    """Resident and proportional size, in MiB."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, value = line.partition(":")
        found[name] = int(value.split()[0]) / 1024
    return found["Rss"], found["Pss"]


def resident(pid: int) -> int:
    """Resident size in bytes; cheap enough to ask a hundred times a second."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


class Growth:
    """Watches how far processes grow while the context is open."""

    def __init__(self, pids: Sequence[int], every: float = 0.01) -> None:
        self._before = {pid: resident(pid) for pid in pids}
        self._peak = dict(self._before)
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def worst(self) -> float:
        """The growth of the one that grew most, in MiB."""
        return max(self._peak[pid] - before for pid, before in self._before.items()) / MIB

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(self._every):
            for pid in self._peak:
                self._peak[pid] = max(self._peak[pid], resident(pid))


def owner(connection: http.client.HTTPConnection, pids: Sequence[int]) -> int | None:
    """Which of these processes answers on an open connection."""
    client_port, server_port = connection.sock.getsockname()[1], connection.sock.getpeername()[1]
    inode = _inode(server_port, client_port)
    return next((pid for pid in pids if f"socket:[{inode}]" in _open_files(pid)), None)


def _inode(local: int, remote: int) -> str | None:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(address.partition(":")[2], 16) for address in fields[1:3]]
        if ports == [local, remote]:
            return fields[9]
    return None


def _open_files(pid: int) -> set[str]:
    found = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(handle.readlink()))
        except FileNotFoundError:
            continue
    return found
