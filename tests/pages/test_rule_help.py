"""Every rule that an answer or a report can name has help, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from microdock_server.messages import CATALOGUE
from microdock_server.messages.rule_help import HELP, HELP_TEXTS, PARTS, TOPICS
from microdock_server.services.autoreview import contents_rules
from microdock_server.services.releases.candidates import Kind

PACKAGE = Path(__file__).parent.parent.parent / "microdock_server"
# Where else rules come from than from words in the code: each of these is looked through below.
ELSEWHERE = {
    "Detail": {"problem.rule", "message.key.partition('.')[2]", "Kind.INSTALL.value", "need.kind.value"},
    "Finding": {"rule", "f'assembly_{reason}'", "f'uses_{capability}'", "f'no_{name}'"},
}
# Functions of the inspector that take a rule first.
RECORDERS = ("add", "setdefault", "BadJson", "ContentFault")
RULE = re.compile("[a-z0-9]+(?:[-_][a-z0-9]+)*")
CHINESE = re.compile("[\u4e00-\u9fff]")
# Names, numbers and code may stand in Chinese sentences; words that only join English ones may not.
ENGLISH = re.compile(r"(?<![\w./-])(?:a|an|and|are|as|by|for|from|in|is|it|not|of|or|the|to|with)(?![\w./-])")


@cache
def parsed() -> list[tuple[str, list[ast.AST]]]:
    """Every module of the program, by its path, and its nodes."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [
        (path.relative_to(PACKAGE).as_posix(), list(ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
        for path in paths
    ]


def trees(*folders: str) -> Iterator[ast.AST]:
    """The nodes of all modules in these folders; of all modules without one."""
    for path, nodes in parsed():
        if not folders or path.startswith(tuple(f"{folder}/" for folder in folders)):
            yield from nodes


def words(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def called(node: ast.AST) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""


def named_in_code() -> set[str]:
    """Rules that stand in the code as words."""
    found: set[str] = set()
    for node in trees("bundle"):
        if isinstance(node, ast.Call) and node.args and called(node) in RECORDERS:
            to = getattr(node.func, "value", None)
            if to is None or ast.unparse(to).endswith(("problems", "warnings", "_lenient")):
                found |= words(node.args[0])
    for node in trees():
        if isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant):
            found.add(node.value.value)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "rule":
            found |= words(node.value) if isinstance(node.value, ast.Constant) else set()
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            said = {value.value for key, value in pairs if is_word(key, "rule") and isinstance(value, ast.Constant)}
            found |= {one for one in said if RULE.fullmatch(one)}
    for node in trees("services/autoreview"):
        if called(node) == "Finding" and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant):
            found.add(node.args[0].value)
    return found


def is_word(node: ast.AST | None, word: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == word


def of_fields() -> set[str]:
    """Rules for the fields of requests: what schemas and endpoints say of them."""
    keys = {word for node in trees("schemas", "api") if isinstance(node, ast.Constant) for word in words(node)}
    return {key.removeprefix("field.") for key in keys if key in CATALOGUE and key.startswith("field.")}


def every_rule() -> set[str]:
    texts = {key.partition(".")[2] for key in CATALOGUE if key.startswith(("bundle.", "rule."))}
    kinds = {f"uses_{name}" for name in contents_rules.CAPABILITIES} | set(contents_rules.FILES) - {"archive"}
    return named_in_code() | of_fields() | texts | kinds | {kind.value for kind in Kind}


def test_every_rule_has_help_and_nothing_else() -> None:
    rules = every_rule()
    assert {"not-a-zip", "markdown-too-costly", "override_possible", "pin", "required", "lookalike"} <= rules
    assert sorted(rules - HELP.keys()) == []
    assert sorted(HELP.keys() - rules) == []


def test_rules_come_from_nowhere_else() -> None:
    found: dict[str, set[str]] = {"Detail": set(), "Finding": set()}
    for node in trees():
        if isinstance(node, ast.Call) and called(node) == "Detail":
            found["Detail"] |= {ast.unparse(word.value) for word in node.keywords if word.arg == "rule"}
    for node in trees("services/autoreview"):
        if isinstance(node, ast.Call) and called(node) == "Finding":
            found["Finding"].add(ast.unparse(node.args[0]))
    said = {kind: {text for text in those if not text.startswith("'")} for kind, those in found.items()}
    assert said["Detail"] - {"rule"} == ELSEWHERE["Detail"]
    assert said["Finding"] == ELSEWHERE["Finding"]


def test_no_rule_is_in_two_topics() -> None:
    assert sum(map(len, TOPICS.values())) == len(HELP)


@pytest.mark.parametrize("rule", sorted(HELP))
def test_help_has_all_parts_in_both_languages(rule: str) -> None:
    for part in PARTS:
        chinese, english = HELP_TEXTS[f"help.{rule}.{part}"]
        assert CHINESE.search(chinese) and not CHINESE.search(english)
        assert not ENGLISH.search(chinese), chinese
        # Texts on pages are formatted; help has nothing to fill in.
        assert not {"{", "}"} & set(chinese + english)
        if part != "title":
            assert chinese.endswith(("。", "）")) and english.endswith(".")
