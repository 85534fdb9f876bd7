"""Strikes at one operation on the disk or the database, counted from the moment of arming.

The functions that the program calls are wrapped from outside, in a process of its own: the program knows nothing of it.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

FILE_CALLS = ("open", "fsync", "link", "unlink", "remove", "replace", "rename", "mkdir", "rmdir")
DATABASE_CALLS = ("connect", "do_execute", "do_executemany", "do_execute_no_params", "do_commit", "do_rollback")
READS = ("read", "readinto", "readall")
# Steps after which the disk is as it was before them.
CHANGELESS = ("read", "sql SELECT", "sql PRAGMA", "sql BEGIN", "sql ROLLBACK", "sql CONNECT")

Strike = Callable[[str], None]


class Faults:
    """Counts operations below `directory`; the `at`-th meets `strike`, and with `onwards` all that follow too.

    `when` is "before" or "after" the operation. After a write means: after half of its bytes. Steps that
    begin with one of `ignoring` do not count.
    """

    def __init__(
        self,
        directory: Path,
        at: int,
        when: str,
        strike: Strike,
        *,
        onwards: bool = False,
        ignoring: tuple[str, ...] = (),
    ) -> None:
        self._directory, self._at, self._when, self._strike = str(directory), at, when, strike
        self._onwards, self._ignoring = onwards, ignoring
        self.armed = False
        self.count = 0

    def install(self) -> None:
        """Wrap everything. There is no way back: the process is meant to end."""
        for name in FILE_CALLS:
            setattr(os, name, self._file_call(name, getattr(os, name)))
        io.open = self._opener(io.open)  # type: ignore[assignment]
        for name in DATABASE_CALLS:
            setattr(DefaultDialect, name, self._database_call(name, getattr(DefaultDialect, name)))

    def _meet(self, step: str, operation: Callable[[], Any], torn: Callable[[], Any] | None = None) -> Any:
        if not self.armed or step.startswith(self._ignoring):
            return operation()
        self.count += 1
        if self.count != self._at and not (self._onwards and self.count > self._at):
            return operation()
        if self._when == "before":
            self._strike(step)
            return operation()
        try:
            return torn() if torn else operation()
        finally:
            self._strike(step)

    def _file_call(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(target: Any, *arguments: Any, **options: Any) -> Any:
            if not self._is_ours(target):
                return original(target, *arguments, **options)
            step = f"{name} {self._short(target)}".strip()
            return self._meet(step, lambda: original(target, *arguments, **options))

        return call

    def _opener(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(target: Any, *arguments: Any, **options: Any) -> Any:
            if not self._is_ours(target):
                return original(target, *arguments, **options)

            def operation() -> Any:
                file = original(target, *arguments, **options)
                if isinstance(file, io.FileIO):
                    self._watch(file)
                return file

            # A descriptor was counted when it was opened.
            if isinstance(target, int):
                return operation()
            return self._meet(f"open {self._short(target)}", operation)

        return call

    def _watch(self, file: Any) -> None:
        write = file.write
        file.write = lambda data: self._meet("write", lambda: write(data), lambda: write(data[: len(data) // 2]))
        for name in READS:
            setattr(file, name, self._read_call(getattr(file, name)))

    def _read_call(self, original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: self._meet("read", lambda: original(*arguments))

    def _database_call(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(dialect: Any, *arguments: Any, **options: Any) -> Any:
            statement = arguments[1] if name.startswith("do_execute") else name.removeprefix("do_").upper()
            step = "sql " + " ".join(str(statement).split()[:3])
            return self._meet(step, lambda: original(dialect, *arguments, **options))

        return call

    def _is_ours(self, target: Any) -> bool:
        return isinstance(target, int) or os.fspath(target).startswith(self._directory)

    def _short(self, target: Any) -> str:
        return "" if isinstance(target, int) else "".join(Path(target).relative_to(self._directory).parts[:1])


def kill(_step: str) -> None:
    """End this process as a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def full(step: str) -> None:
    """The disk has no room left."""
    if step.startswith("sql"):
        raise sqlite3.OperationalError("database or disk is full")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def broken(step: str) -> None:
    """The disk fails."""
    if step.startswith("sql"):
        raise sqlite3.OperationalError("disk I/O error")
    raise OSError(errno.EIO, os.strerror(errno.EIO))


STRIKES: dict[str, Strike] = {"kill": kill, "full": full, "broken": broken}
