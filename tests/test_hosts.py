"""docs/hosts.md: the program in Python does what the document says of it, and every command prints what it shows."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from microdock_server.vocabulary import AboutInstalled, HostAction, LockProblem, WhyNot

from . import hosts
from .live import ROOT, Server, free_port, prepared_server
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


def test_the_program_in_python_says_what_it_lacks(tmp_path: Path) -> None:
    hosts.question(tmp_path)
    with pytest.raises(RuntimeError, match=r"^offline: .+\n$"):
        run(f"http://127.0.0.1:{free_port()}", tmp_path)
    program = [sys.executable, "-I", "-S", ROOT / "docs/clients/host_updates.py"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "python host_updates.py http://127.0.0.1:8000 FOLDER" in done.stderr


@pytest.fixture
def fresh(prepared_data: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of its own, on which nothing was published."""
    server = prepared_server(prepared_data, tmp_path / "data")
    try:
        yield server.start()
    finally:
        server.kill()


def test_every_command_prints_what_the_document_shows(fresh: Server, tmp_path: Path) -> None:
    found, work = blocks(DOCUMENT), tmp_path / "work"
    assert len(found) == 7
    # The block that downloads, run again after it broke off: it fetches the rest.
    [fetching] = [commands for commands, _ in found if "clock.part" in commands]
    again = "mv clock.zip whole.zip\nhead --bytes 100 whole.zip > clock.part\n" + fetching
    *printed, resumed = run_commands(fresh, work, [*(commands for commands, _ in found), again])
    for (commands, answer), said in zip(found, printed, strict=True):
        assert re.fullmatch(pattern(answer), said.strip(), re.DOTALL), f"{commands}\n{said}"
    assert resumed.strip() == "clock.part: OK"
    assert (work / "clock.zip").read_bytes() == (work / "whole.zip").read_bytes()


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
    asked = {"engines": {}, "installed": [{"name": "com.example.thief", "version": "1.2.0"}]}
    [found] = server.client.post("/api/plugins/updates", asked).json()["data"]["updates"]
    assert (found["action"], found["target"]["version"]) == ("downgrade", "1.1.0")
    assert found["block"]["severity"] == "disable"
    by_version = {"name": "com.example.thief", "version": "1.2.0"}
    assert server.client.post("/api/plugins/version/download", by_version).status_code == 403
    revoked = root.post(f"/api/v1/admin/blocks/{made['data']['id']}/revoke", {"reason": "误报"})
    assert revoked.status_code == 200


@pytest.mark.sqlite
def test_the_id_that_a_host_made_up_is_neither_stored_nor_logged(prepared_data: Path, tmp_path: Path) -> None:
    mine, refused = "5f2c9f1e6d3b4a70", "5f2c9f1e6d3b4a70" * 20
    server = prepared_server(prepared_data, tmp_path / "data", LOG_LEVEL="DEBUG")
    try:
        server.start()
        assert server.client.upload(hosts.program_package(hosts.CLOCK, "1.0.0")).status_code == 200
        asked = {"engines": {}, "installed": [{"name": hosts.CLOCK, "version": "1.0.0"}], "client_id": mine}
        assert server.client.post("/api/plugins/updates", asked).status_code == 200
        answer = server.client.post("/api/plugins/updates", {**asked, "client_id": refused})
        assert answer.status_code == 422 and mine not in answer.text
        # What was counted is written at the latest when the server ends.
        assert server.stop() == 0
    finally:
        server.kill()
    with closing(sqlite3.connect(server.data / "microdock.db")) as connection:
        [[week, name]] = connection.execute("SELECT week, plugin_name FROM active_sketches").fetchall()
        assert [row[0] for row in connection.execute("SELECT week FROM active_salts")] == [week]
        assert name == hosts.CLOCK
    files = [path for path in [*server.data.rglob("*"), server.console] if path.is_file()]
    assert any("/api/plugins/updates" in path.read_text(errors="replace") for path in files)
    assert [path for path in files if mine.encode() in path.read_bytes()] == []
