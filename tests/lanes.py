"""The whole suite in lanes that run side by side: `python -m tests.lanes [--quick | --all] [--check]`.

A lane is one run of pytest (or of another program that writes JUnit's XML), with a log of its own in build/tests/. What
waits for servers and what computes share the processors: whoever computes gives way. docs/development.md has more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from .corpus import sdk
from .memory import in_memory
from .peers.postgresql import programs

ROOT: Final = Path(__file__).parent.parent
REPORTS: Final = ROOT / "build" / "tests"
# Two that wait for servers or the disk, and one that gives way to them and has what they leave of the processors.
AT_ONCE: Final = 3
# Of a failed lane's log, so many lines are printed.
TAIL: Final = 300
# Of a column of the table.
WIDTH: Final = 9
ENDS_SECONDS: Final = 30.0


def without(*paths: str) -> tuple[str, ...]:
    """pytest's arguments that leave these out."""
    return tuple(f"--ignore={path}" for path in paths)


def spread(processes: int, how: str) -> tuple[str, ...]:
    return ("--numprocesses", str(processes), "--dist", how)


# Lanes of their own; `unit` and `servers` have everything else between them.
APART: Final = ("tests/browser", "tests/corpus", "tests/crash", "tests/many", "tests/storage")
# What asks the database most, and what many ask at once; --all asks everything once more that asks it at all.
ON_POSTGRESQL: Final = (
    *("tests/test_migrations.py", "tests/test_uow.py", "tests/concurrency", "tests/api/host", "tests/services"),
    *without("tests/services/test_search.py", "tests/services/test_image_costs.py", "tests/services/test_scanning.py"),
    *without("tests/services/releases", "tests/services/test_sketch.py"),
)
WITHOUT_DATABASE: Final = (
    *("tests/bundle", "tests/media", "tests/schemas", "tests/test_architecture.py", "tests/test_benchmarks.py"),
    *(
        "tests/test_forkserver.py",
        "tests/test_lanes.py",
        "tests/test_lock.py",
        "tests/test_messages.py",
        "tests/test_scripts.py",
    ),
    *("tests/test_names.py", "tests/test_read_env.py", "tests/test_urls.py", "tests/test_client_address.py"),
    *("tests/services/test_image_costs.py", "tests/services/test_scanning.py", "tests/services/test_lifecycle.py"),
    # The rules of releases, on catalogues made in memory.
    *("tests/services/releases", "tests/services/test_release_permissions.py", "tests/services/test_sketch.py"),
    "tests/services/test_release_transitions.py",
    *("tests/api/test_proxies.py", "tests/api/test_rendering.py", "tests/storage/test_contract.py"),
    # Its second filesystem is the disk, where the lane has none.
    "tests/storage/test_local.py",
)
# What the API says of itself is made of its declarations, without a question.
OF_THE_DOCUMENT: Final = ("tests/contract/test_openapi.py",)
# How processes start, are put in place, write logs, answer slow clients and end is the same whatever they ask.
OF_PROCESSES: Final = (
    *("tests/deploy", "tests/serving", "tests/test_deploy.py", "tests/test_ending.py", "tests/test_logs.py"),
    *("tests/test_supervisor.py", "tests/test_tracing.py"),
)
# Without the files that take longest: pages of the search, what is hashed again, large contents, ranges of versions.
QUICK: Final = (
    *without("tests/services/test_search.py", "tests/services/test_rehash.py", "tests/bundle/test_contents.py"),
    *without("tests/bundle/test_hidden.py", "tests/bundle/test_ranges.py"),
    *("tests/bundle", "tests/schemas", "tests/services", "tests/test_architecture.py", "tests/test_attacks.py"),
    *("tests/test_benchmarks.py", "tests/test_docs.py", "tests/test_lanes.py", "tests/test_messages.py"),
    *(
        "tests/test_scripts.py",
        "tests/test_uow.py",
        "tests/contract/test_host_document.py",
        "tests/contract/test_installs_document.py",
    ),
)


@dataclass(frozen=True)
class Lane:
    """One run: what it proves, pytest's arguments (or a whole command), and how politely it computes."""

    name: str
    proves: str
    arguments: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    nice: int = 0
    on_disk: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    # Where no test is counted, the exit code alone decides.
    counted: bool = True


