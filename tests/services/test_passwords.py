"""The cost of attacking stolen hashes of passwords and keys; other tests use cheaper hashes."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from microdock_server.services.accounts import passwords

from ..cheaper import REAL_HASHERS

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
