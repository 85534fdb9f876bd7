"""Parsing client addresses in every form."""

from __future__ import annotations

import pytest

from microdock_server.addresses.client import counted, is_loopback, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:5678", "192.0.2.1"),
        ("[192.0.2.1]:5678", "192.0.2.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:80", "::1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:c000:201]:443", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
    ],
)
def test_an_address_is_read_as_servers_and_proxies_write_it(text: str, expected: str) -> None:
    assert str(parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "unknown",
            "_hidden",
            "localhost",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.01",
            "192.0.2.1:x",
            "1.2.3.4:5:6",
        ),
        *(
            "[::1",
            "::1]",
            "[::1]x",
            "[::1]:999999",
            "[]",
            "[",
            "%",
            "1.2.3.4, 5.6.7.8",
            "::1\n::2",
            "１.2.3.4",
            "1" * 5000,
        ),
        *("192.0.2.1;x", "\x00", "for=192.0.2.1", "192.0.2.0/24"),
    ],
)
def test_what_is_no_address_is_none_and_counts_with_all_that_is_none(text: str) -> None:
    assert parse(text) is None
    assert counted(text) == "unknown"
    assert not is_loopback(text)


def test_ipv6_counts_by_its_network_of_64_bits() -> None:
    mine = {counted(text) for text in ("2001:db8:1:2::1", "[2001:db8:1:2:ffff::9]:80", "2001:DB8:1:2::%1")}
    assert mine == {"2001:db8:1:2::/64"}
    assert counted("2001:db8:1:3::1") == "2001:db8:1:3::/64"


def test_ipv4_counts_by_itself_however_it_is_written() -> None:
    assert {counted(text) for text in ("192.0.2.1", "192.0.2.1:1", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:2")} == {
        "192.0.2.1"
    }
    assert counted("192.0.2.2") == "192.0.2.2"


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "[::1]:9", "::ffff:127.0.0.1", "127.0.0.1:80"])
def test_this_machine_is_known_however_it_is_written(text: str) -> None:
    assert is_loopback(text)


@pytest.mark.parametrize("text", ["128.0.0.1", "::2", "::ffff:10.0.0.1", "0.0.0.0", "::", "127.0.0.1.example.com"])
def test_other_machines_are_not_this_one(text: str) -> None:
    assert not is_loopback(text)
