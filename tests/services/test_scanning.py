"""Scanning with a fake clamd that lies in every way: only `stream: OK` is clean."""

from __future__ import annotations

import io
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from microdock_server.addresses.scanner import ensure_scanner_url
from microdock_server.services.autoreview import scanning
from microdock_server.services.autoreview.scanning import Scan, scan

VERSION = "ClamAV 1.4.3/27500/Sat Nov 21 09:00:00 2026"
CONTENT = os.urandom(200_000)
# No promise: after so long something hangs.
SECONDS = 60.0


class Clamd:
    """A server on a socket of its own; `behave` gets every INSTREAM connection behind its command."""

    def __init__(self, listener: socket.socket, url: str) -> None:
        self.url = url
        self.received: list[bytes] = []
        self.commands: list[bytes] = []
        self.version = VERSION.encode() + b"\0"
        self.behave: Callable[[socket.socket], None] = self.answering(b"stream: OK\0")
        self.stopped = threading.Event()
        self._listener = listener
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            if self.stopped.is_set():
                peer.close()
                return
            thread = threading.Thread(target=self._serve, args=(peer,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, suppress(OSError, struct.error):
            command = b""
            while not command.endswith(b"\0") and (byte := peer.recv(1)):
                command += byte
            self.commands.append(command)
            if command == b"zVERSION\0":
                peer.sendall(self.version)
            elif command == b"zINSTREAM\0":
                self.behave(peer)

    def read(self, peer: socket.socket) -> None:
        """Take the whole stream."""
        content = b""
        with peer.makefile("rb") as file:
            while length := struct.unpack("!L", file.read(4))[0]:
                content += file.read(length)
        self.received.append(content)

    def answering(self, answer: bytes) -> Callable[[socket.socket], None]:
        def behave(peer: socket.socket) -> None:
            self.read(peer)
            peer.sendall(answer)

        return behave

    def stop(self) -> None:
        self.stopped.set()
        # Wakes the accepting thread, which a mere close would not do.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()


@pytest.fixture(params=["tcp", "unix"])
def clamd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clamd]:
    if request.param == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(tmp_path / "clamd.sock"))
        listener.listen()
        url = f"unix://{tmp_path}/clamd.sock"
    server = Clamd(listener, url)
    yield server
    server.stop()


def asked(clamd: Clamd, content: bytes = CONTENT, timeout: float = SECONDS) -> Scan:
    return scan(io.BytesIO(content), clamd.url, timeout=timeout)


def failed(found: Scan) -> str:
    """The reason of a failed scan, which never names an engine or a signature."""
    assert found.verdict == "failed"
    assert (found.engine, found.signature) == ("", "")
    assert found.detail
    return found.detail


def test_a_clean_file_is_sent_whole_and_the_engine_named(clamd: Clamd) -> None:
    assert asked(clamd) == Scan("clean", VERSION)
    assert clamd.received == [CONTENT]
    assert clamd.commands == [b"zINSTREAM\0", b"zVERSION\0"]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537])
def test_every_size_arrives(clamd: Clamd, size: int) -> None:
    assert asked(clamd, CONTENT[:size]).verdict == "clean"
    assert clamd.received == [CONTENT[:size]]


def test_the_stream_is_read_from_where_it_stands(clamd: Clamd) -> None:
    stream = io.BytesIO(b"skipped" + CONTENT)
    stream.seek(7)
    assert scan(stream, clamd.url).verdict == "clean"
    assert clamd.received == [CONTENT]


