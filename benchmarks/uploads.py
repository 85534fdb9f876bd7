"""Uploads of 100 MB beside a bare loop from socket to disk, and how far they make a worker grow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from .client import at_once, call, upload
from .processes import Growth
from .results import Goal, NotMeasured, Row, Section, missing_row, race, ratio_row, seconds, value_row
from .servers import Server
from .stage import BIG, Stage, login

PLUGIN, BACKUP = "/api/plugins/upload", "/api/backups/upload"
KEY = "benchmark"
BARE = "bare loop"
GROWTH = Goal(32, at_most=True, unit=" MiB")
AT_ONCE = 4
GOALS = {
    "backup": Goal(1.2, at_most=True),
    "plugin, stored entries": Goal(2.2, at_most=True),
    "plugin, deflated entries": Goal(2.2, at_most=True),
}


class Uploader:
    """Uploads to one server, and takes back what it has kept."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._token = login(server)

    def plugin(self, package: Path) -> float:
        """Seconds of an upload that was inspected and published."""
        took, _ = upload(self.server.port, PLUGIN, {"plugin_key": KEY}, package)
        self._delete("/api/plugins/delete", {"name": f"com.example.{package.stem}"})
        return took

    def backup(self, package: Path) -> float:
        """Seconds of an upload that was kept as it came."""
        took, answer = upload(self.server.port, BACKUP, {"user_key": KEY, "backup_type": "program"}, package)
        self._delete("/api/backups/delete", {"user_key": KEY, "id": json.loads(answer)["data"]["id"]})
        return took

    def _delete(self, path: str, body: dict[str, object]) -> None:
        call(self.server.port, path, body, self._token)


def measure(stage: Stage) -> Section:
    section = Section("Uploads of 100 MB that do not compress")
    stored = stage.package("stored", BIG)
    deflated = stage.package("deflated", BIG, deflated=True)
    # A server that has done nothing yet: its first uploads are the ones that make it grow.
    server = stage.files("INFO", "uploads")
    uploader = Uploader(server)
    section.rows += _growth(stage, server, uploader, stored)
    sink = stage.sink()
    runs: dict[str, Callable[[], float]] = {
        BARE: lambda: upload(sink.port, "/", {"user_key": KEY}, stored)[0],
        "backup": lambda: uploader.backup(stored),
        "plugin, stored entries": lambda: uploader.plugin(stored),
        "plugin, deflated entries": lambda: uploader.plugin(deflated),
    }
    samples = race(runs, stage.plan.rounds + 2)
    for name, goal in GOALS.items():
        section.rows.append(
            ratio_row(f"{name}, one at a time", samples[name], samples[BARE], BARE, goal, log="INFO", show=seconds)
        )
    return section


def _growth(stage: Stage, server: Server, uploader: Uploader, stored: Path) -> list[Row]:
    """One backup, one plugin, then four at once of each."""
    several = [stage.package(f"stored{index}", BIG) for index in range(AT_ONCE)]
    runs: dict[str, Callable[[], object]] = {
        "one backup": lambda: uploader.backup(stored),
        "one plugin": lambda: uploader.plugin(stored),
        f"{AT_ONCE} backups at once": lambda: at_once(uploader.backup, several),
        f"{AT_ONCE} plugins at once": lambda: at_once(uploader.plugin, several),
    }
    return [_grown(f"a worker's growth, {what}", server, run) for what, run in runs.items()]


def _grown(what: str, server: Server, run: Callable[[], object]) -> Row:
    try:
        with Growth(server.workers) as growth:
            run()
    except (NotMeasured, OSError) as reason:
        return missing_row(what, reason, log="INFO", goal=GROWTH.text())
    return value_row(what, [growth.worst], GROWTH, log="INFO", detail="resident, peak minus before")
