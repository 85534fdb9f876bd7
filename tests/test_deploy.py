"""scripts/deploy, on a repository of its own: to a new version, and back from one that is broken."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .live import READY_SECONDS, ROOT, Server, eventually, prepared_server
from .support import package

pytestmark = pytest.mark.live

PARTS = (
    "microdock_server",
    "migrations",
    "scripts",
    "wsgi.py",
    "deploy",
    "gunicorn.conf.py",
    "pyproject.toml",
    "requirements",
)
MIGRATION = '''"""Another table."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("another", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    {downgrade}
'''


class Checkout:
    """A repository with the server's code, and a service that runs it."""

    def __init__(self, directory: Path, server: Server) -> None:
        self.directory, self.server = directory, server
        for name in PARTS:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, directory / name, **({"ignore": IGNORED} if copy is shutil.copytree else {}))
        # What scripts/environment would make, without installing anything: the environment of the tests.
        python = directory / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        files = [directory / "pyproject.toml", *sorted((directory / "requirements").glob("*.txt"))]
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        (directory / ".venv" / ".installed").write_text(f"{digest} \n")
        self.write("scripts/build-page", "#!/bin/sh\nexit 0\n")
        self.write(".gitignore", "/.venv/\n__pycache__/\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("one")
        self.env = {**server._env, "AUTO_MIGRATE": "true"}
        self.env.pop("DATABASE_URL", None)
        with server.console.open("ab") as console:
            command = [sys.executable, "-P", "microdock_server/supervisor.py"]
            self.process = subprocess.Popen(
                command, cwd=directory, env=self.env, stdout=console, stderr=console, start_new_session=True
            )

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        done = subprocess.run(["git", *who, *words], cwd=self.directory, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)
        (self.directory / name).chmod(0o755)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.directory / name).read_text()
        assert old in text
        (self.directory / name).write_text(text.replace(old, new))

    def commit(self, name: str) -> None:
        """Commit everything, call it `name`, and go back to what is running."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", name)
        self.git("tag", name)

    def commit_broken(self, name: str, running: str, *, downgrade: str = 'op.drop_table("another")') -> None:
        """Commit a version that migrates and then does not start, as `name`, and go back to the one that is running."""
        newest = max(path.stem for path in (self.directory / "migrations/versions").glob("*.py"))[:4]
        self.write("migrations/versions/9999_another.py", MIGRATION.format(before=newest, downgrade=downgrade))
        self.write("wsgi.py", "raise RuntimeError('broken')\n")
        self.commit(name)
        self.git("checkout", "--quiet", running)

    def deploy(self, ref: str) -> subprocess.CompletedProcess[str]:
        command = ["scripts/deploy", ref, "--backups", str(self.directory.with_name("backups"))]
        return subprocess.run(
            command, cwd=self.directory, env=self.env, capture_output=True, text=True, timeout=240, check=False
        )

    def version(self) -> str:
        return str(self.server.client.get("/api/health").json()["data"]["version"])

    def is_ready(self) -> bool:
        try:
            return self.server.client.get("/readyz").status_code == 200
        except OSError:
            return False


# With the bytecode, which is as old as what it was made of: what is not changed here is not compiled again.
IGNORED = shutil.ignore_patterns("admin")


@pytest.fixture
def checkout(prepared_data: Path, tmp_path: Path) -> Iterator[Checkout]:
    (tmp_path / "checkout").mkdir()
    found = Checkout(tmp_path / "checkout", prepared_server(prepared_data, tmp_path / "data"))
    try:
        assert eventually(found.is_ready, READY_SECONDS), found.server.console.read_text()
        yield found
    finally:
        os.killpg(found.process.pid, signal.SIGKILL)
        found.process.wait()


def test_to_a_new_version_and_back_from_a_broken_one(checkout: Checkout) -> None:
    server = checkout.server
    assert server.client.upload(package()).status_code == 200

    checkout.replace("microdock_server/config/release.py", 'version("microdock-server")', '"9.1"')
    checkout.commit("two")
    checkout.git("checkout", "--quiet", "one")
    done = checkout.deploy("two")
    assert done.returncode == 0, done.stderr
    assert checkout.version() == "9.1"
    assert len(list(checkout.directory.with_name("backups").glob("microdock-*-full.tar.zst"))) == 1

    # Migrates, and then does not start.
    checkout.commit_broken("three", running="two")
    done = checkout.deploy("three")
    assert done.returncode == 1, done.stderr
    assert "the new version does not start" in done.stderr
    assert "the version of before is running" in done.stderr
    assert checkout.git("rev-parse", "HEAD") == checkout.git("rev-parse", "two")
    assert checkout.version() == "9.1"
    assert server.client.get("/readyz").status_code == 200
    assert server.client.download().status_code == 200

    # Cannot even be loaded: nothing was migrated.
    checkout.write("microdock_server/__init__.py", "this is no Python\n")
    checkout.commit("four")
    checkout.git("checkout", "--quiet", "two")
    assert checkout.deploy("four").returncode == 1
    assert server.client.get("/readyz").status_code == 200
    checkout.write("wsgi.py", "changed by hand\n")
    refused = checkout.deploy("one")
    assert refused.returncode == 1
    assert "nothing was changed: the checkout has changes of its own" in refused.stderr


def test_a_schema_that_does_not_go_back_is_said_to_be_so(checkout: Checkout) -> None:
    checkout.commit_broken("two", running="one", downgrade='raise RuntimeError("one way only")')
    done = checkout.deploy("two")
    assert done.returncode == 2, done.stderr
    assert "could not go back: `flask db downgrade" in done.stderr
    assert "one way only" in done.stderr
    # What the operator is told to restore is there, and nobody was refused meanwhile.
    (archive,) = checkout.directory.with_name("backups").glob("microdock-*-full.tar.zst")
    assert f"scripts/restore {archive} --data-dir {checkout.server.data}" in done.stderr
    assert checkout.server.client.get("/readyz").status_code == 200
