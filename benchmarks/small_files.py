"""Small uploads and counted downloads beside FastAPI as it is written first."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from . import wrk
from .client import Request, upload
from .downloads import CONNECTIONS, DOWNLOAD
from .packages import write_package
from .results import Goal, NotMeasured, Section, logging_row, per_second, ratio_row, warm_race
from .servers import Server
from .stage import LEVELS, MEGABYTE, Stage, name_body, publish

FASTAPI = "FastAPI"
UPLOAD, FETCH = "64 KiB upload, a new version, two clients", "1 MB download, counted"
FASTER = Goal(1.5)
SIZE = 64 << 10
CLIENTS, EACH = 2, 20

Send = Callable[[Path], object]


def measure(stage: Stage) -> Section:
    section = Section("Small uploads, and downloads, beside FastAPI as it is written first")
    packages = Packages(stage.servers.directory / "small-files-packages")
    uploads: dict[str, Callable[[], float]] = {FASTAPI: lambda: packages.sent(lambda file: _keep(stage, file))}
    downloads: dict[str, Callable[[], float]] = {FASTAPI: lambda: _rate(stage, stage.fastapi(), _naive(stage))}
    for level in LEVELS:
        server = stage.files(level, "small-files")
        publish(server, stage.package("mebibyte", MEGABYTE))
        uploads[level] = lambda server=server: packages.sent(lambda file: publish(server, file))
        request = Request(DOWNLOAD, "POST", body=name_body("com.example.mebibyte"))
        downloads[level] = lambda server=server, request=request: _rate(stage, server, request)
    for what, runs, goal in ((UPLOAD, uploads, FASTER), (FETCH, downloads, None)):
        # The first uploads make the plugins known.
        samples = warm_race(runs, stage.plan.rounds)
        for level in LEVELS:
            row = ratio_row(what, samples[level], samples[FASTAPI], FASTAPI, goal, log=level, show=per_second)
            section.rows.append(row)
        section.rows.append(logging_row(what, samples, show=per_second))
    section.notes += [
        f"- uploads: {EACH} of each client in a round, one after another, each over a connection of its own; ours "
        "bring a new version of a plugin of the client's, by its key, and are inspected and synced; FastAPI's are "
        "hashed and written, and have a row",
        f"- downloads: {CONNECTIONS} kept connections; FastAPI counts by UPDATE … downloads + 1, then sends the file",
        "- FastAPI on uvicorn with uvloop and httptools, two workers, its log as it comes",
    ]
    return section


class Packages:
    """Packages of two plugins, each of a version that was not there before."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._directory.mkdir()
        self._numbers = count()

    def sent(self, send: Send) -> float:
        """Uploads a second of two clients at once; the packages are made before, and removed afterwards."""
        bundles = [[self._made(client, number) for number in self._next()] for client in range(CLIENTS)]
        failed: list[Exception] = []

        def client(files: list[Path]) -> None:
            try:
                for file in files:
                    send(file)
            except Exception as reason:
                failed.append(reason)

        threads = [threading.Thread(target=client, args=(files,)) for files in bundles]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - started
        for files in bundles:
            for file in files:
                file.unlink()
        if failed:
            raise NotMeasured(failed[0])
        return CLIENTS * EACH / took

    def _next(self) -> Iterator[int]:
        return (next(self._numbers) for _ in range(EACH))

    def _made(self, client: int, number: int) -> Path:
        path = self._directory / f"{client}-{number}.zip"
        return write_package(path, f"com.example.small-{client}", SIZE, version=f"1.0.{number}")


def _keep(stage: Stage, file: Path) -> int:
    """An upload to FastAPI; the id that it gave."""
    _, text = upload(stage.fastapi().port, "/upload", {"name": file.stem}, file)
    return int(json.loads(text)["id"])


def _naive(stage: Stage) -> Request:
    """The download of a file that is put there first."""
    return Request(f"/download/{_keep(stage, stage.package('mebibyte', MEGABYTE))}")


def _rate(stage: Stage, server: Server, request: Request) -> float:
    return wrk.run(server.port, request, stage.plan.seconds, CONNECTIONS).rate
