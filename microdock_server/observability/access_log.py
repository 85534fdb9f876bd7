"""Lines about answered requests. While a process answers several, their lines are collected and written together.

They are formatted here, which costs a tenth of what `logging` takes for a record; they look as its handlers' lines do.
A request that is answered alone has its line written before its answer. So is every other line, after those that were
collected before it: the order stays. A process that is killed loses lines about requests of the last HOLD_SECONDS, and
of the time that writing takes, and nothing else.
"""

from __future__ import annotations

import atexit
import logging
import os
import re
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import orjson

LOGGER: Final = "microdock_server.access"
LEVEL: Final = logging.getLevelName(logging.INFO)
# Where a record would say that it was made.
MODULE: Final = __name__.rpartition(".")[2]
HOLD_SECONDS: Final = 0.1
# Whoever would collect more writes them itself: where the disk or the console is slow, requests wait for it.
MOST: Final = 1_000
# What one write to a pipe puts there in one piece, beside other processes' writes.
PIPE_BYTES: Final = 4_096
PATH_MAX: Final = 500
_log: Final = logging.getLogger(LOGGER)
TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


class Answered(NamedTuple):
    """A request that was answered: when (Unix time), with what, and how long the answer took to begin."""

    at: float
    request_id: str
    method: str
    path: str
    status: str
    seconds: float

    @property
    def message(self) -> str:
        """What the line says. Control characters, and all that is not ASCII, are escaped; a token is left out."""
        path = self.path.encode("latin-1", "replace").decode("utf-8", "replace")[:PATH_MAX]
        text = f"请求: {_escaped(self.method)} {_escaped(path)} 响应: {self.status} (耗时: {self.seconds:.4f}s)"
        return TOKEN.sub("[token]", text) if "eyJ" in text else text


class Form(Protocol):
    """How a handler's lines look."""

    def __call__(self, one: Answered, at: str, message: str) -> str: ...


def console_form(one: Answered, at: str, message: str) -> str:
    return f"{at} - {LOGGER} - {LEVEL} - [{one.request_id}] {message}\n"


def text_form(one: Answered, at: str, message: str) -> str:
    return f"{at} - {LOGGER} - {LEVEL} - {MODULE}:0 - [{one.request_id}] {message}\n"


def json_form(one: Answered, at: str, message: str) -> str:
    found = {"asctime": at, "name": LOGGER, "levelname": LEVEL, "module": MODULE, "lineno": 0, "message": message}
    return f"{orjson.dumps({**found, 'request_id': one.request_id}).decode()}\n"


class Clock:
    """Formats the date once per second, not once per line."""

    def __init__(self) -> None:
        self._second, self._date = -1, ""

    def text(self, at: float) -> str:
        """A Unix time as local time with milliseconds."""
        second = int(at)
        if second != self._second:
            self._second, self._date = second, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        return f"{self._date},{int((at - second) * 1000):03d}"


class LineHandler(logging.Handler, ABC):
    """A handler that writes lines, of records and of answered requests, in the order in which they were made."""

    # How lines about answered requests look; None: there are none.
    form: Form | None = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Write the record's line, after what was collected. Nobody who holds the handler's lock waits for that."""
        flush()
        return bool(super().handle(record))

    def close(self) -> None:
        """Write what was collected; write no more."""
        flush()
        super().close()

    @abstractmethod
    def write(self, lines: Sequence[str]) -> None:
        """Write these, which end in line ends."""


class ConsoleHandler(LineHandler, logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to a stream that other processes write to as well, never a part of a line."""

    form = staticmethod(console_form)

    def write(self, lines: Sequence[str]) -> None:
        """Write these in as few pieces as a pipe takes whole."""
        with self.lock:  # type: ignore[union-attr]
            for piece in _pieces(lines):
                self.stream.write(piece)
                self.stream.flush()


class Collector:
    """What was not written yet, and the thread that will."""

    def __init__(self, targets: Sequence[LineHandler]) -> None:
        self._targets = targets
        self._clock = Clock()
        self.begin()

    def begin(self) -> None:
        """Nothing is collected, and no thread writes: also so after a fork, where both are the parent's."""
        # Threads append to it without a lock.
        self._collected: deque[Answered] = deque()
        self._writing = threading.RLock()
        self._is_wanted = threading.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def collect(self, answered: Answered, *, at_once: bool) -> None:
        """Have a line written: now, or within a moment."""
        self._collected.append(answered)
        if at_once or len(self._collected) >= MOST:
            self.flush()
        elif not self._is_wanted.is_set():
            self._want()

    def flush(self) -> None:
        """Write what was collected."""
        if not self._collected:
            return
        with self._writing:
            # Before they are taken: what is collected from now on is wanted anew.
            self._is_wanted.clear()
            answered = [self._collected.popleft() for _ in range(len(self._collected))]
            told = [(one, self._clock.text(one.at), one.message) for one in answered]
            for target in self._targets:
                if target.form is None or target.level > logging.INFO:
                    continue
                try:
                    target.write([target.form(*line) for line in told])
                except Exception:
                    target.handleError(logging.makeLogRecord({"name": LOGGER, "msg": "lines were not written"}))

    def close(self) -> None:
        """Write what was collected, and end the thread."""
        self.flush()
        self._is_closed = True
        self._is_wanted.set()

    def _want(self) -> None:
        with self._writing:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._write_on, name="access-log", daemon=True)
                self._thread.start()
        self._is_wanted.set()

    def _write_on(self) -> None:
        while True:
            self._is_wanted.wait()
            if self._is_closed:
                return
            time.sleep(HOLD_SECONDS)
            self.flush()


# The threads that answer a request.
_busy: Final[set[int]] = set()
# This process's; None before logging is configured.
_used: Collector | None = None


def use(targets: Sequence[LineHandler]) -> None:
    """From now on lines about requests are written by these; what was collected is written by those before."""
    global _used  # noqa: PLW0603  (logging is configured once per process)
    if _used is not None:
        _used.close()
    _used = Collector(targets)


def flush() -> None:
    """Write what was collected."""
    if _used is not None:
        _used.flush()


def begun() -> None:
    """This thread has a request to answer."""
    _busy.add(threading.get_ident())


def ended() -> None:
    """This thread's request is answered, or is a request no more."""
    _busy.discard(threading.get_ident())


def record(request_id: str, method: str, path: str, status: str, seconds: float) -> None:
    """Have a line written about an answered request, where lines at INFO are written at all."""
    if _used is None or not _log.isEnabledFor(logging.INFO):
        return
    _used.collect(Answered(time.time(), request_id, method, path, status, seconds), at_once=len(_busy) < 2)


def _pieces(lines: Sequence[str]) -> Iterator[str]:
    piece, size = list[str](), 0
    for line in lines:
        length = len(line.encode("utf-8", "backslashreplace"))
        if piece and size + length > PIPE_BYTES:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += length
    yield "".join(piece)


def _escaped(text: str) -> str:
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return text.encode("unicode_escape").decode()


def _begin_in_child() -> None:
    _busy.clear()
    if _used is not None:
        _used.begin()


os.register_at_fork(after_in_child=_begin_in_child)
# Before `logging` closes its handlers.
atexit.register(flush)
