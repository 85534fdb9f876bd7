"""docs/tutorial.md and the README's story: every command runs and prints what the documents show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .live import Server, prepared_server

pytestmark = pytest.mark.live

ROOT = Path(__file__).parent.parent
ADDRESS = "http://127.0.0.1:8000"
MARK = "--- the next block ---"
# No promise: after so long something hangs.
HANGS_SECONDS = 1800


class WithWorker(Server):
    """As scripts/serve runs it: with the worker, which reviews."""

    COMMAND = (sys.executable, "-P", "microdock_server/supervisor.py")


@pytest.fixture
def served(prepared_data: Path, tmp_path: Path) -> Iterator[Server]:
    prepared_server(prepared_data, tmp_path / "data")
    server = WithWorker(tmp_path / "data", AUTO_MIGRATE="true")
    try:
        yield server.start()
    finally:
        server.kill()


def blocks(document: str) -> list[tuple[str, str]]:
    """Each block of commands with the answer that stands below it."""
    found: list[tuple[str, str]] = []
    text = (ROOT / document).read_text(encoding="utf-8")
    for kind, body in re.findall(r"^```(bash|text)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if kind == "bash":
            found.append((body, ""))
        else:
            commands, answer = found.pop()
            assert not answer, f"two answers to one block:\n{body}"
            found.append((commands, body))
    return found


def story() -> str:
    """The commands of the README's story."""
    (found,) = [commands for commands, _ in blocks("README.md") if "curl" in commands]
    return found


def run(server: Server, directory: Path, commands: list[str]) -> list[str]:
    """What each block of commands printed, one shell running them all. The first that fails ends it."""
    directory.mkdir()
    (directory / ".venv").symlink_to(Path(sys.prefix))
    (directory / "docs").symlink_to(ROOT / "docs")
    script = "".join(f"{block}\necho '{MARK}'\n" for block in commands).replace(ADDRESS, server.base)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=directory,
        env={
            **server._env,
            "FLASK_APP": "microdock_server:create_app",
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C.UTF-8",
            # Not by way of a manager of versions, which takes longer to find it than it runs.
            "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS_SECONDS,
    )
    printed = done.stdout.split(f"{MARK}\n")
    assert done.returncode == 0, f"after {len(printed) - 1} blocks: {printed[-1]}{done.stderr}"
    return printed[:-1]


def pattern(answer: str) -> str:
    """`…` stands for anything."""
    return re.escape(answer.strip()).replace("…", ".*")


# A backup comes back into an empty directory, whose database is a file in it; elsewhere another database is made first.
@pytest.mark.sqlite
def test_every_answer_of_the_tutorial_is_what_the_server_says(served: Server, tmp_path: Path) -> None:
    found = blocks("docs/tutorial.md")
    assert len(found) > 25
    # As a newcomer reads them: first the README, on the same server and in the same directory.
    _, *printed = run(served, tmp_path / "work", [story(), *(commands for commands, _ in found)])
    for (commands, answer), said in zip(found, printed, strict=True):
        assert re.fullmatch(pattern(answer), said.strip(), re.DOTALL), f"{commands}\n{said}"


def test_the_story_of_the_readme_can_be_pasted(server: Server, tmp_path: Path) -> None:
    assert len(story().splitlines()) == 12
    (printed,) = run(server, tmp_path / "work", [story()])
    sent, received = (line.split()[0] for line in printed.splitlines()[-2:])
    assert sent == received
    assert '"success":false' not in printed
