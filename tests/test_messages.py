"""Texts: every message exists in both languages, with the same placeholders."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdock_server import errors
from microdock_server.errors import DomainError
from microdock_server.messages import CATALOGUE, Message, language_of

PACKAGE = Path(__file__).parent.parent / "microdock_server"


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def keys_in_code() -> Iterator[str]:
    """Keys that stand in the code: of messages, of endpoints, of refusals of a field."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "message" and isinstance(node.value, ast.Constant):
                yield node.value.value
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "Message",
                "refusal",
            ):
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def kinds(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from kinds(child)


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_both_languages_say_the_same(key: str) -> None:
    chinese, english = CATALOGUE[key]
    assert chinese.strip() and english.strip()
    assert blanks(chinese) == blanks(english)


def test_every_key_in_the_code_is_in_the_catalogue() -> None:
    found = set(keys_in_code())
    assert len(found) > 40
    assert not found - CATALOGUE.keys()


@pytest.mark.parametrize("kind", sorted(set(kinds()), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_text(kind: type[DomainError]) -> None:
    assert f"error.{kind.slug}" in CATALOGUE


def test_the_tree_in_the_docstring_names_every_refusal() -> None:
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in kinds())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr", "zh"),
        ("fr, en;q=0.3", "en"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("en;q=nonsense", "zh"),
        ("*", "zh"),
        (",;,;q=", "zh"),
    ],
)
def test_the_better_rated_language_is_spoken(header: str, language: str) -> None:
    assert language_of(header) == language


def test_a_message_within_a_message_speaks_the_same_language() -> None:
    outer = Message("error.bad_package", {"problem": Message("field.required")})
    assert outer.render("en") == "The package was refused: This field is required"
