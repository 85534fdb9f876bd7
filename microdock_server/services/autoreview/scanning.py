"""Scanning a file with ClamAV, over clamd's own protocol (INSTREAM). Only an exact `stream: OK` means clean.

Implemented here because clamd's reply must be read although it closes the connection when it rejects a file.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import BinaryIO, Final, Literal, Self

from ...addresses.scanner import scanner_address

Verdict = Literal["clean", "infected", "failed", "not_run"]

CHUNK: Final = 64 * 1024
ANSWER_MAX: Final = 4096
TEXT_MAX: Final = 200
# A scanner that is not there fails fast, and its version, which is only information, is not waited for long.
CONNECT_SECONDS: Final = 10.0
VERSION_SECONDS: Final = 5.0

_FOUND: Final = re.compile(r"stream: (.+) FOUND", re.DOTALL)
_ERROR: Final = re.compile(r"(.+?)\.? ERROR", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of a scan. `signature` names what an infected file contains; `detail` says why a scan failed."""

    verdict: Verdict
    engine: str = ""
    signature: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        """All four fields by name, as stored."""
        return asdict(self)


class _Failed(Exception):
    """No verdict; the text gives the reason."""


def scan(stream: BinaryIO, url: str | None, *, timeout: float = 60.0) -> Scan:
    """Scan everything from the stream's position on with the clamd at `url`; without a URL, the scan is not run.

    Never raises, and takes no more than `timeout` seconds in total, however slowly clamd reads and answers (resolving a
    host's name and reading `stream` are not interrupted). Any error is `failed`, never `clean`.
    """
    if not url:
        return Scan("not_run")
    deadline = time.monotonic() + timeout
    try:
        address = scanner_address(url)
        with _Connection.to(address, deadline) as clamd:
            answer = clamd.examine(stream)
        found = _judged(answer)
    except (_Failed, ValueError) as reason:
        return Scan("failed", detail=str(reason))
    except Exception as error:
        return Scan("failed", detail=f"the scan broke off: {type(error).__name__}")
    return Scan(found.verdict, _engine(address, deadline), found.signature)


def _judged(answer: str) -> Scan:
    """The verdict of a reply: clean in exactly one wording, infected by its ending, failed in all others."""
    if answer == "stream: OK":
        return Scan("clean")
    if found := _FOUND.fullmatch(answer):
        return Scan("infected", signature=_printable(found[1]))
    if "size limit exceeded" in answer:
        raise _Failed("the file is larger than the scanner takes (StreamMaxLength)")
    if error := _ERROR.fullmatch(answer):
        raise _Failed(f"the scanner reports an error: {_printable(error[1])}")
    raise _Failed(f"the scanner's answer is not understood: {_printable(answer)}")


def _engine(address: tuple[str, int] | str, deadline: float) -> str:
    """Program and signatures, as `ClamAV 1.4.3/27500/…`; "" if clamd does not tell. Not part of the verdict."""
    try:
        with _Connection.to(address, min(deadline, time.monotonic() + VERSION_SECONDS)) as clamd:
            return _printable(clamd.ask(b"zVERSION\0"))
    except Exception:
        return ""


def _printable(text: str) -> str:
    """One line that is safe in a log or on a page."""
    return "".join(char if char.isprintable() else "?" for char in text)[:TEXT_MAX]


class _Connection:
    """One connection to clamd, with a `deadline` (on the monotonic clock)."""

    def __init__(self, peer: socket.socket, deadline: float) -> None:
        self._peer = peer
        self._deadline = deadline

    @classmethod
    @contextmanager
    def to(cls, address: tuple[str, int] | str, deadline: float) -> Iterator[Self]:
        """An open connection, closed at the end."""
        with _connected(address, deadline) as peer:
            yield cls(peer, deadline)

    def ask(self, command: bytes) -> str:
        """The reply to a command without content."""
        self._send(command)
        return self._answer()

    def examine(self, stream: BinaryIO) -> str:
        """The reply about a completely sent stream; if clamd stops reading before, its rejection."""
        try:
            self._send(b"zINSTREAM\0")
            for piece in _pieces(stream):
                if self._has_spoken():
                    return self._early()
                self._send(len(piece).to_bytes(4, "big") + piece)
            if self._has_spoken():
                return self._early()
            self._send(bytes(4))
        except ConnectionError:
            # clamd closes the connection on what it rejects; its reply can still be read.
            return self._early()
        return self._answer()

    def _early(self) -> str:
        """A reply to a part of the file: valid as a rejection or a finding, never as a clean verdict."""
        answer = self._answer()
        if answer == "stream: OK":
            raise _Failed("the scanner answered before it had the whole file")
        return answer

    def _has_spoken(self) -> bool:
        """Has clamd replied, or closed the connection already?"""
        self._peer.settimeout(0)
        try:
            self._peer.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        return True

    def _send(self, data: bytes) -> None:
        self._peer.settimeout(_left(self._deadline))
        with _timeouts():
            self._peer.sendall(data)

    def _answer(self) -> str:
        """The text before the NUL that ends a reply. Without it the reply is incomplete."""
        answer = b""
        while b"\0" not in answer:
            if len(answer) > ANSWER_MAX:
                raise _Failed("the scanner's answer does not end")
            piece = self._received()
            if not piece:
                raise _Failed("the scanner's answer was cut off" if answer else "the scanner hung up without an answer")
            answer += piece
        text, _, rest = answer.partition(b"\0")
        if rest:
            raise _Failed("the scanner's answer is followed by something else")
        return text.decode("utf-8", "replace")

    def _received(self) -> bytes:
        self._peer.settimeout(_left(self._deadline))
        with _timeouts():
            try:
                return self._peer.recv(ANSWER_MAX)
            except ConnectionError:
                return b""


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The rest of a stream. Its errors are not the connection's, although a remote stream may raise the same ones."""
    try:
        while piece := stream.read(CHUNK):
            yield piece
    except (OSError, ValueError):
        raise _Failed("the file cannot be read") from None


def _connected(address: tuple[str, int] | str, deadline: float) -> socket.socket:
    """A socket to the first of the host's addresses that answers; the deadline covers all of them."""
    try:
        with _timeouts():
            if isinstance(address, str):
                return _dialled(socket.AF_UNIX, address, deadline)
            return _first(address, min(deadline, time.monotonic() + CONNECT_SECONDS))
    except OSError as error:
        raise _Failed(f"the scanner cannot be reached: {error.strerror or type(error).__name__}") from None


def _first(address: tuple[str, int], deadline: float) -> socket.socket:
    refused: OSError = OSError("no address")
    for family, _, _, _, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        try:
            return _dialled(family, place, deadline)
        except OSError as error:
            refused = error
    raise refused


def _dialled(family: int, place: str | tuple[object, ...], deadline: float) -> socket.socket:
    peer = socket.socket(family, socket.SOCK_STREAM)
    try:
        peer.settimeout(_left(deadline))
        peer.connect(place)
    except BaseException:
        peer.close()
        raise
    return peer


def _left(deadline: float) -> float:
    """The seconds left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise _Failed("the scanner took too long")
    return left


@contextmanager
def _timeouts() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise _Failed("the scanner took too long") from None