CHECK: Final = Lane("check", "style, types, architecture", command=("scripts/check",), nice=5, counted=False)
PAGE: Final = Lane(
    "page",
    "the admin page's parts",
    command=("npm", "--prefix", "frontend", "run", "--silent", "test", "--", "--reporter=default", "--reporter=junit"),
    nice=5,
)
BROWSER: Final = Lane(
    "browser", "the admin page in Chromium, on real servers", ("tests/browser", *spread(2, "loadfile"))
)
SOME_BROWSER: Final = Lane(
    "browser",
    "logging in, reviewing, an owner's page and live news in Chromium",
    (
        *("tests/browser/test_session.py", "tests/browser/test_reviews.py", "tests/browser/test_owner.py"),
        *("tests/browser/test_live.py", *spread(2, "loadfile")),
    ),
)
UNIT: Final = Lane(
    "unit",
    "everything that needs no server of its own, on SQLite",
    ("-m", "not live", *without(*APART), *spread(2, "worksteal"), "tests"),
    nice=15,
)
SOME_UNIT: Final = Lane(
    "unit",
    "everything that needs no server, without generated requests",
    ("-m", "not live", *without(*APART, "tests/contract/test_schemathesis.py"), *spread(2, "worksteal"), "tests"),
    nice=15,
)
SERVERS: Final = Lane(
    "servers",
    "gunicorn, nginx, Redis, systemd's and the image's way to start",
    ("-m", "live", *without(*APART), *spread(2, "loadfile"), "tests"),
)
SOME_SERVERS: Final = Lane(
    "servers",
    "gunicorn, nginx, Redis; how a server is put in place is left out",
    (
        *("-m", "live", *without(*APART, "tests/serving/test_slow_clients.py", "tests/snapshots/test_drill.py")),
        *without("tests/deploy/test_installed.py", "tests/test_deploy.py", "tests/test_supervisor.py"),
        *without("tests/test_tutorial.py"),
        *(*spread(2, "loadfile"), "tests"),
    ),
)
CLUSTER: Final = Lane("cluster", "three nodes behind nginx; the contract once more, asked there", ("tests/many",))
SOME_CLUSTER: Final = Lane(
    "cluster",
    "three nodes behind nginx; accounts and installs of the contract, asked there",
    (
        *without("tests/many/contract/test_host.py", "tests/many/contract/test_market.py"),
        *without("tests/many/test_growing.py", "tests/many/test_killed.py"),
        "tests/many",
    ),
)
DISK: Final = Lane(
    "disk",
    "what survives a crash at every step, and the storages, on a real disk",
    ("tests/crash", "tests/storage", *spread(2, "loadfile")),
    on_disk=True,
)
SOME_DISK: Final = Lane(
    "disk",
    "the storages on a real disk, and a server killed under load",
    ("tests/storage", "tests/crash/test_under_load.py", "tests/crash/test_disks.py", *spread(2, "loadfile")),
    on_disk=True,
)
CORPUS: Final = Lane(
    "corpus",
    "packages built from C#: the review agrees with the runtime; a host in C# asks a real server",
    ("tests/corpus",),
    nice=10,
)
POSTGRESQL: Final = {"TEST_DATABASE": "postgresql"}
SOME_POSTGRESQL: Final = Lane(
    "postgresql",
    "what asks the database most, on PostgreSQL",
    (*ON_POSTGRESQL, *spread(2, "worksteal")),
    nice=10,
    environment=POSTGRESQL,
)
ALL_POSTGRESQL: Final = Lane(
    "postgresql",
    "everything that asks the database, on PostgreSQL",
    (
        *without("tests/browser", "tests/corpus", "tests/many", *WITHOUT_DATABASE, *OF_THE_DOCUMENT, *OF_PROCESSES),
        *(*spread(2, "worksteal"), "tests"),
    ),
    nice=10,
    environment=POSTGRESQL,
)
QUICKLY: Final = Lane(
    "quick", "the pure parts, the services and the documents' endpoints", (*QUICK, *spread(2, "worksteal"))
)


# One that computes goes on from the beginning, the other to the end: both have work for all processors, where beside
# the last part of a lane that waits one would be idle. The first ones share few files: whoever comes upon a file of
# tests that is not compiled yet rewrites its asserts, which are there for the others then.
LANES: Final = (UNIT, DISK, CLUSTER, SERVERS, BROWSER, ALL_POSTGRESQL, PAGE, CORPUS)
# What a run without --all has of a lane.
PARTS: Final = {
    one.name: one for one in (SOME_UNIT, SOME_POSTGRESQL, SOME_DISK, SOME_SERVERS, SOME_BROWSER, SOME_CLUSTER)
}


def chosen(arguments: argparse.Namespace) -> list[Lane]:
    """The lanes to run, in their order; says what is left out for want of a program."""
    if arguments.quick:
        return [QUICKLY]
    everything = bool(os.environ.get("CI"))
    lanes = [lane if arguments.all else PARTS.get(lane.name, lane) for lane in LANES]
    if sdk.find() is None:
        # Also in CI: registries need not have it.
        print(f"skipped: the corpus of packages built from C#; {sdk.why_not()}", flush=True)
        lanes.remove(CORPUS)
    if not everything and programs() is None:
        print("skipped: everything once more on PostgreSQL, whose server is not installed", flush=True)
        lanes = [lane for lane in lanes if lane.environment != POSTGRESQL]
    if not everything and (shutil.which("npm") is None or not (ROOT / "frontend/node_modules").is_dir()):
        print("skipped: the tests of the admin page's parts, and all in a browser, for want of Node.js 20", flush=True)
        lanes.remove(PAGE)
    return [*lanes, CHECK] if arguments.check else lanes


