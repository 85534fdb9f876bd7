"""A request as it arrives: when it is handed to a thread."""

from __future__ import annotations

import pytest

from microdock_server.serving.heads import MAX_BODY, MAX_HEAD, Arriving, Stage

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def post(*lines: bytes) -> bytes:
    return b"\r\n".join([b"POST /x HTTP/1.1", b"Host: localhost", *lines, b"", b""])


def test_a_head_is_awaited_whatever_its_pieces() -> None:
    request = Arriving()
    stages = [request.add(GET[at : at + 1]) for at in range(len(GET))]
    assert stages == [Stage.HEAD] * (len(GET) - 1) + [Stage.READY]
    assert bytes(request.data) == GET
    assert request.body_is_here


def test_a_whole_head_is_ready_at_once_and_not_copied() -> None:
    request = Arriving()
    assert request.add(GET) is Stage.READY
    assert request.data is GET


def test_a_small_body_is_awaited() -> None:
    request = Arriving()
    assert request.add(post(b"Content-Length: 5") + b"ab") is Stage.BODY
    assert (request.body_received, request.body_is_here) == (2, False)
    assert request.add(b"cd") is Stage.BODY
    assert request.add(b"e") is Stage.READY
    assert request.body_is_here


def test_what_comes_behind_a_request_stays_with_it() -> None:
    request = Arriving()
    assert request.add(GET + GET[:10]) is Stage.READY
    assert bytes(request.data) == GET + GET[:10]


@pytest.mark.parametrize(
    ("lines", "is_here"),
    [
        ((b"Content-Length: %d" % (MAX_BODY + 1),), False),
        ((b"Transfer-Encoding: chunked",), False),
        ((b"transfer-encoding: chunked", b"Content-Length: 5"), False),
        ((b"Content-Length: -1",), True),
        ((b"Content-Length: 5, 6",), True),
        ((b"CONTENT-LENGTH:\t0 ",), True),
    ],
)
def test_what_is_large_or_odd_is_handed_on_at_once(lines: tuple[bytes, ...], is_here: bool) -> None:
    request = Arriving()
    assert request.add(post(*lines)) is Stage.READY
    assert request.body_is_here is is_here


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\nHost: x\n\n", b"\n"])
def test_a_line_that_ends_wrongly_is_not_waited_on(data: bytes) -> None:
    request = Arriving()
    assert [request.add(data[at : at + 1]) for at in range(len(data))][-1] is Stage.READY


def test_a_head_without_end_is_too_long() -> None:
    request = Arriving()
    request.add(b"GET / HTTP/1.1\r\nX: ")
    assert request.add(b"x" * MAX_HEAD) is Stage.TOO_LONG


def test_whoever_waits_for_100_continue_is_told_before_a_thread_is_asked() -> None:
    request = Arriving()
    assert request.add(post(b"Expect: 100-Continue", b"Content-Length: 3")) is Stage.BODY
    assert request.is_continue_wanted
    assert request.add(b"abc") is Stage.READY
    # gunicorn would say it again.
    assert bytes(request.data) == post(b"Content-Length: 3") + b"abc"


def test_another_expectation_is_left_to_gunicorn() -> None:
    request = Arriving()
    assert request.add(post(b"Expect: miracles", b"Content-Length: 3")) is Stage.READY
    assert not request.is_continue_wanted
