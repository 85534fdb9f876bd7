"""The cost of attacking stolen hashes of passwords and keys; other tests use cheaper hashes."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from cachetools import TTLCache
from flask import Flask

from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import plugins
from microdock_server.services.accounts import passwords

from ..cheaper import REAL_HASHERS
from ..support import Api, package

KINDS = ("passwords", "keys")
# Time, memory in KiB, lanes: RFC 9106's second recommendation, and one of the profiles that OWASP rates as equal.
COSTS = ((3, 64 * 1024, 4), (5, 7 * 1024, 1))


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_PASSWORDS", REAL_HASHERS[0])
    monkeypatch.setattr(passwords, "_KEYS", REAL_HASHERS[1])


@pytest.mark.parametrize(("hasher", "costs"), tuple(zip(REAL_HASHERS, COSTS, strict=True)), ids=KINDS)
def test_the_hash_is_as_dear_as_it_has_to_be(hasher: PasswordHasher, costs: tuple[int, int, int]) -> None:
    found = extract_parameters(hasher.hash("correct horse"))
    assert (found.type, found.time_cost, found.memory_cost, found.parallelism) == (Type.ID, *costs)
    assert (found.salt_len, found.hash_len) == (16, 32)


@pytest.mark.parametrize("make", [passwords.hash_password, passwords.hash_key], ids=KINDS)
def test_what_is_hashed_is_matched_and_nothing_else(real: None, make: object) -> None:
    assert callable(make)
    stored = make("correct horse")
    assert passwords.matches(stored, "correct horse")
    assert not passwords.matches(stored, "correct horses")
    assert not passwords.matches("!", "!")


def test_a_hash_says_itself_how_it_was_made() -> None:
    cheap = passwords.hash_password("correct horse")
    assert extract_parameters(cheap).time_cost == 1
    assert passwords.matches(cheap, "correct horse")


class TestRememberedKeys:
    @pytest.fixture
    def checked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The keys that were hashed to be checked."""
        found: list[str] = []
        monkeypatch.setattr(passwords, "matches", lambda stored, key: found.append(key) or stored == f"hash of {key}")
        monkeypatch.setattr(passwords, "_right", TTLCache(2, 60, timer=lambda: self.now))
        self.now = 0.0
        return found

    def test_a_right_key_is_hashed_once(self, checked: list[str]) -> None:
        assert all(passwords.key_matches("hash of a", "a") for _ in range(3))
        assert checked == ["a"]

    def test_a_wrong_key_is_hashed_each_time(self, checked: list[str]) -> None:
        assert passwords.key_matches("hash of a", "a")
        assert not any(passwords.key_matches("hash of a", "b") for _ in range(2))
        assert checked == ["a", "b", "b"]

    def test_a_key_is_right_for_its_own_hash_alone(self, checked: list[str]) -> None:
        assert passwords.key_matches("hash of a", "a")
        assert not passwords.key_matches("hash of b", "a")
        assert checked == ["a", "a"]

    def test_it_is_forgotten_after_a_while_and_for_newer_ones(self, checked: list[str]) -> None:
        for key in ("a", "b", "c", "b", "c", "a"):
            assert passwords.key_matches(f"hash of {key}", key)
        assert checked == ["a", "b", "c", "a"]
        self.now = 60.0
        assert passwords.key_matches("hash of a", "a")
        assert checked == ["a", "b", "c", "a", "a"]

    def test_neither_key_nor_hash_is_kept(self, checked: list[str]) -> None:
        assert passwords.key_matches("hash of secret-key", "secret-key")
        assert len(passwords._right) == 1
        assert all(len(mark) == 32 and b"secret" not in mark for mark in passwords._right)


def test_a_changed_key_is_forgotten_at_once(app: Flask, api: Api) -> None:
    assert api.upload(key="the-first-key").status_code == 200
    assert api.upload(package(version="1.1.0"), key="the-first-key").status_code == 200
    with app.app_context(), unit_of_work():
        plugins.get("com.example.myplugin").upload_key_hash = passwords.hash_key("the-second-key")
    assert api.upload(package(version="1.2.0"), key="the-first-key").status_code == 403
    assert api.upload(package(version="1.2.0"), key="the-second-key").status_code == 200