class Run:
    """A lane that runs."""

    def __init__(self, lane: Lane, scratch: Path) -> None:
        self.lane, self._begun = lane, time.monotonic()
        self.log, self._report = REPORTS / f"{lane.name}.log", REPORTS / f"{lane.name}.xml"
        self._report.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["nice", "-n", str(lane.nice), *self._command(scratch)],
                **{"cwd": ROOT, "env": self._environment(), "stdout": log, "stderr": log, "stdin": subprocess.DEVNULL},
                start_new_session=True,
                # Started in the background by a shell, we ignore SIGINT, and so would all that we start.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (one thread runs all lanes)
            )

    def _command(self, scratch: Path) -> list[str]:
        if self.lane.command:
            junit = [f"--outputFile.junit={self._report}"] if self.lane.counted else []
            return [*self.lane.command, *junit]
        command = [sys.executable, "-m", "pytest", "-ra", "--durations=30", f"--junitxml={self._report}"]
        # A test's files go when it has passed: all of them together would fill the memory.
        place = [f"--basetemp={scratch / self.lane.name}", "--override-ini=tmp_path_retention_policy=failed"]
        return [*command, *place, *self.lane.arguments]

    def _environment(self) -> dict[str, str]:
        # Every process would rewrite the asserts of all test files anew.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return kept | self.lane.environment

    def has_ended(self) -> bool:
        pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
        if not pid:
            return False
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - self._begun
        # Of all that it started and waited for: what makes a lane long where this is far less, is waiting.
        self.processor_seconds = used.ru_utime + used.ru_stime
        self.counts = counts(self._report) if self.lane.counted else Counter[str]()
        self.is_good = self.process.returncode == 0 and self.counts["failed"] == 0
        self.is_good = self.is_good and (self.counts["passed"] > 0 or not self.lane.counted)
        if not self.is_good and self.counts["failed"] == 0:
            # It broke off, or ran nothing: the sum must not look well.
            self.counts["failed"] = 1
        return True

    def end(self) -> None:
        """Interrupt it, so that its tests stop what they have started; kill what does not end."""
        for number, patience in ((signal.SIGINT, ENDS_SECONDS), (signal.SIGKILL, ENDS_SECONDS)):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)

    def line(self) -> str:
        times = "".join(f"{clock(seconds):>{WIDTH}}" for seconds in (self.seconds, self.processor_seconds))
        numbers = "".join(f"{self.counts[what]:>{WIDTH}}" for what in ("passed", "failed", "skipped"))
        return f"{self.lane.name:<12}{times}{numbers}  {self.lane.proves}"


def clock(seconds: float) -> str:
    """Minutes and seconds, as a stopwatch shows them."""
    return "{}:{:02}".format(*divmod(round(seconds), 60))


def counts(report: Path) -> Counter[str]:
    """How many tests passed, failed and were skipped, says a report; nothing where there is none."""
    found = Counter[str]()
    with suppress(OSError, ET.ParseError):
        for case in ET.parse(report).iter("testcase"):
            outcomes = {child.tag for child in case}
            failed, skipped = outcomes & {"failure", "error"}, "skipped" in outcomes
            found["failed" if failed else "skipped" if skipped else "passed"] += 1
    return found


def run(lanes: Sequence[Lane], scratch: Path, disk: Path) -> list[Run]:
    """All of them, a few at once, in this order."""
    waiting, running, ended = list(lanes), list[Run](), list[Run]()
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                lane = waiting.pop(0)
                running.append(Run(lane, disk if lane.on_disk else scratch))
            for one in [one for one in running if one.has_ended()]:
                running.remove(one)
                ended.append(one)
                print(one.line() if one.is_good else f"{one.line()}: FAILED", flush=True)
            time.sleep(0.1)
    finally:
        for one in running:
            one.end()
    return ended


def show(ended: Sequence[Run]) -> bool:
    """What failed, as its log ends; then a table, and the sum. Is all well?"""
    for one in ended:
        if not one.is_good:
            lines = one.log.read_text(encoding="utf-8", errors="replace").splitlines()
            print(f"\n===== {one.lane.name} failed; the end of {one.log.relative_to(ROOT)}:", *lines[-TAIL:], sep="\n")
    print(f"\n{'lane':<12}" + "".join(f"{title:>{WIDTH}}" for title in ("time", "CPU", "passed", "failed", "skipped")))
    print(*(one.line() for one in ended), sep="\n")
    total = sum((one.counts for one in ended), Counter[str]())
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}", flush=True)
    return all(one.is_good for one in ended)


def stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/test", description="Run the tests, in lanes side by side.")
    parser.add_argument("--quick", action="store_true", help="what to run before a commit")
    parser.add_argument("--all", action="store_true", help="the whole of every lane: what CI runs")
    parser.add_argument("--check", action="store_true", help="with scripts/check as a lane")
    arguments = parser.parse_args(words)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    REPORTS.mkdir(parents=True, exist_ok=True)
    places = [Path(tempfile.mkdtemp(prefix="tests-", dir=place)) for place in (in_memory(), None)]
    try:
        ended = run(chosen(arguments), *places)
    finally:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
    return 0 if show(ended) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
