"""Secrets chosen by people, stored as argon2id hashes."""

from __future__ import annotations

import hmac
import os
import secrets
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cachetools import TTLCache

from ...caching import LoadingCache
from . import hashing

_PASSWORDS: Final = PasswordHasher()
# Checked on every upload, possibly concurrently: of the profiles that OWASP rates as equal, the one with the least
# memory.
_KEYS: Final = PasswordHasher(time_cost=5, memory_cost=7 * 1024, parallelism=1)

# Letters and digits that nobody takes for another one.
_READABLE: Final = "23456789abcdefghjkmnpqrstuvwxyz"

REMEMBERED_SECONDS: Final = 300
_SECRET: Final = os.urandom(32)
_right: Final[TTLCache[bytes, bool]] = TTLCache(1024, REMEMBERED_SECONDS)
_lock: Final = threading.Lock()


def hash_password(password: str) -> str:
    """An argon2id hash of a user's prepared password."""
    return hashing.run(_PASSWORDS.hash, prepared(password))


def made() -> str:
    """A password that nobody knows yet, with 99 bits of chance, in groups that can be read out."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(4))


def prepared(password: str) -> str:
    """The password in the form that RFC 8265 compares (OpaqueString): composed, with every kind of space as the
    plain one.
    """
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in password)
    return unicodedata.normalize("NFC", spaced)


def hash_key(key: str) -> str:
    """An argon2id hash of a plugin's upload key."""
    return hashing.run(_KEYS.hash, key)


def matches(stored: str, secret: str) -> bool:
    """Was `stored` made from `secret`? The profile is read from the hash itself.

    Tries the prepared form, then the text as typed, which hashes older than that rule need.
    """
    return any(_verifies(stored, text) for text in dict.fromkeys((prepared(secret), secret)))


def key_matches(stored: str, key: str) -> bool:
    """Was `stored` made from this upload key? A key that was right is not hashed again for REMEMBERED_SECONDS.

    A process remembers it by an HMAC under a secret of its own, together with the stored hash: a key that was changed
    is forgotten, and the key itself is nowhere.
    """
    mark = hmac.digest(_SECRET, f"{stored}\0{key}".encode("utf-8", "surrogatepass"), "sha256")
    with _lock:
        if mark in _right:
            return True
    if not matches(stored, key):
        return False
    with _lock:
        _right[mark] = True
    return True


def _verifies(stored: str, secret: str) -> bool:
    try:
        return hashing.run(_PASSWORDS.verify, stored, secret)
    except (VerificationError, InvalidHashError):
        return False


def waste_time(secret: str) -> None:
    """Take as long as a real check: response times must not reveal whether a username exists."""
    matches(_decoy.load("decoy", lambda: hash_password("no account has this hash")), secret)


_decoy: Final[LoadingCache[str, str]] = LoadingCache(1)
