"""A client's socket waits for its client for a limited time."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator

import pytest

from microdock_server.serving.pace import Deadlines
from microdock_server.serving.shares import FairShares
from microdock_server.serving.sockets import ClientSocket, PlaceLost, SlowClient

BRISK = Deadlines(grace=0.05, rate=1 << 30)
PATIENT = Deadlines(grace=60, rate=1024)
MIB = 1 << 20


class Request:
    def __init__(self) -> None:
        self.is_closed = False

    def force_close(self) -> None:
        self.is_closed = True


class Pair:
    """A server's end and its client's, over TCP."""

    def __init__(self, deadlines: Deadlines, transfers: FairShares | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.create_connection(listener.getsockname())
            accepted, _ = listener.accept()
        self.server = ClientSocket(accepted, "a", deadlines, transfers or FairShares(8))
        self.request = Request()
        self.server.setblocking(True)

    def close(self) -> None:
        self.server.close()
        self.client.close()


@pytest.fixture
def brisk() -> Iterator[Pair]:
    pair = Pair(BRISK)
    yield pair
    pair.close()


@pytest.fixture
def patient() -> Iterator[Pair]:
    pair = Pair(PATIENT)
    yield pair
    pair.close()


def test_a_body_that_comes_is_read(patient: Pair) -> None:
    patient.server.begin(patient.request)
    timer = threading.Timer(0.1, patient.client.sendall, (b"late",))
    timer.start()
    assert patient.server.recv(100) == b"late"
    timer.join()
    patient.client.close()
    assert patient.server.recv(100) == b""


def test_a_body_that_does_not_come_is_given_up_and_the_connection_ends(brisk: Pair) -> None:
    brisk.server.begin(brisk.request)
    brisk.client.sendall(b"x")
    assert brisk.server.recv(100) == b"x"
    with pytest.raises(SlowClient):
        brisk.server.recv(100)
    assert brisk.request.is_closed


def test_outside_of_a_request_nothing_is_waited_for(patient: Pair) -> None:
    with pytest.raises(TimeoutError):
        patient.server.recv(100)
    patient.server.begin(patient.request)
    patient.server.end()
    with pytest.raises(TimeoutError):
        patient.server.recv(100)


def test_whoever_polls_by_itself_is_never_held_up(patient: Pair) -> None:
    patient.server.begin(patient.request)
    patient.server.setblocking(False)
    assert patient.server.gettimeout() == 0.0
    with pytest.raises(BlockingIOError):
        patient.server.recv(100)


def test_a_body_whose_place_is_lost_is_not_waited_for(patient: Pair) -> None:
    patient.server.begin(patient.request)
    timer = threading.Timer(0.1, patient.server.evict)
    timer.start()
    with pytest.raises(PlaceLost):
        patient.server.recv(100)
    timer.join()
    assert patient.request.is_closed


def test_an_answer_that_nobody_reads_is_given_up(brisk: Pair) -> None:
    brisk.server.begin(brisk.request)
    with pytest.raises(BrokenPipeError):
        brisk.server.sendall(bytes(64 * MIB))


def test_a_file_that_nobody_reads_is_given_up(brisk: Pair) -> None:
    brisk.server.begin(brisk.request)
    with tempfile.TemporaryFile() as file:
        os.truncate(file.fileno(), 64 * MIB)
        with pytest.raises(BrokenPipeError):
            brisk.server.sendfile(file, 0, 64 * MIB)


def test_what_is_read_arrives_whole(patient: Pair) -> None:
    patient.server.begin(patient.request)
    data = os.urandom(8 * MIB)
    heard = bytearray()

    def hear() -> None:
        while part := patient.client.recv(MIB):
            heard.extend(part)

    thread = threading.Thread(target=hear)
    thread.start()
    patient.server.sendall(data)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        assert patient.server.sendfile(file, 5, 7 * MIB) == 7 * MIB
        # As much as there is.
        assert patient.server.sendfile(file, 8 * MIB - 3, 10) == 3
    patient.server.shutdown(socket.SHUT_WR)
    thread.join()
    assert bytes(heard) == data + data[5 : 5 + 7 * MIB] + data[-3:]


def test_of_too_many_answers_that_wait_the_oldest_of_the_address_ends() -> None:
    transfers = FairShares(1, evicts_own=True)
    first, second = Pair(PATIENT, transfers), Pair(BRISK, transfers)
    for pair in (first, second):
        pair.server.begin(pair.request)
    ended: list[BaseException] = []

    def send() -> None:
        try:
            first.server.sendall(bytes(64 * MIB))
        except BrokenPipeError as reason:
            ended.append(reason)

    thread = threading.Thread(target=send)
    thread.start()
    while not first.server.waited:
        thread.join(0.01)
    with pytest.raises(BrokenPipeError):
        second.server.sendall(bytes(64 * MIB))
    thread.join()
    assert ended
    first.close()
    second.close()
