"""How processes that live long end: what Python does at the end of a program, but for taking the interpreter apart.

That last part goes through every object and module of the application to give back memory that the kernel takes anyway:
most of a second for nothing, in every process of a server.
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

    First, in Python's own order: threads that are no daemons end; what is registered with atexit runs (logs and traces
    are flushed, coverage is written). `close` closes databases, so that the last process leaves no log
    of SQLite's behind. What was printed is out.
    """
    # As multiprocessing ends its processes; there is no public way to ask for either.
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
    """End this process as this SystemExit would end it. Return if it is anything else: that is Python's to tell."""
    if isinstance(leaving, SystemExit) and isinstance(leaving.code, int | None):
        end(leaving.code or 0, close)
