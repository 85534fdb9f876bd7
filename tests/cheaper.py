"""What every test would pay for, and no test is about: made once, or made cheap, in the tests' own process.

Servers that tests start are other processes: they have none of this.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, Final

from argon2 import PasswordHasher
from werkzeug.routing import Rule

from microdock_server.services import passwords

_compile: Final = Rule._compile_builder
_builders: Final[dict[tuple[Any, ...], Callable[..., tuple[str, str]]]] = {}

# What the program uses for passwords and for upload keys; tests/services/test_passwords.py is about these.
REAL_HASHERS: Final = (passwords._PASSWORDS, passwords._KEYS)
_CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def remember_url_builders() -> None:
    """Compile no URL rule twice: nine tenths of what making an application takes, and the same every time."""
    Rule._compile_builder = _remembered  # type: ignore[method-assign]


def hash_cheaply() -> None:
    """Passwords and keys are hashed and checked as ever, at the least cost that argon2id allows."""
    passwords._PASSWORDS = passwords._KEYS = _CHEAP  # type: ignore[misc]


def forget_what_stays() -> None:
    """What is loaded by now is there to the end: have the garbage collector go through it no more."""
    gc.collect()
    gc.freeze()


def _remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """The function that builds a rule's URLs: it is given the rule whenever it is called, and keeps nothing of it."""
    defaults = tuple(sorted((rule.defaults or {}).items()))
    key = (rule.rule, tuple(rule._trace), defaults, append_unknown)
    if key not in _builders:
        _builders[key] = _compile(rule, append_unknown)
    return _builders[key]
