"""`scripts/bench`: run the experiments, print the table, write benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import (
    answers,
    dearest,
    downloads,
    engines,
    growth,
    page,
    profile,
    refresh,
    report,
    search,
    slow_clients,
    snapshots,
    sockets,
    startup,
    statistics,
    uploads,
)
from .results import Section, missing_row, say
from .servers import Servers
from .stage import FULL, QUICK, Stage

EXPERIMENTS: dict[str, Callable[[Stage], Section]] = {
    "lists": answers.lists,
    "reads": answers.reads,
    "refresh": refresh.measure,
    "downloads": downloads.measure,
    "uploads": uploads.measure,
    "startup": startup.measure,
    "search": search.measure,
    "statistics": statistics.measure,
    "sockets": sockets.measure,
    "slow-clients": slow_clients.measure,
    "dearest": dearest.measure,
    "page": page.measure,
    "snapshots": snapshots.measure,
    "engines": engines.measure,
    "growth": growth.sqlite,
    "growth-postgresql": growth.postgresql,
}
LONGEST = 90 * 60
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    options = _options()
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGTERM, _out_of_time)
    signal.alarm(LONGEST)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        stage = Stage(Servers(Path(directory)), QUICK if options.quick else FULL)
        try:
            if options.profile:
                print(profile.profile(stage, options.profile, options.log_level))
                return
            sections = [_run(name, stage) for name in options.only or EXPERIMENTS]
        finally:
            stage.servers.stop()
    text = report.render(sections, stage.plan, time.monotonic() - started)
    print(text)
    # A part of the table must not take the place of the whole one.
    if not options.only and not options.quick:
        RESULTS.write_text(text, encoding="utf-8")


def _run(name: str, stage: Stage) -> Section:
    """One experiment; one that fails says so in the table and does not end the others."""
    say(f"{name} …")
    try:
        return EXPERIMENTS[name](stage)
    except Exception as reason:
        say(f"{name} failed: {reason!r}")
        return Section(name, [missing_row(name, reason)])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds; RESULTS.md is not written")
    parser.add_argument(
        "--only", action="append", choices=EXPERIMENTS, metavar="NAME", help=f"one of {', '.join(EXPERIMENTS)}"
    )
    parser.add_argument(
        "--profile", choices=profile.REQUESTS, metavar="NAME", help=f"py-spy instead: {', '.join(profile.REQUESTS)}"
    )
    parser.add_argument("--log-level", default="WARNING", help="of the profiled server")
    return parser.parse_args()


def _out_of_time(*_: object) -> None:
    raise SystemExit("the benchmark was stopped")


if __name__ == "__main__":
    main()
