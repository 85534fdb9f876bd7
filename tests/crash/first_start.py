"""Starts a server on an empty directory, killed one operation later each time, and then starts it again.

Run as `python -m tests.crash.first_start WORK`; prints what it found, a JSON object a line. Where processes that were
killed at several steps left the same disk, to the byte, the next start is tried once.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import sys
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.services.accounts import passwords

from ..conftest import release
from ..support import Api, settings_for
from .disks import digest
from .faulty import CHANGELESS, Faults, kill
from .runner import MOST_STEPS, Report, found_by, in_child


def start(data: Path) -> Flask:
    """What a server does before it answers."""
    settings = settings_for(data, AUTO_MIGRATE="true", ADMIN_PASSWORD="correct horse")
    app = create_app(settings)
    logging.disable()
    prepare(app)
    return app


def killed(data: Path, at: int, report: Report) -> None:
    """Start, and die at the `at`-th operation."""

    def strike(step: str) -> None:
        report({"step": step})
        kill(step)

    faults = Faults(data, at, "before", strike, ignoring=CHANGELESS)
    faults.install()
    faults.armed = True
    start(data)


def problems(data: Path) -> list[str]:
    """Does a second start repair whatever the first left?"""
    api = Api(start(data))
    found = []
    ready = api.get("/readyz")
    if ready.status_code != 200:
        found.append(f"not ready: {ready.get_data(as_text=True)}")
    login = api.post("/api/auth/login", {"username": "admin", "password": "correct horse"})
    if login.status_code != 200:
        found.append(f"the administrator cannot log in: {login.status_code}")
    if api.upload().status_code != 200:
        found.append("nothing can be uploaded")
    if len((data / "jwt-secret").read_text(encoding="ascii").strip()) < 32:
        found.append("the secret is short")
    return found


def main() -> None:
    work = Path(sys.argv[1])
    data = work / "data"
    passwords._PASSWORDS = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    # The same for all, so that two that were killed at the same moment for the disk leave the same disk.
    secrets.token_urlsafe = lambda nbytes=None: "s" * 64  # type: ignore[assignment]
    # What a start imports and compiles is at hand in every child: that is not what takes its steps.
    (work / "warm").mkdir()
    release(start(work / "warm"))
    known: dict[str, list[str]] = {}
    for at in range(1, MOST_STEPS):
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        told, ended = in_child(lambda report, at=at: killed(data, at, report))
        disk = digest(data)
        step = told[0]["step"] if told else ""
        # All that a killed process leaves is on its disk: the next start on the same disk does the same.
        if disk not in known or not step:
            known[disk] = found_by("the second start", lambda: problems(data))
        finding = {"fault": f"kill before {at}", "step": step, "ended": ended, "disk": disk, "problems": known[disk]}
        print(json.dumps(finding), flush=True)
        if not step:
            break


if __name__ == "__main__":
    main()
