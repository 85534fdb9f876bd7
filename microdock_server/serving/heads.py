"""A request as it arrives: how much of it is there, and whether a thread can do anything with it yet.

This reads no more of a head than where it ends and how long its body is; gunicorn parses, and judges, what is whole.
Whatever looks odd here is therefore handed on at once: it is refused without waiting for more.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

MAX_HEAD: Final = 64 * 1024
# Bodies up to this length are waited for before a thread is asked.
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
    # A thread can answer it: all of it is there, or its body is for the application to receive.
    READY = auto()
    TOO_LONG = auto()


class Arriving:
    """The bytes of one request that were received so far, and maybe of the next."""

    __slots__ = ("_end", "_whole", "data", "is_continue_wanted", "stage")

    def __init__(self) -> None:
        # Whole in one piece, as nearly always, it is never copied.
        self.data: bytes | bytearray = b""
        self.stage = Stage.HEAD
        # The client waits for `100 Continue` before it sends the body; cleared by whoever sends it.
        self.is_continue_wanted = False
        self._end = self._whole = 0

    @property
    def body_is_here(self) -> bool:
        """Has all of the request arrived?"""
        return len(self.data) >= self._whole

    @property
    def head(self) -> bytes | bytearray:
        """The head as it arrived; all that arrived where it seems to have no end."""
        return self.data[: self._end or MAX_HEAD]

    @property
    def body_received(self) -> int:
        """Bytes of the body that are there."""
        return len(self.data) - self._end

    def add(self, data: bytes) -> Stage:
        """Take what was received; how far the request has come with it."""
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
        # One empty line before the request is passed over, as gunicorn does.
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
            # Chunked: where it ends is known only by reading it.
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
        """gunicorn would say `100 Continue` when a thread has the request; so it is said before, and not again."""
        head, body = self.data[: self._end], self.data[self._end :]
        without = _EXPECT.sub(b"", head, count=1)
        if without == head:
            return Stage.READY
        self.is_continue_wanted = _VERSION_1_1 in head
        self.data = without + body
        self._whole -= self._end - len(without)
        self._end = len(without)
        return Stage.BODY
