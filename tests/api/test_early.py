"""Refusals before a request is parsed: envelope, language and CORS headers, as far as they can be determined."""

from __future__ import annotations

import json
from typing import Any

import pytest

from microdock_server.api.core.early_refusals import EarlyRefusals
from microdock_server.messages import text
from microdock_server.pages import problems

from ..conftest import AppFactory

ALLOWED = "https://page.example.com"


@pytest.fixture
def refuse(make_app: AppFactory) -> EarlyRefusals:
    return EarlyRefusals(make_app(CORS_ORIGINS=f"{ALLOWED},null"))


def heard(answer: bytes) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Status line, headers and body, of which the length is right."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert int(headers["content-length"]) == len(body)
    assert headers["connection"] == "close"
    return first, headers, json.loads(body)


@pytest.mark.parametrize(
    ("line", "envelope"),
    [
        (b"GET /api/v1/marketplace/plugins HTTP/9.9", "market"),
        (b"GET /v1/auth/me HTTP/1.1", "market"),
        (b"GE(T /v1 HTTP/1.1", "market"),
        (b"\r\nPOST /api/v1/plugins/installed?x=1 HTTP/1.1", "market"),
        (b"POST http://plugins.example.com:8000/api/v1/auth/login HTTP/1.1", "market"),
        (b"GET /api/%761/marketplace/ HTTP/1.1", "market"),
        (b"GET /api/plugins/list HTTP/1.1", "host"),
        (b"GET /api/v10 HTTP/1.1", "host"),
        (b"\xff\xfe\x00", "host"),
        (b"", "host"),
    ],
)
def test_the_envelope_is_that_of_the_path(refuse: EarlyRefusals, line: bytes, envelope: str) -> None:
    _, _, body = heard(refuse(400, "malformed_request", line + b"\r\nHost: x\r\n\r\n"))
    assert body["success"] is False
    if envelope == "market":
        assert (body["code"], body["error"]["slug"]) == (400, "malformed_request")
    else:
        assert (body["status"], body["error"]) == (400, "malformed_request")


def test_the_language_is_the_one_that_is_asked_for(refuse: EarlyRefusals) -> None:
    english = heard(refuse(408, "request_timeout", b"GET / HTTP/1.1\r\naccept-LANGUAGE: en-GB\r\nX: "))[2]["message"]
    chinese = heard(refuse(408, "request_timeout", b"GET / HTTP/1.1\r\nX: "))[2]["message"]
    assert english.isascii() and not chinese.isascii()
    # What stands in the body is no header.
    sent = b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nx\r\nAccept-Language: en\r\nOrigin: null\r\n"
    _, headers, body = heard(refuse(408, "request_timeout", sent))
    assert body["message"] == chinese
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("origin", [ALLOWED, "null"])
def test_an_allowed_page_reads_why_it_was_refused(refuse: EarlyRefusals, origin: str) -> None:
    sent = f"GET / HTTP/1.1\r\nOrigin: {origin}\r\nX: {'x' * 30_000}".encode()
    _, headers, _ = heard(refuse(431, "headers_too_large", sent))
    assert headers["access-control-allow-origin"] == origin
    assert headers["vary"] == "origin"
    assert "x-request-id" in headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "lines",
    ["", "Origin: https://other.example.com\r\n", f"Origin: {ALLOWED}\r\nOrigin: {ALLOWED}\r\n", "Origin: \r\n"],
)
def test_no_other_page_does(refuse: EarlyRefusals, lines: str) -> None:
    _, headers, _ = heard(refuse(431, "headers_too_large", f"GET / HTTP/1.1\r\n{lines}".encode()))
    assert not [name for name in headers if name.startswith("access-control")]


def test_nothing_that_was_sent_becomes_a_header(refuse: EarlyRefusals) -> None:
    sent = f"GET / HTTP/1.1\r\nOrigin: {ALLOWED}\x00\x0bSet-Cookie: a=b\r\n".encode()
    _, headers, _ = heard(refuse(400, "malformed_request", sent))
    assert "access-control-allow-origin" not in headers


BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en\r\n"


@pytest.mark.parametrize(
    ("line", "accept", "is_page"),
    [
        ("GET /plugins?q=x", BROWSER, True),
        ("GET /nothing?q=x", BROWSER, True),
        ("GET /plugins?q=x", "", True),
        ("GET /nothing?q=x", "Accept: */*\r\n", False),
        ("GET /api/plugins/list?q=x", BROWSER, False),
        ("POST /nothing?q=x", BROWSER, False),
    ],
)
def test_an_address_that_is_too_long_is_a_page_for_browsers(
    refuse: EarlyRefusals, line: str, accept: str, is_page: bool
) -> None:
    sent = f"{line}{'x' * 5000} HTTP/1.1\r\nHost: xn--\r\n{accept}\r\n".encode()
    head, _, body = refuse(414, "uri_too_long", sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 ")
    assert (b"Content-Type: text/html" in head) is is_page is body.startswith(b"<!doctype html>")
    assert (b"script-src 'self'" in head) is is_page
    assert f"Content-Length: {len(body)}".encode() in head and b"no-store" in head
    if is_page and accept:
        assert text("error.uri_too_long", "en") in body.decode()


def test_a_page_that_cannot_be_made_is_no_reason_to_say_nothing(
    refuse: EarlyRefusals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "shown", lambda *_: 1 / 0)
    sent = f"GET /plugins?q={'x' * 5000} HTTP/1.1\r\n{BROWSER}\r\n".encode()
    _, _, body = heard(refuse(414, "uri_too_long", sent))
    assert body["error"] == "uri_too_long"
