"""What every test would pay for, and no test is about: made once, or made cheap, in the tests' own process.

Servers that tests start are other processes: they have none of this.
"""

from __future__ import annotations

import gc
import time
from types import SimpleNamespace
from typing import Any, Final

from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from microdock_server.api.core import login_throttle
from microdock_server.services.accounts import passwords

_compile: Final = Rule.compile
_shapes: Final[dict[tuple[Any, ...], dict[str, Any]]] = {}
# How many more objects are made than freed before the garbage collector runs (700 by default), and how many runs of one
# generation bring about one of the next (10). Tests make and drop whole applications: 9 % of their time went to it.
COLLECT_AFTER: Final = (100_000, 20, 50)
BUILDERS: Final = ("_build", "_build_unknown")
_statements: Final = LRUCache[Any, Any](5000)

# What the program uses for passwords and for upload keys; tests/services/test_passwords.py is about these.
REAL_HASHERS: Final = (passwords._PASSWORDS, passwords._KEYS)
_CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def compile_once() -> None:
    """Compile no URL rule and no statement twice, whatever application of this process it is of.

    Rules are nine tenths of what making an application takes; statements a quarter of what asking a new one does, where
    a server, which lives longer than a test, has them at hand.
    """
    Rule.compile = _remembered  # type: ignore[method-assign]
    event.listen(Engine, "engine_connect", _share)


def hash_cheaply() -> None:
    """Passwords and keys are hashed and checked as ever, at the least cost that argon2id allows."""
    passwords._PASSWORDS = passwords._KEYS = _CHEAP  # type: ignore[misc]


def fail_at_once() -> None:
    """A login that fails is answered without the delay that it is given; tests of it put a clock of their own."""
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: None)
    login_throttle.time = clock  # type: ignore[assignment]


def collect_rarely() -> None:
    """Also while tests are collected: all that is made then stays."""
    gc.set_threshold(*COLLECT_AFTER)


def forget_what_stays() -> None:
    """What is loaded by now is there to the end: have the garbage collector go through it no more."""
    gc.collect()
    gc.freeze()


def _remembered(rule: Rule) -> None:
    """Give the rule what the first with the same text was compiled to, which nobody changes afterwards.

    What builds URLs is given the rule each time.
    """
    assert rule.map is not None
    if rule.map.host_matching or rule.subdomain:
        _compile(rule)
        return
    key = (rule.rule, rule.merge_slashes, tuple(sorted((rule.defaults or {}).items())), rule.map.converters["default"])
    if key not in _shapes:
        _compile(rule)
        _shapes[key] = {name: vars(rule)[name] for name in ("_parts", "_trace", "_converters", "arguments")}
        _shapes[key] |= {name: vars(rule)[name].__func__ for name in BUILDERS}
        return
    for name, value in _shapes[key].items():
        setattr(rule, name, value.__get__(rule, None) if name in BUILDERS else value)


def _share(connection: Connection) -> None:
    engine = connection.engine
    if not isinstance(engine._compiled_cache, _Statements):
        engine._compiled_cache = _Statements(type(engine.dialect))  # type: ignore[assignment]


class _Statements:
    """What an engine asks for a statement that it has compiled: every engine with the same dialect's, not its own."""

    def __init__(self, dialect: type) -> None:
        self._dialect = dialect

    def get(self, key: tuple[Any, ...]) -> Any:
        return _statements.get((self._dialect, *key[1:]))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        _statements[self._dialect, *key[1:]] = compiled

    def clear(self) -> None:
        _statements.clear()
