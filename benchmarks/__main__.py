"""`scripts/bench`: run experiments, keep their sections in benchmarks/results.json, and write the texts from there."""

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
    pages,
    profile,
    refresh,
    releases,
    report,
    search,
    slow_clients,
    small_files,
    snapshots,
    sockets,
    startup,
    statistics,
    store,
    summary,
    uploads,
    writes,
)
from .results import NOT_MEASURED, NotMeasured, Section, say
from .servers import Servers
from .stage import DEFAULT_LEVEL, FULL, QUICK, Stage

EXPERIMENTS: dict[str, Callable[[Stage], Section]] = {
    "lists": answers.lists,
    "reads": answers.reads,
    "pages": pages.measure,
    "refresh": refresh.measure,
    "releases": releases.measure,
    "downloads": downloads.measure,
    "small-files": small_files.measure,
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
    "writes": writes.measure,
    "growth": growth.sqlite,
    "growth-postgresql": growth.postgresql,
}
LONGEST = 2 * 60 * 60
TEXT = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    options = _options()
    if options.render:
        write_texts(store.load())
        return
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGTERM, _out_of_time)
    signal.alarm(LONGEST)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        stage = Stage(Servers(Path(directory)), QUICK if options.quick else FULL)
        try:
            if options.profile:
                print(profile.profile(stage, options.profile, options.log_level))
                return
            failed = [name for name in options.only or EXPERIMENTS if not _run(name, stage, is_kept=not options.quick)]
        finally:
            stage.servers.stop()
    if failed:
        raise SystemExit(f"{NOT_MEASURED}, and what was measured before is kept: {', '.join(failed)}")


def _run(name: str, stage: Stage, *, is_kept: bool) -> bool:
    """One experiment. One that fails as a whole leaves what was measured before, and does not end the others."""
    say(f"{name} …")
    started = time.monotonic()
    try:
        section = EXPERIMENTS[name](stage)
    except NotMeasured as reason:
        say(f"{name}: {NOT_MEASURED}: {reason}")
        return False
    except Exception as reason:
        say(f"{name} failed: {reason!r}")
        return False
    measured = store.Measured(section, store.conditions(stage.plan, time.monotonic() - started))
    print(report.shown(measured), flush=True)
    if is_kept:
        store.keep(name, measured, EXPERIMENTS)
        write_texts(store.load())
    return True


def write_texts(results: store.Results) -> None:
    """What is generated from the results: the whole report, and the tables of documents."""
    TEXT.write_text(report.render(results, EXPERIMENTS), encoding="utf-8")
    summary.write(results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds; nothing is written")
    parser.add_argument(
        "--only",
        action="append",
        choices=EXPERIMENTS,
        metavar="NAME",
        help=f"measure this section alone; the others stay: {', '.join(EXPERIMENTS)}",
    )
    parser.add_argument("--render", action="store_true", help="measure nothing; write the texts from results.json")
    parser.add_argument(
        "--profile", choices=profile.REQUESTS, metavar="NAME", help=f"py-spy instead: {', '.join(profile.REQUESTS)}"
    )
    parser.add_argument("--log-level", default=DEFAULT_LEVEL, help="of the profiled server")
    return parser.parse_args()


def _out_of_time(*_: object) -> None:
    raise SystemExit("the benchmark was stopped")


if __name__ == "__main__":
    main()
