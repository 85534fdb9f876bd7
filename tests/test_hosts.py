"""docs/hosts.md: the program in Python does what the document says of it, and every command prints what it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from microdock_server.vocabulary import AboutInstalled, HostAction, LockProblem, WhyNot

from . import hosts
from .live import ROOT, Server
from .test_tutorial import blocks, pattern
from .test_tutorial import run as run_commands

pytestmark = pytest.mark.live

DOCUMENT = "docs/hosts.md"


@pytest.fixture(scope="module")
def newer(server: Server) -> bytes:
    """The server has what the document's examples are about; this is what a host is to install."""
    return hosts.publish(server)


def run(base: str, folder: Path) -> str:
    # Isolated, and without packages: it needs nothing but Python.
    command = [sys.executable, "-I", "-S", ROOT / "docs/clients/host_updates.py", base, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def test_the_program_in_python_does_what_hosts_do(server: Server, newer: bytes, tmp_path: Path) -> None:
    hosts.tell(server, newer, run, tmp_path)


def test_every_command_prints_what_the_document_shows(server: Server, newer: bytes, tmp_path: Path) -> None:
    found, work = blocks(DOCUMENT), tmp_path / "work"
    assert len(found) == 5
    # The second block, run again after it broke off: it fetches the rest.
    again = "head --bytes 100 clock.zip > clock.part\n" + found[1][0]
    *printed, resumed = run_commands(server, work, [*(commands for commands, _ in found), again])
    for (commands, answer), said in zip(found, printed, strict=True):
        assert re.fullmatch(pattern(answer), said.strip(), re.DOTALL), f"{commands}\n{said}"
    assert resumed.strip() == "clock.part: OK"
    assert (work / "clock.zip").read_bytes() == newer


def rows(headline: str) -> list[str]:
    """The words that the first column of the table below a headline explains."""
    text = (ROOT / DOCUMENT).read_text("utf-8").partition(f"\n## {headline}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    return [word for line in lines for word in re.findall(r"\w+", line)]


def test_every_action_reason_and_problem_is_explained() -> None:
    assert rows("What to do") == ["action", *HostAction]
    assert rows("Reasons") == ["code", *WhyNot, *AboutInstalled]
    assert sorted(rows("Plans and lockfiles")) == sorted(LockProblem)


def test_an_operator_blocks_a_malicious_version_as_the_document_shows(server: Server, tmp_path: Path) -> None:
    section = (ROOT / "docs/operations.md").read_text("utf-8").partition("\n### A malicious version\n")[2]
    script = textwrap.dedent(section.partition("```bash\n")[2].partition("```")[0])
    script = script.replace("com.example.stealer", "com.example.thief").replace(
        "https://plugins.example.com", server.base
    )
    for version in ("1.1.0", "1.2.0"):
        content = hosts.program_package("com.example.thief", version)
        assert server.client.upload(content).status_code == 200
    root = server.client.log_in()
    command = ["bash", "-e", "-c", script]
    environment = {**os.environ, "TOKEN": str(root.token)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    foreseen, made = map(json.loads, done.stdout.replace("}{", "}\n{").splitlines())
    assert [one["version"] for one in foreseen["data"]["matches"]] == ["1.2.0"]
    assert foreseen["data"]["current_after"] == "1.1.0"
    assert made["code"] == 201 and made["data"]["status"] == "pending"
    asked = {"installed": [{"name": "com.example.thief", "version": "1.2.0"}]}
    [found] = server.client.post("/api/plugins/updates", asked).json()["data"]["updates"]
    assert (found["action"], found["target"]["version"]) == ("downgrade", "1.1.0")
    assert found["block"]["severity"] == "disable"
    by_version = {"name": "com.example.thief", "version": "1.2.0"}
    assert server.client.post("/api/plugins/version/download", by_version).status_code == 403
    revoked = root.post(f"/api/v1/admin/blocks/{made['data']['id']}/revoke", {"reason": "误报"})
    assert revoked.status_code == 200
