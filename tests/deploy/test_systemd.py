"""The systemd units, as far as systemd itself judges them without running them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..peers import missing
from ..test_docs import settings_read

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
# systemd's own scale: 0 is locked up, 10 is open; below 2.5 it calls "OK" at worst.
MOST_EXPOSED = 2.0


@pytest.fixture
def analyze() -> str:
    """The program; without it the test is left out, but fails where everything must run."""
    return shutil.which("systemd-analyze") or missing("systemd-analyze (Debian's package systemd)")


@pytest.fixture
def installed(tmp_path: Path) -> list[Path]:
    """The units as on a machine where the server is installed: their programs exist."""
    made = []
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        # Its path would be checked on this machine.
        text = re.sub(r"^(Exec\w+=)/opt/microdock/\S+", rf"\g<1>{sys.executable}", text, flags=re.MULTILINE)
        made.append(tmp_path / unit.name)
        made[-1].write_text(text, encoding="utf-8")
    return made


def test_systemd_understands_every_line(analyze: str, installed: list[Path]) -> None:
    done = subprocess.run([analyze, "verify", "--man=no", *installed], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_would_report_a_mistake(analyze: str, installed: list[Path]) -> None:
    installed[0].write_text("[Service]\nExecStart=/bin/true\nNoSuchKey=yes\n", encoding="utf-8")
    done = subprocess.run([analyze, "verify", "--man=no", installed[0]], capture_output=True, text=True, check=False)
    assert "NoSuchKey" in done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_services_are_locked_up(analyze: str, unit: Path) -> None:
    command = [analyze, "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED * 10:.0f}", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    level = re.search(r"exposure level for \S+ (\d+\.\d)", done.stdout)
    assert level
    assert float(level[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_what_they_set_is_known(unit: Path) -> None:
    lines = re.findall(r"^Environment=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    names = {pair.partition("=")[0] for line in lines for pair in line.split()}
    assert names - {"FLASK_APP", "PYTHONDONTWRITEBYTECODE"} <= settings_read().keys()
    assert "DATA_DIR" in names


def test_the_server_gets_longer_to_stop_than_it_takes() -> None:
    text = (ROOT / "deploy/systemd/microdock.service").read_text(encoding="utf-8")
    stop = re.search(r"TimeoutStopSec=(\d+)", text)
    configuration = (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")
    requests = re.search(r"graceful_timeout = (\d+)", configuration)
    supervisor = (ROOT / "microdock_server/supervisor.py").read_text(encoding="utf-8")
    worker = re.search(r"WORKER_ENDS_SECONDS: Final = (\d+)", supervisor)
    assert stop and requests and worker
    assert int(stop[1]) > int(requests[1]) + int(worker[1])
