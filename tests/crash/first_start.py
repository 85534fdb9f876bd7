"""Starts a server on an empty directory, killed one operation later each time, and then starts it again.

Run as `python -m tests.crash.first_start WORK`; prints what it found, a JSON object a line.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.services.accounts import passwords

from ..support import Api, settings_for
from .faulty import CHANGELESS, Faults, kill
from .runner import MOST_STEPS, Report, in_child


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
    data = Path(sys.argv[1]) / "data"
    passwords._PASSWORDS = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for at in range(1, MOST_STEPS):
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        told, ended = in_child(lambda report, at=at: killed(data, at, report))
        checked, checker_ended = in_child(lambda report: report(problems(data)))
        wrong = checked[0] if checked else [f"the second start ended with {checker_ended}"]
        step = told[0]["step"] if told else ""
        print(json.dumps({"fault": f"kill before {at}", "step": step, "ended": ended, "problems": wrong}), flush=True)
        if not step:
            break


if __name__ == "__main__":
    main()
