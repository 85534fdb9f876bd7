"""What the image runs, run here: the package as installed, as another user, who can write to nothing but its data."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import requests

from ..live import Client, eventually, free_port
from .test_containers import SECRETS, SERVICES, arguments, image_environment

ROOT = Path(__file__).parents[2]
UID = 10001
START_SECONDS = 90

pytestmark = pytest.mark.live


def interpreters() -> list[str]:
    """Pythons of this version; ours may stand where another user cannot go."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [sys.executable, *(path for path in (f"/usr/local/bin/{name}", f"/usr/bin/{name}") if Path(path).exists())]


def as_another_user() -> list[str]:
    """Before a command: its user is the image's, and it may do nothing that another cannot."""
    if os.geteuid() != 0:
        return []
    user = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"]
    return [*user, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]


def usable_interpreter() -> str:
    """The first that the other user can run."""
    for path in interpreters():
        # By way of a shell: setpriv itself still has the rights of its caller when it starts a program.
        command = [*as_another_user(), "sh", "-c", 'exec "$0" -c ""', path]
        done = subprocess.run(command, cwd="/", capture_output=True, check=False)
        if done.returncode == 0:
            return path
    raise AssertionError(f"no Python that another user can run: {interpreters()}")


class Container:
    """A directory that stands for the image's root: the package, an empty working directory, and the volume."""

    def __init__(self, directory: Path) -> None:
        self.site, self.work, self.data = directory / "site", directory / "app", directory / "data"
        self.port = free_port()
        self.programs = directory / "bin"
        for path in (self.work, self.data, self.programs):
            path.mkdir()
        (self.programs / "python").symlink_to(usable_interpreter())
        if os.geteuid() == 0:
            os.chown(self.data, UID, UID)

    def environment(self) -> dict[str, str]:
        """The image's, then compose's for the server alone, then what must differ here. No HOME."""
        compose = {name: str(value) for name, value in SERVICES["app"]["environment"].items()}
        here = {"HOST": "127.0.0.1", "PORT": str(self.port), "DATA_DIR": str(self.data), "WEB_CONCURRENCY": "1"}
        packages = f"{self.site}:{sysconfig.get_path('purelib')}"
        path = {"PATH": f"{self.programs}:/usr/bin:/bin", "PYTHONPATH": packages}
        return {**image_environment(), **compose, **here, **path}

    def popen(self, command: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
        """Start one of the image's commands as its user."""
        user = [
            "setpriv",
            f"--reuid={UID}",
            f"--regid={UID}",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
        ]
        given = [*(user if os.geteuid() == 0 else []), *command]
        return subprocess.Popen(given, cwd=self.work, env=self.environment(), **options)  # type: ignore[call-overload,no-any-return]

    def run(self, command: Sequence[str]) -> tuple[int, str]:
        process = self.popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said.decode()


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """The package, installed as the image does it, but beside the packages that are here already."""
    # Not below pytest's own directory, which nobody else may enter.
    directory = Path(tempfile.mkdtemp(prefix="microdock-image-"))
    directory.chmod(0o755)
    try:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
        subprocess.run([*command, "--target", directory / "site", ROOT], check=True, capture_output=True, timeout=300)
        yield Container(directory)
    finally:
        shutil.rmtree(directory)


def check_health(container: Container) -> int:
    return container.run(json.loads(arguments("HEALTHCHECK")[0].partition("CMD ")[2]))[0]


def test_the_package_that_runs_is_the_installed_one(container: Container) -> None:
    code, said = container.run(["python", "-c", "import microdock_server as m, os; print(m.__file__, os.getuid())"])
    assert (code, said.split()[0]) == (0, str(container.site / "microdock_server" / "__init__.py"))
    if os.geteuid() == 0:
        assert said.split()[1] == str(UID)


def test_the_migrate_service_makes_the_tables(container: Container) -> None:
    code, said = container.run(SERVICES["migrate"]["entrypoint"])
    assert code == 0, said
    assert (container.data / "microdock.db").is_file()


def test_the_entry_point_serves_until_it_is_told_to_stop(container: Container) -> None:
    assert check_health(container) != 0
    with (container.data.parent / "console").open("wb") as console:
        process = container.popen(json.loads(arguments("ENTRYPOINT")[0]), stdout=console, stderr=console)
    try:
        deadline = time.monotonic() + START_SECONDS
        client = Client(f"http://127.0.0.1:{container.port}")
        while not is_ready(client):
            said = (container.data.parent / "console").read_text()
            assert process.poll() is None and time.monotonic() < deadline, said
            time.sleep(0.1)
        assert check_health(container) == 0
        assert client.log_in("admin", SECRETS["ADMIN_PASSWORD"]).token
        assert eventually(lambda: any("jobs work" in line for line in commands(process.pid)))
        assert requests.get(f"{client.base}/metrics", timeout=60).status_code == 200
        process.send_signal(signal.Signals[arguments("STOPSIGNAL")[0]])
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert list(container.work.iterdir()) == []
    assert (container.data / "logs" / "app.log").is_file()


def is_ready(client: Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except requests.ConnectionError:
        return False


def commands(parent: int) -> list[str]:
    """The command lines of a process's children."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "args=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return listed.stdout.splitlines()
