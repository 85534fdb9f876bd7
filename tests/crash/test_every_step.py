"""Whatever step the server is killed at, whatever step the disk fails at: nothing is lost, nothing is half done.

A process is killed (or meets a full or a broken disk) at its first operation on the disk or the database, the next one
at its second, and so on, until the act is done without meeting it. See runner.py for what is asked after each: where
processes that were killed at several steps left the same disk, to the byte, it is asked once; and where several that
lived left the same in their database and files.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from .. import forkserver
from .runner import SCENARIOS

# The faults strike in SQLite's own files.
pytestmark = pytest.mark.sqlite
ROOT = Path(__file__).parent.parent.parent
# Of a step that hangs; one takes a second.
SECONDS = 120.0

# Steps that each act is known to take: were they missed, the faults would prove nothing.
TAKEN = {
    "first upload": ["write", "fsync", "link temp", "unlink temp", "sql INSERT INTO plugins", "sql COMMIT"],
    "second upload": ["write", "fsync", "link temp", "unlink temp", "sql INSERT INTO plugin_versions", "sql COMMIT"],
    "plugin delete": ["sql DELETE FROM plugins", "sql COMMIT", "unlink uploads", "fsync"],
    "backup upload": ["write", "fsync", "link temp", "unlink temp", "sql INSERT INTO backups", "sql COMMIT"],
    "backup delete": ["sql DELETE FROM backups", "sql COMMIT", "unlink backups", "fsync"],
    "download": ["sql UPDATE plugin_versions SET"],
}


def faults(scenario: str, plan: str, prepared: Path, work: Path) -> list[dict[str, Any]]:
    """What was found at every step of a scenario."""
    return findings("tests.crash.runner", scenario, plan, str(prepared), str(work))


def findings(*arguments: str) -> list[dict[str, Any]]:
    """What was found at every step. How many there are is nobody's business: a step that takes SECONDS hangs."""
    command = [sys.executable, "-u", "-m", *arguments]
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryFile("w+") as complaints:
        with forkserver.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=complaints, text=True) as process:
            assert process.stdout is not None
            while line := _line(process):
                found.append(json.loads(line))
        complaints.seek(0)
        said = complaints.read()
    assert process.returncode == 0, said
    wrong = [finding for finding in found if finding["problems"]]
    assert not wrong, json.dumps(wrong, indent=1) + said[-4000:]
    return found


def _line(process: subprocess.Popen[str]) -> str:
    """What it prints next; nothing at its end. It is killed where that takes too long."""
    assert process.stdout is not None
    guard = threading.Timer(SECONDS, process.kill)
    guard.start()
    try:
        return process.stdout.readline()
    finally:
        guard.cancel()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_killed_server_loses_nothing_and_leaves_nothing_half_done(
    scenario: str, prepared_data: Path, tmp_path: Path
) -> None:
    found = faults(scenario, "kill", prepared_data, tmp_path)
    assert all(finding["ended"] == -9 for finding in found)
    assert set(TAKEN[scenario]) <= {finding["step"] for finding in found}
    # One that was killed has told nobody of a success; the one that met no fault was killed after telling.
    assert all((finding["status"] == 200) == (finding["step"] == "") for finding in found if finding["status"])
    # Who was killed at first and who was killed at last left different disks, and each was looked at.
    assert found[0]["disk"] != found[-1]["disk"]


@pytest.mark.parametrize("plan", ["full", "broken"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_failing_disk_is_told_and_leaves_nothing_behind(
    scenario: str, plan: str, prepared_data: Path, tmp_path: Path
) -> None:
    found = faults(scenario, plan, prepared_data, tmp_path)
    assert all(finding["ended"] == 0 for finding in found)
    told = {
        finding["step"]: finding["status"] for finding in found if re.fullmatch(".* before [0-9]+", finding["fault"])
    }
    # What comes after the commit is too late to refuse anything, and gc tidies up; a count is no upload.
    refused = {told[step] for step in TAKEN[scenario] if step in ("write", "link temp", "sql COMMIT")}
    assert refused <= {507 if plan == "full" else 500}
    # With the act and without it, each was looked at.
    assert len({finding["disk"] for finding in found}) > 1


def test_a_first_start_that_is_killed_is_repaired_by_the_next(tmp_path: Path) -> None:
    found = findings("tests.crash.first_start", str(tmp_path))
    assert [finding["ended"] for finding in found] == [-9] * (len(found) - 1) + [0]
    steps = " ".join(finding["step"] for finding in found)
    assert all(step in steps for step in ("link", "CREATE TABLE plugins", "INSERT INTO users", "sql COMMIT"))
    # The secret, the tables and the administrator are there one after the other, and each disk was looked at.
    disks = {finding["step"]: finding["disk"] for finding in reversed(found)}
    begun = ("sql CREATE TABLE", "sql INSERT INTO users", "sql INSERT INTO settings")
    seen = [next(disk for step, disk in reversed(disks.items()) if step.startswith(words)) for words in begun]
    assert len({found[0]["disk"], *seen, found[-1]["disk"]}) == len(seen) + 2
