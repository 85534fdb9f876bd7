"""Rules of the code that need no tools to check: where commits and HTTP may stand, how long files are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "microdock_server"
FILES = sorted(PACKAGE.rglob("*.py"))
MIGRATIONS = sorted((PACKAGE.parent / "migrations" / "versions").glob("*.py"))
BELOW = ("services", "snapshots", "models", "schemas", "storage", "bundle")
PROMISING = ("services", "snapshots")
HTTP = {"flask", "werkzeug", "flask_jwt_extended"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_the_package_is_found() -> None:
    assert len(FILES) > 50
    assert len(MIGRATIONS) > 5


@pytest.mark.parametrize("path", FILES, ids=named)
def test_only_the_unit_of_work_commits(path: Path) -> None:
    calls = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback")
    ]
    assert not calls or named(path) == "database/unit_of_work.py"


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_does_for_ever_what_it_did_first(path: Path) -> None:
    """None imports the package, which changes; what one needs of it stands in it as it was then."""
    assert "microdock_server" not in {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", [path for path in FILES if named(path).split("/")[0] in BELOW], ids=named)
def test_there_is_no_http_below_the_surface(path: Path) -> None:
    assert not HTTP & {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", [path for path in FILES if named(path).split("/")[0] in PROMISING], ids=named)
def test_public_services_say_what_they_promise(path: Path) -> None:
    silent = [
        node.name
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=named)
def test_no_module_takes_the_name_of_what_its_package_defines(path: Path) -> None:
    """The import of a module binds its name in the package: what was defined under it could no longer be reached."""
    defined = {node.name for node in tree(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert not defined & {other.stem for other in path.parent.iterdir()}