@pytest.mark.parametrize(
    ("answer", "signature"),
    [
        (b"stream: Eicar-Test-Signature FOUND\0", "Eicar-Test-Signature"),
        (b"stream: Win.Trojan.A(44d88612fea8a8f36de82e1278abb02f:68) FOUND\0", None),
        (b"stream: OK FOUND\0", "OK"),
        (b"stream: A FOUND\nstream: B FOUND\0", "A FOUND?stream: B"),
        (b"stream: \xff\x1b[31m FOUND\0", "\N{REPLACEMENT CHARACTER}?[31m"),
        (b"stream: " + b"x" * 1000 + b" FOUND\0", "x" * 200),
    ],
)
def test_an_infected_file_names_its_signature(clamd: Clamd, answer: bytes, signature: str | None) -> None:
    clamd.behave = clamd.answering(answer)
    found = asked(clamd)
    assert found.verdict == "infected"
    assert found.engine == VERSION
    assert found.signature == (signature or "Win.Trojan.A(44d88612fea8a8f36de82e1278abb02f:68)")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"INSTREAM size limit exceeded. ERROR\0", "larger than the scanner takes"),
        (b"stream: Can't allocate memory ERROR\0", "reports an error: stream: Can't allocate memory"),
        (b"UNKNOWN COMMAND\0", "not understood: UNKNOWN COMMAND"),
        (b"\0", "not understood"),
        (b"\xff\xfe\xfd\0", "not understood"),
        (b"stream: ok\0", "not understood"),
        (b"stream: OK \0", "not understood"),
        (b" stream: OK\0", "not understood"),
        (b"stream: OK\n\0", "not understood"),
        (b"other: OK\0", "not understood"),
        (b"1: stream: OK\0", "not understood"),
        (b"HTTP/1.1 200 OK\r\n\r\nstream: OK\0", "not understood"),
        (b"stream:  FOUND\0", "not understood"),
        (b"stream: OK", "cut off"),
        (b"stream: Eicar FOUND", "cut off"),
        (b"stre", "cut off"),
        (b"stream: OK\0stream: Eicar FOUND\0", "followed by something else"),
        (b"", "hung up without an answer"),
        (b"x" * 100_000, "does not end"),
    ],
)
def test_every_other_answer_is_a_failure(clamd: Clamd, answer: bytes, reason: str) -> None:
    clamd.behave = clamd.answering(answer)
    assert reason in failed(asked(clamd))


def test_an_answer_may_come_in_pieces(clamd: Clamd) -> None:
    def behave(peer: socket.socket) -> None:
        clamd.read(peer)
        for byte in b"stream: OK\0":
            peer.sendall(bytes([byte]))
            # What comes slowly is what this is about: most of these are received one by one.
            time.sleep(0.005)

    clamd.behave = behave
    assert asked(clamd).verdict == "clean"


def test_a_scanner_that_hangs_up_early_is_heard(clamd: Clamd) -> None:
    clamd.behave = lambda peer: peer.sendall(b"INSTREAM size limit exceeded. ERROR\0")
    reason = failed(asked(clamd, bytes(20_000_000)))
    # On TCP the unread bytes may reset the connection before the answer was read.
    assert "larger than the scanner takes" in reason or "hung up without an answer" in reason


