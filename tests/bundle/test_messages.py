"""Every rule has texts, and every text has a rule."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import microdock_server.bundle as bundle
from microdock_server.messages.bundle import BUNDLE

SOURCES = sorted(Path(bundle.__file__).parent.rglob("*.py"))
EMITTERS = {"add", "Problem", "BadJson", "ContentFault"}


def literals(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def emitted() -> Iterator[tuple[str, str]]:
    """(file, rule) of each call that names a rule in its first argument."""
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        # Elsewhere, what is added to is a set.
        if not any(name in text for name in ("Problem", "BadJson", "ContentFault")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in EMITTERS and not isinstance(node.args[0], ast.Name | ast.Attribute | ast.Subscript):
                    yield from ((source.name, rule) for rule in literals(node.args[0]))


def test_every_emitted_rule_has_texts() -> None:
    found = set(emitted())
    assert len(found) > 50
    assert {rule for _, rule in found if f"bundle.{rule}" not in BUNDLE} == set()


def test_every_text_has_a_rule() -> None:
    known = {text for source in SOURCES for text in literals(ast.parse(source.read_text(encoding="utf-8")))}
    assert {key for key in BUNDLE if key.removeprefix("bundle.") not in known} == set()


@pytest.mark.parametrize("key", list(BUNDLE))
def test_both_languages_name_the_same_things(key: str) -> None:
    chinese, english = (
        {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} for text in BUNDLE[key]
    )
    assert chinese == english
    assert key.startswith("bundle.")
    assert any("\u4e00" <= char <= "\u9fff" for char in BUNDLE[key][0])
    assert not any("\u4e00" <= char <= "\u9fff" for char in BUNDLE[key][1])
