"""The shell scripts are executable and have valid syntax."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from microdock_server.config import load_settings

ROOT = Path(__file__).parent.parent
SOURCED = {"environment"}
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run", ROOT / "deploy/nginx/render"]
    if path.is_file()
)


def first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0]


def test_there_are_scripts() -> None:
    assert {"serve", "test", "check"} <= {path.name for path in SCRIPTS}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
class TestEveryScript:
    def test_is_understood_by_its_shell(self, path: Path) -> None:
        if "python" in first_line(path):
            compile(path.read_bytes(), path, "exec")
            return
        done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def test_can_be_run_unless_it_is_sourced(self, path: Path) -> None:
        assert os.access(path, os.X_OK) == (path.name not in SOURCED)
        assert first_line(path).startswith("#!") == (path.name not in SOURCED)

    def test_stops_at_the_first_failure(self, path: Path) -> None:
        if path.name in SOURCED or "bash" not in first_line(path):
            return
        assert "set -euo pipefail" in path.read_text(encoding="utf-8")

    def test_is_readable_at_a_glance(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert "\r" not in text
        assert text.endswith("\n")
        assert len(text.splitlines()) <= 60


def test_the_hooks_before_a_commit_are_what_the_check_runs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    check = (ROOT / "scripts" / "check").read_text(encoding="utf-8")
    tools = re.findall(r"^\.venv/bin/([\w-]+(?: \w+)?)", check, re.MULTILINE)
    page = re.findall(r"^ +npm run --silent ([\w:]+)$", check, re.MULTILINE)
    assert len(tools) == 4 and len(page) == 2
    entries = [hook["entry"] for hook in hooks]
    assert all(any(entry.startswith(f".venv/bin/{tool}") for entry in entries) for tool in tools)
    assert all(any(entry.endswith(f"run --silent {name}") for entry in entries) for name in page)
    assert len(entries) == len(tools) + len(page)


def test_versions_agree() -> None:
    """One number for the package and what the server tells of itself, dated in the changelog."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "MIT" and "LICENSE" in project["license-files"]
    released = re.findall(
        r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$",
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert released and released[0][0] == project["version"]
    assert [day for _, day in released] == sorted((day for _, day in released), reverse=True)
    assert load_settings({}).app_version == project["version"]
