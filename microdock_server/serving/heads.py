"""A request as it arrives: how much of it is there, and whether it can be handed to a thread.

Only the end of the head and the length of the body are determined here; gunicorn parses and validates the complete
request. So anything that looks invalid is handed on at once, to be refused without waiting for more.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

MAX_HEAD: Final = 64 * 1024
# Bodies up to this length are received before a thread is used.
MAX_BODY: Final = 64 * 1024
_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n")
_EXPECT: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_BARE_LINE_END: Final = re.compile(rb"(?<!\r)\n")
_VERSION_1_1: Final = b" HTTP/1.1\r\n"


class Stage(Enum):
    """How far a request has come."""

    HEAD = auto()
    BODY = auto()
    # Ready for a thread: complete, or with a body that the application receives.
    READY = auto()
    TOO_LONG = auto()


class Arriving:
    """The bytes received so far of one request, and perhaps of the next."""

    __slots__ = ("_end", "_whole", "data", "is_continue_wanted", "stage")

    def __init__(self) -> None:
        # A head that arrives in one piece, as nearly always, is never copied.
        self.data: bytes | bytearray = b""
        self.stage = Stage.HEAD
        # The client waits for `100 Continue` before it sends the body; cleared when that is sent.
        self.is_continue_wanted = False
        self._end = self._whole = 0

    @property
    def body_is_here(self) -> bool:
        """Has the whole request arrived?"""
        return len(self.data) >= self._whole

    @property
    def head(self) -> bytes | bytearray:
        """The head as it arrived; everything received if it seems to have no end."""
        return self.data[: self._end or MAX_HEAD]

    @property
    def body_received(self) -> int:
        """The number of received bytes of the body."""
        return len(self.data) - self._end

    def add(self, data: bytes) -> Stage:
        """Add received bytes; returns how far the request has come."""
        searched = max(0, len(self.data) - 3)
        if not self.data:
            self.data = data
        elif isinstance(self.data, bytearray):
            self.data += data
        else:
            self.data = bytearray(self.data) + data
        if self.stage is Stage.HEAD:
            self.stage = self._judge_head(searched)
        if self.stage is Stage.BODY and self.body_is_here:
            self.stage = Stage.READY
        return self.stage

    def _judge_head(self, searched: int) -> Stage:
        # One empty line before the request is skipped, as gunicorn does.
        end = self.data.find(_END, searched)
        if end < 0:
            if _BARE_LINE_END.search(self.data, searched):
                return Stage.READY
            return Stage.HEAD if len(self.data) <= MAX_HEAD else Stage.TOO_LONG
        if end > MAX_HEAD:
            return Stage.TOO_LONG
        self._end = self._whole = end + len(_END)
        return self._judge_body(self.data[: self._end].lower())

    def _judge_body(self, head: bytes | bytearray) -> Stage:
        if b"\r\ntransfer-encoding:" in head:
            # Chunked: only reading it finds the end.
            self._whole = 1 << 62
            return Stage.READY
        if b"\r\ncontent-length:" not in head:
            return Stage.READY
        found = _LENGTH.search(head)
        if found is None:
            return Stage.READY
        self._whole = self._end + int(found[1])
        if int(found[1]) > MAX_BODY:
            return Stage.READY
        if b"\r\nexpect:" in head and not self.body_is_here:
            return self._meet_expectation()
        return Stage.BODY

    def _meet_expectation(self) -> Stage:
        """gunicorn would send `100 Continue` once a thread has the request; it is sent earlier, and removed from the
        head.
        """
        head, body = self.data[: self._end], self.data[self._end :]
        without = _EXPECT.sub(b"", head, count=1)
        if without == head:
            return Stage.READY
        self.is_continue_wanted = _VERSION_1_1 in head
        self.data = without + body
        self._whole -= self._end - len(without)
        self._end = len(without)
        return Stage.BODY
