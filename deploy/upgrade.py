"""Upgrades a checkout in place: `scripts/deploy REF [--backups DIR]`.

It runs the commands of the checked-out version, and imports nothing of it, because the checkout changes meanwhile.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from typing import Any, Final

# The command of the version that is checked out at the moment.
read_env: Final = run_path("microdock_server/config/read_env.py")["read_env"]
PYTHON: Final = ".venv/bin/python"
FLASK: Final = (PYTHON, "-m", "flask", "--app", "microdock_server:create_app")
STATE: Final = "supervisor.json"
# Longer than the supervisor's own timeout.
RESTART_SECONDS: Final = 330.0
HEALTHY_SECONDS: Final = 30.0


class Failed(Exception):
    """A step failed; the message names it, with its output."""


@dataclass(frozen=True, slots=True)
class Service:
    """The running server, as described by its supervisor's state file and its settings."""

    data_dir: Path
    host: str
    port: int

    def state(self) -> dict[str, Any]:
        """The supervisor's state file; empty if none is running."""
        try:
            state = dict(json.loads((self.data_dir / STATE).read_bytes()))
            os.kill(state["pid"], 0)
        except (OSError, ValueError, KeyError):
            return {}
        return state

    def is_ready(self) -> bool:
        """Does `/readyz` answer 200?"""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            # Every server accepts this host name, whatever address it listens on.
            connection.request("GET", "/readyz", headers={"Host": "localhost"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def restart(self) -> None:
        """Hand over to the code on disk. Raises Failed if that does not start: the previous server then still runs."""
        before = self.state()
        os.kill(before["pid"], signal.SIGUSR2)
        deadline = time.monotonic() + RESTART_SECONDS
        while time.monotonic() < deadline:
            now = self.state()
            if now.get("renewals", 0) > before["renewals"]:
                return
            if now.get("failures", 0) > before["failures"]:
                break
            time.sleep(0.2)
        raise Failed("the new version does not start: see the server's log")

    def ensure_healthy(self) -> None:
        """Raise Failed unless it is ready, and stays ready."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        while time.monotonic() < deadline:
            if self.is_ready():
                time.sleep(1)
                if self.is_ready():
                    return
            time.sleep(0.2)
        raise Failed("the new version is not ready: see /readyz and the server's log")


def main() -> None:
    """Run as a program; exits 1 if the upgrade failed and was undone, 2 if it could not be undone."""
    service = _service()
    options = _options(service)
    try:
        _ensure_sound(service)
        before, schema = _code(), _schema()
        backup = _run(*FLASK, "backup", "create", "--out", str(options.backups.absolute())).splitlines()[-1]
        say(f"backup: {backup}")
    except Failed as reason:
        sys.exit(f"nothing was changed: {reason}")
    upgrade = Upgrade(service)
    try:
        upgrade.run(options.ref)
    except Failed as reason:
        say(f"failed: {reason}")
        try:
            upgrade.take_back(before, schema)
        except Failed as worse:
            say(f"could not go back: {worse}")
            say(f"stop the server, git checkout {before}, scripts/restore {backup} --data-dir {service.data_dir}")
            sys.exit(2)
        sys.exit("the upgrade failed; the version of before is running")
    say(f"running {_run('git', 'describe', '--always', '--tags')}")


class Upgrade:
    """The steps that change something, and undoing them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._migrated = self._restarted = False

    def run(self, ref: str) -> None:
        """Upgrade to the code of `ref`. Raises Failed."""
        _check_out(ref)
        _install()
        say("migrating")
        # Migrations are one transaction: if it fails, nothing was migrated.
        _run(*FLASK, "db", "upgrade")
        self._migrated = True
        say("restarting")
        self._service.restart()
        self._restarted = True
        self._service.ensure_healthy()

    def take_back(self, before: str, schema: str) -> None:
        """Go back to the previous code and schema; data written meanwhile is kept. Raises Failed."""
        say(f"going back to {before[:40]}")
        if self._migrated and _schema() != schema:
            _run(*FLASK, "db", "downgrade", schema or "base")
        _run("git", "checkout", "--quiet", before)
        _install()
        if self._restarted:
            self._service.restart()
        self._service.ensure_healthy()


def _ensure_sound(service: Service) -> None:
    if _run("git", "status", "--porcelain", "--untracked-files=no"):
        raise Failed("the checkout has changes of its own: commit them, or take them back")
    if not service.state():
        raise Failed(f"no server that scripts/serve started is running on {service.data_dir}")
    if not service.is_ready():
        raise Failed("the server is not ready: see its /readyz")


def _check_out(ref: str) -> None:
    if _run("git", "remote"):
        _run("git", "fetch", "--quiet", "--tags", "--all")
    # A branch means its current state on the remote.
    try:
        found = _run("git", "rev-parse", "--verify", "--quiet", f"origin/{ref}^{{commit}}")
    except Failed:
        found = _run("git", "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    _run("git", "checkout", "--quiet", "--detach", found)
    say(f"code: {_run('git', 'describe', '--always', '--tags')}")


def _install() -> None:
    _run("bash", "-c", '. scripts/environment; prepare_environment ""; scripts/build-page >&2 || true')


def _code() -> str:
    """The checked-out branch, or the commit if there is no branch."""
    branch = _run("git", "rev-parse", "--abbrev-ref", "HEAD")
    return _run("git", "rev-parse", "HEAD") if branch == "HEAD" else branch


def _schema() -> str:
    """The database's migration."""
    return _run(*FLASK, "db", "current").split(" ")[0].strip()


def _service() -> Service:
    values = read_env()
    data_dir = Path(values.get("DATA_DIR") or "instance").absolute()
    # The listening address: `0.0.0.0` and `::` connect to this machine, and the address is not used in a URL.
    host = (values.get("HOST") or "127.0.0.1").strip().strip("[]")
    return Service(data_dir, host, int(values.get("PORT") or 8000))


def _run(*command: str) -> str:
    """The command's output. Raises Failed with the end of its output on either stream."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (our own commands)
    if done.returncode:
        name = " ".join(command).replace(" ".join(FLASK), "flask")[:80]
        complaints = (text.strip()[-500:] for text in (done.stdout, done.stderr))
        raise Failed(f"`{name}` failed: {' '.join(text for text in complaints if text)}")
    return done.stdout.strip()


def _options(service: Service) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/deploy", description="Upgrade in place, or stay as it is.")
    parser.add_argument("ref", help="a branch, a tag or a commit")
    beside = service.data_dir.with_name(f"{service.data_dir.name}-backups")
    parser.add_argument("--backups", type=Path, default=beside, help="where the backup goes; %(default)s")
    return parser.parse_args()


def say(text: str) -> None:
    """Print progress."""
    print(f"deploy: {text}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
