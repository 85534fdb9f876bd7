"""Dependencies: every imported package is declared, and every installed one is locked by hash."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
# Of what only types are read.
TYPES_ONLY = {"_typeshed"}

Pins = dict[str, set[Version]]


def pins(name: str) -> Pins:
    """The versions of a locked file; another one for another Python may stand beside the first."""
    found: Pins = {}
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=\S)", text.strip()):
        line, *hashes = block.split(" \\\n")
        assert hashes, f"{line} has no hash"
        assert all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}", one) for one in hashes)
        requirement = Requirement(line)
        [pin] = requirement.specifier
        assert pin.operator == "=="
        found.setdefault(canonicalize_name(requirement.name), set()).add(Version(pin.version))
    return found


def wanted(extra: str) -> list[Requirement]:
    """What the project, with the extra, asks for of others."""
    lines = [*PROJECT["dependencies"], *EXTRAS.get(extra, ())]
    asked = [Requirement(line) for line in lines]
    own = [one for one in asked if canonicalize_name(one.name) == PROJECT["name"]]
    lines += [line for one in own for more in one.extras for line in EXTRAS[more]]
    return [one for line in lines if canonicalize_name((one := Requirement(line)).name) != PROJECT["name"]]


@pytest.mark.parametrize("name", ["server", *EXTRAS])
def test_what_is_asked_for_is_locked_in_the_range_that_is_allowed(name: str) -> None:
    locked = pins(name)
    for requirement in wanted(name):
        versions = locked[canonicalize_name(requirement.name)]
        assert all(version in requirement.specifier for version in versions), requirement


@pytest.mark.parametrize("name", ["server", *EXTRAS])
def test_files_that_are_installed_together_agree(name: str) -> None:
    everything = pins("all")
    assert pins(name).keys() <= everything.keys()
    assert all(versions <= everything[package] for package, versions in pins(name).items())


def test_there_is_a_file_for_each_extra_and_no_other() -> None:
    names = {path.stem for path in (ROOT / "requirements").iterdir()}
    assert names == {"all", "build", "server", *EXTRAS}


def imported() -> set[str]:
    """Packages of others that what is deployed imports, also where a name is imported when it is needed."""
    files = [*(ROOT / "microdock_server").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
    files += [*(ROOT / "deploy").rglob("*.py"), ROOT / "wsgi.py", ROOT / "gunicorn.conf.py"]
    found: set[str] = set()
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
            found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    roots = {name.split(".")[0] for name in found}
    return roots - sys.stdlib_module_names - TYPES_ONLY - {"microdock_server"}


def test_every_package_that_is_imported_is_declared() -> None:
    extras = [line for name, lines in EXTRAS.items() if name not in {"test", "check", "benchmark"} for line in lines]
    declared = {canonicalize_name(Requirement(line).name) for line in [*PROJECT["dependencies"], *extras]}
    providers = packages_distributions()
    undeclared = {
        name for name in imported() if not declared & {canonicalize_name(one) for one in providers.get(name, ())}
    }
    assert not undeclared


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose pip writes down what it is asked for, and installs nothing."""
    (tmp_path / "scripts").mkdir()
    shutil.copy2(ROOT / "scripts/environment", tmp_path / "scripts")
    (tmp_path / "microdock_server/config").mkdir(parents=True)
    shutil.copy2(ROOT / "microdock_server/config/read_env.py", tmp_path / "microdock_server/config")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/server.txt").write_text("one")
    (tmp_path / "pyproject.toml").write_text("")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\n[ "$1" = -P ] && exec "{sys.executable}" "$@"\necho "$@" >> asked\n')
    python.chmod(0o755)
    return tmp_path


def files(*names: str) -> str:
    return "".join(f" --requirement requirements/{name}.txt" for name in names)


SERVER = ["--require-hashes" + files("build", "server"), "--no-deps --no-build-isolation --editable ."]


def installed(project: Path, extras: str = "") -> list[str]:
    """What pip is asked for, once more."""
    (project / "asked").write_text("")
    command = ["bash", "-c", 'set -euo pipefail; . scripts/environment; prepare_environment "$0"', extras]
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run(command, cwd=project, env=environment, capture_output=True, check=True)
    return [line.split("--disable-pip-version-check ")[1] for line in (project / "asked").read_text().splitlines()]


def test_the_environment_is_installed_by_hash_and_once(project: Path) -> None:
    assert installed(project) == SERVER
    assert installed(project) == []
    assert installed(project, "redis,s3") == ["--require-hashes" + files("server", "redis", "s3")]
    assert installed(project, "redis,s3") == installed(project) == []


def test_extras_that_the_settings_ask_for_are_installed_too(project: Path) -> None:
    (project / ".env").write_text(
        "DATABASE_URL='postgresql://localhost/one'\nREDIS_URL=\"\"\nexport STORAGE_URL=s3://b\n"
    )
    assert installed(project, "test") == [*SERVER, "--require-hashes" + files("server", "test", "postgresql", "s3")]
    assert installed(project, "test") == []


def test_going_back_installs_what_was_there(project: Path) -> None:
    assert installed(project) == SERVER
    (project / "requirements/server.txt").write_text("two")
    assert installed(project) == SERVER
    (project / "requirements/server.txt").write_text("one")
    assert installed(project) == SERVER
    assert installed(project) == []
