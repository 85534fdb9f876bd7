"""Ends long-lived processes as Python does, except for destroying the interpreter's objects.

That last step visits every object and module of the application to free memory that the kernel frees anyway: most of a
second for nothing, in every process of a server.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn


def end(code: int, close: Callable[[], None] | None = None) -> NoReturn:
    """End this process now, with this exit code.

    First, in Python's own order: non-daemon threads end, and functions registered with atexit run (logs and traces are
    flushed, coverage is written). `close` closes databases, so that the last process leaves no SQLite log files behind.
    Output streams are flushed.
    """
    # As multiprocessing ends its processes; there is no public API for either.
    threading._shutdown()  # type: ignore[attr-defined]
    if close is not None:
        with suppress(Exception):
            close()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)


def end_like(leaving: BaseException | None, close: Callable[[], None] | None = None) -> None:
    """End this process as this SystemExit would. Returns for any other exception, which Python reports."""
    if isinstance(leaving, SystemExit) and isinstance(leaving.code, int | None):
        end(leaving.code or 0, close)