def _answered_early(clamd: Clamd, answer: bytes) -> Scan:
    """What is made of this answer, given after the first piece of a file; what follows of it is not to be sent."""
    spoken = threading.Event()

    def behave(peer: socket.socket) -> None:
        peer.recv(4 + 1000, socket.MSG_WAITALL)
        peer.sendall(answer)
        spoken.set()
        clamd.stopped.wait()

    class Pieces(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert not self.tell() or spoken.wait(SECONDS)
            return super().read(1000)

    clamd.behave = behave
    content = Pieces(bytes(1_000_000))
    found = scan(content, clamd.url, timeout=SECONDS)
    # Whoever hears it does not read on to the end.
    assert content.tell() < 1_000_000
    return found


def test_an_early_refusal_is_read_while_the_connection_stays(clamd: Clamd) -> None:
    answer = b"INSTREAM size limit exceeded. ERROR\0"
    assert "larger than the scanner takes" in failed(_answered_early(clamd, answer))


def test_clean_before_the_end_of_the_file_is_not_clean(clamd: Clamd) -> None:
    assert "before it had the whole file" in failed(_answered_early(clamd, b"stream: OK\0"))


def test_clean_and_gone_before_the_end_of_the_file_is_not_clean(clamd: Clamd) -> None:
    clamd.behave = lambda peer: peer.sendall(b"stream: OK\0")
    failed(asked(clamd, bytes(20_000_000)))


def test_a_finding_before_the_end_of_the_file_counts(clamd: Clamd) -> None:
    assert _answered_early(clamd, b"stream: Eicar FOUND\0").signature == "Eicar"


def test_hanging_up_at_once_is_a_failure(clamd: Clamd) -> None:
    clamd.behave = lambda peer: None
    assert "hung up" in failed(asked(clamd))


def never_answers(clamd: Clamd, peer: socket.socket) -> None:
    clamd.read(peer)
    clamd.stopped.wait()


def never_reads(clamd: Clamd, peer: socket.socket) -> None:
    clamd.stopped.wait()


@pytest.mark.parametrize("behave", [never_answers, never_reads])
def test_who_stops_is_waited_for_until_the_deadline(
    clamd: Clamd, behave: Callable[[Clamd, socket.socket], None]
) -> None:
    # Nothing but the deadline ends this.
    clamd.behave = lambda peer: behave(clamd, peer)
    assert "took too long" in failed(asked(clamd, bytes(8_000_000), timeout=0.6))


class Looks:
    """A clock on which a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.looks = 0
        self.looked = threading.Semaphore(0)

    def monotonic(self) -> float:
        self.looks += 1
        self.looked.release()
        return float(self.looks)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """The scans' clock. What they wait for comes at once, so that no wait on the machine's clock ends any."""
    made = Looks()
    monkeypatch.setattr(scanning, "time", made)
    return made


def test_an_answer_that_drips_is_over_at_the_deadline_of_the_whole_scan(clamd: Clamd, clock: Looks) -> None:
    def behave(peer: socket.socket) -> None:
        clamd.read(peer)
        while not clamd.stopped.is_set():
            # No more of them than it looked at the clock: an answer that is too long is another fault.
            if clock.looked.acquire(timeout=0.1):
                peer.sendall(b"x")

    clamd.behave = behave
    assert "took too long" in failed(asked(clamd, timeout=600))
    assert 600 <= clock.looks < 610


def test_a_file_that_is_read_slowly_is_over_at_the_deadline_of_the_whole_scan(clamd: Clamd, clock: Looks) -> None:
    class Pieces(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(1)

    found = scan(Pieces(bytes(10_000)), clamd.url, timeout=600)
    assert "took too long" in failed(found)
    assert 600 <= clock.looks < 610


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("inf"), float("nan")])
def test_no_timeout_makes_it_raise(clamd: Clamd, timeout: float) -> None:
    found = asked(clamd, timeout=timeout)
    assert found.verdict == "failed"


@pytest.mark.parametrize("version", [b"", b"ClamAV", b"x" * 10_000, b"ClamAV\0more"])
def test_the_version_is_no_part_of_the_verdict(clamd: Clamd, version: bytes) -> None:
    clamd.version = version
    assert asked(clamd) == Scan("clean", "")


def test_a_version_is_one_short_line(clamd: Clamd) -> None:
    clamd.version = b"Clam\nAV\x1b" + b"y" * 1000 + b"\0"
    engine = asked(clamd).engine
    assert engine.startswith("Clam?AV?y")
    assert len(engine) == 200


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "cannot be reached" in failed(scan(io.BytesIO(b""), f"tcp://127.0.0.1:{port}"))


def test_no_socket_there(tmp_path: Path) -> None:
    reason = failed(scan(io.BytesIO(b""), f"unix://{tmp_path}/none.sock"))
    assert "cannot be reached" in reason
    assert str(tmp_path) not in reason


class Broken:
    """A file that cannot be read."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def read(self, size: int) -> bytes:
        raise self._error


@pytest.mark.parametrize("error", [OSError("disk"), ValueError("closed"), RuntimeError("?"), ConnectionResetError()])
def test_a_file_that_cannot_be_read_is_a_failure(clamd: Clamd, error: Exception) -> None:
    found = scan(cast(BinaryIO, Broken(error)), clamd.url, timeout=SECONDS)
    assert failed(found) == (
        "the scan broke off: RuntimeError" if type(error) is RuntimeError else "the file cannot be read"
    )


@pytest.mark.parametrize("url", [None, ""])
def test_without_a_scanner_nothing_is_run(url: str | None) -> None:
    stream = io.BytesIO(b"content")
    assert scan(stream, url) == Scan("not_run")
    assert stream.tell() == 0


def test_the_stored_form() -> None:
    assert Scan("infected", "ClamAV", "Eicar").as_json() == {
        "verdict": "infected", "engine": "ClamAV", "signature": "Eicar", "detail": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["", "tcp://clamav:3310", "tcp://127.0.0.1:1", "tcp://[::1]:65535", "tcp://h:3310/", "unix:///run/clamd.sock"],
)
def test_scanner_urls(url: str) -> None:
    ensure_scanner_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "clamav", "clamav:3310", "http://clamav:3310", "tcp://", "tcp://clamav", "tcp://:3310", "tcp://clamav:0",
        "tcp://clamav:65536", "tcp://clamav:-1", "tcp://clamav:x", "tcp://clamav:3310/path", "tcp://me@clamav:3310",
        "tcp://clamav:3310?a", "tcp://clamav:3310#a", "tcp://cla mav:3310", "tcp://clamav:3310\n", " tcp://clamav:3310",
        "tcp://[::1:3310", "unix://", "unix:///", "unix://run/clamd.sock", "unix:run/clamd.sock", "unix:///run/",
        "unix:///run/\0clamd.sock", "unix:///" + "x" * 107, "unix:///\udcff",
    ],
)  # fmt: skip
def test_malformed_scanner_urls_are_refused_and_never_scan(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ensure_scanner_url(url)
    failed(scan(io.BytesIO(b""), url, timeout=1))
