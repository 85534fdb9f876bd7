"""From nothing to the first 200, beside importing the application; and what its workers weigh."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import IO

from tests.live import free_port

from .processes import memory
from .results import Goal, NotMeasured, Row, Samples, Section, missing_row, number, race, ratio_row, seconds, value_row
from .servers import HEALTH, WORKERS, Server, gunicorn_command, real_environment
from .stage import SMALL, Stage

# On two quiet cores.
TOOK = Goal(1.5, at_most=True, unit=" s")
BESIDE_IMPORT = Goal(1.2, at_most=True)


def measure(stage: Stage) -> Section:
    section = Section("Start")
    data = stage.files("INFO", "startup").directory

    def start() -> float:
        port = free_port()
        started = time.perf_counter()
        server = stage.servers.start(gunicorn_command(), real_environment(data, port), data, port, HEALTH)
        took = time.perf_counter() - started
        server.stop()
        return took

    def bare() -> float:
        """Until the import is done; what ends the interpreter afterwards does not count."""
        environment = real_environment(data, free_port())
        command = [sys.executable, "-c", "import wsgi, os; os.write(2, b'imported')"]
        started = time.perf_counter()
        with subprocess.Popen(command, cwd=data, env=environment, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            read_until(process.stderr, b"imported")
            return time.perf_counter() - started

    start(), bare()
    samples = race({"start": start, "import": bare}, stage.plan.rounds + 2)
    what = "gunicorn from start to first 200"
    section.rows.append(_took(f"{what}, in seconds", samples["start"]))
    section.rows.append(
        ratio_row(what, samples["start"], samples["import"], "import wsgi", BESIDE_IMPORT, log="INFO", show=seconds)
    )
    section.rows.append(_weight("memory per worker, fresh", stage.servers.real("fresh")))
    section.rows.append(_weight(f"memory per worker, {SMALL:,} plugins", stage.catalogue(SMALL, "INFO")))
    return section


def _took(what: str, samples: Samples) -> Row:
    if samples.problem:
        return missing_row(what, samples.problem, log="INFO", goal=TOOK.text())
    return value_row(what, samples.values, TOOK, log="INFO")


def read_until(stream: IO[bytes], word: bytes) -> None:
    """Raises NotMeasured if the stream ends without it."""
    seen = b""
    while word not in seen:
        chunk = os.read(stream.fileno(), 4096)
        if not chunk:
            raise NotMeasured(f"the import failed: {seen[-200:].decode(errors='replace')}")
        seen += chunk


def _weight(what: str, server: Server) -> Row:
    deadline = time.monotonic() + 10
    while len(server.workers) < WORKERS and time.monotonic() < deadline:
        time.sleep(0.1)
    sizes = [memory(pid) for pid in server.workers]
    resident = "/".join(number(rss) for rss, _ in sizes)
    shared = "/".join(number(pss) for _, pss in sizes)
    return Row(what, "INFO", f"RSS {resident} MiB", f"PSS {shared} MiB", spread="one value")
